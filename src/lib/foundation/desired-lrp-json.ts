import type { JsonBuffer } from '../bbs/json-buffer.ts';
import type { Keyring } from '../bbs/keyring.ts';
import { maskUrls } from '../bbs/mask.ts';
import { RUN_INFO, RUN_INFO_WITH_METRIC_TAGS, VOLUME_PLACEMENT } from '../bbs/message-types.ts';
import { DESIRED_LRP_PLAIN, type DesiredLrpBlob, type DesiredLrpTuple } from '../store/desired-lrps.ts';
import type { Gaps } from './gaps.ts';
import { RowJson, type BlobMember } from './lrp-json.ts';
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
 * @param missing columns that this store has not got
 * @param mask whether environment values, image passwords, private keys and passwords in URLs are masked
 */
export function desiredLrpJson(
  keyring: Keyring | undefined,
  gaps: Gaps,
  missing: readonly string[],
  mask: boolean,
): RowJson {
  const hasTags = !missing.includes('metric_tags');
  const blobs: BlobMember[] = [
    { column: 'routes', form: 'json', name: 'routes', empty: '{}' },
    { column: 'volume_placement', form: 'object', name: 'volume_placement', type: VOLUME_PLACEMENT },
  ];
  if (hasTags) blobs.push({ column: 'metric_tags', form: 'json', name: 'metric_tags', empty: '{}' });
  blobs.push({ column: 'run_info', form: 'members', type: hasTags ? RUN_INFO : RUN_INFO_WITH_METRIC_TAGS });
  return new RowJson({
    table: 'desired_lrps',
    head: (out, row) => {
      head(out, row as DesiredLrpTuple, mask);
    },
    firstBlob: DESIRED_LRP_PLAIN,
    blobs,
    keyring,
    mask,
    gaps,
  });
}

/** {@link FULL_BLOBS} without what the store has not got: older releases keep the metric tags in run_info. */
export function fullBlobs(missing: readonly string[]): DesiredLrpBlob[] {
  return FULL_BLOBS.filter((name) => name !== 'metric_tags' || !missing.includes(name));
}

function head(out: JsonBuffer, row: DesiredLrpTuple, mask: boolean): void {
  const strategy = row[12];
  const annotation = row[3] ?? '';
  out.ascii('"process_guid":').string(row[0]);
  out.ascii(',"domain":').string(row[1]);
  out.ascii(',"log_guid":').string(row[2]);
  out.ascii(',"annotation":').string(mask ? maskUrls(annotation) : annotation);
  out.ascii(',"instances":').whole(row[4]);
  out.ascii(',"memory_mb":').whole(row[5]);
  out.ascii(',"disk_mb":').whole(row[6]);
  out.ascii(',"max_pids":').whole(row[7] ?? 0);
  out.ascii(',"rootfs":').string(mask ? maskUrls(row[8]) : row[8]);
  out.ascii(',"placement_tags":').raw(JSON.stringify(placementTagsOf(row[9])));
  out.ascii(',"modification_tag":{"epoch":').string(row[10]);
  out
    .ascii(',"index":')
    .whole(row[11] ?? 0)
    .ascii('}');
  if (strategy !== null)
    out.ascii(',"update_strategy":').raw(JSON.stringify(UPDATE_STRATEGIES[strategy] ?? strategy));
}
