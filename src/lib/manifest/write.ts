import { randomBytes } from 'node:crypto';
import { type FileHandle, open, realpath, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CgdiegoError, messageOf } from '../errors.ts';

/** Permission bits of a new file that holds a passphrase. */
const PRIVATE = 0o600;

/**
 * Replaces the content of a file so that at every moment either the old or the new one is there: a temporary file in the same
 * folder, fsync, rename. Mode and owner stay; a symbolic link stays a link to the file that is replaced.
 * @param before The text that was read: when the file holds something else by now, nothing is written.
 * @throws {CgdiegoError}
 */
export async function replaceFile(path: string, before: string, after: string): Promise<void> {
  const target = await realpath(path);
  const folder = dirname(target);
  const temporary = join(folder, `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  const old = await open(target, 'r');
  try {
    const { mode, uid, gid } = await old.stat();
    if ((await old.readFile('utf8')) !== before) {
      throw new CgdiegoError(`${path} changed while cgdiego was at work.`, {
        why: 'Somebody else wrote to it after it was read, so nothing was written.',
        next: 'Look at the file and run the command again.',
      });
    }
    const file = await open(temporary, 'wx', PRIVATE);
    try {
      await writeOut(file, after, path, { mode, uid, gid });
      await rename(temporary, target);
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      throw error;
    }
  } catch (error) {
    throw asWriteError(path, error);
  } finally {
    await old.close();
  }
  await syncFolder(folder);
}

/**
 * Writes a file that must not exist yet, readable by its owner only.
 * @throws {CgdiegoError} when it exists: nothing is ever overwritten.
 */
export async function createPrivateFile(path: string, text: string): Promise<void> {
  let file: FileHandle;
  try {
    file = await open(path, 'wx', PRIVATE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new CgdiegoError(`${path} exists already.`, {
        why: 'A file with a passphrase is never overwritten.',
        next: 'Name another file with --file, or move this one away.',
        cause: error,
      });
    }
    throw asWriteError(path, error);
  }
  try {
    // The mode of open() is cut by the umask, never widened; say it again for a umask that takes the owner's bits.
    await file.chmod(PRIVATE);
    await file.writeFile(text, 'utf8');
    await file.sync();
  } catch (error) {
    await unlink(path).catch(() => undefined);
    throw asWriteError(path, error);
  } finally {
    await file.close();
  }
  await syncFolder(dirname(path));
}

interface Attributes {
  mode: number;
  uid: number;
  gid: number;
}

async function writeOut(file: FileHandle, text: string, path: string, wanted: Attributes): Promise<void> {
  try {
    await file.writeFile(text, 'utf8');
    const own = await file.stat();
    if (own.uid !== wanted.uid || own.gid !== wanted.gid) {
      await file.chown(wanted.uid, wanted.gid).catch((error: unknown) => {
        throw new CgdiegoError(`The owner of ${path} cannot be kept.`, {
          why: `It belongs to user ${wanted.uid}, group ${wanted.gid}: ${messageOf(error)}.`,
          next: 'Run the command as the owner of the file; nothing was written.',
          cause: error,
        });
      });
    }
    // After chown, which takes the set-id bits away.
    await file.chmod(wanted.mode & 0o7777);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the rename itself durable, where folders can be synchronised. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  if (handle === undefined) return;
  await handle.sync().catch(() => undefined);
  await handle.close();
}

function asWriteError(path: string, error: unknown): unknown {
  if (error instanceof CgdiegoError) return error;
  return new CgdiegoError(`${path} cannot be written.`, {
    why: messageOf(error),
    next: 'The old content is still there, if there was one.',
    cause: error,
  });
}
