/**
 * How long a whole `cgdiego rotate-key` takes beside a plain SQL rewrite of the same columns, and how much memory.
 *
 * npm run bench:rotate -- [--runs N] [--lrps N] [--large N]   (--large 0 leaves the memory run out)
 */
import { parseArgs } from 'node:util';
import { ENCRYPTED_TABLES } from '../src/lib/bbs/columns.ts';
import { DURABLE_SETTINGS } from '../testbed/postgres.ts';
import { measureCgdiego, type Measurement } from './support/process.ts';
import { machineFacts, markdownTable } from './support/report.ts';
import { median, repeat, spread, timed } from './support/statistics.ts';
import { sql, startBenchStore, type BenchStore } from './support/store.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    lrps: { type: 'string', default: '20000' },
    large: { type: 'string', default: '200000' },
  },
});
const [runs, lrps, large] = [Number(values.runs), Number(values.lrps), Number(values.large)];

/** Every encrypted column gets a new value of the same length: what a rotation must write at the very least. */
const REWRITE = ENCRYPTED_TABLES.map(
  ({ name, columns }) =>
    `UPDATE ${name} SET ${columns.map((column) => `${column.name} = ${column.name} || ''`).join(', ')}`,
);

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function rewrite(store: BenchStore, name: string): Promise<number> {
  const url = await store.clone(name);
  const { seconds } = await timed(async () => {
    for (const statement of REWRITE) await sql(url, statement);
  });
  await store.drop(url);
  return seconds;
}

/** The same statements, each table over a connection of its own, all at once. */
async function rewriteAtOnce(store: BenchStore, name: string): Promise<number> {
  const url = await store.clone(name);
  const { seconds } = await timed(() => Promise.all(REWRITE.map((statement) => sql(url, statement))));
  await store.drop(url);
  return seconds;
}

async function rotate(store: BenchStore, name: string): Promise<Measurement> {
  const url = await store.clone(name);
  const measurement = await measureCgdiego(
    [
      'rotate-key',
      '--to',
      'key-2026-11',
      '--keys',
      store.keysFile,
      '--assume-deployed',
      '--yes',
      '-o',
      'json',
    ],
    { env: { CGDIEGO_DATABASE_URL: url } },
  );
  const left = await sql(
    url,
    `SELECT count(*)::int AS left FROM desired_lrps WHERE run_info LIKE '02C2tleS0yMDI2LTEw%'`,
  );
  const [label] = await sql(url, `SELECT value FROM configurations WHERE id = 'encryption_key_label'`);
  if (left[0]!.left !== 0 || label!.value !== 'key-2026-11') throw new Error('The rotation did not rotate.');
  await store.drop(url);
  return measurement;
}

const store = await startBenchStore({ settings: { ...DURABLE_SETTINGS, max_wal_size: '4GB' } });
try {
  say(`generating ${lrps} desired LRPs ...`);
  const made = await store.generate('small', lrps);
  const rewrites: number[] = [];
  const parallel: number[] = [];
  const rotations: Measurement[] = [];
  // In turns, so that whatever else the machine does falls on all of them alike.
  await repeat(runs, async (run) => {
    rewrites.push(await rewrite(store, 'small'));
    parallel.push(await rewriteAtOnce(store, 'small'));
    rotations.push(await rotate(store, 'small'));
    say(
      `run ${run}: SQL ${rewrites.at(-1)!.toFixed(2)} s, at once ${parallel.at(-1)!.toFixed(2)} s, rotate-key ${rotations.at(-1)!.seconds.toFixed(2)} s`,
    );
  });
  let largeRow: string[] = [];
  if (large > 0) {
    say(`generating ${large} desired LRPs ...`);
    const big = await store.generate('large', large);
    const { peakRssMb, seconds } = await rotate(store, 'large');
    largeRow = [
      `rotate-key, ${big.desiredLrps} desired and ${big.actualLrps} actual LRPs`,
      seconds.toFixed(1),
      '',
      peakRssMb.toFixed(0),
    ];
  }
  const rotationSeconds = rotations.map((rotation) => rotation.seconds);
  const baseline = median(rewrites);
  const ratio = (values: readonly number[]) => (median(values) / baseline).toFixed(2);
  say('');
  process.stdout.write(
    [
      `${made.desiredLrps} desired LRPs, ${made.actualLrps} actual LRPs, ${made.tasks} tasks: ${made.blobs} blobs. Median (least to most) of ${runs} runs.`,
      '',
      markdownTable(
        ['what', 'seconds', 'times the SQL rewrite', 'peak memory, MiB'],
        [
          ['SQL rewrite of the same columns, one connection', spread(rewrites), '1', ''],
          ['SQL rewrite, one connection a table', spread(parallel), ratio(parallel), ''],
          [
            'rotate-key, the whole command',
            spread(rotationSeconds),
            ratio(rotationSeconds),
            spread(
              rotations.map((rotation) => rotation.peakRssMb),
              0,
            ),
          ],
          ...(large > 0 ? [largeRow] : []),
        ],
      ),
      '',
      `${machineFacts([store.version])}; fsync, synchronous_commit and full_page_writes on, max_wal_size 4GB; the server runs on the same machine.`,
      '',
    ].join('\n'),
  );
} finally {
  await store.destroy();
}
