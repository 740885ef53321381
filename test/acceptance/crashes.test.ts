import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createDevCertificates, type DevCertificates } from '../../src/lib/certificates/dev.ts';
import { createDatabase, query } from '../support/database.ts';
import { cgdiego } from '../support/cli.ts';
import { startFakeBbs } from '../support/fake-bbs.ts';
import { inspect, parseLines } from '../support/inspect.ts';

interface Group {
  group: string;
  count: number;
  crashes: number;
  example: string;
}

let url: string;
let folder: string;
beforeAll(async () => {
  [url, folder] = await Promise.all([
    createDatabase('diego-key-2026-10', 'locket'),
    mkdtemp(join(tmpdir(), 'cgdiego-crashes-')),
  ]);
});
afterAll(() => rm(folder, { recursive: true }));

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

/** What the captured foundation holds, by class. */
const CAPTURED: Record<string, number> = {
  'copy-in': 10,
  download: 8,
  'container-create': 2,
  'disk-full': 2,
  'app-exit': 8,
  'memory-quota': 6,
  'health-check': 4,
  'no-compatible-cell': 3,
  'insufficient-resources': 2,
};

describe('cgdiego crashes', () => {
  test('json: the captured foundation by cause', async () => {
    const { code, stdout, stderr } = await inspect(url, ['crashes', '-o', 'json']);
    expect(code).toBe(0);
    const groups = JSON.parse(stdout) as Group[];
    expect(Object.fromEntries(groups.map(({ group, count }) => [group, count]))).toEqual(CAPTURED);
    expect(stderr).toContain('40 instances crashed, 5 placement errors, 0 tasks failed or rejected.');
  });

  test('table: a line a cause, without colour in a pipe', async () => {
    const { code, stdout } = await inspect(url, ['crashes']);
    expect(code).toBe(0);
    expect(stdout).not.toContain('\u001b');
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^CAUSE +COUNT +APPS +CRASHES/);
    expect(lines).toHaveLength(1 + Object.keys(CAPTURED).length);
    expect(stdout).toMatch(/copy-in +10 .*app or platform +Copying into the container failed/);
  });

  test('csv: one row an instance, with names out of encrypted columns', async () => {
    const { stdout } = await inspect(url, ['crashes', '--by', 'instance', '-o', 'csv']);
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^kind,process_guid,index,domain,app_guid,app_name,org_name/);
    expect(rows).toHaveLength(45);
    expect(rows.every((row) => /,app-\d+,org-\d+,/.test(row))).toBe(true);
  });

  test.each(['yaml', 'wide', 'ndjson'])('%s', async (format) => {
    const { code, stdout } = await inspect(url, ['crashes', '--by', 'zone', '-o', format]);
    expect(code).toBe(0);
    for (const zone of ['z1', 'z2', 'z3', 'unknown']) expect(stdout).toContain(zone);
  });

  test('without keys: everything but the names, and it says so', async () => {
    const { code, stdout, stderr } = await cgdiego(['crashes', '--by', 'org', '-o', 'json'], {
      env: { CGDIEGO_DATABASE_URL: url },
    });
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as Group[]).map(({ group, count }) => [group, count])).toEqual([
      ['unknown', 45],
    ]);
    expect(stderr).toContain('no encryption keys were given');
  });

  test.each([
    [['--fail-on', 'memory-quota'], 3],
    [['--fail-on', 'proxy', 'timeout'], 0],
    [['--fail-on', 'sizing'], 3],
    [['--fail-on', 'nonsense'], 2],
    [['--by', 'moon'], 2],
    [['--since', '1ms'], 0],
    [['--since', '1ms', '--fail-on', 'any'], 0],
  ])('%j ends with %i', async (args, code) => {
    expect((await inspect(url, ['crashes', '-q', ...args])).code).toBe(code);
  });

  test('an instance that runs again is shown with since when, and left out by --current', async () => {
    const own = await createDatabase('diego-key-2026-10');
    await query(own, `UPDATE actual_lrps SET crash_count = 0, placement_error = ''`);
    await query(
      own,
      `UPDATE actual_lrps SET crash_count = 2, crash_reason = 'APP/PROC/WEB: Exited with status 1'
        WHERE (process_guid, instance_index) IN (SELECT process_guid, instance_index FROM actual_lrps WHERE state = 'RUNNING' LIMIT 1)`,
    );
    const { stdout } = await inspect(own, ['crashes', '--by', 'instance', '-o', 'ndjson']);
    expect(parseLines(stdout)).toMatchObject([
      { state: 'RUNNING', recovered: true, since: expect.stringMatching(/^20/) as string },
    ]);
    expect((await inspect(own, ['crashes', '--current', '-o', 'json'])).stdout).toBe('[]\n');
  });

  test('tasks that failed, texts with secrets, texts that nobody knows', async () => {
    const own = await createDatabase('diego-key-2026-10');
    await query(own, `UPDATE actual_lrps SET crash_count = 0, placement_error = ''`);
    await query(
      own,
      `UPDATE tasks SET failed = true, failure_reason = 'odd: https://user:hunter2@blobs.internal/x'
        WHERE guid = (SELECT min(guid) FROM tasks)`,
    );
    await query(
      own,
      `UPDATE tasks SET rejection_count = 3, rejection_reason = 'insufficient resources: disk'
        WHERE guid = (SELECT max(guid) FROM tasks)`,
    );
    const { stdout, stderr } = await inspect(own, [
      'crashes',
      '--by',
      'instance',
      '-o',
      'ndjson',
      '--sort',
      'kind',
    ]);
    expect(parseLines(stdout)).toMatchObject([
      { kind: 'task-failed', class: 'unknown', text: 'odd: https://user:***@blobs.internal/x' },
      { kind: 'task-rejected', class: 'insufficient-resources', crash_count: 3 },
    ]);
    expect(stdout + stderr).not.toContain('hunter2');
    expect(stderr).toContain('1 text that no pattern knows');
  });

  test("an operator's own patterns come first", async () => {
    const file = join(folder, 'own.yml');
    await writeFile(
      file,
      '- id: image-registry\n  class: registry\n  pattern: Error response from daemon\n  who: platform\n',
    );
    const { stdout } = await inspect(url, ['crashes', '--patterns', file, '-o', 'json']);
    expect(JSON.parse(stdout)).toContainEqual(
      expect.objectContaining({ group: 'registry', count: 2 }) as Group,
    );
  });

  test('events give the cells', async () => {
    const [row] = await query<{ process_guid: string; instance_index: number; crash_reason: string }>(
      url,
      `SELECT process_guid, instance_index, crash_reason FROM actual_lrps WHERE crash_count > 0 ORDER BY 1 LIMIT 1`,
    );
    const app = row!.process_guid.slice(0, 36);
    const file = join(folder, 'events.json');
    const data = {
      instance: 'i',
      index: row!.instance_index,
      cell_id: 'cell-of-the-crash',
      exit_description: row!.crash_reason,
      version: row!.process_guid.slice(37),
    };
    await writeFile(
      file,
      JSON.stringify({
        resources: [
          {
            type: 'audit.app.process.crash',
            created_at: '2026-11-22T16:00:00Z',
            actor: { guid: app, type: 'process' },
            target: { guid: app, type: 'app', name: 'x' },
            data,
          },
        ],
      }),
    );
    const { stdout, stderr } = await inspect(url, [
      'crashes',
      '--by',
      'cell',
      '--cf-events',
      file,
      '-o',
      'csv',
      '--columns',
      'group,count',
    ]);
    expect(stdout.split('\n').sort()).toEqual(['', 'cell-of-the-crash,1', 'group,count', 'unknown,44']);
    expect(stderr).toContain('A crash blanks the cell in the store');
  });

  test('from a snapshot the times are the snapshot\u2019s', async () => {
    const { Scenario } = await import('../crashes/scenario.ts');
    const scenario = new Scenario('a')
      .app('app')
      .crashes('app', 0, 'a', 'APP/PROC/WEB: Exited with status 1');
    const file = join(folder, 'snapshot.json');
    await writeFile(file, JSON.stringify(scenario.foundation()));
    const { code, stdout } = await cgdiego(['crashes', '--from', file, '--since', '1h', '--by', 'cause']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/app-exit +1 .* 1m /);
  });
});

describe('cgdiego crashes --follow', () => {
  test('shows what comes into the store, once, until it is interrupted', async () => {
    const own = await createDatabase('diego-key-2026-10');
    let said = '';
    let out = '';
    const changed = new Promise<void>((resolve, reject) => {
      void inspect(own, ['crashes', '--follow', '--interval', '50ms', '-o', 'json'], {
        onSpawn: (child) => {
          child.stderr!.on('data', (text: string) => {
            said += text;
            if (!said.includes('Reading the store')) return;
            said = '';
            query(
              own,
              `UPDATE actual_lrps SET crash_count = 1, crash_reason = 'Downloading droplet failed', state = 'UNCLAIMED'
                WHERE (process_guid, instance_index) IN (SELECT process_guid, instance_index FROM actual_lrps WHERE state = 'RUNNING' LIMIT 1)`,
            ).catch(reject);
          });
          child.stdout!.on('data', (text: string) => {
            out += text;
            if (out.includes('\n')) child.kill('SIGINT');
          });
        },
      }).then(({ code, stdout }) => {
        expect(code).toBe(130);
        expect(parseLines(stdout)).toMatchObject([{ kind: 'crash', class: 'download', crash_count: 1 }]);
        resolve();
      }, reject);
    });
    await changed;
  });

  test('as text: those of --since first, in the order in which they happened', async () => {
    const { code, stdout } = await inspect(url, ['crashes', '-f', '--since', '100000d', '--interval', '1h'], {
      onSpawn: (child) => {
        let out = '';
        child.stdout!.on('data', (text: string) => {
          out += text;
          if (out.trimEnd().split('\n').length === 45) child.kill('SIGINT');
        });
      },
    });
    expect(code).toBe(130);
    const times = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('  ')[0]!);
    expect(times).toEqual([...times].sort());
    expect(stdout).toMatch(/copy-in {2}app-\d+\/\d+, crash 3: Copying into the container failed/);
  });

  describe('by events', () => {
    let pki: DevCertificates;
    beforeAll(async () => {
      pki = await createDevCertificates(join(folder, 'pki'));
    });

    test('shows a crash with its cell, a placement error and a task that failed; the reader may go', async () => {
      const { create, toBinary } = await import('@bufbuild/protobuf');
      const proto = await import('../../src/lib/bbs/gen/diego_pb.ts');
      const bbs = await startFakeBbs(pki);
      closers.push(() => bbs.close());
      const event = (name: string, bytes: Uint8Array) =>
        `id: 0\nevent: ${name}\ndata: ${Buffer.from(bytes).toString('base64')}\n\n`;
      const actualLrpKey = { processGuid: 'p-1', index: 4, domain: 'cf-apps' };
      bbs.answers.set('/v1/events/lrp_instances.r1', () => ({
        events: [
          event(
            'actual_lrp_crashed',
            toBinary(
              proto.ActualLRPCrashedEventSchema,
              create(proto.ActualLRPCrashedEventSchema, {
                actualLrpKey,
                actualLrpInstanceKey: { instanceGuid: 'i', cellId: 'cell-9' },
                crashCount: 7,
                crashReason: 'APP/PROC/WEB: Exited with status 1; redis://:hunter2@cache/0',
                since: 1795363519505655293n,
              }),
            ),
          ),
          ...['insufficient resources: disk', 'insufficient resources: disk'].map((placementError) =>
            event(
              'actual_lrp_instance_changed',
              toBinary(
                proto.ActualLRPInstanceChangedEventSchema,
                create(proto.ActualLRPInstanceChangedEventSchema, {
                  actualLrpKey,
                  before: { state: 'UNCLAIMED' },
                  after: { state: 'UNCLAIMED', placementError },
                }),
              ),
            ),
          ),
        ],
      }));
      bbs.answers.set('/v1/events/tasks.r1', () => ({
        events: [
          event(
            'task_changed',
            toBinary(
              proto.TaskChangedEventSchema,
              create(proto.TaskChangedEventSchema, {
                before: { taskGuid: 't-1', cellId: 'cell-8' },
                after: { taskGuid: 't-1', failed: true, failureReason: 'cell disappeared before completion' },
              }),
            ),
          ),
        ],
      }));
      const args = [
        '--ca-cert-file',
        pki.ca.certificateFile,
        '--client-cert-file',
        pki.client.certificateFile,
        '--client-key-file',
        pki.client.privateKeyFile,
      ];
      let out = '';
      const { code, stdout } = await cgdiego(
        ['crashes', '--follow', '-o', 'ndjson', '--bbs-url', bbs.url, ...args],
        {
          onSpawn: (child) => {
            child.stdout!.on('data', (text: string) => {
              out += text;
              if (out.trimEnd().split('\n').length === 3) child.kill('SIGINT');
            });
          },
        },
      );
      expect(code).toBe(130);
      expect(parseLines<{ kind: string }>(stdout).sort((a, b) => (a.kind < b.kind ? -1 : 1))).toMatchObject([
        {
          kind: 'crash',
          process_guid: 'p-1',
          index: 4,
          cell_id: 'cell-9',
          crash_count: 7,
          class: 'app-exit',
          text: 'APP/PROC/WEB: Exited with status 1; redis://:***@cache/0',
          since: '2026-11-22T16:05:19.505655293Z',
        },
        { kind: 'placement', class: 'insufficient-resources', process_guid: 'p-1' },
        { kind: 'task-failed', process_guid: 't-1', class: 'cell', cell_id: 'cell-8' },
      ]);
    });
  });
});

describe('cgdiego crashes patterns', () => {
  test('prints the table', async () => {
    const { code, stdout } = await cgdiego(['crashes', 'patterns', '-o', 'json']);
    expect(code).toBe(0);
    const patterns = JSON.parse(stdout) as { id: string; who: string[]; pattern: string }[];
    expect(patterns.length).toBeGreaterThan(50);
    for (const { pattern } of patterns) expect(() => new RegExp(pattern)).not.toThrow();
  });

  test('tells a text, and texts from standard input', async () => {
    const one = await cgdiego([
      'crashes',
      'patterns',
      'Copying into the container failed',
      '-o',
      'csv',
      '--columns',
      'class,pattern',
    ]);
    expect(one.stdout).toBe('class,pattern\ncopy-in,copy-in-bare\n');
    const many = await cgdiego(['crashes', 'patterns', '-', '-q'], {
      stdin: 'missing garden container\n\nnobody knows\n',
    });
    expect(many.stdout).toBe('cell\nunknown\n');
  });
});
