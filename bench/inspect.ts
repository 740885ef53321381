/**
 * How long the lists of a foundation take, whole processes beside the start-up of one, and that their memory does not depend on how long
 * they are.
 *
 * npm run bench:inspect -- [--lrps N] [--runs N] [--large N]   (--large 0 leaves the large foundation out)
 */
import { parseArgs } from 'node:util';
import type { GeneratedFoundation } from '../testbed/generator/generate.ts';
import { measureCgdiego, type Measurement } from './support/process.ts';
import { machineFacts, markdownTable } from './support/report.ts';
import { median, repeat, spread } from './support/statistics.ts';
import { startBenchStore, type BenchStore } from './support/store.ts';

const { values } = parseArgs({
  options: {
    lrps: { type: 'string', default: '20000' },
    runs: { type: 'string', default: '5' },
    large: { type: 'string', default: '250000' },
  },
});
const [lrps, runs, large] = [Number(values.lrps), Number(values.runs), Number(values.large)];

/** What oclif, the flags and the help of a command cost before anything is read. */
const START_UP = ['lrps', '--help'];

const LISTS: readonly (readonly string[])[] = [
  ['lrps', '--instances', '-o', 'ndjson'],
  ['lrps', '--full', '-o', 'ndjson'],
  ['lrps', '-o', 'ndjson'],
  ['lrps', '-o', 'csv'],
  ['cells', '-o', 'json'],
  ['tasks', '-o', 'ndjson'],
];

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function measure(store: BenchStore, name: string, args: readonly string[]): Promise<Measurement> {
  return measureCgdiego([...args, '--keys', store.keysFile], {
    env: { CGDIEGO_DATABASE_URL: store.postgres.url(name) },
  });
}

function checked(measurement: Measurement): Measurement {
  // Anything that is missing in an answer is said there; then the list did less than it should.
  if (measurement.stderr !== '') throw new Error(`A list is not complete:\n${measurement.stderr}`);
  return measurement;
}

function report(made: GeneratedFoundation): string {
  return `${made.desiredLrps} desired LRPs, ${made.actualLrps} actual LRPs, ${made.tasks} tasks, ${made.cells.length} cells`;
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

const store = await startBenchStore();
try {
  say(`generating ${lrps} desired LRPs ...`);
  const made = await store.generate('small', lrps);
  const startUp: Measurement[] = [];
  const measured = LISTS.map((): Measurement[] => []);
  // In turns, so that whatever else the machine does falls on all of them alike.
  await repeat(runs, async (run) => {
    startUp.push(await measureCgdiego(START_UP));
    for (const [i, args] of LISTS.entries()) measured[i]!.push(checked(await measure(store, 'small', args)));
    say(`run ${run}: ${measured.map((list) => list.at(-1)!.seconds.toFixed(2)).join(', ')} s`);
  });
  const memoryOfLarge = new Map<readonly string[], Measurement>();
  let largeLine: string[] = [];
  if (large > 0) {
    say(`generating ${large} desired LRPs ...`);
    largeLine = [`The large foundation: ${report(await store.generate('large', large))}; one run.`];
    for (const args of LISTS) memoryOfLarge.set(args, checked(await measure(store, 'large', args)));
  }
  const seconds = (list: readonly Measurement[]) => list.map((run) => run.seconds);
  const peaks = (list: readonly Measurement[]) => list.map((run) => run.peakRssMb);
  const base = median(seconds(startUp));
  const rows = LISTS.map((args, i) => {
    const list = measured[i]!;
    const ofLarge = memoryOfLarge.get(args);
    return [
      args.join(' '),
      mebibytes(list[0]!.stdoutBytes),
      spread(seconds(list)),
      (median(seconds(list)) - base).toFixed(2),
      spread(peaks(list), 0),
      ofLarge === undefined ? '' : ofLarge.seconds.toFixed(1),
      ofLarge === undefined ? '' : ofLarge.peakRssMb.toFixed(0),
    ];
  });
  process.stdout.write(
    [
      `${report(made)}. Median (least to most) of ${runs} runs; whole processes, the output into a pipe.`,
      ...largeLine,
      '',
      markdownTable(
        [
          'what',
          'MiB written',
          'seconds',
          'beyond start-up',
          'peak memory, MiB',
          'large: seconds',
          'large: peak memory, MiB',
        ],
        [
          [
            `start-up (${START_UP.join(' ')})`,
            '',
            spread(seconds(startUp)),
            '',
            spread(peaks(startUp), 0),
            '',
            '',
          ],
          ...rows,
        ],
      ),
      '',
      `${machineFacts([store.version])}; the server runs on the same machine.`,
      '',
    ].join('\n'),
  );
} finally {
  await store.destroy();
}
