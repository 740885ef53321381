import type { JsonBuffer } from '../bbs/json-buffer.ts';
import type { Keyring } from '../bbs/keyring.ts';
import { maskUrls } from '../bbs/mask.ts';
import { NET_INFO } from '../bbs/message-types.ts';
import { rfc3339 } from '../bbs/timestamps.ts';
import type { ActualLrpTuple } from '../store/actual-lrps.ts';
import type { Gaps } from './gaps.ts';
import { RowJson } from './lrp-json.ts';
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
export interface ActualLrpRow extends ActualLrp {
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
    head: (out, row) => {
      head(out, row as ActualLrpTuple);
    },
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

function head(out: JsonBuffer, row: ActualLrpTuple): void {
  const since = rfc3339(row[8]);
  const routable = row[12];
  out.ascii('"process_guid":').string(row[0]);
  out.ascii(',"index":').whole(row[1]);
  out.ascii(',"presence":"').ascii(presenceOf(row[2]));
  out.ascii('","domain":').string(row[3]);
  out.ascii(',"state":').string(row[4]);
  out.ascii(',"instance_guid":').string(row[5]);
  out.ascii(',"cell_id":').string(row[6]);
  out.ascii(',"availability_zone":').string(row[7]);
  if (since === null) out.ascii(',"since":null');
  else out.ascii(',"since":').string(since);
  out.ascii(',"crash_count":').whole(row[9]);
  out.ascii(',"crash_reason":').string(maskUrls(row[10]));
  out.ascii(',"placement_error":').string(maskUrls(row[11]));
  out.ascii(',"routable":').ascii(routable === null ? 'null' : routable ? 'true' : 'false');
  out.ascii(',"modification_tag":{"epoch":').string(row[13]);
  out
    .ascii(',"index":')
    .whole(row[14] ?? 0)
    .ascii('}');
}
