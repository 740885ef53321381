import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevCertificates, type DevCertificates } from '../../src/lib/certificates/dev.ts';
import { repStates } from '../foundation/oracle.ts';
import { createDatabase, query } from './database.ts';
import { startFakeRep, type FakeRep, type FakeRepAnswer } from './fake-rep.ts';

export interface LiveFoundation {
  url: string;
  dir: string;
  pki: DevCertificates;
  reps: FakeRep[];
  /** cfdot's environment. */
  env: Record<string, string>;
  close(): Promise<void>;
}

/** The fixture's store and Locket, with a rep for each cell that answers what the captured one did. */
export async function startLiveFoundation(
  answers: Record<string, FakeRepAnswer> = {},
  certificates: Parameters<typeof createDevCertificates>[1] = {},
): Promise<LiveFoundation> {
  const dir = await mkdtemp(join(tmpdir(), 'cgdiego-live-'));
  const pki = await createDevCertificates(join(dir, 'pki'), certificates);
  const url = await createDatabase('diego-key-2026-10', 'locket');
  const reps = await Promise.all(
    repStates().map((state) =>
      startFakeRep(pki, {
        cellId: state.cell_id,
        answers: { '/state': answers[state.cell_id] ?? JSON.stringify(state) },
      }),
    ),
  );
  for (const { cell_id, rep_url } of reps) {
    await query(
      url,
      `UPDATE locks SET value = regexp_replace(value, '"rep_url":"[^"]*"', '"rep_url":"' || $2 || '"') WHERE path = $1`,
      [cell_id, rep_url],
    );
  }
  return {
    url,
    dir,
    pki,
    reps,
    env: {
      CA_CERT_FILE: pki.ca.certificateFile,
      CLIENT_CERT_FILE: pki.rep_client.certificateFile,
      CLIENT_KEY_FILE: pki.rep_client.privateKeyFile,
    },
    close: async () => {
      await Promise.all(reps.map((rep) => rep.close()));
      await rm(dir, { recursive: true });
    },
  };
}
