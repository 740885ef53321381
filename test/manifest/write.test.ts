import {
  chmod,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
  lstat,
  chown,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPrivateFile, replaceFile } from '../../src/lib/manifest/write.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cgdiego-write-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const isRoot = process.getuid?.() === 0;

describe('replaceFile', () => {
  it.each([0o600, 0o640, 0o444, 0o755])('keeps mode %o and leaves nothing else behind', async (mode) => {
    const path = join(folder, 'm.yml');
    await writeFile(path, 'old');
    await chmod(path, mode);
    const before = await stat(path);
    await replaceFile(path, 'old', 'new');
    const after = await stat(path);
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(after.mode).toBe(before.mode);
    expect([after.uid, after.gid]).toEqual([before.uid, before.gid]);
    // A rename, not a write into the old file: whoever had it open still reads the old content whole.
    expect(after.ino).not.toBe(before.ino);
    expect(await readdir(folder)).toEqual(['m.yml']);
  });

  it.runIf(isRoot)('keeps the owner', async () => {
    const path = join(folder, 'm.yml');
    await writeFile(path, 'old');
    await chown(path, 12345, 54321);
    await chmod(path, 0o2640);
    await replaceFile(path, 'old', 'new');
    const after = await stat(path);
    expect([after.uid, after.gid, after.mode & 0o7777]).toEqual([12345, 54321, 0o2640]);
  });

  it('writes through a symbolic link', async () => {
    const path = join(folder, 'real.yml');
    const link = join(folder, 'link.yml');
    await writeFile(path, 'old');
    await symlink('real.yml', link);
    await replaceFile(link, 'old', 'new');
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await readFile(path, 'utf8')).toBe('new');
  });

  it('does not overwrite what somebody else wrote meanwhile', async () => {
    const path = join(folder, 'm.yml');
    await writeFile(path, 'theirs');
    await expect(replaceFile(path, 'old', 'new')).rejects.toThrow('changed while cgdiego was at work');
    expect(await readFile(path, 'utf8')).toBe('theirs');
    expect(await readdir(folder)).toEqual(['m.yml']);
  });
});

describe('createPrivateFile', () => {
  it('makes a file that only its owner can read, whatever the umask', async () => {
    const path = join(folder, 'key.yml');
    const umask = process.umask(0o777);
    try {
      await createPrivateFile(path, 'secret');
    } finally {
      process.umask(umask);
    }
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).toBe('secret');
  });

  it('never overwrites, and does not follow a link that somebody laid out', async () => {
    const path = join(folder, 'key.yml');
    await symlink(join(folder, 'elsewhere'), path);
    await expect(createPrivateFile(path, 'secret')).rejects.toThrow('exists already');
    expect(await readdir(folder)).toEqual(['key.yml']);
  });
});
