import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../testbed/postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The port of the PostgreSQL server that all test files share. Each test makes databases of its own in it. */
    postgresPort: number;
    /** A home for the processes that tests start: nobody's profiles are read, and nothing is left behind. */
    home: string;
  }
}

/** One real PostgreSQL and one home for the whole run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres({ settings: { max_connections: '200' } });
  project.provide('postgresPort', postgres.port);
  const home = await mkdtemp(join(tmpdir(), 'cgdiego-home-'));
  project.provide('home', home);
  return async () => {
    await postgres.destroy();
    await rm(home, { recursive: true, force: true });
  };
}
