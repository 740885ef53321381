import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../testbed/postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The port of the PostgreSQL server that all test files share. Each test makes databases of its own in it. */
    postgresPort: number;
    /** A home for the processes that tests start: nobody's profiles are read. */
    home: string;
  }
}

/** One real PostgreSQL for the whole run, and one folder for all that tests write. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'cgdiego-test-'));
  // As root, PostgreSQL runs as somebody else, who must get at its folder.
  await chmod(folder, 0o755);
  // The processes of the tests inherit it.
  process.env.TMPDIR = folder;
  const postgres = await startPostgres({ settings: { max_connections: '200' } });
  project.provide('postgresPort', postgres.port);
  const home = join(folder, 'home');
  await mkdir(home);
  project.provide('home', home);
  return async () => {
    await postgres.destroy();
    await rm(folder, { recursive: true, force: true });
  };
}
