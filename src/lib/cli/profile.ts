import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Interfaces } from '@oclif/core';
import { permissionWarning, readInput } from '../bbs/config-file.ts';
import { UsageError } from '../errors.ts';
import { yamlProblem } from '../yaml-problems.ts';
import { hasLibpqEnvironment, type Environment } from '../store/libpq.ts';

/** What a profile sets: flags by name, without the dashes. May hold a password. */
export type Profile = Readonly<Record<string, unknown>>;

/** `$XDG_CONFIG_HOME/cgdiego/config.yml` */
export function profilesPath(env: Environment): string {
  return join(env.XDG_CONFIG_HOME ?? join(env.HOME ?? homedir(), '.config'), 'cgdiego', 'config.yml');
}

/**
 * Reads the profiles: a map under `profiles`, each a map from flags (`database-url` or `database_url`) to values.
 * @throws {UsageError} that never quotes the file
 */
export async function readProfiles(path: string): Promise<Record<string, Profile>> {
  const { parseDocument } = await import('yaml');
  const text = await readInput(path);
  const document = parseDocument(text, { prettyErrors: false });
  const problem = document.errors[0];
  if (problem !== undefined) {
    const line = text.slice(0, problem.pos[0]).split('\n').length;
    throw new UsageError(`${path} is not YAML.`, { why: `Line ${line}: ${yamlProblem(problem.code)}.` });
  }
  const root: unknown = document.toJS();
  const profiles = isMap(root) ? root.profiles : undefined;
  if (!isMap(profiles) || !Object.values(profiles).every(isMap)) {
    throw new UsageError(`${path} has no profiles.`, {
      next: 'Write profiles: {NAME: {database-url: postgres://..., keys: FILE}}.',
    });
  }
  return profiles as Record<string, Profile>;
}

/**
 * The flags that a profile adds to a command line. What the command line or the environment says already stays; what the command has no
 * use for, but another one has, is left out.
 * @throws {UsageError} when there is no such profile, or it sets what no command knows
 */
export async function profileArguments(
  name: string,
  flags: Interfaces.FlagInput,
  given: ReadonlySet<string>,
  knownToAny: (flag: string) => boolean,
  env: Environment,
): Promise<{ argv: string[]; warning: string | undefined }> {
  const path = profilesPath(env);
  const profiles = await readProfiles(path);
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (profile === undefined) {
    throw new UsageError(`There is no profile ${JSON.stringify(name)} in ${path}.`, {
      why: `It has ${Object.keys(profiles).join(', ') || 'none'}.`,
    });
  }
  const argv: string[] = [];
  let hasPassword = false;
  for (const [key, value] of Object.entries(profile)) {
    const flagName = key.replaceAll('_', '-');
    const flag = flags[flagName];
    if (flag === undefined) {
      if (knownToAny(flagName)) continue;
      throw new UsageError(
        `The profile ${JSON.stringify(name)} in ${path} sets ${JSON.stringify(key)}, which is no flag.`,
        {
          next: 'Name flags as on the command line, without the dashes.',
        },
      );
    }
    hasPassword ||= typeof value === 'string' && /:\/\/[^/@]*:[^@]+@/.test(value);
    if (given.has(flagName) || isInEnvironment(flagName, flag, env)) continue;
    argv.push(...flagArguments(flagName, flag, value));
  }
  return { argv, warning: hasPassword ? await permissionWarning(path) : undefined };
}

function isInEnvironment(name: string, flag: Interfaces.Flag<unknown>, env: Environment): boolean {
  if (flag.env !== undefined && env[flag.env] !== undefined) return true;
  // psql's environment names a store, too.
  return name === 'database-url' && hasLibpqEnvironment(env);
}

function flagArguments(name: string, flag: Interfaces.Flag<unknown>, value: unknown): string[] {
  if (flag.type === 'boolean')
    return value === true ? [`--${name}`] : value === false && flag.allowNo ? [`--no-${name}`] : [];
  return (Array.isArray(value) ? value : [value]).map((item) => `--${name}=${String(item)}`);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
