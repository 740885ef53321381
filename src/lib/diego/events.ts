import { setTimeout as sleep } from 'node:timers/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { EventsByCellIdSchema } from '../bbs/gen/diego_pb.ts';
import { messageOf } from '../errors.ts';
import { unreachableBbs } from './bbs-client.ts';
import type { BbsEndpoint } from './endpoint.ts';
import { streamBody } from './event-stream.ts';
import { decodeEvent, type BbsEvent } from './event-types.ts';
import { HttpFailure } from './http.ts';
import { parseEventStream, type ServerSentEvent } from './sse.ts';
import { clientTls } from './tls.ts';

const PATHS = {
  lrp_instances: '/v1/events/lrp_instances.r1',
  tasks: '/v1/events/tasks.r1',
} as const;

/** What is told about the connection, for the operator. */
export type StreamNotice =
  | { kind: 'connected'; again: boolean }
  /** Events that happen until the next connection are lost: the BBS keeps none. */
  | { kind: 'lost'; why: string; retryInMs: number }
  | { kind: 'skipped'; name: string; why: string };

export interface EventsOptions {
  stream: keyof typeof PATHS;
  /** Lets the BBS send only the actual LRPs' events of this cell (it does not filter others). */
  cellId?: string | undefined;
  signal?: AbortSignal | undefined;
  onNotice?: (notice: StreamNotice) => void;
  /** Waiting before the first attempt to reconnect; it doubles up to `maxRetryMs`. */
  retryMs?: number;
  maxRetryMs?: number;
  timeoutMs?: number;
}

/**
 * The BBS's events as they happen, until the signal is aborted. When the connection breaks it connects again, waiting longer
 * each time.
 *
 * @throws {CgdiegoError} when the first connection cannot be made: then it is the address or the certificates
 */
export async function* bbsEvents(
  endpoint: BbsEndpoint,
  options: EventsOptions,
): AsyncGenerator<BbsEvent, void, undefined> {
  const { signal, onNotice, retryMs = 1_000, maxRetryMs = 30_000 } = options;
  const tls = clientTls(endpoint.tls);
  const body = toBinary(EventsByCellIdSchema, create(EventsByCellIdSchema, { cellId: options.cellId ?? '' }));
  const connection = { made: false };
  let delay = retryMs;
  const aborted = () => signal?.aborted === true;
  while (!aborted()) {
    let why = 'the BBS ended the stream';
    try {
      const chunks = streamBody({
        url: new URL(PATHS[options.stream], endpoint.url),
        body,
        tls,
        timeoutMs: options.timeoutMs ?? 10_000,
        signal,
        onOpen: () => {
          onNotice?.({ kind: 'connected', again: connection.made });
          connection.made = true;
          delay = retryMs;
        },
      });
      for await (const raw of parseEventStream(chunks)) {
        const event = decoded(raw, onNotice);
        if (event !== null) yield event;
      }
    } catch (error) {
      if (aborted()) return;
      if (!connection.made && error instanceof HttpFailure) {
        throw unreachableBbs(endpoint.url, error.message, error);
      }
      why = messageOf(error);
    }
    onNotice?.({ kind: 'lost', why, retryInMs: delay });
    // Interrupted while waiting: the loop ends.
    await sleep(delay, undefined, { signal }).catch(() => undefined);
    delay = Math.min(delay * 2, maxRetryMs);
  }
}

function decoded(raw: ServerSentEvent, onNotice: EventsOptions['onNotice']): BbsEvent | null {
  try {
    const event = decodeEvent(raw.event, Buffer.from(raw.data, 'base64'));
    if (event === null) onNotice?.({ kind: 'skipped', name: raw.event, why: 'its type is not known' });
    return event;
  } catch (error) {
    onNotice?.({ kind: 'skipped', name: raw.event, why: messageOf(error) });
    return null;
  }
}
