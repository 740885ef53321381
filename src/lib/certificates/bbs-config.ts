import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { readDiegoConfig } from '../bbs/config-file.ts';
import { UsageError } from '../errors.ts';
import { certificatesOf, readCertificateFile } from './files.ts';
import { type CaBundle, type FoundCertificate, readable } from './found.ts';
import type { PemContents, PrivateKeyBlock } from './pem.ts';
import type { Place } from './place.ts';

interface Group {
  certificate: string;
  key: string;
  ca: string;
  place: Place;
}

const client = (name: string, to: string): Place => ({
  name,
  needs: ['client'],
  ips: [],
  why: `the BBS shows it to ${to} (bbs, cmd/bbs/config/config.go)`,
});

/** The fields of bbs.json that name files which belong together. bbs, cmd/bbs/config/config.go; locket, client_config.go. */
const GROUPS: readonly Group[] = [
  {
    certificate: 'cert_file',
    key: 'key_file',
    ca: 'ca_file',
    place: {
      name: 'bbs server',
      needs: ['server'],
      ips: [],
      why: 'the BBS shows it to its clients (bbs, cmd/bbs/main.go)',
    },
  },
  {
    certificate: 'locket_client_cert_file',
    key: 'locket_client_key_file',
    ca: 'locket_ca_cert_file',
    place: client('locket client', 'Locket'),
  },
  {
    certificate: 'rep_client_cert',
    key: 'rep_client_key',
    ca: 'rep_ca_cert',
    place: client('rep client', 'reps'),
  },
  {
    certificate: 'auctioneer_client_cert',
    key: 'auctioneer_client_key',
    ca: 'auctioneer_ca_cert',
    place: client('auctioneer client', 'the auctioneer'),
  },
  {
    certificate: 'loggregator.loggregator_cert_path',
    key: 'loggregator.loggregator_key_path',
    ca: 'loggregator.loggregator_ca_path',
    place: client('loggregator client', 'the loggregator agent'),
  },
];

/** CAs that vouch for servers to which the BBS shows no certificate. */
const CAS = ['sql_ca_cert_file'];

/**
 * The certificates that a bbs.json names. Relative paths are relative to it. A copy of a job's `config` directory works too: an
 * absolute path that does not exist is looked for below the copy.
 *
 * @throws {UsageError} when the file cannot be read, is not JSON or names no certificate.
 */
export async function certificatesInBbsConfig(file: string): Promise<FoundCertificate[]> {
  const config = await readDiegoConfig(file);
  const found: FoundCertificate[] = [];
  for (const { certificate, key, ca, place } of GROUPS) {
    const path = field(config, certificate);
    if (path === undefined) continue;
    const notes: string[] = [];
    found.push(
      ...(await certificatesAt(file, certificate, path, async (contents, at) =>
        certificatesOf(contents, {
          source: file,
          at,
          isCaFile: false,
          place,
          key: contents.keys[0] ?? (await keyAt(file, field(config, key), notes)),
          ca: await caAt(file, ca, field(config, ca), notes),
          notes,
        }),
      )),
    );
  }
  for (const name of [...GROUPS.map(({ ca }) => ca), ...CAS]) {
    const path = field(config, name);
    if (path === undefined) continue;
    found.push(
      ...(await certificatesAt(file, name, path, (contents, at) =>
        certificatesOf(contents, {
          source: file,
          at,
          isCaFile: true,
          place: null,
          key: null,
          ca: null,
          notes: [],
        }),
      )),
    );
  }
  if (found.length === 0) {
    throw new UsageError(`${file} names no certificates.`, {
      why: `none of ${GROUPS.map(({ certificate }) => certificate).join(', ')} is set.`,
    });
  }
  return found;
}

function field(config: object, name: string): string | undefined {
  let value: unknown = config;
  for (const part of name.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[part];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

async function locate(config: string, path: string): Promise<string> {
  const directory = dirname(resolve(config));
  if (!isAbsolute(path)) return join(directory, path);
  const copied = /\/config\/(.+)$/.exec(path)?.[1];
  if (copied === undefined || (await isFile(path))) return path;
  const copy = join(directory, copied);
  return (await isFile(copy)) ? copy : path;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function certificatesAt(
  config: string,
  name: string,
  path: string,
  read: (contents: PemContents, at: string) => FoundCertificate[] | Promise<FoundCertificate[]>,
): Promise<FoundCertificate[]> {
  let contents: PemContents;
  try {
    contents = await readCertificateFile(await locate(config, path));
    if (contents.certificates.length === 0) {
      contents = { certificates: [{ line: 1, problem: `${path} holds no certificate` }], keys: [] };
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    contents = { certificates: [{ line: 1, problem: `${error.message} ${error.why}` }], keys: [] };
  }
  return read(contents, name);
}

async function keyAt(
  config: string,
  path: string | undefined,
  notes: string[],
): Promise<PrivateKeyBlock | null> {
  if (path === undefined) return null;
  try {
    const { keys } = await readCertificateFile(await locate(config, path));
    return keys[0] ?? { line: 1, problem: `${path} holds no private key`, encrypted: false };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    if ((error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
      return { line: 1, problem: `${path} does not exist`, encrypted: false };
    }
    // Whoever runs this need not be allowed to read keys.
    notes.push(`the key is not compared: ${error.message} ${error.why}`);
    return null;
  }
}

async function caAt(
  config: string,
  name: string,
  path: string | undefined,
  notes: string[],
): Promise<CaBundle | null> {
  if (path === undefined) return null;
  try {
    const { certificates } = await readCertificateFile(await locate(config, path));
    return { certificates: readable(certificates), name };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    notes.push(`the chain is not checked: ${error.message} ${error.why}`);
    return null;
  }
}
