import type { CfEvents, CrashEvent } from '../evidence/cf-events.ts';
import type { LoggedContainer, LoggedFailure, RepLogs } from '../evidence/rep-logs.ts';
import type { ActualLrp, Foundation } from '../foundation/types.ts';
import { cellEvidence } from './cell-evidence.ts';
import { classify as standardClassifier, type Classifier } from './classify.ts';
import { type DiskEvidence, type ProcessEvidence, type SetupEvidence } from './evidence.ts';
import {
  appGuidOf,
  copiedIn,
  isCurrent,
  isRelevant,
  sameText,
  textOfLogged,
  textsOfTask,
} from './failures.ts';
import { maskSecrets } from './mask.ts';
import { missingSources } from './missing.ts';

/** A cell's answer on /container_metrics, as far as it is about disks. */
export interface CellDiskMetrics {
  cell_id: string;
  containers: {
    /** An instance's or a task's guid. */
    container_guid: string;
    process_guid: string | null;
    index: number | null;
    usage_bytes: number;
    quota_bytes: number;
  }[];
}

export interface GatherInput {
  /** RFC 3339; used where there is no store. */
  now: string;
  foundation?: Pick<Foundation, 'taken_at' | 'cells' | 'desired_lrps' | 'actual_lrps' | 'tasks'> | undefined;
  /** By process guid or task guid. */
  setups?: ReadonlyMap<string, SetupEvidence> | undefined;
  metrics?: readonly CellDiskMetrics[] | undefined;
  rep_logs?: RepLogs | undefined;
  cf_events?: CfEvents | undefined;
  keys: boolean;
  classify?: Classifier;
}

/** What could not be joined, for a sentence to the operator. */
export interface Unjoined {
  /** Events of an earlier version of a process: another droplet, perhaps another quota. */
  outdated_events: number;
  /** Events of apps that are not in the store. */
  unknown_events: number;
  /** Failures in logs of containers that nothing else knows. */
  unknown_containers: number;
}

export interface Gathered {
  evidence: DiskEvidence;
  unjoined: Unjoined;
}

/** Joins what the sources say, by container guid first, then by process and index, then by app. */
export function gatherDiskEvidence(input: GatherInput): Gathered {
  return new Gatherer(input).gather();
}

class Gatherer {
  readonly #input: GatherInput;
  readonly #classify: Classifier;
  readonly #processes = new Map<string, ProcessEvidence>();
  readonly #byApp = new Map<string, ProcessEvidence[]>();
  readonly #actual = new Map<string, ActualLrp[]>();
  readonly #containers = new Map<
    string,
    { process_guid: string; index: number | null; cell_id: string | null }
  >();
  readonly #unjoined: Unjoined = { outdated_events: 0, unknown_events: 0, unknown_containers: 0 };

  constructor(input: GatherInput) {
    this.#input = input;
    this.#classify = input.classify ?? standardClassifier;
  }

  gather(): Gathered {
    const { foundation, metrics, rep_logs, cf_events, keys, now } = this.#input;
    if (foundation) this.#takeStore(foundation);
    for (const cell of metrics ?? []) this.#takeMetrics(cell);
    for (const event of cf_events?.events ?? []) this.#takeEvent(event);
    for (const container of rep_logs?.containers ?? []) this.#takeContainer(container);
    if (foundation) this.#takeStoreFailures(foundation);
    for (const process of this.#processes.values()) this.#settle(process);
    const given = {
      store: foundation !== undefined,
      keys,
      live: metrics !== undefined,
      rep_logs: rep_logs !== undefined,
      cf_events: cf_events !== undefined,
    };
    return {
      evidence: {
        taken_at: foundation?.taken_at ?? now,
        processes: [...this.#processes.values()],
        cells: cellEvidence(this.#input),
        given,
        missing: missingSources(given),
      },
      unjoined: this.#unjoined,
    };
  }

  #takeStore(foundation: NonNullable<GatherInput['foundation']>): void {
    for (const lrp of foundation.desired_lrps) {
      this.#add({
        kind: 'lrp',
        process_guid: lrp.process_guid,
        app_guid: lrp.app_guid ?? appGuidOf(lrp.process_guid, lrp.domain),
        app_name: lrp.app_name,
        org_name: lrp.org_name,
        space_name: lrp.space_name,
        domain: lrp.domain,
        disk_mb: lrp.disk_mb,
        rootfs: lrp.rootfs,
        instances: lrp.instances,
        setup: this.#input.setups?.get(lrp.process_guid) ?? null,
      });
    }
    for (const task of foundation.tasks) {
      const process = this.#add({
        kind: 'task',
        process_guid: task.task_guid,
        app_guid: task.log_guid,
        app_name: null,
        org_name: null,
        space_name: null,
        domain: task.domain,
        disk_mb: task.disk_mb,
        rootfs: task.rootfs,
        instances: 1,
        setup: this.#input.setups?.get(task.task_guid) ?? null,
      });
      const named = process.app_guid === null ? undefined : this.#byApp.get(process.app_guid)?.[0];
      if (named !== undefined) {
        process.app_name = named.app_name;
        process.org_name = named.org_name;
        process.space_name = named.space_name;
      }
      this.#containers.set(task.task_guid, {
        process_guid: task.task_guid,
        index: 0,
        cell_id: task.cell_id || null,
      });
    }
    for (const actual of foundation.actual_lrps) {
      const list = this.#actual.get(actual.process_guid);
      if (list === undefined) this.#actual.set(actual.process_guid, [actual]);
      else list.push(actual);
      if (actual.instance_guid !== '') {
        this.#containers.set(actual.instance_guid, {
          process_guid: actual.process_guid,
          index: actual.index,
          cell_id: actual.cell_id || null,
        });
      }
      if (actual.state !== 'RUNNING') continue;
      this.#processes.get(actual.process_guid)?.running.push({
        index: actual.index,
        cell_id: actual.cell_id,
        instance_guid: actual.instance_guid,
        since: actual.since,
        usage_bytes: null,
        quota_bytes: null,
      });
    }
  }

  #add(process: Omit<ProcessEvidence, 'failures' | 'running' | 'copied_in'>): ProcessEvidence {
    const whole: ProcessEvidence = { ...process, failures: [], running: [], copied_in: [] };
    this.#processes.set(process.process_guid, whole);
    if (process.kind === 'lrp' && process.app_guid !== null) {
      const siblings = this.#byApp.get(process.app_guid);
      if (siblings === undefined) this.#byApp.set(process.app_guid, [whole]);
      else siblings.push(whole);
    }
    return whole;
  }

  /** A process that only events, logs or reps know, when there is no store to say that it is gone. */
  #addUnknown(processGuid: string, appGuid: string | null, appName: string | null): ProcessEvidence {
    return this.#add({
      kind: 'lrp',
      process_guid: processGuid,
      app_guid: appGuid ?? appGuidOf(processGuid, 'cf-apps'),
      app_name: appName,
      org_name: null,
      space_name: null,
      domain: 'cf-apps',
      disk_mb: null,
      rootfs: null,
      instances: null,
      setup: null,
    });
  }

  #takeMetrics(cell: CellDiskMetrics): void {
    for (const container of cell.containers) {
      let process =
        this.#processes.get(container.process_guid ?? container.container_guid) ??
        this.#processes.get(this.#containers.get(container.container_guid)?.process_guid ?? '');
      if (process === undefined && !this.#input.foundation && container.process_guid !== null) {
        process = this.#addUnknown(container.process_guid, null, null);
      }
      if (process === undefined) continue;
      let instance = process.running.find(({ instance_guid }) => instance_guid === container.container_guid);
      if (instance === undefined) {
        instance = {
          index: container.index ?? 0,
          cell_id: cell.cell_id,
          instance_guid: container.container_guid,
          since: null,
          usage_bytes: null,
          quota_bytes: null,
        };
        // The store may be of an earlier moment than the rep; an instance that only starts has no use worth comparing.
        if (this.#input.foundation && process.kind === 'lrp') continue;
        process.running.push(instance);
      }
      instance.usage_bytes = container.usage_bytes;
      instance.quota_bytes = container.quota_bytes;
    }
  }

  #takeEvent(event: CrashEvent): void {
    const found = this.#classify(event.exit_description);
    if (!isRelevant(event.exit_description, found)) return;
    const process = this.#processOfEvent(event);
    if (process === undefined) return;
    if (event.instance_guid !== null) {
      this.#containers.set(event.instance_guid, {
        process_guid: process.process_guid,
        index: event.index,
        cell_id: event.cell_id ?? this.#containers.get(event.instance_guid)?.cell_id ?? null,
      });
    }
    process.app_name ??= event.app_name;
    process.failures.push({
      sources: ['event'],
      at: event.at,
      index: event.index,
      container_guid: event.instance_guid,
      cell_id: event.cell_id,
      text: event.exit_description,
      pattern: found.pattern,
      class: found.class,
      current: true,
      crash_count: event.crash_count,
    });
  }

  #processOfEvent(event: CrashEvent): ProcessEvidence | undefined {
    if (event.process_guid !== null) {
      const exact = this.#processes.get(event.process_guid);
      if (exact !== undefined) return exact;
      if (!this.#input.foundation)
        return this.#addUnknown(event.process_guid, event.app_guid, event.app_name);
      if (this.#byApp.has(event.app_guid)) this.#unjoined.outdated_events++;
      else this.#unjoined.unknown_events++;
      return undefined;
    }
    const container = this.#containers.get(event.instance_guid ?? '');
    const joined = container === undefined ? undefined : this.#processes.get(container.process_guid);
    if (joined !== undefined) return joined;
    const candidates = this.#byApp.get(event.app_guid) ?? [];
    if (candidates.length === 0) {
      if (!this.#input.foundation) return this.#addUnknown(event.app_guid, event.app_guid, event.app_name);
      this.#unjoined.unknown_events++;
      return undefined;
    }
    // An app with several processes: the one whose instance of that number crashed with that text.
    const crashed = candidates.find((candidate) =>
      (this.#actual.get(candidate.process_guid) ?? []).some(
        ({ index, crash_reason }) =>
          index === event.index &&
          crash_reason !== '' &&
          sameText(maskSecrets(crash_reason), event.exit_description),
      ),
    );
    return (
      crashed ??
      candidates.find(({ process_guid }) => process_guid.startsWith(event.app_guid)) ??
      candidates[0]
    );
  }

  #takeContainer(logged: LoggedContainer): void {
    const known = this.#containers.get(logged.container_guid);
    const guid = logged.process_guid ?? known?.process_guid;
    let process = guid === undefined ? undefined : this.#processes.get(guid);
    if (process === undefined && guid !== undefined && !this.#input.foundation) {
      process = this.#addUnknown(guid, null, null);
    }
    if (process === undefined) {
      if (logged.failures.length > 0) this.#unjoined.unknown_containers++;
      return;
    }
    const cell = logged.cell_id ?? known?.cell_id ?? this.#cellOfFile(logged.file);
    const index = logged.index ?? known?.index ?? null;
    const copied = copiedIn(logged, cell);
    if (copied !== undefined) process.copied_in.push(copied);
    for (const failure of logged.failures) this.#takeLogged(process, logged, failure, cell, index);
  }

  #takeLogged(
    process: ProcessEvidence,
    logged: LoggedContainer,
    failure: LoggedFailure,
    cell: string | null,
    index: number | null,
  ): void {
    const text = textOfLogged(failure);
    const found = this.#classify(text);
    if (!isRelevant(text, found)) return;
    const same = process.failures.find(
      (known) => known.container_guid === logged.container_guid && known.class === found.class,
    );
    if (same !== undefined) {
      if (!same.sources.includes('log')) same.sources.push('log');
      same.cell_id ??= cell;
      same.at ??= failure.at;
      // Before 2017 the detail is in the log only.
      if (same.pattern === 'copy-in-bare' && found.pattern !== 'copy-in-bare') same.text = text;
      return;
    }
    process.failures.push({
      sources: ['log'],
      at: failure.at,
      index,
      container_guid: logged.container_guid,
      cell_id: cell,
      text,
      pattern: found.pattern,
      class: found.class,
      current: true,
      crash_count: null,
    });
  }

  /** `bosh logs` puts a cell's files into a folder or archive named by its id. */
  #cellOfFile(file: string): string | null {
    return this.#input.foundation?.cells.find(({ cell_id }) => file.includes(cell_id))?.cell_id ?? null;
  }

  #takeStoreFailures(foundation: NonNullable<GatherInput['foundation']>): void {
    for (const actual of foundation.actual_lrps) {
      if (actual.crash_count > 0 && actual.crash_reason !== '') {
        const at = actual.state === 'RUNNING' || actual.state === 'CLAIMED' ? null : actual.since;
        this.#takeStored(actual.process_guid, actual.crash_reason, actual.index, at, actual.crash_count);
      }
      if (actual.placement_error !== '') {
        this.#takeStored(actual.process_guid, actual.placement_error, actual.index, actual.since, null);
      }
    }
    for (const task of foundation.tasks) {
      for (const text of textsOfTask(task)) {
        this.#takeStored(
          task.task_guid,
          text,
          0,
          task.first_completed_at ?? task.updated_at,
          null,
          task.cell_id,
        );
      }
    }
  }

  #takeStored(
    processGuid: string,
    rawText: string,
    index: number,
    at: string | null,
    crashCount: number | null,
    cellId = '',
  ): void {
    const process = this.#processes.get(processGuid);
    if (process === undefined) return;
    const text = maskSecrets(rawText);
    const found = this.#classify(text);
    if (!isRelevant(text, found)) return;
    const same = process.failures
      .filter(
        (known) => known.index === index && known.class === found.class && !known.sources.includes('store'),
      )
      .sort((a, b) => (b.at ?? '').localeCompare(a.at ?? ''))[0];
    if (same !== undefined) {
      same.sources.unshift('store');
      same.at ??= at;
      same.crash_count = crashCount ?? same.crash_count;
      same.cell_id ??= cellId || null;
      return;
    }
    process.failures.push({
      sources: ['store'],
      at,
      index,
      container_guid: process.kind === 'task' ? processGuid : null,
      cell_id: cellId || null,
      text,
      pattern: found.pattern,
      class: found.class,
      current: true,
      crash_count: crashCount,
    });
  }

  /** Says which failures are over, and puts the newest first. */
  #settle(process: ProcessEvidence): void {
    if (this.#input.foundation && process.kind === 'lrp') {
      const actual = this.#actual.get(process.process_guid) ?? [];
      for (const failure of process.failures) failure.current = isCurrent(failure, actual);
    }
    process.failures.sort(
      (a, b) => Number(b.current) - Number(a.current) || (b.at ?? '').localeCompare(a.at ?? ''),
    );
    process.running.sort((a, b) => a.index - b.index);
  }
}
