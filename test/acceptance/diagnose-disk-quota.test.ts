import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createDevCertificates, type DevCertificates } from '../../src/lib/certificates/dev.ts';
import type { DiskFinding } from '../../src/lib/crashes/disk-findings.ts';
import type { DiskSummary } from '../../src/lib/crashes/disk-summary.ts';
import type { QuotaAdvice } from '../../src/lib/crashes/quota-advice.ts';
import { cgdiego } from '../support/cli.ts';
import { createDatabase, query } from '../support/database.ts';
import { startFakeRep } from '../support/fake-rep.ts';
import { inspect, parseLines } from '../support/inspect.ts';
import { MIB } from '../crashes/scenario.ts';

const QUOTA_ERROR =
  'stream-in: nstar: error streaming in: exit status 2. Output: tar: ./app/x.js: Cannot write: Disk quota exceeded';
const COMMAND = ['diagnose', 'disk-quota'];

let url: string;
let folder: string;
let pki: DevCertificates;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cgdiego-disk-'));
  [url, pki] = await Promise.all([
    createDatabase('diego-key-2026-10', 'locket'),
    createDevCertificates(join(folder, 'pki')),
  ]);
});
afterAll(() => rm(folder, { recursive: true }));

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

interface Instance {
  process_guid: string;
  instance_index: number;
  cell_id: string;
  instance_guid: string;
}

/**
 * The captured store, in which one process with three or more running instances is left, the last of which fails to be copied in on
 * the cell of the first process's neighbour.
 */
async function overEnforced() {
  const own = await createDatabase('diego-key-2026-10', 'locket');
  await query(own, `UPDATE actual_lrps SET crash_count = 0, crash_reason = '', placement_error = ''`);
  const [{ process_guid }] = (await query<{ process_guid: string }>(
    own,
    `SELECT process_guid FROM actual_lrps WHERE state = 'RUNNING' AND presence = 0
      GROUP BY 1 HAVING count(DISTINCT cell_id) >= 3 ORDER BY 1 LIMIT 1`,
  )) as [{ process_guid: string }];
  const instances = await query<Instance>(
    own,
    `SELECT process_guid, instance_index, cell_id, instance_guid FROM actual_lrps
      WHERE process_guid = $1 AND state = 'RUNNING' ORDER BY instance_index`,
    [process_guid],
  );
  const running = instances.filter(({ cell_id }) => cell_id !== instances[0]!.cell_id);
  // All instances on the cell of the first one fail there.
  const failed = instances.filter(({ cell_id }) => cell_id === instances[0]!.cell_id);
  await query(
    own,
    `UPDATE actual_lrps SET state = 'CRASHED', cell_id = '', instance_guid = '', crash_count = 3, crash_reason = $2
      WHERE process_guid = $1 AND instance_index = ANY($3)`,
    [
      process_guid,
      `Copying droplet into the container failed: ${QUOTA_ERROR}`,
      failed.map(({ instance_index }) => instance_index),
    ],
  );
  return { own, process_guid, running, failed, cell: instances[0]!.cell_id };
}

type World = Awaited<ReturnType<typeof overEnforced>>;

async function eventsFile({ failed, process_guid }: World): Promise<string> {
  const file = join(folder, 'events.json');
  const app = process_guid.slice(0, 36);
  const resources = failed.map(({ instance_index, instance_guid, cell_id }) => ({
    guid: instance_guid,
    type: 'audit.app.process.crash',
    created_at: '2026-11-22T16:00:00Z',
    actor: { guid: app, type: 'process', name: 'web' },
    target: { guid: app, type: 'app', name: 'app' },
    data: {
      instance: instance_guid,
      index: instance_index,
      cell_id,
      reason: 'CRASHED',
      exit_description: `Copying droplet into the container failed: ${QUOTA_ERROR}`,
      version: process_guid.slice(37),
    },
  }));
  await writeFile(file, JSON.stringify({ pagination: { total_pages: 1 }, resources }));
  return file;
}

function logOf({ failed, running, process_guid }: World, streamed: number): string {
  const step =
    'rep.executing-container-operation.ordinary-lrp-processor.process-reserved-container.run-container.containerstore-run.node-run.setup.download-step';
  const line = (instance: Instance, message: string, data: object) =>
    JSON.stringify({
      timestamp: '2026-11-22T16:00:00.000000000Z',
      level: 'info',
      source: 'rep',
      message: `${step}.${message}`,
      data: {
        'container-guid': instance.instance_guid,
        'lrp-instance-key': { instance_guid: instance.instance_guid, cell_id: instance.cell_id },
        'lrp-key': { process_guid, index: instance.instance_index, domain: 'cf-apps' },
        to: '.',
        ...data,
      },
    });
  return [
    ...failed.map((instance) => line(instance, 'stream-in-failed', { destination: '.', error: QUOTA_ERROR })),
    ...running.map((instance) => line(instance, 'stream-in-complete', { size: streamed })),
    'not a log line',
    '',
  ].join('\n');
}

/** Reps for every cell, that use so much of the quota of each container that runs. */
async function startReps(own: string, share: number): Promise<string[]> {
  const rows = await query<Instance & { disk_mb: number }>(
    own,
    `SELECT a.process_guid, instance_index, cell_id, instance_guid, disk_mb FROM actual_lrps a
       JOIN desired_lrps USING (process_guid) WHERE state = 'RUNNING'`,
  );
  const cells = await query<{ path: string; cell: string }>(
    own,
    `SELECT path, value::json->>'cell_id' AS cell FROM locks WHERE type = 'presence'`,
  );
  for (const { path, cell } of cells) {
    const lrps = rows
      .filter(({ cell_id }) => cell_id === cell)
      .map((row) => ({
        instance_guid: row.instance_guid,
        process_guid: row.process_guid,
        index: row.instance_index,
        metric_guid: '',
        cpu_usage_fraction: 0,
        disk_usage_bytes: Math.round(row.disk_mb * MIB * share),
        disk_quota_bytes: row.disk_mb * MIB,
        memory_usage_bytes: 1,
        memory_quota_bytes: 1,
      }));
    const resources = { MemoryMB: 60_000, DiskMB: 200_000, Containers: 200 };
    const rep = await startFakeRep(pki, {
      cellId: cell,
      answers: {
        '/container_metrics': JSON.stringify({ cell_id: cell, lrps, tasks: null }),
        '/state': JSON.stringify({
          cell_id: cell,
          AvailableResources: resources,
          TotalResources: resources,
          LRPs: null,
          Tasks: null,
        }),
      },
    });
    closers.push(() => rep.close());
    await query(
      own,
      `UPDATE locks SET value = jsonb_set(value::jsonb, '{rep_url}', to_jsonb($2::text))::text WHERE path = $1`,
      [path, rep.rep_url],
    );
  }
  return [
    '--live',
    '--ca-cert-file',
    pki.ca.certificateFile,
    '--client-cert-file',
    pki.client.certificateFile,
    '--client-key-file',
    pki.client.privateKeyFile,
  ];
}

describe('cgdiego diagnose disk-quota', () => {
  test('table: the captured store alone finds its disk failures and names all that is missing', async () => {
    const { code, stdout, stderr } = await inspect(url, COMMAND);
    expect(code).toBe(3);
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^PROCESS +APP +VERDICT +SURE/);
    expect(rows).toHaveLength(12);
    expect(rows.filter((row) => row.includes('filled-at-run-time'))).toHaveLength(2);
    for (const source of [
      'metrics of the reps',
      'logs of the reps',
      'crash events of the Cloud Controller',
    ]) {
      expect(stderr).toContain(source);
    }
    expect(stderr).toContain('cf curl');
  });

  test('json: every finding has evidence, what is put in, and commands', async () => {
    const { stdout } = await inspect(url, [...COMMAND, '-o', 'json']);
    const findings = JSON.parse(stdout) as DiskFinding[];
    for (const finding of findings) {
      expect(finding.evidence.length + finding.missing.length).toBeGreaterThan(0);
      expect(finding.remedies.some(({ command }) => command?.startsWith('cf scale app-') === true)).toBe(
        true,
      );
      expect(finding.setup!.downloads[0]!.checksum).toMatch(/^sha256:/);
    }
    // run_info holds the credentials of services.
    expect(stdout).not.toMatch(/credentials|postgres:\/\/[^"]*:[^*@"]+@/);
  });

  test.each([
    ['csv', /^kind,process_guid,app_guid,app_name/],
    ['ndjson', /^\{"kind":"lrp"/],
    ['yaml', /^- kind: lrp/],
    ['wide', /^KIND +PROCESS[\s\S]*To do:[\s\S]*\$ cf scale/],
  ])('-o %s', async (format, shape) => {
    const { code, stdout } = await inspect(url, [...COMMAND, '-o', format]);
    expect(code).toBe(3);
    expect(stdout).toMatch(shape);
  });

  test('one app by its name, the beginning of its guid, or its process', async () => {
    const { stdout } = await inspect(url, [...COMMAND, '-o', 'json', '--limit', '1']);
    const [finding] = JSON.parse(stdout) as [DiskFinding];
    for (const name of [finding.app_name!, finding.app_guid!.slice(0, 10), finding.process_guid]) {
      const { code, stdout: text } = await inspect(url, [...COMMAND, name]);
      expect(code).toBe(3);
      expect(text).toContain(`cf scale ${finding.app_name!} -k`);
    }
    const nobody = await inspect(url, [...COMMAND, 'nobody']);
    expect(nobody.code).toBe(2);
    expect(nobody.stderr).toContain('There is no process, app or task nobody');
  });

  test('an app that does not fail for disk: nothing, and exit 0', async () => {
    const [{ process_guid }] = (await query<{ process_guid: string }>(
      url,
      `SELECT process_guid FROM actual_lrps GROUP BY 1 HAVING max(crash_count) = 0 LIMIT 1`,
    )) as [{ process_guid: string }];
    const { code, stdout, stderr } = await inspect(url, [...COMMAND, process_guid]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('None of them fails for disk');
  });

  test('with events, logs and reps: over-enforcement, surely', async () => {
    const world = await overEnforced();
    const live = await startReps(world.own, 0.3);
    const log = join(folder, 'rep.log.gz');
    await writeFile(log, gzipSync(logOf(world, 100 * MIB)));
    const { code, stdout, stderr } = await inspect(world.own, [
      ...COMMAND,
      world.process_guid,
      ...live,
      '--rep-logs',
      log,
      '--cf-events',
      await eventsFile(world),
      '-o',
      'json',
    ]);
    expect(code).toBe(3);
    const findings = JSON.parse(stdout) as DiskFinding[];
    expect(findings).toMatchObject([
      { verdict: 'over-enforcement', confidence: 'high', cells: [world.cell], failing: world.failed.length },
    ]);
    expect(findings[0]!.running_on.every(({ use_mb }) => use_mb !== null)).toBe(true);
    expect(
      findings[0]!.remedies.some(({ command }) => command === `bosh -d cf restart diego-cell/${world.cell}`),
    ).toBe(true);
    expect(stderr).toContain('1 garbage line skipped');
  });

  test('the same with reps that are nearly full: the quota is too small', async () => {
    const world = await overEnforced();
    const live = await startReps(world.own, 0.97);
    const { stdout } = await inspect(world.own, [
      ...COMMAND,
      world.process_guid,
      ...live,
      '--cf-events',
      await eventsFile(world),
      '-o',
      'json',
    ]);
    expect(JSON.parse(stdout)).toMatchObject([{ verdict: 'quota-too-small', confidence: 'high' }]);
  });

  test('logs come from standard input, events too, but not both', async () => {
    const world = await overEnforced();
    const { stdout, stderr } = await inspect(
      world.own,
      [...COMMAND, world.process_guid, '-o', 'json', '--rep-logs', '-'],
      {
        stdin: logOf(world, 100 * MIB),
      },
    );
    expect(JSON.parse(stdout)).toMatchObject([{ verdict: 'over-enforcement', cells: [world.cell] }]);
    expect(stderr).toContain('Rep logs:');
    const both = await inspect(world.own, [...COMMAND, '--cf-events', '-', '--rep-logs', '-']);
    expect(both.code).toBe(2);
  });

  test('a rep that does not answer is named, and the others are used', async () => {
    const world = await overEnforced();
    const live = await startReps(world.own, 0.3);
    await query(
      world.own,
      `UPDATE locks SET value = jsonb_set(value::jsonb, '{rep_url}', '"https://127.0.0.1:1"')::text WHERE type = 'presence' AND value LIKE '%' || $1 || '%'`,
      [world.cell],
    );
    const { stdout, stderr } = await inspect(world.own, [...COMMAND, ...live, '-o', 'json']);
    expect(stderr).toContain('1 rep of 12 did not answer');
    expect(stderr).toContain(world.cell);
    expect(JSON.parse(stdout)).toMatchObject([{ verdict: 'over-enforcement' }]);
  });

  test('without a store: logs and events alone', async () => {
    const world = await overEnforced();
    const { code, stdout, stderr } = await cgdiego([
      ...COMMAND,
      '--cf-events',
      await eventsFile(world),
      '-o',
      'json',
    ]);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject([{ process_guid: world.process_guid, cells: [world.cell] }]);
    expect(stderr).toContain('Not given: the store');
  });

  test('with nothing at all: a usage error', async () => {
    const { code, stderr } = await cgdiego(COMMAND);
    expect(code).toBe(2);
    expect(stderr).toContain('There is no evidence to judge by');
  });

  test.each([
    ['512', 'cf scale app-'],
    ['10G', 'cf scale app-'],
  ])('--max-app-disk %s is respected', async (max) => {
    const { stdout } = await inspect(url, [...COMMAND, '--max-app-disk', max, '-o', 'ndjson']);
    const limit = max === '10G' ? 10_240 : 512;
    for (const { disk_mb, remedies } of parseLines<DiskFinding>(stdout)) {
      for (const { command } of remedies) {
        const match = / -k (\d+)([MG])$/.exec(command ?? '');
        if (match === null) continue;
        const mb = Number(match[1]) * (match[2] === 'G' ? 1024 : 1);
        expect(mb).toBeLessThanOrEqual(limit);
        expect(mb).toBeGreaterThan(disk_mb!);
      }
    }
  });

  test('--summary in json, csv and as text', async () => {
    const json = await inspect(url, [...COMMAND, '--summary', '-o', 'json']);
    expect(json.code).toBe(3);
    const summary = JSON.parse(json.stdout) as DiskSummary;
    expect(summary).toMatchObject({ apps: 12, findings: 12, points_at: { kind: 'unclear' } });
    const csv = await inspect(url, [...COMMAND, '--summary', '-o', 'csv']);
    expect(csv.stdout).toMatch(/^by,name,apps,of_apps,findings,recovered\nverdict,filled-at-run-time,2,/);
    const text = await inspect(url, [...COMMAND, '--summary']);
    expect(text.stdout).toMatch(/12 apps with 12 findings[\s\S]*By verdict[\s\S]*By stack/);
  });

  test('--quota-advice: the fullest first, with --live; nothing known without', async () => {
    const world = await overEnforced();
    const live = await startReps(world.own, 0.1);
    const { code, stdout } = await inspect(world.own, [...COMMAND, '--quota-advice', ...live, '-o', 'json']);
    expect(code).toBe(3);
    const advice = JSON.parse(stdout) as QuotaAdvice[];
    expect(advice).toHaveLength(220);
    expect(advice.some((row) => row.advice === 'far-too-much' && row.reclaimable_mb > 0)).toBe(true);
    const without = await inspect(world.own, [
      ...COMMAND,
      '--quota-advice',
      '-o',
      'csv',
      '--columns',
      'advice',
    ]);
    expect(without.code).toBe(0);
    expect(new Set(without.stdout.trimEnd().split('\n'))).toEqual(new Set(['advice', 'unknown']));
    expect(without.stderr).toContain('--live');
  });

  test('a recovered process is found, and left out by --current', async () => {
    const world = await overEnforced();
    await query(
      world.own,
      `UPDATE actual_lrps SET state = 'RUNNING', cell_id = $2, instance_guid = 'again-' || instance_index WHERE process_guid = $1 AND state = 'CRASHED'`,
      [world.process_guid, world.running[0]!.cell_id],
    );
    const { code, stdout } = await inspect(world.own, [...COMMAND, '-o', 'json']);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject([{ recovered: true, failing: 0 }]);
    expect((await inspect(world.own, [...COMMAND, '--current'])).code).toBe(0);
  });

  test('a file that is none of these is a warning, one that is not there an error', async () => {
    const file = join(folder, 'text.txt');
    await writeFile(file, 'hello\n');
    const { code, stderr } = await inspect(url, [...COMMAND, '--rep-logs', file, '--cf-events', file]);
    expect(code).toBe(3);
    expect(stderr).toContain('holds no log lines');
    expect(stderr).toContain('holds no events');
    expect((await inspect(url, [...COMMAND, '--rep-logs', join(folder, 'nowhere')])).code).toBe(2);
  });
});
