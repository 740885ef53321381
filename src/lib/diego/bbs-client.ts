import { create, fromBinary, toBinary, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import {
  ActualLRPsRequestSchema,
  ActualLRPsResponseSchema,
  CellsResponseSchema,
  DesiredLRPByProcessGuidRequestSchema,
  DesiredLRPResponseSchema,
  DesiredLRPsRequestSchema,
  DesiredLRPsResponseSchema,
  DesiredLRPSchedulingInfosResponseSchema,
  DomainsResponseSchema,
  Error_Type,
  PingResponseSchema,
  TasksRequestSchema,
  TasksResponseSchema,
  type ActualLRP,
  type CellPresence,
  type DesiredLRP,
  type DesiredLRPSchedulingInfo,
  type Error as BbsErrorMessage,
  type Task,
} from '../bbs/gen/diego_pb.ts';
import { CgdiegoError, messageOf } from '../errors.ts';
import type { BbsEndpoint } from './endpoint.ts';
import { httpCall, HttpFailure } from './http.ts';
import { clientTls, type ClientTls } from './tls.ts';

/** The BBS answered with an error of its own (bbs/models/error.proto). */
export class BbsError extends CgdiegoError {
  /** The name of its type, such as `ResourceNotFound`. */
  readonly type: string;

  constructor(path: string, error: BbsErrorMessage) {
    super(`The BBS answered ${path} with an error.`, { why: error.message });
    this.type = Error_Type[error.type];
  }
}

export interface BbsClientOptions {
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
/** Listing reads and decrypts whole tables; the BBS itself gives a request as long as it takes. */
const LIST_TIMEOUT_MS = 120_000;
/** 250,000 desired LRPs of 3 KiB. */
const MAX_BYTES = 1024 * 1024 * 1024;

/** Filters of a list; an empty one lists everything. */
export interface ListFilter {
  domain?: string;
  cellId?: string;
  processGuid?: string;
}

/**
 * The BBS's API: protobuf over HTTPS with client certificates. The calls that list desired LRPs, actual LRPs and tasks can make
 * the BBS delete rows that it cannot decrypt: prefer the store.
 */
export class BbsClient {
  readonly #url: URL;
  readonly #tls: ClientTls;
  readonly #options: BbsClientOptions;

  /** @throws {UsageError} when the certificates cannot be used */
  constructor(endpoint: BbsEndpoint, options: BbsClientOptions | AbortSignal = {}) {
    this.#url = endpoint.url;
    this.#tls = clientTls(endpoint.tls);
    this.#options = options instanceof AbortSignal ? { signal: options } : options;
  }

  /** Whether the BBS says that it is there. */
  async ping(): Promise<boolean> {
    return (await this.call('/v1/ping', PingResponseSchema)).available;
  }

  /** The domains that are fresh. */
  async domains(): Promise<string[]> {
    return (await this.call('/v1/domains/list', DomainsResponseSchema)).domains;
  }

  /** The cells with a presence. */
  async cells(): Promise<CellPresence[]> {
    return (await this.call('/v1/cells/list.r1', CellsResponseSchema)).cells;
  }

  /**
   * One desired LRP. A row that the BBS cannot read stays where it is.
   * @throws {BbsError} with the type ResourceNotFound when there is none
   */
  async desiredLrpByProcessGuid(processGuid: string): Promise<DesiredLRP | undefined> {
    const request = create(DesiredLRPByProcessGuidRequestSchema, { processGuid });
    const path = '/v1/desired_lrps/get_by_process_guid.r3';
    const body = toBinary(DesiredLRPByProcessGuidRequestSchema, request);
    return (await this.call(path, DesiredLRPResponseSchema, body)).desiredLrp;
  }

  /** Every desired LRP, whole. Deletes rows whose run_info the BBS cannot decrypt. */
  async desiredLrps({ domain = '' }: ListFilter = {}): Promise<DesiredLRP[]> {
    const body = toBinary(DesiredLRPsRequestSchema, create(DesiredLRPsRequestSchema, { domain }));
    return (await this.#list('/v1/desired_lrps/list.r3', DesiredLRPsResponseSchema, body)).desiredLrps;
  }

  /** What the auction and the route emitters know of desired LRPs: no run_info is read. */
  async desiredLrpSchedulingInfos({ domain = '' }: ListFilter = {}): Promise<DesiredLRPSchedulingInfo[]> {
    const body = toBinary(DesiredLRPsRequestSchema, create(DesiredLRPsRequestSchema, { domain }));
    const path = '/v1/desired_lrp_scheduling_infos/list';
    const response = await this.#list(path, DesiredLRPSchedulingInfosResponseSchema, body);
    return response.desiredLrpSchedulingInfos;
  }

  /** Every instance. Deletes rows with a column that the BBS cannot decrypt. */
  async actualLrps(filter: ListFilter = {}): Promise<ActualLRP[]> {
    const body = toBinary(ActualLRPsRequestSchema, create(ActualLRPsRequestSchema, filter));
    return (await this.#list('/v1/actual_lrps/list', ActualLRPsResponseSchema, body)).actualLrps;
  }

  async tasks({ domain = '', cellId = '' }: ListFilter = {}): Promise<Task[]> {
    const body = toBinary(TasksRequestSchema, create(TasksRequestSchema, { domain, cellId }));
    return (await this.#list('/v1/tasks/list.r3', TasksResponseSchema, body)).tasks;
  }

  /**
   * POSTs a request and decodes the response.
   * @throws {BbsError} when its field `error` is set; {CgdiegoError} when it cannot be reached or does not answer as a BBS
   */
  async call<Desc extends DescMessage>(
    path: string,
    response: Desc,
    body: Uint8Array = new Uint8Array(),
    timeoutMs = this.#options.timeoutMs ?? TIMEOUT_MS,
  ): Promise<MessageShape<Desc>> {
    const bytes = await this.#post(path, body, timeoutMs);
    let message: MessageShape<Desc>;
    try {
      message = fromBinary(response, bytes);
    } catch (error) {
      throw new CgdiegoError(`${this.#url.origin} does not answer as a BBS does.`, {
        why: `Its answer to ${path} is not a ${response.name}: ${messageOf(error)}`,
      });
    }
    const { error } = message as { error?: BbsErrorMessage };
    if (error !== undefined) throw new BbsError(path, error);
    return message;
  }

  #list<Desc extends DescMessage>(path: string, response: Desc, body: Uint8Array) {
    return this.call(path, response, body, this.#options.timeoutMs ?? LIST_TIMEOUT_MS);
  }

  async #post(path: string, body: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    try {
      // The BBS answers its own errors with 200; anything else is a proxy's or a standby's.
      return await httpCall({
        url: new URL(path, this.#url),
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body,
        tls: this.#tls,
        timeoutMs,
        maxBytes: MAX_BYTES,
        signal: this.#options.signal,
      });
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      throw unreachableBbs(this.#url, error.message, error);
    }
  }
}

/** The error for a BBS that cannot be talked to, whatever the way. */
export function unreachableBbs(url: URL, why: string, cause?: unknown): CgdiegoError {
  return new CgdiegoError(`The BBS at ${url.origin} could not be asked.`, {
    why,
    next: 'Check --bbs-url, CA_CERT_FILE, CLIENT_CERT_FILE and CLIENT_KEY_FILE (cgdiego certs), and that this machine reaches the BBS.',
    cause,
  });
}
