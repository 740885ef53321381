import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { gatherDiskEvidence, type CellDiskMetrics, type Gathered } from '../../src/lib/crashes/gather.ts';
import { diagnoseDisk, type DiskRuleOptions } from '../../src/lib/crashes/disk-rules.ts';
import type { DiskFinding } from '../../src/lib/crashes/disk-findings.ts';
import { readCfEvents } from '../../src/lib/evidence/cf-events.ts';
import { readRepLogs } from '../../src/lib/evidence/rep-logs.ts';
import type { ActualLrp, Cell, DesiredLrp, Foundation, Task } from '../../src/lib/foundation/types.ts';

export const MIB = 1024 * 1024;
const START = Date.parse('2026-11-20T08:00:00Z');

export const QUOTA_TEXT =
  'Copying droplet into the container failed: stream-in: nstar: error streaming in: exit status 2. Output: tar: ./app/lib/big.js: Cannot write: Disk quota exceeded';
const STREAM_ERROR =
  'stream-in: nstar: error streaming in: exit status 2. Output: tar: ./app/lib/big.js: Cannot write: Disk quota exceeded';
const HOST_ERROR = 'open /var/vcap/data/rep/shared/garden/download_cache/tmp-1: no space left on device';

/** Guids that look like Diego's and are easy to tell apart in a failing test. */
export const guid = (name: string): string => {
  const hex = Buffer.from(name).toString('hex').padEnd(32, '0').slice(0, 32);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};
export const processGuid = (app: string): string => `${guid(app)}-${guid(`v-${app}`)}`;
export const cellGuid = (cell: string): string => guid(`cell-${cell}`);

export type LogFormat = 'epoch' | 'rfc3339' | 'syslog' | 'gzip';
export type EventFormat = 'v2' | 'v3';

interface AppOptions {
  instances?: number;
  disk_mb?: number;
  rootfs?: string;
}

/** A foundation to which things happen: each of them shows in the store, the logs, the events and the metrics. */
export class Scenario {
  readonly cells: Cell[] = [];
  readonly desired: DesiredLrp[] = [];
  readonly actual: ActualLrp[] = [];
  readonly tasks: Task[] = [];
  readonly metrics = new Map<string, CellDiskMetrics>();
  readonly logLines: { at: number; cell: string; message: string; data: object; error?: boolean }[] = [];
  readonly events: {
    at: number;
    app: string;
    index: number;
    instance: string;
    cell: string;
    text: string;
  }[] = [];
  #clock = START;
  #instance = 0;

  constructor(...cells: string[]) {
    for (const cell of cells) this.cell(cell);
  }

  tick(): number {
    return (this.#clock += 60_000);
  }

  cell(name: string, options: { disk_mb?: number; allocated_mb?: number } = {}): void {
    const disk = options.disk_mb ?? 100_000;
    this.cells.push({
      cell_id: cellGuid(name),
      zone: `z${(this.cells.length % 2) + 1}`,
      state: 'present',
      rep_url: '',
      rep_address: '',
      capacity: { memory_mb: 64_000, disk_mb: disk, containers: 250 },
      allocated: { memory_mb: 1000, disk_mb: options.allocated_mb ?? 10_000, containers: 10 },
      rootfs_providers: [{ name: 'preloaded', properties: ['cflinuxfs4'] }, { name: 'docker' }],
      placement_tags: [],
      optional_placement_tags: [],
      volume_drivers: [],
    });
    this.metrics.set(name, { cell_id: cellGuid(name), containers: [] });
  }

  app(name: string, options: AppOptions = {}): this {
    this.desired.push({
      process_guid: processGuid(name),
      domain: 'cf-apps',
      log_guid: guid(name),
      instances: options.instances ?? 2,
      memory_mb: 256,
      disk_mb: options.disk_mb ?? 1024,
      max_pids: 1024,
      rootfs: options.rootfs ?? 'preloaded:cflinuxfs4',
      placement_tags: [],
      volume_drivers: [],
      app_guid: guid(name),
      app_name: name,
      org_name: 'org',
      space_name: 'space',
    });
    return this;
  }

  #actualOf(app: string, index: number): ActualLrp {
    const process_guid = processGuid(app);
    let actual = this.actual.find((known) => known.process_guid === process_guid && known.index === index);
    if (actual === undefined) {
      actual = {
        process_guid,
        index,
        presence: 'ordinary',
        domain: 'cf-apps',
        state: 'UNCLAIMED',
        instance_guid: '',
        cell_id: '',
        availability_zone: 'z1',
        since: null,
        crash_count: 0,
        crash_reason: '',
        placement_error: '',
        routable: false,
      };
      this.actual.push(actual);
    }
    return actual;
  }

  #session(app: string, index: number, instance: string, cell: string): object {
    return {
      'container-guid': instance,
      'container-state': 'reserved',
      'lrp-instance-key': { instance_guid: instance, cell_id: cellGuid(cell) },
      'lrp-key': { process_guid: processGuid(app), index, domain: 'cf-apps' },
      session: '61.1.1.3',
    };
  }

  #log(cell: string, message: string, data: object, error = false): void {
    this.logLines.push({ at: this.tick(), cell, message, data, error });
  }

  /** A container is made and files are copied in; `streamed_mb` is left out when that does not end. */
  copy(
    app: string,
    index: number,
    cell: string,
    sizes: { fetched_mb?: number; streamed_mb?: number },
  ): string {
    const instance = `instance-${++this.#instance}`;
    const session = this.#session(app, index, instance, cell);
    const step =
      'rep.executing-container-operation.ordinary-lrp-processor.process-reserved-container.run-container.containerstore-run.node-run.setup.download-step';
    if (sizes.fetched_mb !== undefined) {
      this.#log(cell, `${step}.fetch-complete`, { ...session, to: '.', size: sizes.fetched_mb * MIB });
    }
    if (sizes.streamed_mb !== undefined) {
      this.#log(cell, `${step}.stream-in-complete`, { ...session, to: '.', size: sizes.streamed_mb * MIB });
    }
    return instance;
  }

  runs(app: string, index: number, cell: string, used_mb: number): this {
    const instance = this.copy(app, index, cell, {});
    const actual = this.#actualOf(app, index);
    Object.assign(actual, {
      state: 'RUNNING',
      cell_id: cellGuid(cell),
      instance_guid: instance,
      since: new Date(this.tick()).toISOString(),
    });
    const disk = this.desired.find(({ process_guid }) => process_guid === processGuid(app))!.disk_mb;
    this.metrics.get(cell)!.containers.push({
      container_guid: instance,
      process_guid: processGuid(app),
      index,
      usage_bytes: used_mb * MIB,
      quota_bytes: disk * MIB,
    });
    return this;
  }

  /** It crashes: the store keeps the text and blanks the cell, the event keeps both, the rep logs the error. */
  crashes(
    app: string,
    index: number,
    cell: string,
    text = QUOTA_TEXT,
    logged: { fetched_mb?: number; error?: string | null } = {},
  ): this {
    const instance = this.copy(app, index, cell, logged);
    const error =
      logged.error === undefined ? (text.startsWith('Copying') ? STREAM_ERROR : null) : logged.error;
    if (error !== null) {
      this.#log(
        cell,
        'rep.executing-container-operation.ordinary-lrp-processor.process-reserved-container.run-container.containerstore-run.node-run.setup.download-step.stream-in-failed',
        { ...this.#session(app, index, instance, cell), destination: '.', error, to: '.' },
        true,
      );
    }
    const at = this.tick();
    const actual = this.#actualOf(app, index);
    Object.assign(actual, {
      state: actual.crash_count >= 2 ? 'CRASHED' : 'UNCLAIMED',
      instance_guid: '',
      cell_id: '',
      since: new Date(at).toISOString(),
      crash_count: actual.crash_count + 1,
      crash_reason: text.slice(0, 1024),
    });
    this.events.push({ at, app, index, instance, cell, text });
    return this;
  }

  hostError(cell: string): this {
    this.#log(cell, 'rep.downloader.download.failed-to-copy', { error: HOST_ERROR }, true);
    return this;
  }

  notPlaced(app: string, index: number, text: string): this {
    Object.assign(this.#actualOf(app, index), {
      placement_error: text,
      since: new Date(this.tick()).toISOString(),
    });
    return this;
  }

  stagingFails(app: string, text: string, options: { cell?: string; disk_mb?: number } = {}): this {
    const at = new Date(this.tick()).toISOString();
    this.tasks.push({
      task_guid: guid(`task-${app}`),
      domain: 'cf-app-staging',
      state: 'Completed',
      cell_id: options.cell === undefined ? '' : cellGuid(options.cell),
      created_at: at,
      updated_at: at,
      first_completed_at: at,
      failed: true,
      failure_reason: text,
      rejection_count: 0,
      rejection_reason: '',
      memory_mb: 1024,
      disk_mb: options.disk_mb ?? 4096,
      max_pids: 0,
      rootfs: 'preloaded:cflinuxfs4',
      placement_tags: [],
      volume_drivers: [],
      log_guid: guid(app),
    });
    return this;
  }

  foundation(): Foundation {
    return {
      schema: 'cgdiego-foundation/1',
      taken_at: new Date(this.tick()).toISOString(),
      source: 'store',
      cells: this.cells,
      desired_lrps: this.desired,
      actual_lrps: this.actual,
      tasks: this.tasks,
      domains: [],
      gaps: [],
    };
  }

  /** The reps' logs as text, with noise and garbage between what matters. */
  logText(format: LogFormat): string {
    return this.logLines
      .flatMap(({ at, cell, message, data, error }, number) => {
        const time = new Date(at).toISOString();
        const entry =
          format === 'epoch'
            ? {
                timestamp: `${Math.floor(at / 1000)}.123456789`,
                source: 'rep',
                message,
                log_level: error === true ? 2 : 1,
                data,
              }
            : {
                timestamp: time.replace('Z', '000000Z'),
                level: error === true ? 'error' : 'info',
                source: 'rep',
                message,
                data,
              };
        const frame =
          format === 'syslog'
            ? `<14>1 ${time} 10.0.16.4 rep rs2 - [instance@47450 director="" deployment="cf" group="diego-cell" az="z1" id="${cellGuid(cell)}"] `
            : '';
        const noise = { timestamp: time, level: 'info', source: 'rep', message: 'rep.tick', data: {} };
        return [
          frame + JSON.stringify(entry),
          ...(number % 3 === 0 ? [`${frame}${JSON.stringify(noise)}`, 'garbage {"half', ''] : []),
        ];
      })
      .join('\n');
  }

  eventText(format: EventFormat): string {
    const resources = this.events.map(({ at, app, index, instance, cell, text }) => {
      const time = new Date(at).toISOString();
      const data = {
        instance,
        index,
        cell_id: cellGuid(cell),
        reason: 'CRASHED',
        exit_description: text,
        crash_count: 1,
        crash_timestamp: at * 1e6,
      };
      return format === 'v3'
        ? {
            guid: guid(`event-${instance}`),
            created_at: time,
            type: 'audit.app.process.crash',
            actor: { guid: guid(app), type: 'process', name: 'web' },
            target: { guid: guid(app), type: 'app', name: app },
            data: { ...data, version: guid(`v-${app}`) },
          }
        : {
            metadata: { guid: guid(`event-${instance}`), url: '', created_at: time },
            entity: {
              type: 'app.crash',
              actor: guid(app),
              actor_type: 'app',
              actor_name: app,
              actee: guid(app),
              actee_type: 'app',
              actee_name: app,
              timestamp: time,
              metadata: data,
            },
          };
    });
    return format === 'v3'
      ? JSON.stringify({
          pagination: { total_results: resources.length, total_pages: 1, next: null },
          resources,
        })
      : JSON.stringify(
          { total_results: resources.length, total_pages: 1, prev_url: null, next_url: null, resources },
          null,
          3,
        );
  }
}

export interface Given {
  store?: boolean;
  live?: boolean;
  logs?: LogFormat | false;
  events?: EventFormat | false;
}

/** Writes logs and events to files, reads them back as the command does, and joins everything. */
export async function gatherFrom(scenario: Scenario, given: Given = {}): Promise<Gathered> {
  const folder = await mkdtemp(join(tmpdir(), 'cgdiego-scenario-'));
  try {
    const logs = given.logs ?? 'rfc3339';
    const events = given.events ?? 'v3';
    const logFile = join(folder, 'rep.log');
    const eventFile = join(folder, 'events.json');
    if (logs !== false) {
      const text = scenario.logText(logs);
      await writeFile(logFile, logs === 'gzip' ? gzipSync(text) : text);
    }
    if (events !== false) await writeFile(eventFile, scenario.eventText(events));
    const foundation = scenario.foundation();
    return gatherDiskEvidence({
      now: foundation.taken_at,
      foundation: given.store === false ? undefined : foundation,
      metrics: given.live === false ? undefined : [...scenario.metrics.values()],
      rep_logs: logs === false ? undefined : await readRepLogs([logFile]),
      cf_events: events === false ? undefined : await readCfEvents([eventFile]),
      keys: true,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

export async function diagnose(
  scenario: Scenario,
  given: Given = {},
  options: DiskRuleOptions = {},
): Promise<DiskFinding[]> {
  return diagnoseDisk((await gatherFrom(scenario, given)).evidence, options);
}

/** `app: verdict confidence`, for comparing many at once. */
export function verdicts(findings: readonly DiskFinding[]): string[] {
  return findings.map(
    ({ app_name, verdict, confidence, recovered }) =>
      `${app_name}: ${verdict} ${confidence}${recovered ? ' recovered' : ''}`,
  );
}
