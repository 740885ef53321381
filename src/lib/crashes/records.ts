import type { CfEvents } from '../evidence/cf-events.ts';
import type { RepLogs } from '../evidence/rep-logs.ts';
import type { ActualLrp, Cell, DesiredLrp, Task } from '../foundation/types.ts';
import type { Classifier } from './classify.ts';
import { maskSecrets } from './mask.ts';
import type { Actor } from './patterns.ts';

/** What went wrong: an instance crashed, could not be placed, or a task failed or was rejected. */
export type CrashKind = 'crash' | 'placement' | 'task-failed' | 'task-rejected';

/** One text that says why something does not run, and what it means. */
export interface CrashRecord {
  kind: CrashKind;
  /** Of a task, its guid. */
  process_guid: string;
  index: number | null;
  domain: string;
  app_guid: string | null;
  app_name: string | null;
  org_name: string | null;
  space_name: string | null;
  /** Where it failed; the store forgets that of crashes, events and logs know it. */
  cell_id: string | null;
  zone: string | null;
  state: string;
  /** The instance runs again: the text is of an earlier crash. */
  recovered: boolean;
  crash_count: number;
  /** When it entered its state: when it crashed, or since when it runs again. */
  since: string | null;
  /** It has been crashing since then at the latest: the BBS's back-off says how long so many crashes take. */
  crashing_since: string | null;
  class: string;
  pattern: string;
  who: readonly Actor[];
  cause: string;
  todo: string;
  /** Secrets masked. */
  text: string;
}

export interface CrashInput {
  desired: ReadonlyMap<string, DesiredLrp>;
  /** May hold instances without a crash: they are left out. */
  actual: Iterable<ActualLrp>;
  tasks: Iterable<Task>;
  cells?: readonly Pick<Cell, 'cell_id' | 'zone'>[];
  classify: Classifier;
  cf_events?: CfEvents | undefined;
  rep_logs?: RepLogs | undefined;
}

/** Every instance with a crash, every placement error, every task that failed or was rejected. */
export function crashRecords(input: CrashInput): CrashRecord[] {
  const records: CrashRecord[] = [];
  const known = crashCells(input);
  const zones = new Map((input.cells ?? []).map(({ cell_id, zone }) => [cell_id, zone]));
  const add = (base: Omit<CrashRecord, 'class' | 'pattern' | 'who' | 'cause' | 'todo'>) => {
    const text = maskSecrets(base.text);
    const { pattern, class: name, who, cause, todo } = input.classify(text);
    const zone = base.zone ?? (base.cell_id === null ? null : (zones.get(base.cell_id) ?? null));
    const { kind, process_guid, index, ...rest } = base;
    records.push({
      kind,
      process_guid,
      index,
      ...rest,
      zone,
      class: name,
      pattern,
      who,
      cause,
      todo,
      text,
    });
  };
  const byApp = new Map<string, DesiredLrp>();
  for (const lrp of input.desired.values()) byApp.set(lrp.log_guid, lrp);
  for (const actual of input.actual) {
    const desired = input.desired.get(actual.process_guid);
    const base = {
      process_guid: actual.process_guid,
      index: actual.index,
      domain: actual.domain,
      ...namesOf(actual.process_guid, desired),
      state: actual.state,
      since: actual.since,
      zone: actual.availability_zone || null,
    };
    if (actual.crash_count > 0) {
      const recovered = actual.state === 'RUNNING';
      add({
        ...base,
        kind: 'crash',
        // Where it runs now is not where it crashed.
        cell_id: known.get(`${actual.process_guid}/${actual.index}`) ?? null,
        recovered,
        crash_count: actual.crash_count,
        crashing_since: recovered ? null : crashingSince(actual.since, actual.crash_count),
        text: actual.crash_reason,
      });
    }
    if (actual.placement_error !== '') {
      add({
        ...base,
        kind: 'placement',
        cell_id: null,
        recovered: false,
        crash_count: 0,
        crashing_since: actual.since,
        text: actual.placement_error,
      });
    }
  }
  for (const task of input.tasks) addTask(task, byApp, add);
  return records;
}

function addTask(
  task: Task,
  byApp: ReadonlyMap<string, DesiredLrp>,
  add: (record: Omit<CrashRecord, 'class' | 'pattern' | 'who' | 'cause' | 'todo'>) => void,
): void {
  const failed = task.failed || task.failure_reason !== '';
  const rejected = task.rejection_count > 0 || task.rejection_reason !== '';
  if (!failed && !rejected) return;
  const since = task.first_completed_at ?? task.updated_at ?? task.created_at;
  const lrp = task.log_guid === null ? undefined : byApp.get(task.log_guid);
  const base = {
    process_guid: task.task_guid,
    index: null,
    domain: task.domain,
    app_guid: task.log_guid,
    app_name: lrp?.app_name ?? null,
    org_name: lrp?.org_name ?? null,
    space_name: lrp?.space_name ?? null,
    cell_id: task.cell_id || null,
    zone: null,
    state: task.state,
    recovered: false,
    crash_count: 0,
    since,
    crashing_since: since,
  };
  if (failed) add({ ...base, kind: 'task-failed', text: task.failure_reason });
  // A task that is rejected too often fails with the same text.
  if (rejected && !(failed && task.rejection_reason === task.failure_reason)) {
    // While it waits for another try it does not fail yet, unless it has no more tries.
    add({
      ...base,
      kind: 'task-rejected',
      recovered: !failed && task.state === 'Running',
      crash_count: task.rejection_count,
      text: task.rejection_reason,
    });
  }
}

function namesOf(processGuid: string, desired: DesiredLrp | undefined) {
  return {
    app_guid: desired?.app_guid ?? appGuidOf(processGuid),
    app_name: desired?.app_name ?? null,
    org_name: desired?.org_name ?? null,
    space_name: desired?.space_name ?? null,
  };
}

function appGuidOf(processGuid: string): string | null {
  return /^[0-9a-f-]{36}-/i.test(processGuid) ? processGuid.slice(0, 36) : null;
}

const SECOND = 1000;

/**
 * The least time that so many crashes take: the BBS restarts at once twice, then after 30 s, doubled up to 16 minutes
 * (bbs/models/restart_calculator.go). In milliseconds.
 */
export function leastCrashingTime(crashCount: number): number {
  let sum = 0;
  for (let crash = 3; crash < crashCount; crash++) {
    sum += Math.min(30 * 2 ** Math.min(crash - 3, 5), 960) * SECOND;
  }
  return sum;
}

function crashingSince(since: string | null, crashCount: number): string | null {
  if (since === null) return null;
  return new Date(Date.parse(since) - leastCrashingTime(crashCount)).toISOString();
}

/** The cells of the newest crashes by `process/index`, from events and logs. */
function crashCells(input: CrashInput): Map<string, string> {
  const newest = new Map<string, { at: string; cell: string }>();
  const note = (process: string, index: number | null, at: string | null, cell: string | null) => {
    if (index === null || cell === null) return;
    const key = `${process}/${index}`;
    const known = newest.get(key);
    if (known === undefined || known.at <= (at ?? '')) newest.set(key, { at: at ?? '', cell });
  };
  if (input.cf_events !== undefined) {
    const processes = new Map<string, string[]>();
    for (const guid of input.desired.keys()) {
      const app = input.desired.get(guid)!.app_guid ?? appGuidOf(guid) ?? guid;
      processes.set(app, [...(processes.get(app) ?? []), guid]);
    }
    for (const event of input.cf_events.events) {
      const guids =
        event.process_guid === null ? (processes.get(event.app_guid) ?? []) : [event.process_guid];
      for (const guid of guids) note(guid, event.index, event.at, event.cell_id);
    }
  }
  for (const container of input.rep_logs?.containers ?? []) {
    const failure = container.failures.at(-1);
    if (failure !== undefined && container.process_guid !== null) {
      note(container.process_guid, container.index, failure.at, container.cell_id);
    }
  }
  return new Map([...newest].map(([key, { cell }]) => [key, cell]));
}
