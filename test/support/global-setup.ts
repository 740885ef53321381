import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../testbed/postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The port of the PostgreSQL server that all test files share. Each test makes databases of its own in it. */
    postgresPort: number;
  }
}

/** One real PostgreSQL for the whole run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres({ settings: { max_connections: '200' } });
  project.provide('postgresPort', postgres.port);
  return () => postgres.destroy();
}
