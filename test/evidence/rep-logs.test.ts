import fc from 'fast-check';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../src/lib/errors.ts';
import { lineSplitter, LONGEST_LINE, readLines } from '../../src/lib/evidence/lines.ts';
import { parseRepLogLine, timeOf } from '../../src/lib/evidence/rep-log-line.ts';
import { readRepLogs } from '../../src/lib/evidence/rep-logs.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cgdiego-logs-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const CELL = '5b1484f2-5209-c9d9-343e-92ba09dd9d52';
const SESSION = {
  'container-guid': 'c1',
  'container-state': 'reserved',
  'lrp-instance-key': { instance_guid: 'c1', cell_id: CELL },
  'lrp-key': { process_guid: 'p1', index: 3, domain: 'cf-apps' },
  session: '1.2',
};
const STEP =
  'rep.executing-container-operation.ordinary-lrp-processor.process-reserved-container.run-container.containerstore-run.node-run.setup.download-step';

const entry = (message: string, data: object) => ({
  timestamp: '2026-11-20T08:00:00.123456789Z',
  level: 'info',
  source: 'rep',
  message,
  data,
});

describe('a line', () => {
  const failed = entry(`${STEP}.stream-in-failed`, {
    ...SESSION,
    destination: '.',
    error: 'disk quota exceeded',
  });
  const old = {
    timestamp: '1519480532.570663691',
    source: 'rep',
    message: failed.message,
    log_level: 2,
    data: failed.data,
  };
  const json = JSON.stringify(failed);

  test.each<[name: string, line: string]>([
    ['bare', json],
    ['of the form before 2018', JSON.stringify(old)],
    ['with a numeric time', JSON.stringify({ ...old, timestamp: 1519480532.5 })],
    [
      'behind an RFC 5424 frame',
      `<14>1 2026-11-20T08:00:00Z 10.0.1.4 rep rs2 - [instance@47450 director="" id="${CELL}"] ${json}`,
    ],
    ['behind an octet-counted frame', `512 <14>1 2026-11-20T08:00:00Z host rep rs2 - - ${json}`],
    ['behind an RFC 3164 frame', `<14>Nov 20 08:00:00 host rep[123]: ${json}`],
    ['behind what journald writes', `Nov 20 08:00:00 host rep[123]: ${json}`],
    ['behind what bosh ssh writes', `diego-cell/${CELL}: stdout | ${json}`],
    ['with white space at its end', `${json}  \t\u0000`],
    ['inside docker JSON', JSON.stringify({ log: `${json}\n`, stream: 'stdout', time: 'x' })],
    ['inside logstash JSON', JSON.stringify({ '@timestamp': 'x', '@message': json, host: 'h' })],
    ['inside the message of a shipper', JSON.stringify({ message: json, host: 'h' })],
    ['as an object inside a shipper', JSON.stringify({ time: 1, event: failed })],
  ])('%s', (_name, line) => {
    const parsed = parseRepLogLine(line);
    expect(parsed).toMatchObject({
      garbage: false,
      event: {
        kind: 'stream-in-failed',
        container_guid: 'c1',
        process_guid: 'p1',
        index: 3,
        cell_id: CELL,
        destination: '.',
        error: 'disk quota exceeded',
      },
    });
  });

  test.each([
    '',
    'panic: runtime error: index out of range',
    '{"timestamp":"2026-11-20T08:00:00Z","source":"rep","mess',
    '{"a":1,}',
    '[1,2]',
    '"text"',
    'null',
    '{"no":"message"}',
    '\u0000\u0001\u0002',
  ])('%j is garbage', (line) => {
    expect(parseRepLogLine(line)).toEqual({ garbage: true });
  });

  test('any text is taken without an exception', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseRepLogLine(text)));
    fc.assert(fc.property(fc.json(), (text) => void parseRepLogLine(`{"message":"rep.x","data":${text}}`)));
  });

  test.each<[message: string, data: object, kind: string | undefined]>([
    [`${STEP}.fetch-complete`, { size: 5, to: '.' }, 'fetched'],
    [`${STEP}.stream-in-complete`, { size: 5, to: '.' }, 'streamed'],
    ['rep.other.fetch-complete', { size: 5 }, undefined],
    ['guardian.api.garden-server.stream-in.failed', { handle: 'c1', error: 'x' }, 'stream-in-failed'],
    [
      'rep.a.action.run-step.run-step-failed-with-nonzero-status-code',
      { 'status-code': 4, error: 'Exit status 4' },
      'exited',
    ],
    [
      'rep.a.liveness-check.run-step.run-step-failed-with-nonzero-status-code',
      { 'status-code': 4 },
      undefined,
    ],
    [
      'rep.a.node-create.failed-to-create-container-in-garden',
      { error: 'layers exceed disk quota 2/1 bytes' },
      'create-failed',
    ],
    ['rep.a.node-create.failed-to-create-container-in-garden', { 'create-took': '2s' }, undefined],
    [
      'guardian.x.applying-quotas.applying-inclusive-quota-failed',
      { error: 'disk limit is smaller than volume size', handle: 'c1' },
      'create-failed',
    ],
    ['guardian.x.blob-manifest-size-check-failed', { error: 'layers exceed', totalSize: 2 }, 'create-failed'],
    ['rep.downloader.x', { error: 'write /var/vcap/data/rep/x: no space left on device' }, 'host-disk'],
    ['rep.x', { error: 'mkdir /var/vcap/x/cgroup/memory: no space left on device' }, undefined],
    ['rep.tick', {}, undefined],
  ])('%s says %s %s', (message, data, kind) => {
    const parsed = parseRepLogLine(JSON.stringify(entry(message, data)));
    expect(parsed).toMatchObject({ garbage: false });
    expect('event' in parsed ? parsed.event?.kind : undefined).toBe(kind);
  });

  test.each<[value: unknown, time: string | null]>([
    ['1519480532.570663691', '2018-02-24T13:55:32.570Z'],
    ['1519480532', '2018-02-24T13:55:32.000Z'],
    [1519480532.57, '2018-02-24T13:55:32.570Z'],
    [1519480532570, '2018-02-24T13:55:32.570Z'],
    [1519480532570000, '2018-02-24T13:55:32.570Z'],
    ['1519480532570000000', '2018-02-24T13:55:32.570Z'],
    ['2026-11-20T08:00:00.123456789Z', '2026-11-20T08:00:00.123456789Z'],
    ['yesterday', null],
    ['', null],
    [null, null],
    [1e300, null],
  ])('the time %j is %j', (value, time) => {
    expect(timeOf(value)).toBe(time);
  });
});

describe('lines', () => {
  test('come whole however the text is cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 20 })), fc.array(fc.nat(50)), (texts, cuts) => {
        const lines = texts.map((text) => text.replaceAll(/[\r\n]/g, '_'));
        const whole = lines.join('\n');
        const taken: (string | undefined)[] = [];
        const splitter = lineSplitter((line) => taken.push(line));
        let from = 0;
        for (const cut of cuts) {
          splitter.push(whole.slice(from, from + cut));
          from += cut;
        }
        splitter.push(whole.slice(from));
        splitter.end();
        // A last line that is empty is no line.
        expect(taken).toEqual(whole === '' || whole.endsWith('\n') ? lines.slice(0, -1) : lines);
      }),
    );
  });

  test('CRLF, UTF-8 that is cut between its bytes, no line break at the end', async () => {
    const bytes = Buffer.from('eins\r\nz\u00fcrich \u{1f4a9}\nlast');
    for (let at = 0; at <= bytes.length; at++) {
      const taken: (string | undefined)[] = [];
      const stdin = Readable.from(
        [bytes.subarray(0, at), bytes.subarray(at)].filter(({ length }) => length > 0),
      );
      await readLines('-', (line) => taken.push(line), { stdin });
      expect(taken).toEqual(['eins', 'z\u00fcrich \u{1f4a9}', 'last']);
    }
  });

  test('a line that is too long is given up, and the next one is read', () => {
    const taken: (string | undefined)[] = [];
    const splitter = lineSplitter((line) => taken.push(line));
    const piece = 'x'.repeat(LONGEST_LINE / 4);
    for (let i = 0; i < 9; i++) splitter.push(piece);
    splitter.push('\nnext\n');
    splitter.end();
    expect(taken).toEqual([undefined, 'next']);
  });
});

describe('files', () => {
  const good = JSON.stringify(entry(`${STEP}.stream-in-complete`, { ...SESSION, to: '.', size: 7 }));

  test('a gzip file is told by its bytes, also with several members, and from standard input', async () => {
    const packed = Buffer.concat([gzipSync(`${good}\n`), gzipSync(`${good}\n`)]);
    const path = await file('rep.log', packed);
    for (const logs of [
      await readRepLogs([path]),
      await readRepLogs(['-'], { stdin: Readable.from([packed.subarray(0, 1), packed.subarray(1)]) }),
    ]) {
      expect(logs).toMatchObject({ lines: 2, garbage: 0, events: 2, problems: [] });
      expect(logs.containers[0]!.payloads).toEqual([
        { destination: '.', fetched_bytes: null, streamed_bytes: 14 },
      ]);
    }
  });

  test('garbage is counted and skipped', async () => {
    const path = await file('mixed.log', `${good}\ngarbage\n{"half\n\n${good}\n`);
    expect(await readRepLogs([path])).toMatchObject({ lines: 4, garbage: 2, events: 2 });
  });

  test('a gzip file that breaks off is used as far as it goes', async () => {
    const noise = Array.from({ length: 20_000 }, (_, i) =>
      JSON.stringify(entry(`rep.tick${i * 7919}`, {})),
    ).join('\n');
    const packed = gzipSync(`${good}\n${noise}`);
    const path = await file('cut.gz', packed.subarray(0, packed.length >> 1));
    const logs = await readRepLogs([path]);
    expect(logs.events).toBe(1);
    expect(logs.problems[0]).toMatch(/cut\.gz breaks off after \d+ lines/);
  });

  test('a file of something else is named, and the others are read', async () => {
    const other = await file('other.txt', 'one\ntwo\n');
    const empty = await file('empty.log', '');
    const logs = await readRepLogs([other, empty, await file('good.log', good)]);
    expect(logs.events).toBe(1);
    expect(logs.problems.join(' ')).toMatch(
      /other\.txt holds no log lines: none of its 2 lines.*empty\.log is empty/,
    );
  });

  test.each([
    ['a file that is not there', () => join(folder, 'nowhere.log')],
    ['a directory', () => folder],
  ])('%s is a usage error', async (_name, path) => {
    await expect(readRepLogs([path()])).rejects.toThrow(UsageError);
  });

  test('a line without a cell belongs to the only cell of its file', async () => {
    const host = JSON.stringify(
      entry('rep.downloader.x', { error: 'write /var/vcap/data/x: no space left on device' }),
    );
    const one = await file('one.log', `${good}\n${host}\n`);
    expect((await readRepLogs([one])).host_errors[0]!.cell_id).toBe(CELL);
    const two = await file('two.log', `${good}\n${good.replaceAll(CELL, 'other-cell')}\n${host}\n`);
    expect((await readRepLogs([two])).host_errors[0]!.cell_id).toBeNull();
  });

  test('a failure that is logged without its process gets it from another line of the container', async () => {
    const garden = JSON.stringify(
      entry('guardian.api.garden-server.stream-in.failed', { handle: 'c1', error: 'disk quota exceeded' }),
    );
    const later = JSON.stringify(entry('rep.executing-container-operation.finished', SESSION));
    const logs = await readRepLogs([await file('garden.log', `${garden}\n${later}\n`)]);
    expect(logs.containers[0]).toMatchObject({ process_guid: 'p1', index: 3, cell_id: CELL });
  });

  test('secrets are masked as they are read', async () => {
    const line = JSON.stringify(
      entry(`${STEP}.stream-in-failed`, { ...SESSION, error: 'GET https://u:hunter2@blobs/x' }),
    );
    const logs = await readRepLogs([await file('secret.log', line)]);
    expect(JSON.stringify(logs)).not.toContain('hunter2');
  });

  test('memory has a bound: containers of which nothing failed are forgotten, the largest of each process stays', async () => {
    const lines = function* () {
      for (let i = 0; i < 60_000; i++) {
        const data = { ...SESSION, 'container-guid': `c${i}`, to: '.', size: i === 5 ? 1e9 : i };
        yield Buffer.from(`${JSON.stringify(entry(`${STEP}.stream-in-complete`, data))}\n`);
        if (i === 10) {
          yield Buffer.from(
            `${JSON.stringify(entry(`${STEP}.stream-in-failed`, { ...data, error: 'disk quota exceeded' }))}\n`,
          );
        }
      }
    };
    const logs = await readRepLogs(['-'], { stdin: Readable.from(lines()) });
    expect(logs.lines).toBe(60_001);
    expect(logs.containers.length).toBeLessThanOrEqual(20_000);
    expect(logs.containers.length + logs.forgotten).toBe(60_000);
    expect(logs.containers.some(({ failures }) => failures.length > 0)).toBe(true);
    expect(logs.containers.some(({ payloads }) => payloads[0]!.streamed_bytes === 1e9)).toBe(true);
  });
});
