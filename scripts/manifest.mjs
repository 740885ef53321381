// The oclif manifest: what the commands are, so that cgdiego starts without loading all of them.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Config, Plugin } from '@oclif/core';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** The manifest as `oclif manifest` writes it, from the commands in dist/. */
export async function generateManifest() {
  const plugin = new Plugin({
    root,
    type: 'core',
    ignoreManifest: true,
    errorOnManifestCreate: true,
    respectNoCacheDefault: true,
  });
  await plugin.load();
  const { version, commands } = plugin.manifest;
  const sorted = Object.keys(commands).sort();
  return `${JSON.stringify({ commands: Object.fromEntries(sorted.map((id) => [id, commands[id]])), version }, null, 2)}\n`;
}

/** oclif's configuration of the built cgdiego. */
export function loadConfig() {
  return Config.load(root);
}

export function read(path) {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
}
