import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSource, type Source } from '../../src/lib/manifest/source.ts';

export type FixtureName =
  'bbs.json' | 'cf.yml' | 'cloud-config.yml' | 'diego-deployed.yml' | 'diego-secrets.yml' | 'rotate-ops.yml';

export function fixturePath(name: FixtureName): string {
  return fileURLToPath(new URL(`../fixtures/manifests/${name}`, import.meta.url));
}

export function fixture(name: FixtureName): string {
  return readFileSync(fixturePath(name), 'utf8');
}

export function fixtureSource(name: FixtureName, change: (text: string) => string = (text) => text): Source {
  return parseSource(name, change(fixture(name)));
}

/** The text with one thing replaced that occurs in it exactly once. */
export function replaceOnce(text: string, from: string, to: string): string {
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`${JSON.stringify(from)} occurs ${parts.length - 1} times.`);
  return parts.join(to);
}
