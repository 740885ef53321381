import { BlobBatch } from '../bbs/blob-batch.ts';
import { decodeJson, PayloadError } from '../bbs/envelope.ts';
import { JsonBuffer } from '../bbs/json-buffer.ts';
import { Keyring } from '../bbs/keyring.ts';
import { writeEnvelopedMembers, type MessageType } from '../bbs/message-json.ts';
import { VOLUME_PLACEMENT } from '../bbs/message-types.ts';
import { DESIRED_LRP_PLAIN, type DesiredLrpTuple } from '../store/desired-lrps.ts';
import type { Gaps } from './gaps.ts';
import type { DesiredMetricTags } from './rows.ts';

/**
 * Encrypted columns of a batch of rows as values. What cannot be opened is `undefined` and a gap; nothing is thrown, so that one bad row
 * does not take the answer for all others.
 */
export class ValueOpener {
  readonly #batch: BlobBatch | undefined;
  readonly #gaps: Gaps;
  readonly #json = new JsonBuffer();

  /** @param keyring nothing when no keys were given: then every value is `undefined`, and that is one gap, not one a column. */
  constructor(keyring: Keyring | undefined, gaps: Gaps) {
    this.#gaps = gaps;
    this.#batch = keyring === undefined ? undefined : new BlobBatch(keyring);
    if (keyring === undefined) {
      gaps.add('keys', 'no encryption keys were given, so nothing that is encrypted was read');
    }
  }

  /**
   * A column of protobuf messages as objects with Diego's JSON names.
   * @param column such as `tasks.task_definition`, for the gaps
   * @returns `null` for a column without a value, `undefined` for one that could not be read
   */
  messages(
    column: string,
    type: MessageType,
    texts: readonly (string | null)[],
    mask: boolean,
  ): (object | null | undefined)[] {
    return this.#each(column, texts, (bytes, start, end) => {
      this.#json.ascii('{');
      writeEnvelopedMembers(this.#json, type, bytes, start, end, mask);
      this.#json.ascii('}');
      return JSON.parse(this.#json.take().toString('utf8')) as object;
    });
  }

  /** A column of JSON without an envelope. */
  json(
    column: string,
    shape: 'object' | 'array',
    texts: readonly (string | null)[],
  ): (object | null | undefined)[] {
    return this.#each(
      column,
      texts,
      (bytes, start, end) => decodeJson(bytes.subarray(start, end), shape) as object | null,
    );
  }

  #each(
    column: string,
    texts: readonly (string | null)[],
    read: (bytes: Buffer, start: number, end: number) => object | null,
  ): (object | null | undefined)[] {
    if (this.#batch === undefined) return texts.map((text) => (isEmpty(text) ? null : undefined));
    const { bytes, starts, ends, faults } = this.#batch.open(texts);
    return texts.map((text, i) => {
      if (isEmpty(text)) return null;
      const fault = faults.get(i);
      if (fault !== undefined) {
        this.#gaps.count(column, fault.message);
        return undefined;
      }
      try {
        return read(bytes, starts[i]!, ends[i]!);
      } catch (error) {
        if (!(error instanceof PayloadError)) throw error;
        this.#json.truncate(0);
        this.#gaps.count(column, error.message);
        return undefined;
      }
    });
  }
}

/** The two small blobs of desired LRPs, `volume_placement` and `metric_tags`, which must follow the row's own columns in this order. */
export function openDesired(
  opener: ValueOpener,
  rows: readonly DesiredLrpTuple[],
): { drivers: (string[] | null)[]; tags: (DesiredMetricTags | null | undefined)[] } {
  const placements = opener.messages(
    'desired_lrps.volume_placement',
    VOLUME_PLACEMENT,
    rows.map((row) => row[DESIRED_LRP_PLAIN] as string | null),
    false,
  ) as ({ driver_names: string[] } | null | undefined)[];
  const tags = opener.json(
    'desired_lrps.metric_tags',
    'object',
    rows.map((row) => row[DESIRED_LRP_PLAIN + 1] as string | null),
  ) as (DesiredMetricTags | null | undefined)[];
  return {
    drivers: placements.map((placement) =>
      placement === undefined ? null : (placement?.driver_names ?? []),
    ),
    tags,
  };
}

/** NULL or '', which older releases left where a later one would write an encrypted empty value. */
function isEmpty(text: string | null): boolean {
  return text === null || text === '';
}
