import type { LoggedContainer, LoggedFailure } from '../evidence/rep-logs.ts';
import type { ActualLrp, Task } from '../foundation/types.ts';
import { isAboutDisk, type Classifier } from './classify.ts';
import type { CopiedIn, DiskFailure, EvidenceSource } from './evidence.ts';

/** About disk, or an exit, which is when the disk may have filled while the app ran. */
export function isRelevant(text: string, found: ReturnType<Classifier>): boolean {
  return isAboutDisk(text, found) || found.class === 'app-exit';
}

export function isCurrent(failure: DiskFailure, actual: readonly ActualLrp[]): boolean {
  const all = actual.filter(({ index }) => index === failure.index);
  // An instance that evacuates runs beside the one that is to replace it: what counts is whether that one runs.
  const replacing = all.filter(({ presence }) => presence !== 'evacuating');
  const instances = replacing.length > 0 ? replacing : all;
  // The index is no longer wanted, or the source does not say which one it was.
  if (instances.length === 0) return failure.index === null;
  const running = instances.some(({ state }) => state === 'RUNNING');
  if (running) return false;
  if (failure.sources.includes('store' satisfies EvidenceSource)) return true;
  // Something else has happened to the instance since.
  const newest = instances.find(
    ({ crash_count, placement_error }) => crash_count > 0 || placement_error !== '',
  );
  if (newest?.since == null || failure.at === null) return true;
  return Date.parse(failure.at) >= Date.parse(newest.since) - 60_000;
}

export function copiedIn(logged: LoggedContainer, cell: string | null): CopiedIn | undefined {
  if (logged.payloads.length === 0) return undefined;
  const sum = (sizes: (number | null)[]) => {
    const known = sizes.filter((size) => size !== null);
    return known.length === 0 ? null : known.reduce((total, size) => total + size, 0);
  };
  return {
    container_guid: logged.container_guid,
    cell_id: cell,
    fetched_bytes: sum(logged.payloads.map(({ fetched_bytes }) => fetched_bytes)),
    streamed_bytes: sum(logged.payloads.map(({ streamed_bytes }) => streamed_bytes)),
    failed: logged.failures.some(({ kind }) => kind === 'stream-in-failed'),
  };
}

/** What the executor would have made of the error as a crash reason. */
export function textOfLogged(failure: LoggedFailure): string {
  switch (failure.kind) {
    case 'stream-in-failed':
      return failure.error === ''
        ? 'Copying into the container failed'
        : `Copying into the container failed: ${failure.error}`;
    case 'create-failed':
      return `failed to create container: ${failure.error}`;
    case 'exited':
      return `Exited with status ${failure.status ?? '?'}${/out of memory/i.test(failure.error) ? ' (out of memory)' : ''}`;
    case 'host-disk':
      return failure.error;
  }
}

export function textsOfTask(task: Task): string[] {
  return [...new Set([task.failure_reason, task.rejection_reason])].filter((text) => text !== '');
}

/** The store's text is cut at 1,024 characters, an event's at 10,000. */
export function sameText(stored: string, described: string): boolean {
  return stored === described || (stored.length >= 900 && described.startsWith(stored.slice(0, 900)));
}

/** A Cloud Foundry process guid begins with a guid that is, for web processes, the app's. */
export function appGuidOf(processGuid: string, domain: string): string | null {
  return domain === 'cf-apps' && /^[0-9a-f-]{36}(?:-|$)/i.test(processGuid) ? processGuid.slice(0, 36) : null;
}
