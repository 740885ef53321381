import type { Interfaces } from '@oclif/core';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { completionModel } from './model.ts';
import { zshScript } from './zsh.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** The completion script of a shell for these commands. */
export function completionScript(shell: keyof typeof SCRIPTS, config: Interfaces.Config): string {
  return SCRIPTS[shell](completionModel(config));
}
