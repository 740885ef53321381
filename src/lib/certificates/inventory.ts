import { readFile, stat } from 'node:fs/promises';
import { CgdiegoError, InterruptedError, messageOf, UsageError } from '../errors.ts';
import { certificatesInBbsConfig } from './bbs-config.ts';
import { certificatesOfEndpoint, type ClientIdentity, type Endpoint, parseEndpoint } from './endpoint.ts';
import { certificatesInDirectory, certificatesInFile, readCaFiles } from './files.ts';
import type { CaBundle, FoundCertificate } from './found.ts';
import { readManifest } from './manifest.ts';

/** Endpoints that are asked at the same time. */
const CONCURRENCY = 16;

export interface InventoryOptions {
  /** Files, directories, `host:port`; YAML and JSON files by their names. */
  targets: readonly string[];
  bbsConfigs: readonly string[];
  manifests: readonly string[];
  /** Files with the CAs that everything but manifests and bbs.json, which bring their own, should lead to. */
  caFiles: readonly string[];
  /** The CA for endpoints when there are no `caFiles`: cfdot's CA_CERT_FILE. */
  endpointCaFile?: string | undefined;
  clientCertificateFile?: string | undefined;
  clientKeyFile?: string | undefined;
  servername?: string | undefined;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

export interface Inventory {
  found: FoundCertificate[];
  /** Sources that gave nothing; the others are answered for all the same. */
  failures: CgdiegoError[];
}

type Reader = () => Promise<FoundCertificate[]>;

/**
 * Collects the certificates of all sources. One source that cannot be read does not keep the others from being shown.
 *
 * @throws {UsageError} when the command line itself is wrong: no source, a CA file without a CA, a name that is neither a file
 * nor an endpoint.
 */
export async function collectCertificates(options: InventoryOptions): Promise<Inventory> {
  const ca = options.caFiles.length > 0 ? await readCaFiles(options.caFiles) : null;
  const files: Reader[] = [];
  const endpoints: Endpoint[] = [];
  for (const target of options.targets) {
    const kind = await kindOf(target);
    if (typeof kind === 'object') endpoints.push(kind);
    else files.push(() => readerOf(kind, target, ca));
  }
  files.push(...options.manifests.map((file) => () => readManifest(file)));
  files.push(...options.bbsConfigs.map((file) => () => certificatesInBbsConfig(file)));
  if (files.length + endpoints.length === 0) {
    throw new UsageError('Nobody said which certificates to look at.', {
      next: 'Name files, directories, HOST:PORT, --manifest FILE or --bbs-config FILE.',
    });
  }

  const inventory: Inventory = { found: [], failures: [] };
  for (const read of files) await attempt(read, inventory);
  const readers = await endpointReaders(endpoints, ca, options);
  // Each endpoint has its place, so that the output does not depend on who answers first.
  const answers = readers.map((): Inventory => ({ found: [], failures: [] }));
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < readers.length; index = next++) {
      await attempt(readers[index]!, answers[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, readers.length) }, worker));
  for (const { found, failures } of answers) {
    inventory.found.push(...found);
    inventory.failures.push(...failures);
  }
  return inventory;
}

async function attempt(read: Reader, inventory: Inventory): Promise<void> {
  try {
    inventory.found.push(...(await read()));
  } catch (error) {
    if (error instanceof InterruptedError || !(error instanceof CgdiegoError)) throw error;
    inventory.failures.push(error);
  }
}

type FileKind = 'file' | 'directory' | 'manifest' | 'json';

async function kindOf(target: string): Promise<FileKind | Endpoint> {
  const found = await stat(target).catch(() => null);
  if (found?.isDirectory() === true) return 'directory';
  if (found !== null) {
    if (/\.ya?ml$/i.test(target)) return 'manifest';
    return /\.json$/i.test(target) ? 'json' : 'file';
  }
  const endpoint = parseEndpoint(target);
  if (endpoint !== null) return endpoint;
  throw new UsageError(`There is no file or directory ${target}, and it is not HOST:PORT either.`, {
    next: 'Check the name; a live endpoint is written as in bbs.service.cf.internal:8889.',
  });
}

function readerOf(kind: FileKind, target: string, ca: CaBundle | null): Promise<FoundCertificate[]> {
  switch (kind) {
    case 'directory':
      return certificatesInDirectory(target, { ca });
    case 'manifest':
      return readManifest(target);
    case 'json':
      return certificatesInBbsConfig(target);
    case 'file':
      return certificatesInFile(target, { ca });
  }
}

/** The CA and the client certificate are only read when there is an endpoint to ask. */
async function endpointReaders(
  endpoints: readonly Endpoint[],
  given: CaBundle | null,
  options: InventoryOptions,
): Promise<Reader[]> {
  if (endpoints.length === 0) return [];
  const { endpointCaFile, servername, timeoutMs, signal } = options;
  const ca = given ?? (endpointCaFile === undefined ? null : await readCaFiles([endpointCaFile]));
  const client = await clientIdentity(options);
  return endpoints.map(
    (endpoint) => () => certificatesOfEndpoint(endpoint, { ca, client, servername, timeoutMs, signal }),
  );
}

async function clientIdentity(options: InventoryOptions): Promise<ClientIdentity | undefined> {
  const { clientCertificateFile: certificate, clientKeyFile: key } = options;
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined) {
    throw new UsageError('A client certificate and its key belong together; one of them is missing.', {
      next: 'Give --client-cert and --client-key, or CLIENT_CERT_FILE and CLIENT_KEY_FILE.',
    });
  }
  try {
    const [certificatePem, privateKey] = await Promise.all([
      readFile(certificate, 'utf8'),
      readFile(key, 'utf8'),
    ]);
    return { certificate: certificatePem, privateKey };
  } catch (error) {
    throw new UsageError('The client certificate and its key cannot be read.', {
      why: messageOf(error),
      cause: error,
    });
  }
}
