/**
 * How fast logs of reps are read, beside `jq -c .` on the same file, and in how much memory.
 *
 * npm run bench:logs -- [--lines N] [--runs N]   (the command is measured as a whole process; build first)
 */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished, pipeline } from 'node:stream/promises';
import { createReadStream } from 'node:fs';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';
import { seededRandom } from '../src/lib/auction/random.ts';
import { measureCgdiego, type Measurement } from './support/process.ts';
import { machineFacts, markdownTable } from './support/report.ts';
import { median, repeat, spread } from './support/statistics.ts';

const { values } = parseArgs({
  options: { lines: { type: 'string', default: '1000000' }, runs: { type: 'string', default: '3' } },
});
const [lines, runs] = [Number(values.lines), Number(values.runs)];

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

const PREFIX =
  'rep.executing-container-operation.ordinary-lrp-processor.process-reserved-container.run-container';
const DOWNLOAD = `${PREFIX}.containerstore-run.node-run.setup.download-step`;

/** What a rep writes while it starts a container, shortened; about one in four lines is about disks. */
const MESSAGES = [
  'rep.executing-container-operation.starting',
  `${PREFIX}.creating-container`,
  `${PREFIX}.containerstore-create.node-create.creating-container-in-garden`,
  `${DOWNLOAD}.fetch-starting`,
  `${DOWNLOAD}.fetch-complete`,
  `${DOWNLOAD}.stream-in-starting`,
  `${DOWNLOAD}.stream-in-complete`,
  `${PREFIX}.containerstore-run.node-run.action.run-step.running`,
];

/** Lines as a rep logs them. Every thousandth is garbage when `withGarbage` is set: jq stops at the first one. */
async function writeLog(path: string, count: number, withGarbage: boolean): Promise<void> {
  const out = createWriteStream(path, { highWaterMark: 1 << 20 });
  const random = seededRandom(5);
  const hex = (digits: number) =>
    random
      .below(16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  let time = Date.parse('2026-11-20T08:00:00Z');
  let session = {};
  let text = '';
  for (let number = 0; number < count; number++) {
    const step = number % MESSAGES.length;
    if (step === 0) {
      const instance = `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(4)}`;
      const process = String(random.below(20_000)).padStart(12, '0');
      session = {
        'container-guid': instance,
        'container-state': 'reserved',
        guid: instance,
        'lrp-instance-key': { instance_guid: instance, cell_id: '5b1484f2-5209-c9d9-343e-92ba09dd9d52' },
        'lrp-key': {
          process_guid: `7457e56a-4a65-eefa-05c0-${process}-d6141dfe-d84a-53cf-20c7-7053f34f08c8`,
          index: random.below(5),
          domain: 'cf-apps',
        },
      };
    }
    const message = MESSAGES[step]!;
    const failed = step === 6 && random.below(500) === 0;
    const entry = {
      timestamp: `${new Date((time += 3)).toISOString().slice(0, -1)}123456Z`,
      level: failed ? 'error' : 'info',
      source: 'rep',
      message: failed ? `${DOWNLOAD}.stream-in-failed` : message,
      data: {
        ...session,
        session: `${number}.1.1.3.4`,
        ...(message.includes('download-step') ? { cacheKey: 'droplets', to: '.', user: 'vcap' } : {}),
        ...(message.endsWith('complete') && !failed ? { size: random.below(300_000_000) } : {}),
        ...(failed
          ? {
              destination: '.',
              error:
                'stream-in: nstar: error streaming in: exit status 2. Output: tar: ./x: Cannot write: Disk quota exceeded',
            }
          : {}),
      },
    };
    const line = JSON.stringify(entry);
    text += withGarbage && number % 1000 === 999 ? `${line.slice(10, 200)}\n` : `${line}\n`;
    if (text.length > 1 << 20) {
      if (!out.write(text)) await once(out, 'drain');
      text = '';
    }
  }
  out.end(text);
  await finished(out);
}

/** Seconds, or nothing when there is no jq. */
async function jq(path: string): Promise<number | undefined> {
  const started = performance.now();
  const child = spawn('jq', ['-c', '.', path], { stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => {
      resolve(null);
    });
    child.once('close', resolve);
  });
  if (code === null) return undefined;
  if (code !== 0) throw new Error(`jq ended with ${code}.`);
  return (performance.now() - started) / 1000;
}

/** The whole command; that it finds nothing to judge without a store is not what is measured. */
async function read(path: string): Promise<Measurement> {
  const measurement = await measureCgdiego(
    ['diagnose', 'disk-quota', '--rep-logs', path, '--summary', '-o', 'ndjson'],
    { expect: [0, 3] },
  );
  if (!measurement.stderr.includes('Rep logs:')) throw new Error(measurement.stderr);
  return measurement;
}

const folder = await mkdtemp(join(tmpdir(), 'cgdiego-bench-logs-'));
try {
  const plain = join(folder, 'rep.log');
  const garbage = join(folder, 'garbage.log');
  const packed = join(folder, 'rep.log.gz');
  const small = join(folder, 'small.log');
  say(`writing ${lines} lines ...`);
  await writeLog(plain, lines, false);
  await writeLog(garbage, lines, true);
  await writeLog(small, Math.ceil(lines / 10), false);
  await pipeline(createReadStream(plain), createGzip({ level: 1 }), createWriteStream(packed));
  const bytes = (await stat(plain)).size;
  const jqSeconds: number[] = [];
  const results = { plain: [] as Measurement[], garbage: [] as Measurement[], packed: [] as Measurement[] };
  // In turns, so that whatever else the machine does falls on all of them alike.
  await repeat(runs, async (run) => {
    const seconds = await jq(plain);
    if (seconds !== undefined) jqSeconds.push(seconds);
    results.plain.push(await read(plain));
    results.garbage.push(await read(garbage));
    results.packed.push(await read(packed));
    say(
      `run ${run}: jq ${seconds?.toFixed(2) ?? 'missing'} s, cgdiego ${results.plain.at(-1)!.seconds.toFixed(2)} s`,
    );
  });
  const tenth = await read(small);
  const baseline = jqSeconds.length > 0 ? median(jqSeconds) : undefined;
  const row = (what: string, measured: Measurement[]) => {
    const seconds = measured.map((measurement) => measurement.seconds);
    return [
      what,
      spread(seconds),
      (bytes / 1e6 / median(seconds)).toFixed(0),
      baseline === undefined ? 'unknown' : (baseline / median(seconds)).toFixed(1),
      Math.max(...measured.map(({ peakRssMb }) => peakRssMb)).toFixed(0),
    ];
  };
  const notes =
    /(\d[\d,]*) garbage lines? skipped/.exec(results.garbage[0]!.stderr)?.[0] ?? 'no garbage counted';
  process.stdout.write(
    [
      `${lines} lines, ${(bytes / 1e6).toFixed(0)} MB. Median (least to most) of ${runs} runs; whole processes.`,
      '',
      markdownTable(
        ['what', 'seconds', 'MB/s', "times jq's speed", 'peak memory, MiB'],
        [
          ...(baseline === undefined
            ? []
            : [['jq -c .', spread(jqSeconds), (bytes / 1e6 / baseline).toFixed(0), '1', '']]),
          row('--rep-logs rep.log', results.plain),
          row('--rep-logs rep.log.gz', results.packed),
          row(`with garbage: ${notes}`, results.garbage),
          ['a tenth of the lines', tenth.seconds.toFixed(2), '', '', tenth.peakRssMb.toFixed(0)],
        ],
      ),
      '',
      machineFacts(),
      ...(baseline === undefined
        ? [
            'jq is not installed here, so there is nothing to compare with: install it (apt-get install jq) and run this again.',
          ]
        : []),
      '',
    ].join('\n'),
  );
  if (baseline !== undefined && median(results.plain.map(({ seconds }) => seconds)) > 2 * baseline) {
    say('This is slower than half of the speed of jq.');
    process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
