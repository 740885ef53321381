import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BlobError, openBlob } from '../../src/lib/bbs/blob.ts';
import {
  DesiredLRPByProcessGuidRequestSchema,
  DesiredLRPResponseSchema,
  Error_Type,
} from '../../src/lib/bbs/gen/diego_pb.ts';
import { Keyring } from '../../src/lib/bbs/keyring.ts';
import type { DevCertificates } from '../../src/lib/certificates/dev.ts';
import { query } from './database.ts';

/**
 * A stand-in for a running BBS with a store and keys of its own: it is asked for one desired LRP, reads the row, decrypts it as the BBS does,
 * and answers what the BBS answers (seen on the real one).
 */
export interface StoreBbs {
  url: string;
  asked: string[];
  close(): Promise<void>;
}

export interface StoreBbsOptions {
  /** Passphrases by label. */
  keys: Record<string, string>;
  /** Called when it is asked; it answers when that resolves. */
  onAsked?: () => Promise<void>;
}

export async function startStoreBbs(
  pki: DevCertificates,
  storeUrl: string,
  { keys, onAsked }: StoreBbsOptions,
): Promise<StoreBbs> {
  const keyring = Keyring.fromPassphrases(new Map(Object.entries(keys)));
  const asked: string[] = [];
  const server = createServer(
    {
      cert: pki.bbs_server.certificate,
      key: pki.bbs_server.privateKey,
      ca: pki.ca.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        void answer(Buffer.concat(chunks)).then((body) => {
          response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end(body);
        });
      });
    },
  );

  async function answer(body: Buffer): Promise<Uint8Array> {
    const { processGuid } = fromBinary(DesiredLRPByProcessGuidRequestSchema, body);
    asked.push(processGuid);
    await onAsked?.();
    const [row] = await query<Record<string, string | null>>(
      storeUrl,
      'SELECT run_info, volume_placement, routes, metric_tags FROM public.desired_lrps WHERE process_guid = $1',
      [processGuid],
    );
    return toBinary(DesiredLRPResponseSchema, create(DesiredLRPResponseSchema, respond(row, processGuid)));
  }

  function respond(row: Record<string, string | null> | undefined, processGuid: string) {
    if (row === undefined) {
      return {
        error: { type: Error_Type.ResourceNotFound, message: 'the requested resource could not be found' },
      };
    }
    try {
      for (const blob of Object.values(row)) openBlob(blob!, keyring);
      return { desiredLrp: { processGuid } };
    } catch (error) {
      if (!(error instanceof BlobError)) throw error;
      const message =
        error.fault === 'no-key'
          ? `Key with label "${error.label!}" was not found`
          : 'cipher: message authentication failed';
      return { error: { type: Error_Type.UnknownError, message } };
    }
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
