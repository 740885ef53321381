import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** What the shell can complete from memory: ids that a command has listed lately. */
export const REMEMBERED_KINDS = ['cells', 'lrps', 'tasks', 'zones'] as const;
export type RememberedKind = (typeof REMEMBERED_KINDS)[number];

/** More than this no one completes by hand, and the shell would be slow. */
const MOST = 10_000;

/** `$XDG_CACHE_HOME/cgdiego`, or `~/.cache/cgdiego`. */
function cacheDir(env: NodeJS.ProcessEnv): string {
  const base = env.XDG_CACHE_HOME;
  return join(base?.startsWith('/') === true ? base : join(env.HOME ?? homedir(), '.cache'), 'cgdiego');
}

/**
 * Keeps the ids for the shell's completion, in place of those kept before. A cache only: whatever goes wrong (a read-only home)
 * is not an error.
 */
export async function rememberIds(
  kind: RememberedKind,
  ids: Iterable<string>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const lines = new Set<string>();
  for (const id of ids) {
    // An id with a line break or a blank cannot be completed and is none that Diego makes.
    if (/^[\w.:-]+$/u.test(id)) lines.add(id);
    if (lines.size === MOST) break;
  }
  try {
    const dir = cacheDir(env);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const file = join(dir, `${kind}.ids`);
    // Written aside and renamed, so that a completion at the same time reads the old list or the new one.
    const draft = `${file}.${process.pid}`;
    await writeFile(draft, [...lines].map((id) => `${id}\n`).join(''), { mode: 0o600 });
    await rename(draft, file);
  } catch {
    // Without a cache there is no completion of ids, nothing worse.
  }
}

/** The ids that were kept last; none if there are none. */
export async function recallIds(
  kind: RememberedKind,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string[]> {
  try {
    const text = await readFile(join(cacheDir(env), `${kind}.ids`), 'utf8');
    return text.split('\n').filter((line) => line !== '');
  } catch {
    return [];
  }
}
