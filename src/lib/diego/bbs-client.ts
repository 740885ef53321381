import { create, fromBinary, toBinary, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import {
  DesiredLRPByProcessGuidRequestSchema,
  DesiredLRPResponseSchema,
  Error_Type,
  type DesiredLRP,
  type Error as BbsErrorMessage,
} from '../bbs/gen/diego_pb.ts';
import { CgdiegoError, messageOf } from '../errors.ts';
import type { BbsEndpoint } from './endpoint.ts';

/** The BBS answered with an error of its own (bbs/models/error.proto). */
export class BbsError extends CgdiegoError {
  /** The name of its type, such as `ResourceNotFound`. */
  readonly type: string;

  constructor(path: string, error: BbsErrorMessage) {
    super(`The BBS answered ${path} with an error.`, { why: error.message });
    this.type = Error_Type[error.type];
  }
}

const TIMEOUT_MS = 10_000;

/** The BBS's API: protobuf over HTTPS with client certificates. Listing through it can make the BBS delete rows: prefer the store. */
export class BbsClient {
  readonly #endpoint: BbsEndpoint;
  readonly #signal: AbortSignal | undefined;

  constructor(endpoint: BbsEndpoint, signal?: AbortSignal) {
    this.#endpoint = endpoint;
    this.#signal = signal;
  }

  /**
   * One desired LRP. A row that the BBS cannot read stays where it is.
   * @throws {BbsError} with the type ResourceNotFound when there is none
   */
  async desiredLrpByProcessGuid(processGuid: string): Promise<DesiredLRP | undefined> {
    const body = toBinary(
      DesiredLRPByProcessGuidRequestSchema,
      create(DesiredLRPByProcessGuidRequestSchema, { processGuid }),
    );
    const response = await this.call(
      '/v1/desired_lrps/get_by_process_guid.r3',
      DesiredLRPResponseSchema,
      body,
    );
    return response.desiredLrp;
  }

  /**
   * POSTs a request and decodes the response.
   * @throws {BbsError} when its field `error` is set; {CgdiegoError} when it cannot be reached or does not answer as a BBS
   */
  async call<Desc extends DescMessage>(
    path: string,
    response: Desc,
    body: Uint8Array = new Uint8Array(),
  ): Promise<MessageShape<Desc>> {
    const bytes = await this.#post(path, body);
    let message: MessageShape<Desc>;
    try {
      message = fromBinary(response, bytes);
    } catch (error) {
      throw new CgdiegoError(`${this.#endpoint.url.origin} does not answer as a BBS does.`, {
        why: `Its answer to ${path} is not a ${response.name}: ${messageOf(error)}`,
      });
    }
    const { error } = message as { error?: BbsErrorMessage };
    if (error !== undefined) throw new BbsError(path, error);
    return message;
  }

  async #post(path: string, body: Uint8Array): Promise<Uint8Array> {
    const { url, tls } = this.#endpoint;
    const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
    const signal = AbortSignal.any([
      AbortSignal.timeout(TIMEOUT_MS),
      ...(this.#signal ? [this.#signal] : []),
    ]);
    try {
      return await new Promise((resolve, reject) => {
        const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length };
        const outgoing = request(
          new URL(path, url),
          { method: 'POST', headers, signal, ...tls },
          (incoming) => {
            const chunks: Buffer[] = [];
            incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
            incoming.on('error', reject);
            incoming.on('end', () => {
              // The BBS answers its own errors with 200; anything else is a proxy's or a standby's.
              if (incoming.statusCode === 200) resolve(Buffer.concat(chunks));
              else reject(new Error(`it answered ${incoming.statusCode} ${incoming.statusMessage}`));
            });
          },
        );
        outgoing.on('error', reject);
        outgoing.end(body);
      });
    } catch (error) {
      const timedOut = (error as { name?: string }).name === 'AbortError' && this.#signal?.aborted !== true;
      throw new CgdiegoError(`The BBS at ${url.origin} could not be asked.`, {
        why: timedOut ? `There was no answer within ${TIMEOUT_MS / 1000} s.` : messageOf(error),
        next: 'Check --bbs-url, CA_CERT_FILE, CLIENT_CERT_FILE and CLIENT_KEY_FILE, and that this machine reaches the BBS.',
        cause: error,
      });
    }
  }
}
