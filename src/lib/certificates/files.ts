import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { messageOf, UsageError } from '../errors.ts';
import { type CaBundle, type FoundCertificate, readable, type Role } from './found.ts';
import { looksLikePem, type PemContents, type PrivateKeyBlock, readPem } from './pem.ts';
import { type Place, placeOf } from './place.ts';
import { parseCertificate } from './x509.ts';

/** A bundle of every public CA is well below 1 MiB. */
const MAX_BYTES = 16 * 1024 * 1024;
const EXTENSIONS = new Set(['.crt', '.cer', '.cert', '.pem', '.der', '.ca']);

/** Reads a file as PEM or DER. @throws {UsageError} when it cannot be read. */
export async function readCertificateFile(file: string): Promise<PemContents> {
  let bytes: Buffer;
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES) throw new Error(`it has ${size} bytes, at most ${MAX_BYTES} are read`);
    bytes = await readFile(file);
  } catch (error) {
    throw new UsageError(`${file} cannot be read.`, { why: messageOf(error), cause: error });
  }
  const text = bytes.toString('latin1');
  if (looksLikePem(text) || bytes[0] !== 0x30) return readPem(text);
  try {
    return { certificates: [{ line: 1, certificate: parseCertificate(bytes) }], keys: [] };
  } catch (error) {
    return { certificates: [{ line: 1, problem: messageOf(error) }], keys: [] };
  }
}

/** The CAs of one or more files, for `--ca`. @throws {UsageError} when one of them has none. */
export async function readCaFiles(files: readonly string[]): Promise<CaBundle> {
  const certificates = [];
  for (const file of files) {
    const { certificates: blocks } = await readCertificateFile(file);
    const broken = blocks.find((block) => 'problem' in block);
    if (broken !== undefined || blocks.length === 0) {
      throw new UsageError(`${file} is not a file of CA certificates.`, {
        why: broken === undefined ? 'it holds no certificate.' : `line ${broken.line}: ${broken.problem}`,
      });
    }
    certificates.push(...readable(blocks));
  }
  return { certificates, name: files.join(', ') };
}

/**
 * The certificates of one PEM or DER file. Its key is the one in the file, or in the file that goes with it by name
 * (`server.key` for `server.crt`). Without `ca`, the CA is the one that goes with it by name (`tls_ca.crt`, else `ca.crt` beside it).
 *
 * @throws {UsageError} when it cannot be read or holds no certificate.
 */
export async function certificatesInFile(
  file: string,
  options: { ca?: CaBundle | null; inDirectory?: boolean } = {},
): Promise<FoundCertificate[]> {
  const contents = await readCertificateFile(file);
  if (contents.certificates.length === 0) {
    throw new UsageError(`${file} holds no certificate.`, {
      why: contents.keys.length > 0 ? 'there is only a private key in it.' : undefined,
      next: 'Name PEM or DER files, manifests (.yml), bbs.json, directories or HOST:PORT.',
    });
  }
  const given = options.ca ?? null;
  // Named by itself together with --ca, even a CA is asked whether it leads there.
  const isCaFile =
    CA_NAME.test(basename(file, extname(file))) && (given === null || options.inDirectory === true);
  const notes: string[] = [];
  const key = isCaFile ? null : (contents.keys[0] ?? (await neighbourKey(file, notes)));
  const ca = isCaFile ? null : (given ?? (await neighbourCa(file, notes)));
  return certificatesOf(contents, {
    source: file,
    at: '',
    isCaFile,
    place: isCaFile ? null : placeOf(resolve(file)),
    key,
    ca,
    notes,
  });
}

interface Context {
  source: string;
  at: string;
  isCaFile: boolean;
  place: Place | null;
  key: PrivateKeyBlock | null;
  ca: CaBundle | null;
  notes: string[];
}

/** The first certificate of a file is its identity, as for Go's tls.X509KeyPair; CAs after it come along as its chain. */
export function certificatesOf({ certificates }: PemContents, context: Context): FoundCertificate[] {
  const { source, at, isCaFile, place, key, ca, notes } = context;
  return certificates.map((block, index) => {
    const isCa = 'certificate' in block && block.certificate.isCa;
    const role: Role = isCaFile ? 'ca' : index === 0 || !isCa ? 'identity' : 'chain';
    const number = certificates.length > 1 ? `${index + 1} of ${certificates.length}` : '';
    return {
      source,
      at: [at, number].filter((part) => part !== '').join(', '),
      line: block.line,
      role,
      place: index === 0 ? place : null,
      block,
      chain: readable(certificates.filter((_, other) => other !== index)),
      key: index === 0 ? key : null,
      ca: role === 'identity' ? ca : null,
      notes: index === 0 ? notes : [],
    };
  });
}

/** `ca.crt`, `tls_ca.crt`, `bbs-ca.pem`, `ca-bundle.crt`, `cacert.pem`. */
const CA_NAME = /(^|[._-])ca([._-]?(certs?|certificates?|bundle))?$/i;

async function neighbourKey(file: string, notes: string[]): Promise<PrivateKeyBlock | null> {
  const stem = basename(file, extname(file));
  const names = [`${stem}.key`, `${stem}-key.pem`, `${stem}_key.pem`];
  if (stem.includes('cert')) names.push(`${stem.replace('cert', 'key')}${extname(file)}`);
  const contents = await firstNeighbour(file, names, notes);
  return contents?.contents.keys[0] ?? null;
}

async function neighbourCa(file: string, notes: string[]): Promise<CaBundle | null> {
  const stem = basename(file, extname(file));
  const names = ['.crt', '.pem'].flatMap((extension) => [`${stem}_ca${extension}`, `${stem}-ca${extension}`]);
  const neighbour = await firstNeighbour(file, [...names, 'ca.crt', 'ca.pem'], notes);
  const certificates = readable(neighbour?.contents.certificates ?? []);
  return neighbour === null || certificates.length === 0 ? null : { certificates, name: neighbour.file };
}

/** The first of the names that exists beside the file. One that exists but may not be read is noted, not an error. */
async function firstNeighbour(file: string, names: readonly string[], notes: string[]) {
  for (const name of names) {
    const neighbour = join(dirname(file), name);
    if (neighbour === file || !(await exists(neighbour))) continue;
    try {
      return { file: neighbour, contents: await readCertificateFile(neighbour) };
    } catch (error) {
      notes.push(`${neighbour} could not be read (${error instanceof UsageError ? error.why : ''})`);
      return null;
    }
  }
  return null;
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}

/**
 * The certificates of every file below a directory whose name ends as certificates' names do. Symbolic links to files are
 * followed, to directories they are not.
 *
 * @throws {UsageError} when the directory cannot be read or has none.
 */
export async function certificatesInDirectory(
  directory: string,
  options: { ca?: CaBundle | null } = {},
): Promise<FoundCertificate[]> {
  let entries;
  try {
    entries = await readdir(directory, { recursive: true, withFileTypes: true });
  } catch (error) {
    throw new UsageError(`${directory} cannot be read.`, { why: messageOf(error), cause: error });
  }
  const files = entries
    .filter((entry) => !entry.isDirectory() && EXTENSIONS.has(extname(entry.name).toLowerCase()))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const found: FoundCertificate[] = [];
  for (const file of files) {
    if (!(await exists(file))) continue;
    try {
      found.push(...(await certificatesInFile(file, { ...options, inDirectory: true })));
    } catch (error) {
      // A .pem may well be a key, DH parameters or a request.
      if (!(error instanceof UsageError && error.message.includes('holds no certificate'))) throw error;
    }
  }
  if (found.length === 0) {
    throw new UsageError(`There are no certificates in ${directory}.`, {
      why: `files are known by their names: ${[...EXTENSIONS].join(', ')}.`,
    });
  }
  return found;
}
