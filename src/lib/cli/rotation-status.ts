import { readFile } from 'node:fs/promises';
import { shellWord } from './add-key.ts';
import { keyStates, type Targets } from '../manifest/targets.ts';
import { finishedRotations, readRecords } from '../rotation/read-records.ts';
import { rotationStatus, type Status } from '../rotation/status.ts';
import { bbsLockOwner } from '../store/bbs-presence.ts';
import { blobsByLabel, takeCensus } from '../store/census.ts';
import type { Database } from '../store/database.ts';

/** The result of `rotate-key status`, as `-o json` prints it. */
export interface StatusReport extends Status {
  manifests: { place: string; active_label: string | null; labels: string[] }[];
  stored_label: string | null;
  blobs: Record<string, number>;
  /** Who holds the BBS's lock; `null` when nobody does or Locket's database is not known. */
  active_bbs: string | null;
}

/** Looks at the manifest, the store, Locket and the records, and says where the rotation stands. */
export async function statusReport(
  targets: Targets,
  files: string,
  recordFiles: readonly string[],
  store: Database,
  locket: Database | undefined,
): Promise<StatusReport> {
  const manifests = await keyStates(targets);
  const records = await readRecords(recordFiles);
  const census = await store.readOnly(takeCensus);
  const blobs = blobsByLabel(census);
  const status = rotationStatus({
    manifests,
    storedLabel: census.stored_label,
    blobs,
    rotations: finishedRotations(records).map(({ target_label, stored_label_before }) => ({
      target: target_label,
      from: stored_label_before,
    })),
    files,
    deploy: await deployCommand(targets),
  });
  return {
    ...status,
    manifests: manifests.map(({ place, state }) => ({
      place,
      active_label: state.active ?? null,
      labels: state.labels,
    })),
    stored_label: census.stored_label,
    blobs: Object.fromEntries(blobs),
    active_bbs: locket === undefined ? null : await locket.readOnly(bbsLockOwner),
  };
}

/** `bosh deploy` with the files that were given. The name of the deployment stands in the manifest. */
async function deployCommand({ manifests, opsFile, varsFile }: Targets): Promise<string> {
  const [file] = manifests;
  const text = file === undefined ? '' : await readFile(file, 'utf8');
  const name = /^name:[ \t]*["']?([\w.-]+)/m.exec(text)?.[1];
  const options = [
    ...(opsFile === undefined ? [] : [`-o ${shellWord(opsFile)}`]),
    ...(varsFile === undefined ? [] : [`-l ${shellWord(varsFile)}`]),
  ];
  return [
    'bosh',
    `-d ${name ?? 'DEPLOYMENT'}`,
    'deploy',
    name === undefined ? 'MANIFEST' : shellWord(file!),
    ...options,
  ].join(' ');
}
