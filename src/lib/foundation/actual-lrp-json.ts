import type { JsonBuffer } from '../bbs/json-buffer.ts';
import type { Keyring } from '../bbs/keyring.ts';
import { NET_INFO } from '../bbs/message-types.ts';
import type { Gaps } from './gaps.ts';
import { RowJson } from './lrp-json.ts';
import type { LiveFields } from './on-reps.ts';
import type { RowReader } from './row-reader.ts';
import { presenceOf } from './rows.ts';
import type { ActualLrp } from './types.ts';

/** How many columns of an actual LRP come before the encrypted ones: see ActualLrpTuple. */
const FIRST_BLOB = 15;

export interface PortMapping {
  container_port: number;
  host_port: number;
  container_tls_proxy_port: number;
  host_tls_proxy_port: number;
}

/** An actual LRP with everything that the BBS stores about it. Names are those of Diego's own JSON. */
export interface ActualLrpRow extends ActualLrp, LiveFields {
  modification_tag: { epoch: string; index: number };
  address: string;
  ports: PortMapping[];
  instance_address: string;
  instance_ipv6_address?: string;
  preferred_address: 'UNKNOWN' | 'INSTANCE' | 'HOST';
  actual_lrp_internal_routes: { hostname: string }[];
  metric_tags: Record<string, string>;
  /** Columns of this row that could not be decrypted or decoded. */
  unreadable: string[];
}

/** Actual LRPs as lines of JSON: the fields of {@link ActualLrpRow}. */
export function actualLrpJson(keyring: Keyring | undefined, gaps: Gaps): RowJson {
  return new RowJson({
    table: 'actual_lrps',
    head,
    firstBlob: FIRST_BLOB,
    blobs: [
      { column: 'net_info', form: 'members', type: NET_INFO },
      { column: 'internal_routes', form: 'json', name: 'actual_lrp_internal_routes', empty: '[]' },
      { column: 'metric_tags', form: 'json', name: 'metric_tags', empty: '{}' },
    ],
    keyring,
    // There are no secrets in an actual LRP but what an app puts into a URL of its own.
    mask: false,
    gaps,
  });
}

/** By the places in ActualLrpTuple. */
function head(out: JsonBuffer, row: RowReader): void {
  row.writeString(out.ascii('"process_guid":'), 0);
  row.writeWhole(out.ascii(',"index":'), 1);
  out.ascii(',"presence":"').ascii(presenceOf(row.whole(2) ?? 0));
  row.writeString(out.ascii('","domain":'), 3);
  row.writeString(out.ascii(',"state":'), 4);
  row.writeString(out.ascii(',"instance_guid":'), 5);
  row.writeString(out.ascii(',"cell_id":'), 6);
  row.writeString(out.ascii(',"availability_zone":'), 7);
  row.writeTime(out.ascii(',"since":'), 8);
  row.writeWhole(out.ascii(',"crash_count":'), 9);
  row.writeString(out.ascii(',"crash_reason":'), 10, true);
  row.writeString(out.ascii(',"placement_error":'), 11, true);
  row.writeBoolean(out.ascii(',"routable":'), 12);
  row.writeString(out.ascii(',"modification_tag":{"epoch":'), 13);
  row.writeWhole(out.ascii(',"index":'), 14);
  out.ascii('}');
}
