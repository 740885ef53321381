import { isIP } from 'node:net';
import { httpCall, HttpFailure } from './http.ts';
import type { CellMetrics, CellState, RepResources } from './rep-types.ts';
import { clientTls, type ClientTls, type MutualTls } from './tls.ts';

/** A cell as its presence names it. */
export interface RepTarget {
  cell_id: string;
  /** For example `https://9e6f82e5.cell.service.cf.internal:1801`. */
  rep_url: string;
  /** The address of the rep's other server, for example `http://10.0.16.7:1800`: it is where the cell is when its name is not known. */
  rep_address: string;
}

/** What one cell answered, or why it did not, in words. One cell's silence is no failure of the whole. */
export type RepAnswer<T> =
  { target: RepTarget; ok: true; value: T } | { target: RepTarget; ok: false; error: string };

export interface RepClientOptions {
  /** For each cell. */
  timeoutMs?: number;
  /** Cells that are asked at the same time. */
  concurrency?: number;
  signal?: AbortSignal | undefined;
}

const TIMEOUT_MS = 10_000;
const CONCURRENCY = 32;
/** A cell of 250 containers answers 100 KiB; a hundred times that is still fine. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Asks the reps of cells, over HTTPS with client certificates. */
export class RepClient {
  readonly #tls: ClientTls;
  readonly #options: RepClientOptions;

  /** @throws {UsageError} when the certificates cannot be used */
  constructor(tls: MutualTls, options: RepClientOptions = {}) {
    this.#tls = clientTls(tls);
    this.#options = options;
  }

  /** GET /state of every cell, in the order of the targets. Only an interruption throws. */
  states(targets: readonly RepTarget[]): Promise<RepAnswer<CellState>[]> {
    return this.#askAll(targets, '/state', isCellState);
  }

  /** GET /container_metrics of every cell, in the order of the targets. Only an interruption throws. */
  containerMetrics(targets: readonly RepTarget[]): Promise<RepAnswer<CellMetrics>[]> {
    return this.#askAll(targets, '/container_metrics', isCellMetrics);
  }

  async #askAll<T extends { cell_id: string }>(
    targets: readonly RepTarget[],
    path: string,
    isAnswer: (value: unknown) => value is T,
  ): Promise<RepAnswer<T>[]> {
    const answers = new Array<RepAnswer<T>>(targets.length);
    let next = 0;
    const worker = async () => {
      for (let index = next++; index < targets.length; index = next++) {
        answers[index] = await this.#ask(targets[index]!, path, isAnswer);
      }
    };
    const workers = Math.min(this.#options.concurrency ?? CONCURRENCY, targets.length);
    await Promise.all(Array.from({ length: workers }, worker));
    return answers;
  }

  async #ask<T extends { cell_id: string }>(
    target: RepTarget,
    path: string,
    isAnswer: (value: unknown) => value is T,
  ): Promise<RepAnswer<T>> {
    try {
      const value: unknown = JSON.parse((await this.#get(target, path)).toString('utf8'));
      if (!isAnswer(value)) return { target, ok: false, error: `it does not answer ${path} as a rep does` };
      if (value.cell_id !== target.cell_id) {
        return { target, ok: false, error: `another cell answered there: ${value.cell_id}` };
      }
      return { target, ok: true, value };
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (error instanceof HttpFailure) return { target, ok: false, error: error.message };
      if (error instanceof SyntaxError) {
        return { target, ok: false, error: `its answer to ${path} is not JSON` };
      }
      throw error;
    }
  }

  async #get(target: RepTarget, path: string): Promise<Buffer> {
    // Old reps have no rep_url, and their server without TLS is the one at rep_address.
    const text = target.rep_url === '' ? target.rep_address : target.rep_url;
    if (!URL.canParse(text)) throw new HttpFailure(`its presence has no usable address (${text})`, 'EURL');
    const url = new URL(path, text);
    const call = {
      url,
      method: 'GET' as const,
      tls: this.#tls,
      timeoutMs: this.#options.timeoutMs ?? TIMEOUT_MS,
      maxBytes: MAX_BYTES,
      signal: this.#options.signal,
    };
    try {
      return await httpCall(call);
    } catch (error) {
      const address = ipOf(target.rep_address);
      const unknownName = error instanceof HttpFailure && /^(ENOTFOUND|EAI_AGAIN)$/.test(error.code);
      if (!unknownName || address === undefined) throw error;
      // BOSH DNS answers on the foundation's VMs only. The certificate must still have the cell's name.
      return httpCall({ ...call, address });
    }
  }
}

function ipOf(address: string): string | undefined {
  const host = URL.canParse(address) ? new URL(address).hostname : address.replace(/:\d+$/, '');
  const bare = host.replace(/^\[|\]$/g, '');
  return isIP(bare) === 0 ? undefined : bare;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isResources(value: unknown): value is RepResources {
  return isObject(value) && [value.MemoryMB, value.DiskMB, value.Containers].every(Number.isFinite);
}

function isListOrNull(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.every(isObject));
}

function isCellState(value: unknown): value is CellState {
  return (
    isObject(value) &&
    typeof value.cell_id === 'string' &&
    isResources(value.AvailableResources) &&
    isResources(value.TotalResources) &&
    isListOrNull(value.LRPs) &&
    isListOrNull(value.Tasks)
  );
}

function isCellMetrics(value: unknown): value is CellMetrics {
  return (
    isObject(value) &&
    typeof value.cell_id === 'string' &&
    isListOrNull(value.lrps) &&
    isListOrNull(value.tasks)
  );
}
