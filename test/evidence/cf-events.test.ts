import fc from 'fast-check';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { readCfEvents, type CfEvents } from '../../src/lib/evidence/cf-events.ts';
import { JsonDocuments } from '../../src/lib/evidence/json-documents.ts';

const read = (text: string): Promise<CfEvents> =>
  readCfEvents(['-'], { stdin: Readable.from([Buffer.from(text)]) });

const APP = '71e796a2-e129-705e-273f-05c92326828e';
const VERSION = '2b056e38-1765-8e10-6149-8947fdf34441';
const TEXT = 'APP/PROC/WEB: Exited with status 1';

const v3 = (instance: string, type = 'audit.app.process.crash') => ({
  guid: `e-${instance}`,
  created_at: '2026-11-20T08:00:01Z',
  updated_at: '2026-11-20T08:00:01Z',
  type,
  actor: { guid: APP, type: type === 'app.crash' ? 'app' : 'process', name: 'web' },
  target: { guid: APP, type: 'app', name: 'my-app' },
  data: {
    instance,
    index: 2,
    cell_id: 'cell-1',
    reason: 'CRASHED',
    exit_description: TEXT,
    ...(type === 'app.crash'
      ? {}
      : { crash_count: 3, crash_timestamp: 1795363519505655000, version: VERSION }),
  },
  space: { guid: 's' },
  organization: { guid: 'o' },
  links: { self: { href: 'https://api/v3/audit_events/e' } },
});

const v2 = (instance: string) => ({
  metadata: { guid: 'e', url: '/v2/events/e', created_at: '2026-11-20T08:00:01Z' },
  entity: {
    type: 'app.crash',
    actor: APP,
    actor_type: 'app',
    actor_name: 'my-app',
    actee: APP,
    actee_type: 'app',
    actee_name: 'my-app',
    timestamp: '2026-11-20T08:00:00Z',
    metadata: {
      instance,
      index: 2,
      cell_id: 'cell-1',
      exit_status: 1,
      exit_description: TEXT,
      reason: 'CRASHED',
    },
  },
});

describe('events', () => {
  test('of v3 know the process by its version and the moment of the crash', async () => {
    const { events } = await read(JSON.stringify({ pagination: { total_pages: 1 }, resources: [v3('i1')] }));
    expect(events).toEqual([
      {
        app_guid: APP,
        app_name: 'my-app',
        process_guid: `${APP}-${VERSION}`,
        index: 2,
        instance_guid: 'i1',
        cell_id: 'cell-1',
        at: new Date(1795363519505).toISOString(),
        crash_count: 3,
        exit_description: TEXT,
      },
    ]);
  });

  test('of v2 know the app', async () => {
    const { events } = await read(JSON.stringify({ total_pages: 1, resources: [v2('i1')] }, null, 3));
    expect(events[0]).toMatchObject({
      app_guid: APP,
      app_name: 'my-app',
      process_guid: null,
      index: 2,
      cell_id: 'cell-1',
      at: '2026-11-20T08:00:00Z',
    });
  });

  test('of one crash recorded under both types are one, with what either knows', async () => {
    for (const order of [
      [v3('i1', 'app.crash'), v3('i1')],
      [v3('i1'), v3('i1', 'app.crash')],
    ]) {
      const { events, repeated } = await read(JSON.stringify({ resources: order }));
      expect(repeated).toBe(1);
      expect(events).toHaveLength(1);
      expect(events[0]).toMatchObject({ process_guid: `${APP}-${VERSION}`, crash_count: 3 });
    }
  });

  test.each<[name: string, text: string]>([
    [
      'pages one after the other',
      `${JSON.stringify({ resources: [v3('i1')] })}\n${JSON.stringify({ resources: [v3('i2')] })}`,
    ],
    ['pages in a list', JSON.stringify([{ resources: [v3('i1')] }, { resources: [v3('i2')] }])],
    ['a list of events', JSON.stringify([v3('i1'), v3('i2')])],
    ['one event a line', `${JSON.stringify(v3('i1'))}\n${JSON.stringify(v3('i2'))}\n`],
    [
      'with headers, as cf curl -i prints it',
      `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n${JSON.stringify({ resources: [v3('i1'), v3('i2')] })}`,
    ],
    ['events of v2 and v3', JSON.stringify({ resources: [v3('i1'), v2('i2')] })],
  ])('%s', async (_name, text) => {
    const { events, problems } = await read(text);
    expect(events.map(({ instance_guid }) => instance_guid)).toEqual(['i1', 'i2']);
    expect(problems).toEqual([]);
  });

  test('of other types are counted', async () => {
    const other = { ...v3('i1'), type: 'audit.app.update' };
    expect(await read(JSON.stringify({ resources: [other, v3('i2')] }))).toMatchObject({ others: 1 });
  });

  test('pages that are missing are counted', async () => {
    const page = {
      pagination: {
        total_pages: 3,
        next: { href: 'https://api/v3/audit_events?page=2&per_page=50&types=x' },
      },
      resources: [v3('i1')],
    };
    expect((await read(JSON.stringify(page))).missing_pages).toBe(2);
    const second = {
      pagination: {
        total_pages: 3,
        next: { href: 'https://api/v3/audit_events?page=3&per_page=50&types=x' },
        previous: { href: 'https://api/v3/audit_events?page=1&per_page=50&types=x' },
      },
      resources: [],
    };
    expect((await read(JSON.stringify([page, second]))).missing_pages).toBe(1);
  });

  test.each<[text: string, problem: RegExp]>([
    [
      '{"errors":[{"detail":"The token expired","title":"CF-InvalidAuthToken","code":1000}]}',
      /answered with an error: The token expired/,
    ],
    ['{"description":"Unknown request","error_code":"CF-NotFound","code":10000}', /Unknown request/],
    ['FAILED\nNot logged in.', /no events/],
    ['{"resources": [{"type": ', /not whole JSON/],
    ['', /no events/],
  ])('%j is a problem', async (text, problem) => {
    const { problems, events } = await read(text);
    expect(events).toEqual([]);
    expect(problems.join(' ')).toMatch(problem);
  });

  test('an empty page is an answer, and no problem', async () => {
    expect((await read('{"pagination":{"total_pages":1},"resources":[]}')).problems).toEqual([]);
  });

  test('a page of one long line is read', async () => {
    const resources = Array.from({ length: 5000 }, (_, i) => v3(`i${i}`));
    resources[0]!.data.exit_description = 'x'.repeat(10_000);
    expect((await read(JSON.stringify({ resources }))).events).toHaveLength(5000);
  });
});

test('documents are found in any text around them, however it is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ between: fc.stringMatching(/^[^[\]{}"]{0,10}$/), value: fc.object() })),
      fc.array(fc.integer({ min: 1, max: 40 })),
      (parts, cuts) => {
        const text = parts.map(({ between, value }) => between + JSON.stringify(value)).join('');
        const found: unknown[] = [];
        const documents = new JsonDocuments(
          (document) => found.push(document),
          (skipped) => {
            expect(skipped).toBe('nothing is skipped');
          },
        );
        let from = 0;
        for (const cut of cuts) {
          documents.push(text.slice(from, from + cut));
          from += cut;
        }
        documents.push(text.slice(from));
        documents.end();
        expect(JSON.stringify(found)).toBe(JSON.stringify(parts.map(({ value }) => value)));
      },
    ),
  );
});
