import { maskSecrets } from '../crashes/mask.ts';
import { JsonDocuments } from './json-documents.ts';
import { nameOf, readText, type ReadLinesOptions } from './lines.ts';
import { timeOf } from './rep-log-line.ts';

/** A crash as the Cloud Controller recorded it: `app.crash` of v2 and v3, `audit.app.process.crash` of v3. */
export interface CrashEvent {
  app_guid: string;
  app_name: string | null;
  /** The LRP's, when the event has the process and its version. */
  process_guid: string | null;
  index: number | null;
  /** The container's guid; `null` when it crashed before it had one. */
  instance_guid: string | null;
  /** `null` in events of releases before 2019. */
  cell_id: string | null;
  at: string | null;
  crash_count: number | null;
  /** Secrets masked. */
  exit_description: string;
}

export interface CfEvents {
  files: string[];
  events: CrashEvent[];
  /** Events of other types. */
  others: number;
  /** The same crash, seen as both types or in overlapping pages. */
  repeated: number;
  /** Pages after the last one that was given. */
  missing_pages: number;
  problems: string[];
}

type Json = Record<string, unknown>;

/** Collects the events of pages, of lists, and of single resources. */
export class CfEventCollector {
  readonly #files: string[] = [];
  readonly #events: CrashEvent[] = [];
  readonly #seen = new Map<string, CrashEvent>();
  readonly #problems: string[] = [];
  readonly #pages = new Map<string, { seen: Set<number>; total: number }>();
  #others = 0;
  #repeated = 0;
  #file = '';

  startFile(file: string): void {
    this.#file = nameOf(file);
    this.#files.push(file);
  }

  get found(): number {
    return this.#events.length + this.#others + this.#repeated;
  }

  problem(text: string): void {
    this.#problems.push(text);
  }

  take(document: unknown): void {
    if (Array.isArray(document)) {
      for (const element of document) this.take(element);
      return;
    }
    if (!isObject(document)) return;
    if (Array.isArray(document.resources)) {
      this.#notePage(document);
      for (const resource of document.resources) this.take(resource);
      return;
    }
    if (Array.isArray(document.errors) || typeof document.error_code === 'string') {
      const first: unknown = Array.isArray(document.errors) ? document.errors[0] : document;
      const text = isObject(first) ? (textOf(first.detail) ?? textOf(first.description)) : null;
      this.problem(
        `${this.#file}: the Cloud Controller answered with an error: ${maskSecrets(text ?? 'unknown')}`,
      );
      return;
    }
    this.#takeResource(document);
  }

  result(): CfEvents {
    let missing = 0;
    for (const { seen, total } of this.#pages.values()) missing += Math.max(0, total - seen.size);
    return {
      files: this.#files,
      events: this.#events,
      others: this.#others,
      repeated: this.#repeated,
      missing_pages: missing,
      problems: this.#problems,
    };
  }

  #notePage(page: Json): void {
    const pagination = isObject(page.pagination) ? page.pagination : undefined;
    const total = numberOf(pagination?.total_pages ?? page.total_pages);
    if (total === null) return;
    const link = (value: unknown) => (isObject(value) ? textOf(value.href) : textOf(value));
    const next = link(pagination?.next ?? page.next_url);
    const previous = link(pagination?.previous ?? page.prev_url);
    const number = (url: string | null) => Number(/[?&]page=(\d+)/.exec(url ?? '')?.[1] ?? NaN);
    const after = number(next);
    const before = number(previous);
    const own = Number.isNaN(after) ? (Number.isNaN(before) ? 1 : before + 1) : after - 1;
    // One query's pages belong together; what the query was can be told from the links only.
    const query = (next ?? previous ?? link(pagination?.first) ?? this.#file).replace(/[?&]page=\d+/, '');
    const known = this.#pages.get(query) ?? { seen: new Set<number>(), total };
    known.seen.add(own);
    this.#pages.set(query, known);
  }

  #takeResource(resource: Json): void {
    const event = isObject(resource.entity) ? ofV2(resource.entity, resource.metadata) : ofV3(resource);
    if (event === undefined) {
      if (typeof resource.type === 'string' || isObject(resource.entity)) this.#others++;
      return;
    }
    if (this.#isRepeated(event)) {
      this.#repeated++;
      return;
    }
    this.#events.push(event);
  }

  /** Since 2016 the Cloud Controller records each crash twice, under both types. */
  #isRepeated(event: CrashEvent): boolean {
    const second = event.at === null ? '' : Math.round(Date.parse(event.at) / 5000);
    const key = `${event.app_guid} ${event.index} ${event.instance_guid ?? second} ${event.exit_description}`;
    const first = this.#seen.get(key);
    if (first !== undefined) {
      first.process_guid ??= event.process_guid;
      first.cell_id ??= event.cell_id;
      first.crash_count ??= event.crash_count;
      return true;
    }
    this.#seen.set(key, event);
    return false;
  }
}

function isCrash(type: unknown): boolean {
  return type === 'app.crash' || type === 'audit.app.process.crash';
}

function ofV3(resource: Json): CrashEvent | undefined {
  if (!isCrash(resource.type)) return undefined;
  const data = isObject(resource.data) ? resource.data : {};
  const target = isObject(resource.target) ? resource.target : {};
  const actor = isObject(resource.actor) ? resource.actor : {};
  const app = textOf(target.guid) ?? textOf(actor.guid);
  return app === null
    ? undefined
    : event(app, textOf(target.name), resource.created_at, data, processOf(actor, data));
}

function ofV2(entity: Json, metadata: unknown): CrashEvent | undefined {
  if (!isCrash(entity.type)) return undefined;
  const data = isObject(entity.metadata) ? entity.metadata : {};
  const app = textOf(entity.actee) ?? textOf(entity.actor);
  const at = entity.timestamp ?? (isObject(metadata) ? metadata.created_at : undefined);
  const actor = { type: entity.actor_type, guid: entity.actor };
  return app === null ? undefined : event(app, textOf(entity.actee_name), at, data, processOf(actor, data));
}

/** The LRP's guid is the process's and its version (cloud_controller_ng lib/cloud_controller/diego/process_guid.rb). */
function processOf(actor: Json, data: Json): string | null {
  const version = textOf(data.version);
  const process = actor.type === 'process' ? textOf(actor.guid) : null;
  return version === null || process === null ? null : `${process}-${version}`;
}

function event(
  app: string,
  name: string | null,
  at: unknown,
  data: Json,
  process: string | null,
): CrashEvent {
  return {
    app_guid: app,
    app_name: name,
    process_guid: process,
    index: numberOf(data.index),
    instance_guid: textOf(data.instance),
    cell_id: textOf(data.cell_id),
    // The crash itself, in nanoseconds; the event is recorded a moment later.
    at: timeOf(data.crash_timestamp) ?? timeOf(at),
    crash_count: numberOf(data.crash_count),
    exit_description: maskSecrets(textOf(data.exit_description) ?? ''),
  };
}

/**
 * Reads what `cf curl` printed of crash events: pages of /v3/audit_events or /v2/events, several in one file, plain or
 * gzip, or `-` for standard input.
 *
 * @throws {UsageError} when a file cannot be opened
 */
export async function readCfEvents(
  files: readonly string[],
  options: ReadLinesOptions = {},
): Promise<CfEvents> {
  const collector = new CfEventCollector();
  for (const file of files) {
    collector.startFile(file);
    const before = collector.found;
    const problems = collector.result().problems.length;
    let skipped = 0;
    let pages = 0;
    const documents = new JsonDocuments(
      (document) => {
        if (isObject(document) && Array.isArray(document.resources)) pages++;
        collector.take(document);
      },
      () => skipped++,
    );
    await readText(
      file,
      (text) => {
        documents.push(text);
      },
      options,
    );
    documents.end();
    if (skipped > 0)
      collector.problem(`${nameOf(file)}: ${skipped} pieces are not whole JSON; they were skipped.`);
    if (collector.found === before && pages === 0 && collector.result().problems.length === problems) {
      collector.problem(`${nameOf(file)} holds no events of the Cloud Controller.`);
    }
  }
  return collector.result();
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
