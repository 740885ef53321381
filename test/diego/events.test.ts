import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  ActualLRPCrashedEventSchema,
  ActualLRPInstanceChangedEventSchema,
} from '../../src/lib/bbs/gen/diego_pb.ts';
import { createDevCertificates, type DevCertificates } from '../../src/lib/certificates/dev.ts';
import type { BbsEndpoint } from '../../src/lib/diego/endpoint.ts';
import { decodeEvent, eventJson } from '../../src/lib/diego/event-types.ts';
import { bbsEvents, type EventsOptions, type StreamNotice } from '../../src/lib/diego/events.ts';
import { parseEventStream, type ServerSentEvent } from '../../src/lib/diego/sse.ts';
import { ChunkedDecoder } from '../../src/lib/diego/chunked.ts';
import { type FakeBbs, startFakeBbs } from '../support/fake-bbs.ts';

const FIXTURES = new URL('../fixtures/foundation/', import.meta.url);
const LRP_STREAM = '/v1/events/lrp_instances.r1';

let dir: string;
let pki: DevCertificates;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cgdiego-events-'));
  pki = await createDevCertificates(dir, { wrongName: ['locket_server'] });
});
afterAll(() => rm(dir, { recursive: true }));

let bbs: FakeBbs | undefined;
afterEach(async () => {
  await bbs?.close();
  bbs = undefined;
});

function endpoint(url: string): BbsEndpoint {
  const { certificate, privateKey } = pki.client;
  return { url: new URL(url), tls: { ca: pki.ca.certificate, cert: certificate, key: privateKey } };
}

/** Numbers of more than 15 digits as text, because JavaScript cannot hold Unix nanoseconds. */
function exactly(json: string): unknown {
  return JSON.parse(json.replace(/:(\d{16,})/g, ':"$1"'));
}

async function lines(name: string): Promise<string[]> {
  return (await readFile(new URL(`cfdot/${name}`, FIXTURES), 'utf8')).trimEnd().split('\n');
}

/** The events of a stream up to a number of them. */
async function take(count: number, options: EventsOptions, url = bbs!.url): Promise<string[]> {
  const events: string[] = [];
  for await (const event of bbsEvents(endpoint(url), options)) {
    events.push(eventJson(event, false));
    if (events.length === count) break;
  }
  return events;
}

describe('events of the BBS', () => {
  test('the captured stream of LRPs decodes to what cfdot printed', async () => {
    bbs = await startFakeBbs(pki);
    // cfdot asks the deprecated stream of groups, too; those events are not in this one.
    const printed = (await lines('lrp-events.ndjson')).filter(
      (line) => !line.startsWith('{"type":"actual_lrp_removed"'),
    );
    expect(printed).toHaveLength(2);
    const ours = await take(2, { stream: 'lrp_instances' });
    expect(ours.map(exactly)).toEqual(printed.map(exactly));
    expect(bbs.requests).toMatchObject([{ path: LRP_STREAM, client: 'cgdiego' }]);
  });

  test('the captured stream of tasks decodes to what cfdot printed', async () => {
    bbs = await startFakeBbs(pki);
    const ours = await take(2, { stream: 'tasks' });
    expect(ours.map(exactly)).toEqual((await lines('task-events.ndjson')).map(exactly));
  });

  test('no secret of a desired LRP is in a masked event', async () => {
    const stream = await readFile(new URL('bbs-api/v1_events_lrp_instances.r1.sse', FIXTURES), 'utf8');
    const raw = /event: desired_lrp_changed\ndata: (.*)/.exec(stream)![1]!;
    const event = decodeEvent('desired_lrp_changed', Buffer.from(raw, 'base64'))!;
    const secrets = ['8974bac0-cafd-9ad0-5692-b13619e73896', 'MIIEowIBAAKC', '4dfdc79e-8d53-4373'];
    for (const secret of secrets) {
      expect(eventJson(event, false)).toContain(secret);
      expect(eventJson(event, true)).not.toContain(secret);
    }
  });

  test('crashes and changes of instances have the members that Go embeds', () => {
    const keys = {
      actualLrpKey: { processGuid: 'p', index: 3, domain: 'cf-apps' },
      actualLrpInstanceKey: { instanceGuid: 'i', cellId: 'c' },
    };
    const crash = create(ActualLRPCrashedEventSchema, {
      ...keys,
      crashCount: 2,
      crashReason: 'exit 1',
      since: 5n,
    });
    const flat = { process_guid: 'p', index: 3, domain: 'cf-apps', instance_guid: 'i', cell_id: 'c' };
    expect(roundTrip('actual_lrp_crashed', toBinary(ActualLRPCrashedEventSchema, crash))).toEqual({
      type: 'actual_lrp_crashed',
      data: { ...flat, crash_count: 2, crash_reason: 'exit 1', since: 5 },
    });
    const change = create(ActualLRPInstanceChangedEventSchema, {
      ...keys,
      before: { state: 'UNCLAIMED' },
      after: {
        state: 'RUNNING',
        actualLrpNetInfo: { address: '10.0.0.1' },
        routable: true,
        availabilityZone: 'z1',
      },
      traceId: 't',
    });
    expect(
      roundTrip('actual_lrp_instance_changed', toBinary(ActualLRPInstanceChangedEventSchema, change)),
    ).toMatchObject({
      data: {
        ...flat,
        before: { state: 'UNCLAIMED', address: '', OptionalRoutable: null },
        after: {
          state: 'RUNNING',
          address: '10.0.0.1',
          presence: 'ORDINARY',
          OptionalRoutable: { routable: true },
        },
        trace_id: 't',
      },
    });
  });

  function roundTrip(name: string, bytes: Uint8Array): unknown {
    return JSON.parse(eventJson(decodeEvent(name, bytes)!, true));
  }

  test('connects again when the connection breaks, waits longer each time, and says so', async () => {
    const event = (await readFile(new URL('bbs-api/v1_events_tasks.r1.sse', FIXTURES), 'utf8')).split(
      /(?<=\n\n)/,
    )[0]!;
    bbs = await startFakeBbs(pki);
    bbs.answers.set('/v1/events/tasks.r1', (_, before) => {
      if (before === 0) return { events: [event], end: 'broken' };
      if (before <= 2) return { status: 503 };
      if (before === 3) return { events: [event], end: 'cleanly' };
      return { events: [event] };
    });
    const notices: StreamNotice[] = [];
    const events = await take(3, {
      stream: 'tasks',
      retryMs: 1,
      maxRetryMs: 3,
      onNotice: (notice) => notices.push(notice),
    });
    expect(events).toHaveLength(3);
    expect(notices).toEqual([
      { kind: 'connected', again: false },
      { kind: 'lost', why: 'the BBS ended the stream', retryInMs: 1 },
      { kind: 'lost', why: expect.stringContaining('503') as string, retryInMs: 2 },
      { kind: 'lost', why: expect.stringContaining('503') as string, retryInMs: 3 },
      { kind: 'connected', again: true },
      { kind: 'lost', why: 'the BBS ended the stream', retryInMs: 1 },
      { kind: 'connected', again: true },
    ]);
  });

  test('skips what it cannot decode, and says so', async () => {
    const stream = await readFile(new URL('bbs-api/v1_events_tasks.r1.sse', FIXTURES), 'utf8');
    const good = stream.split(/(?<=\n\n)/)[0]!;
    bbs = await startFakeBbs(pki);
    bbs.answers.set(LRP_STREAM, () => ({
      events: [
        'id: 0\nevent: cell_on_fire\ndata: QQ==\n\n',
        'id: 1\nevent: task_created\ndata: //8=\n\n',
        good,
      ],
    }));
    const notices: StreamNotice[] = [];
    expect(
      await take(1, { stream: 'lrp_instances', onNotice: (notice) => notices.push(notice) }),
    ).toHaveLength(1);
    expect(notices.map(({ kind }) => kind)).toEqual(['connected', 'skipped', 'skipped']);
  });

  test('asks the BBS for the events of one cell only', async () => {
    bbs = await startFakeBbs(pki);
    await take(1, { stream: 'lrp_instances', cellId: 'cell-7' });
    expect(bbs.requests[0]!.body).toEqual(Buffer.from('\n\u0006cell-7'));
  });

  test.each<[string, () => Promise<string>, RegExp]>([
    ['nobody is there', () => Promise.resolve('https://127.0.0.1:1'), /nobody listens/],
    ['its certificate is for other names', wrongName, /for other names/],
    ['it is no BBS', notBbs, /404/],
  ])('fails at once when %s', async (_, start, why) => {
    const url = await start();
    await expect(take(1, { stream: 'tasks' }, url)).rejects.toMatchObject({
      message: expect.stringContaining('could not be asked') as string,
      why: expect.stringMatching(why) as string,
    });
  });

  async function wrongName(): Promise<string> {
    bbs = await startFakeBbs(pki, { certificate: 'locket_server' });
    return bbs.url;
  }

  async function notBbs(): Promise<string> {
    bbs = await startFakeBbs(pki);
    bbs.answers.set('/v1/events/tasks.r1', () => ({ status: 404 }));
    return bbs.url;
  }

  test('ends when it is interrupted, while it reads and while it waits', async () => {
    bbs = await startFakeBbs(pki);
    const abort = new AbortController();
    let seen = 0;
    for await (const event of bbsEvents(endpoint(bbs.url), { stream: 'tasks', signal: abort.signal })) {
      expect(event.type).toMatch(/^task_/);
      if (++seen === 2) abort.abort();
    }
    expect(seen).toBe(2);

    bbs.answers.set('/v1/events/tasks.r1', () => ({ events: [], end: 'cleanly' }));
    const waiting = new AbortController();
    const options: EventsOptions = {
      stream: 'tasks',
      signal: waiting.signal,
      retryMs: 3_600_000,
      maxRetryMs: 3_600_000,
      onNotice: ({ kind }) => {
        if (kind === 'lost')
          setImmediate(() => {
            waiting.abort();
          });
      },
    };
    expect(await take(1, options)).toEqual([]);
  });
});

describe('the framing', () => {
  const pieces = (bytes: Buffer, cuts: number[]) => {
    const sorted = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
    return [0, ...sorted].map((from, index) => bytes.subarray(from, sorted[index] ?? bytes.length));
  };

  test('chunks come apart wherever the network cuts them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 })),
        fc.array(fc.nat()),
        fc.constantFrom(';', '', ' ', ';name=value'),
        (bodies, cuts, extension) => {
          const framed = Buffer.concat([
            ...bodies.flatMap((body) => [
              Buffer.from(`${body.length.toString(16)}${extension}\r\n`),
              body,
              Buffer.from('\r\n'),
            ]),
            Buffer.from('0\r\n\r\nnot part of it'),
          ]);
          const decoder = new ChunkedDecoder();
          const parts = pieces(framed, cuts).flatMap((piece) => [...decoder.decode(piece)]);
          expect(Buffer.concat(parts)).toEqual(Buffer.concat(bodies));
          expect(decoder.done).toBe(true);
        },
      ),
    );
  });

  test.each(['zz\r\n', '5\r\nhelloX\r\n', '1'.repeat(2000)])('%j is not chunked', (text) => {
    const decoder = new ChunkedDecoder();
    expect(() => [...decoder.decode(Buffer.from(text))]).toThrow(/its stream has a chunk/);
  });

  test('events come apart wherever the network cuts them, with any line ends', async () => {
    const text = fc.string({ unit: 'grapheme' }).map((value) => value.replace(/[\r\n]/g, ' ').trimStart());
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ id: text, event: text, data: fc.array(text, { minLength: 1, maxLength: 3 }) })),
        fc.array(fc.nat()),
        fc.constantFrom('\n', '\r\n'),
        async (events, cuts, end) => {
          const stream = events
            .map(({ id, event, data }) =>
              [
                `id: ${id}`,
                ': a comment',
                `event: ${event}`,
                ...data.map((line) => `data: ${line}`),
                '',
                '',
              ].join(end),
            )
            .join('');
          const parsed: ServerSentEvent[] = [];
          const chunks = toAsync(pieces(Buffer.from(stream), cuts));
          for await (const event of parseEventStream(chunks)) parsed.push(event);
          expect(parsed).toEqual(events.map(({ id, event, data }) => ({ id, event, data: data.join('\n') })));
        },
      ),
    );
  });

  async function* toAsync(parts: Buffer[]): AsyncGenerator<Buffer> {
    for (const part of parts) yield await Promise.resolve(part);
  }
});
