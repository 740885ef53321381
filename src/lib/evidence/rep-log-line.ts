/**
 * One line of a log of a rep (or of garden, which logs in the same form): lager JSON of either generation
 * (lager/models.go LogFormat and prettyLogFormat), bare, behind a syslog frame (RFC 5424 or 3164), or inside the JSON of a
 * log shipper.
 */

/** What a line can tell about disks. */
export type RepLogKind =
  /** A download arrived on the cell; `bytes` as downloaded (compressed), 0 from the cell's cache. */
  | 'fetched'
  /** It was unpacked into the container; `bytes` uncompressed. */
  | 'streamed'
  | 'stream-in-failed'
  /** A process of the container exited with `status`. */
  | 'exited'
  | 'create-failed'
  /** A write on the cell's own disk failed. */
  | 'host-disk';

export interface RepLogEvent {
  kind: RepLogKind;
  /** RFC 3339; `null` when the line has no time. */
  at: string | null;
  container_guid: string | null;
  process_guid: string | null;
  index: number | null;
  cell_id: string | null;
  bytes: number | null;
  /** Where it is unpacked to, in the container. */
  destination: string | null;
  status: number | null;
  /** The error as it stands in the log; may hold secrets. */
  error: string | null;
}

/** Which container belongs to which process and cell; every line of a container's session says so. */
export interface ContainerIdentity {
  container_guid: string;
  process_guid: string | null;
  index: number | null;
  cell_id: string | null;
}

export type ParsedLine =
  /** Not a log line at all. */
  | { garbage: true }
  | {
      garbage: false;
      at: string | null;
      identity: ContainerIdentity | undefined;
      event: RepLogEvent | undefined;
      cell_id: string | null;
    };

interface Entry {
  timestamp?: unknown;
  message?: unknown;
  source?: unknown;
  data?: unknown;
}

const GARBAGE: ParsedLine = { garbage: true };

/** The last part of a message that says something about disks. */
const KINDS: ReadonlyMap<string, RepLogKind> = new Map([
  ['fetch-complete', 'fetched'],
  ['stream-in-complete', 'streamed'],
  ['stream-in-failed', 'stream-in-failed'],
  ['run-step-failed-with-nonzero-status-code', 'exited'],
  ['failed-to-create-container-in-garden', 'create-failed'],
  ['failed-creating-container', 'create-failed'],
  ['failed-to-create-container', 'create-failed'],
  ['container-setup-failed', 'create-failed'],
  ['applying-inclusive-quota-failed', 'create-failed'],
  ['blob-manifest-size-check-failed', 'create-failed'],
]);

const NO_SPACE = /no space left on device|ENOSPC/i;

/** Reads one line. Never throws. */
export function parseRepLogLine(line: string): ParsedLine {
  const start = line.charCodeAt(0) === 0x7b ? 0 : line.indexOf('{"');
  if (start < 0) return GARBAGE;
  const entry = parseFrom(line, start);
  if (entry === undefined) return GARBAGE;
  const message = entry.message;
  if (typeof message !== 'string') return GARBAGE;
  const data = isObject(entry.data) ? entry.data : {};
  const frameCell = start > 0 ? cellOfFrame(line, start) : null;
  const at = timeOf(entry.timestamp);
  const identity = identityOf(data, frameCell);
  const cell = identity?.cell_id ?? frameCell ?? textOf(data['cell-id'] ?? data.cell_id);
  const kind = kindOf(message, data);
  return {
    garbage: false,
    at,
    identity,
    cell_id: cell,
    event: kind === undefined ? undefined : eventOf(kind, at, data, identity, cell),
  };
}

function parseFrom(line: string, start: number): Entry | undefined {
  const end = line.lastIndexOf('}') + 1;
  if (end <= start) return undefined;
  // Most lines are JSON from their first to their last character, and a slice of the whole costs nothing.
  const parsed = parseObject(line.slice(start, end));
  if (parsed === undefined) return undefined;
  if (typeof parsed.message === 'string' && (parsed.source !== undefined || parsed.data !== undefined)) {
    return parsed;
  }
  return shipped(parsed) ?? (typeof parsed.message === 'string' ? parsed : undefined);
}

/** A lager line inside the JSON of a log shipper: docker's `log`, logstash's `@message`, Splunk's `_raw`. */
function shipped(outer: Record<string, unknown>): Entry | undefined {
  for (const name of ['message', '@message', 'log', 'msg', '_raw', '@raw', 'raw', 'line', 'event']) {
    const inner = outer[name];
    if (isObject(inner) && typeof inner.message === 'string') return inner;
    if (typeof inner !== 'string') continue;
    const start = inner.indexOf('{"');
    if (start < 0) continue;
    const entry = parseObject(inner.slice(start, inner.lastIndexOf('}') + 1));
    if (typeof entry?.message === 'string') return entry;
  }
  return undefined;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * BOSH's syslog forwarder puts the VM's id, which is the cell's id, into the structured data; `bosh ssh -c` puts it in front
 * of each line.
 */
function cellOfFrame(line: string, end: number): string | null {
  const frame = line.slice(0, end);
  return (
    /\[instance@\d+[^\]]*\bid="([^"]+)"/.exec(frame)?.[1] ??
    /^[\w-]+\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}): std(?:out|err) \|/i.exec(frame)?.[1] ??
    null
  );
}

function kindOf(message: string, data: Record<string, unknown>): RepLogKind | undefined {
  const dot = message.lastIndexOf('.');
  const last = message.slice(dot + 1);
  let kind = KINDS.get(last);
  // Garden's own word for the same: guardian.api.garden-server.stream-in.failed.
  if (last === 'failed' && message.endsWith('.stream-in.failed')) kind = 'stream-in-failed';
  if (kind === 'fetched' || kind === 'streamed') {
    return message.includes('download-step') ? kind : undefined;
  }
  const error = data.error;
  if (
    typeof error === 'string' &&
    NO_SPACE.test(error) &&
    error.includes('/var/vcap/') &&
    !error.includes('/cgroup')
  ) {
    return kind === 'stream-in-failed' ? kind : 'host-disk';
  }
  // Health checks and the proxy exit too; what the app does is the session "action".
  if (kind === 'exited' && !message.includes('.action.') && /check|proxy|monitor/.test(message))
    return undefined;
  // The executor logs a failed creation twice; the second time without the error.
  if (kind === 'create-failed' && error === undefined) return undefined;
  return kind;
}

function eventOf(
  kind: RepLogKind,
  at: string | null,
  data: Record<string, unknown>,
  identity: ContainerIdentity | undefined,
  cell: string | null,
): RepLogEvent {
  return {
    kind,
    at,
    container_guid: identity?.container_guid ?? null,
    process_guid: identity?.process_guid ?? null,
    index: identity?.index ?? null,
    cell_id: cell,
    bytes: numberOf(data.size),
    destination: textOf(data.destination) ?? textOf(data.to),
    status: numberOf(data['status-code']),
    error: textOf(data.error),
  };
}

function identityOf(data: Record<string, unknown>, frameCell: string | null): ContainerIdentity | undefined {
  const instance = data['lrp-instance-key'] ?? data['instance-key'] ?? data.instance_key;
  const key = data['lrp-key'] ?? data.key;
  const instanceKey = isObject(instance) ? instance : {};
  const lrpKey = isObject(key) ? key : {};
  const container =
    textOf(data['container-guid']) ??
    textOf(instanceKey.instance_guid) ??
    textOf(data['instance-guid']) ??
    textOf(data.guid) ??
    textOf(data.handle) ??
    (isObject(data.container) ? textOf(data.container.guid) : null);
  if (container === null) return undefined;
  return {
    container_guid: container,
    process_guid: textOf(lrpKey.process_guid),
    index: numberOf(lrpKey.index),
    cell_id: textOf(instanceKey.cell_id) ?? frameCell,
  };
}

/** Either `1519480532.570663691` (seconds, before 2018 and by default long after) or RFC 3339, as RFC 3339. */
export function timeOf(value: unknown): string | null {
  if (typeof value === 'number') return fromSeconds(value);
  if (typeof value !== 'string' || value === '') return null;
  if (/^\d+(?:\.\d+)?$/.test(value)) return fromSeconds(Number(value));
  const time = Date.parse(value);
  return Number.isNaN(time) ? null : value;
}

function fromSeconds(value: number): string | null {
  // Some shippers turn it into milliseconds, microseconds or nanoseconds.
  const seconds =
    value > 1e17 ? value / 1e9 : value > 1e14 ? value / 1e6 : value > 1e11 ? value / 1e3 : value;
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
