/**
 * How long `cgdiego crashes` takes on a foundation of 250,000 instances of which one in a hundred crashed, beside the start-up of the
 * process.
 *
 * npm run bench:crashes -- [--instances N] [--runs N]
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureCgdiego } from './support/process.ts';
import { machineFacts, markdownTable } from './support/report.ts';
import { median, repeat, spread } from './support/statistics.ts';
import { sql, startBenchStore } from './support/store.ts';

const { values } = parseArgs({
  options: { instances: { type: 'string', default: '250000' }, runs: { type: 'string', default: '5' } },
});
const [instances, runs] = [Number(values.instances), Number(values.runs)];

/** A copy of one row of a table with some of its columns computed from the number `g`. */
async function multiply(
  url: string,
  table: string,
  count: number,
  computed: Record<string, string>,
): Promise<void> {
  const columns = await sql(
    url,
    `SELECT column_name AS name FROM information_schema.columns WHERE table_name = '${table}'`,
  );
  const names = columns.map(({ name }) => String(name));
  await sql(url, `CREATE TABLE one AS SELECT * FROM ${table} LIMIT 1`);
  await sql(url, `TRUNCATE ${table}`);
  await sql(
    url,
    `INSERT INTO ${table} (${names.join(', ')})
     SELECT ${names.map((name) => computed[name] ?? `one.${name}`).join(', ')} FROM one, generate_series(0, ${count - 1}) g`,
  );
  await sql(url, 'DROP TABLE one');
}

const store = await startBenchStore();
try {
  await sql(store.postgres.url(), 'CREATE DATABASE crashes');
  const url = store.postgres.url('crashes');
  const dump = new URL('../test/fixtures/foundation/diego-key-2026-10.sql', import.meta.url);
  await sql(url, await readFile(dump, 'utf8'));
  await multiply(url, 'actual_lrps', instances, {
    process_guid: `md5((g / 3)::text) || '-' || md5((g / 3)::text)`,
    instance_index: 'g % 3',
    state: `CASE WHEN g % 100 = 0 THEN 'CRASHED' ELSE 'RUNNING' END`,
    crash_count: 'CASE WHEN g % 100 = 0 THEN 3 ELSE 0 END',
    crash_reason: `CASE WHEN g % 100 = 0 THEN 'APP/PROC/WEB: Exited with status ' || g % 7 ELSE '' END`,
    placement_error: `''`,
  });
  await multiply(url, 'desired_lrps', Math.ceil(instances / 3), {
    process_guid: `md5(g::text) || '-' || md5(g::text)`,
  });
  await sql(url, 'VACUUM ANALYZE');
  const startUp: number[] = [];
  const seconds: number[] = [];
  let peak = 0;
  await repeat(runs, async () => {
    startUp.push((await measureCgdiego(['crashes', '--help'])).seconds);
    const run = await measureCgdiego(['crashes', '--keys', store.keysFile, '-o', 'json'], {
      env: { CGDIEGO_DATABASE_URL: url },
    });
    seconds.push(run.seconds);
    peak = Math.max(peak, run.peakRssMb);
  });
  process.stdout.write(
    [
      `${instances} instances, ${Math.ceil(instances / 100)} of them crashed. Median (least to most) of ${runs} runs; whole processes.`,
      '',
      markdownTable(
        ['what', 'seconds', 'peak memory, MiB'],
        [
          ['crashes, names decrypted', spread(seconds), peak.toFixed(0)],
          ['start-up (crashes --help)', spread(startUp), ''],
          ['beyond start-up', (median(seconds) - median(startUp)).toFixed(2), ''],
        ],
      ),
      '',
      machineFacts([store.version]),
      '',
    ].join('\n'),
  );
} finally {
  await store.destroy();
}
