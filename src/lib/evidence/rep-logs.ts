import { maskSecrets } from '../crashes/mask.ts';
import { CgdiegoError } from '../errors.ts';
import { nameOf, readLines, type ReadLinesOptions } from './lines.ts';
import { parseRepLogLine, type RepLogEvent } from './rep-log-line.ts';

/** What was copied into one place of a container. */
export interface Payload {
  /** Path in the container; `.` is the app's home. */
  destination: string;
  /** As downloaded (compressed); `null` when it came from the cell's cache or was not logged. */
  fetched_bytes: number | null;
  /** Uncompressed, once all of it was in the container. */
  streamed_bytes: number | null;
}

export interface LoggedFailure {
  kind: Exclude<RepLogEvent['kind'], 'fetched' | 'streamed'>;
  at: string | null;
  destination: string | null;
  status: number | null;
  /** Secrets masked. */
  error: string;
}

/** What the logs tell of one container. */
export interface LoggedContainer {
  container_guid: string;
  process_guid: string | null;
  index: number | null;
  cell_id: string | null;
  file: string;
  payloads: Payload[];
  failures: LoggedFailure[];
}

/** A write on a cell's own disk that failed, of no container in particular. */
export interface HostDiskError {
  cell_id: string | null;
  at: string | null;
  error: string;
}

export interface RepLogs {
  files: string[];
  lines: number;
  /** Lines that are no log lines: counted and skipped. */
  garbage: number;
  /** Lines about disks. */
  events: number;
  /** Containers that were forgotten because there were too many of them and nothing of theirs had failed. */
  forgotten: number;
  first_at: string | null;
  last_at: string | null;
  containers: LoggedContainer[];
  host_errors: HostDiskError[];
  host_error_count: number;
  /** What could not be read to its end. */
  problems: string[];
}

/** So many containers are remembered, so many failures of one, so many errors of cells: memory has a bound. */
const MAX_CONTAINERS = 20_000;
const MAX_FAILURES = 20;
const MAX_PAYLOADS = 16;
const MAX_HOST_ERRORS = 1000;
const MAX_ERROR_LENGTH = 2000;

/**
 * Collects what lines say. Feed it the lines of one file after the other: a line without a cell belongs to the only cell
 * that its file speaks of.
 */
export class RepLogCollector {
  #file = '';
  #files: string[] = [];
  /** How many lines, and how many of them are garbage or about disks. */
  readonly counts = { lines: 0, garbage: 0, events: 0 };
  #forgotten = 0;
  #first: string | null = null;
  #last: string | null = null;
  #hostErrorCount = 0;
  readonly #containers = new Map<string, LoggedContainer>();
  readonly #hostErrors: (HostDiskError & { file: string })[] = [];
  readonly #cellsOfFile = new Map<string, Set<string>>();
  readonly #problems: string[] = [];

  startFile(file: string): void {
    this.#file = file;
    this.#files.push(file);
    this.#cellsOfFile.set(file, new Set<string>());
  }

  problem(text: string): void {
    this.#problems.push(text);
  }

  take(line: string | undefined): void {
    if (line === '') return;
    this.counts.lines++;
    const parsed = line === undefined ? undefined : parseRepLogLine(line);
    if (parsed === undefined || parsed.garbage) {
      this.counts.garbage++;
      return;
    }
    if (parsed.at !== null) {
      this.#first ??= parsed.at;
      this.#last = parsed.at;
    }
    if (parsed.cell_id !== null) this.#seenCell(parsed.cell_id);
    if (parsed.event !== undefined) {
      this.counts.events++;
      this.#takeEvent(parsed.event);
    } else if (parsed.identity?.process_guid != null) {
      // It completes a container whose failure was logged without its process.
      const known = this.#containers.get(parsed.identity.container_guid);
      if (known !== undefined) {
        known.process_guid ??= parsed.identity.process_guid;
        known.index ??= parsed.identity.index;
        known.cell_id ??= parsed.identity.cell_id;
      }
    }
  }

  result(): RepLogs {
    const containers = [...this.#containers.values()];
    for (const container of containers) container.cell_id ??= this.#onlyCellOf(container.file);
    return {
      files: this.#files,
      ...this.counts,
      forgotten: this.#forgotten,
      first_at: this.#first,
      last_at: this.#last,
      containers,
      host_errors: this.#hostErrors.map(({ file, ...error }) => ({
        ...error,
        cell_id: error.cell_id ?? this.#onlyCellOf(file),
      })),
      host_error_count: this.#hostErrorCount,
      problems: this.#problems,
    };
  }

  #seenCell(cell: string): void {
    const cells = this.#cellsOfFile.get(this.#file);
    // Two are enough to know that it is not one; a collected log of a foundation has hundreds.
    if (cells !== undefined && cells.size < 2) cells.add(cell);
  }

  #onlyCellOf(file: string): string | null {
    const cells = [...(this.#cellsOfFile.get(file) ?? [])];
    return cells.length === 1 ? cells[0]! : null;
  }

  #takeEvent(event: RepLogEvent): void {
    if (event.kind === 'host-disk') {
      this.#hostErrorCount++;
      if (this.#hostErrors.length < MAX_HOST_ERRORS) {
        this.#hostErrors.push({
          cell_id: event.cell_id,
          at: event.at,
          error: shortened(event.error),
          file: this.#file,
        });
      }
    }
    if (event.container_guid === null) return;
    const container = this.#container(event.container_guid);
    container.process_guid ??= event.process_guid;
    container.index ??= event.index;
    container.cell_id ??= event.cell_id;
    if (event.kind === 'fetched' || event.kind === 'streamed') {
      notePayload(container, event);
    } else if (container.failures.length < MAX_FAILURES) {
      noteFailure(container, event, event.kind);
    }
  }

  #container(guid: string): LoggedContainer {
    const known = this.#containers.get(guid);
    if (known !== undefined) return known;
    if (this.#containers.size >= MAX_CONTAINERS) this.#forget();
    const container: LoggedContainer = {
      container_guid: guid,
      process_guid: null,
      index: null,
      cell_id: null,
      file: this.#file,
      payloads: [],
      failures: [],
    };
    this.#containers.set(guid, container);
    return container;
  }

  /**
   * Makes room. The oldest go first: those of which nothing failed, but for the one of each process into which the most was copied,
   * which is the evidence; then, if that is not enough, any.
   */
  #forget(): void {
    const goal = this.#containers.size - MAX_CONTAINERS / 10;
    const largest = new Map<string, { guid: string; bytes: number }>();
    for (const [guid, { process_guid, payloads }] of this.#containers) {
      if (process_guid === null) continue;
      const bytes = payloads.reduce(
        (sum, payload) => sum + (payload.streamed_bytes ?? payload.fetched_bytes ?? 0),
        0,
      );
      if (bytes > (largest.get(process_guid)?.bytes ?? -1)) largest.set(process_guid, { guid, bytes });
    }
    for (const mayGo of [
      ({ failures, process_guid, container_guid }: LoggedContainer) =>
        failures.length === 0 && largest.get(process_guid ?? '')?.guid !== container_guid,
      () => true,
    ]) {
      for (const [guid, container] of this.#containers) {
        if (this.#containers.size <= goal) return;
        if (!mayGo(container)) continue;
        this.#containers.delete(guid);
        this.#forgotten++;
      }
    }
  }
}

function notePayload(container: LoggedContainer, event: RepLogEvent): void {
  const destination = event.destination ?? '';
  let payload = container.payloads.find((known) => known.destination === destination);
  if (payload === undefined) {
    if (container.payloads.length >= MAX_PAYLOADS) return;
    payload = { destination, fetched_bytes: null, streamed_bytes: null };
    container.payloads.push(payload);
  }
  // Several downloads may have one destination (build packs and their dependencies): they add up.
  if (event.kind === 'fetched') {
    if (event.bytes !== null && event.bytes > 0)
      payload.fetched_bytes = (payload.fetched_bytes ?? 0) + event.bytes;
  } else if (event.bytes !== null) {
    payload.streamed_bytes = (payload.streamed_bytes ?? 0) + event.bytes;
  }
}

function noteFailure(container: LoggedContainer, event: RepLogEvent, kind: LoggedFailure['kind']): void {
  const error = shortened(event.error);
  // Garden and the executor log one failure each; the executor's setup repeats the error of the creation.
  const repeated = container.failures.some(
    (known) => known.error === error || (known.error !== '' && error.includes(known.error)),
  );
  if (repeated && error !== '') return;
  container.failures.push({
    kind,
    at: event.at,
    destination: event.destination,
    status: event.status,
    error,
  });
}

function shortened(error: string | null): string {
  return maskSecrets((error ?? '').slice(0, MAX_ERROR_LENGTH));
}

export interface ReadRepLogsOptions extends ReadLinesOptions {
  /** Called about once a megabyte or so, for a progress display. */
  onLines?: (lines: number) => void;
}

/**
 * Reads logs of reps: files, gzip files, or `-` for standard input. A file that breaks off or that holds no log lines is
 * reported in `problems`, and used as far as it goes.
 *
 * @throws {UsageError} when a file cannot be opened
 */
export async function readRepLogs(
  files: readonly string[],
  options: ReadRepLogsOptions = {},
): Promise<RepLogs> {
  const collector = new RepLogCollector();
  for (const file of files) {
    collector.startFile(file);
    const before = { ...collector.counts };
    let count = 0;
    try {
      await readLines(
        file,
        (line) => {
          collector.take(line);
          if ((++count & 0x3fff) === 0) options.onLines?.(collector.counts.lines);
        },
        options,
      );
    } catch (error) {
      if (!(error instanceof CgdiegoError) || count === 0 || options.signal?.aborted === true) throw error;
      collector.problem(`${nameOf(file)} breaks off after ${count} lines: ${error.why ?? error.message}`);
    }
    const lines = collector.counts.lines - before.lines;
    if (lines === collector.counts.garbage - before.garbage) {
      collector.problem(
        lines === 0
          ? `${nameOf(file)} is empty.`
          : `${nameOf(file)} holds no log lines: none of its ${lines} lines is lager JSON.`,
      );
    }
  }
  return collector.result();
}
