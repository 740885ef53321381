import type { JsonBuffer } from '../bbs/json-buffer.ts';
import type { Keyring } from '../bbs/keyring.ts';
import { RUN_INFO, RUN_INFO_WITH_METRIC_TAGS, VOLUME_PLACEMENT } from '../bbs/message-types.ts';
import { DESIRED_LRP_PLAIN, type DesiredLrpBlob } from '../store/desired-lrps.ts';
import type { Gaps } from './gaps.ts';
import { RowJson, type BlobMember, type RowJsonOptions } from './lrp-json.ts';
import type { RowReader } from './row-reader.ts';
import { placementTagsOf } from './rows.ts';

/** bbs/models DesiredLRP_UpdateStrategy. */
const UPDATE_STRATEGIES = ['ROLLING', 'RECREATE'];

/** The blobs that {@link desiredLrpJson} expects behind the plain columns. */
export const FULL_BLOBS: readonly DesiredLrpBlob[] = [
  'routes',
  'volume_placement',
  'metric_tags',
  'run_info',
];

/**
 * Desired LRPs as lines of JSON, with everything that the BBS stores about them; names are those of Diego's own JSON.
 * @param blobs those that follow the plain columns, in the order of {@link FULL_BLOBS} or some of them
 * @param more what a row has beside its own members: `head` is written behind the plain ones
 * @param mask whether environment values, image passwords, private keys and passwords in URLs are masked
 */
export function desiredLrpJson(
  keyring: Keyring | undefined,
  gaps: Gaps,
  blobs: readonly DesiredLrpBlob[],
  mask: boolean,
  more?: Pick<RowJsonOptions, 'head' | 'peek' | 'tail'>,
): RowJson {
  const members: Record<DesiredLrpBlob, BlobMember> = {
    routes: { column: 'routes', form: 'json', name: 'routes', empty: '{}' },
    volume_placement: {
      column: 'volume_placement',
      form: 'object',
      name: 'volume_placement',
      type: VOLUME_PLACEMENT,
    },
    metric_tags: { column: 'metric_tags', form: 'json', name: 'metric_tags', empty: '{}' },
    run_info: {
      column: 'run_info',
      form: 'members',
      type: blobs.includes('metric_tags') ? RUN_INFO : RUN_INFO_WITH_METRIC_TAGS,
    },
  };
  return new RowJson({
    table: 'desired_lrps',
    ...more,
    head: (out, row, values) => {
      head(out, row, mask);
      more?.head(out, row, values);
    },
    firstBlob: DESIRED_LRP_PLAIN,
    blobs: blobs.map((name) => members[name]),
    keyring,
    mask,
    gaps,
  });
}

/** {@link FULL_BLOBS} without what the store has not got: older releases keep the metric tags in run_info. */
export function fullBlobs(missing: readonly string[]): DesiredLrpBlob[] {
  return FULL_BLOBS.filter((name) => !missing.includes(name));
}

/** By the places in DesiredLrpTuple. */
function head(out: JsonBuffer, row: RowReader, mask: boolean): void {
  row.writeString(out.ascii('"process_guid":'), 0);
  row.writeString(out.ascii(',"domain":'), 1);
  row.writeString(out.ascii(',"log_guid":'), 2);
  row.writeString(out.ascii(',"annotation":'), 3, mask);
  row.writeWhole(out.ascii(',"instances":'), 4);
  row.writeWhole(out.ascii(',"memory_mb":'), 5);
  row.writeWhole(out.ascii(',"disk_mb":'), 6);
  row.writeWhole(out.ascii(',"max_pids":'), 7);
  row.writeString(out.ascii(',"rootfs":'), 8, mask);
  out.ascii(',"placement_tags":').raw(JSON.stringify(placementTagsOf(row.text(9))));
  row.writeString(out.ascii(',"modification_tag":{"epoch":'), 10);
  row.writeWhole(out.ascii(',"index":'), 11);
  out.ascii('}');
  const strategy = row.whole(12);
  if (strategy !== undefined)
    out.ascii(',"update_strategy":').raw(JSON.stringify(UPDATE_STRATEGIES[strategy] ?? strategy));
}
