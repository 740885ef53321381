import { generateKeyPair, randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import forge from 'node-forge';
import { CgdiegoError, messageOf, UsageError } from '../errors.ts';

const generateKeyPairAsync = promisify(generateKeyPair);
const DAY_MS = 86_400_000;

/** What a certificate may be used for: the extended key usages that Diego's components ask for. */
export type DevPurpose = 'server' | 'client';

interface DevProfile {
  commonName: string;
  /** DNS names beside the hosts that every server certificate carries. */
  dnsNames: readonly string[];
  purposes: readonly DevPurpose[];
}

/**
 * The certificates of a test bed. Names and purposes are those that cf-deployment generates, so that what works with these
 * works with the real ones. The rep presents one certificate on both sides, hence both purposes.
 */
const PROFILES = {
  bbs_server: {
    commonName: 'bbs.service.cf.internal',
    dnsNames: ['bbs.service.cf.internal', '*.bbs.service.cf.internal'],
    purposes: ['server', 'client'],
  },
  bbs_client: { commonName: 'bbs_client', dnsNames: [], purposes: ['client'] },
  rep_server: {
    commonName: 'cell.service.cf.internal',
    dnsNames: ['cell.service.cf.internal', '*.cell.service.cf.internal'],
    purposes: ['server', 'client'],
  },
  rep_client: { commonName: 'rep_client', dnsNames: [], purposes: ['client'] },
  locket_server: {
    commonName: 'locket.service.cf.internal',
    dnsNames: ['locket.service.cf.internal', '*.locket.service.cf.internal'],
    purposes: ['server'],
  },
  locket_client: { commonName: 'locket_client', dnsNames: [], purposes: ['client'] },
  client: { commonName: 'cgdiego', dnsNames: [], purposes: ['client'] },
} as const satisfies Record<string, DevProfile>;

export type DevCertificateName = keyof typeof PROFILES;

export const DEV_CERTIFICATE_NAMES = Object.keys(PROFILES) as DevCertificateName[];

/** Those that a server presents: they carry names. */
export type DevServerName = 'bbs_server' | 'rep_server' | 'locket_server';

export interface DevCertificateOptions {
  /** Names and IP addresses that every server certificate carries beside Diego's own. Default: localhost, 127.0.0.1, ::1. */
  hosts?: readonly string[];
  /** Validity from now. Default: 365 days. */
  days?: number;
  /** Certificates that expired yesterday. */
  expired?: readonly DevCertificateName[];
  /** Server certificates that name another host (`wrong.example.com`) and nothing else. */
  wrongName?: readonly DevServerName[];
  now?: Date;
}

export interface DevPair {
  /** PEM. */
  certificate: string;
  /** PEM, PKCS#8. */
  privateKey: string;
}

export interface DevPairFiles extends DevPair {
  certificateFile: string;
  privateKeyFile: string;
}

export type DevCertificates = Record<DevCertificateName | 'ca', DevPairFiles>;

/**
 * Makes a throw-away CA and certificates for a BBS, a rep, a Locket and their clients in `dir`, as `<name>.crt` and
 * `<name>.key` (mode 0600). For test beds only: the CA's own key lies beside them.
 *
 * @throws {UsageError} when one of the files exists (nothing is written then) or an option makes no sense.
 */
export async function createDevCertificates(
  dir: string,
  options: DevCertificateOptions = {},
): Promise<DevCertificates> {
  const directory = resolve(dir);
  const names = ['ca', ...DEV_CERTIFICATE_NAMES] as const;
  const existing = new Set(await readdir(directory).catch(() => []));
  const clash = names.flatMap((name) => [`${name}.crt`, `${name}.key`]).find((file) => existing.has(file));
  if (clash !== undefined) throw overwriteError(directory, clash);

  const issued = await issueDevCertificates(options);
  const written: string[] = [];
  try {
    if ((await mkdir(directory, { recursive: true, mode: 0o700 })) !== undefined)
      await chmod(directory, 0o700);
    const entries = [];
    for (const name of names) {
      const pair = issued[name];
      const certificateFile = join(directory, `${name}.crt`);
      const privateKeyFile = join(directory, `${name}.key`);
      await createFile(certificateFile, pair.certificate, 0o644, written);
      await createFile(privateKeyFile, pair.privateKey, 0o600, written);
      entries.push([name, { ...pair, certificateFile, privateKeyFile }] as const);
    }
    return Object.fromEntries(entries) as DevCertificates;
  } catch (error) {
    await Promise.all(written.map((file) => rm(file, { force: true })));
    if (error instanceof CgdiegoError) throw error;
    throw new CgdiegoError(`The certificates could not be written to ${directory}.`, {
      why: messageOf(error),
      next: 'Name a directory that you may write to with --out.',
      cause: error,
    });
  }
}

/** The same certificates in memory. */
export async function issueDevCertificates(
  options: DevCertificateOptions = {},
): Promise<Record<DevCertificateName | 'ca', DevPair>> {
  const { hosts = ['localhost', '127.0.0.1', '::1'], days = 365, expired = [] } = options;
  const wrongName: readonly string[] = options.wrongName ?? [];
  const now = options.now ?? new Date();
  if (!Number.isInteger(days) || days < 1 || days > 3650) {
    throw new UsageError(`${days} days is not a validity for a test certificate.`, {
      next: 'Use a whole number from 1 to 3650.',
    });
  }
  const [ca, ...pairs] = await Promise.all([keyPair(), ...DEV_CERTIFICATE_NAMES.map(() => keyPair())]);
  // The CA is older than everything that it signed, the expired ones too.
  const caCertificate = sign({
    subject: 'cgdiego dev CA',
    issuer: 'cgdiego dev CA',
    publicKey: ca.publicKey,
    signer: ca,
    notBefore: new Date(now.getTime() - 60 * DAY_MS),
    notAfter: new Date(now.getTime() + (days + 1) * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
      { name: 'subjectKeyIdentifier' },
    ],
  });
  const issued: Partial<Record<DevCertificateName | 'ca', DevPair>> = {
    ca: { certificate: forge.pki.certificateToPem(caCertificate), privateKey: ca.pem },
  };
  for (const [index, name] of DEV_CERTIFICATE_NAMES.entries()) {
    const profile: DevProfile = PROFILES[name];
    const pair = pairs[index]!;
    const isServer = profile.purposes.includes('server');
    const names = wrongName.includes(name) ? ['wrong.example.com'] : [...profile.dnsNames, ...hosts];
    const certificate = sign({
      subject: profile.commonName,
      issuer: 'cgdiego dev CA',
      publicKey: pair.publicKey,
      signer: ca,
      notBefore: new Date(now.getTime() - (expired.includes(name) ? 31 * DAY_MS : 60_000)),
      notAfter: new Date(now.getTime() + (expired.includes(name) ? -DAY_MS : days * DAY_MS)),
      extensions: [
        { name: 'basicConstraints', cA: false, critical: true },
        { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
        {
          name: 'extKeyUsage',
          serverAuth: isServer,
          clientAuth: profile.purposes.includes('client'),
        },
        { name: 'subjectKeyIdentifier' },
        {
          name: 'authorityKeyIdentifier',
          keyIdentifier: caCertificate.generateSubjectKeyIdentifier().getBytes(),
        },
        ...(isServer ? [{ name: 'subjectAltName', altNames: names.map(altName) }] : []),
      ],
    });
    issued[name] = { certificate: forge.pki.certificateToPem(certificate), privateKey: pair.pem };
  }
  return issued as Record<DevCertificateName | 'ca', DevPair>;
}

interface KeyPair {
  pem: string;
  publicKey: forge.pki.rsa.PublicKey;
  privateKey: forge.pki.rsa.PrivateKey;
}

/** node:crypto makes keys in its thread pool, several times as fast as node-forge can in JavaScript. */
async function keyPair(): Promise<KeyPair> {
  const { publicKey, privateKey } = await generateKeyPairAsync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return {
    pem: privateKey,
    publicKey: forge.pki.publicKeyFromPem(publicKey),
    privateKey: forge.pki.privateKeyFromPem(privateKey),
  };
}

interface CertificateRequest {
  subject: string;
  issuer: string;
  publicKey: forge.pki.rsa.PublicKey;
  signer: KeyPair;
  notBefore: Date;
  notAfter: Date;
  extensions: object[];
}

function sign(request: CertificateRequest): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = request.publicKey;
  certificate.serialNumber = serialNumber();
  certificate.validity.notBefore = request.notBefore;
  certificate.validity.notAfter = request.notAfter;
  certificate.setSubject([{ name: 'commonName', value: request.subject }]);
  certificate.setIssuer([{ name: 'commonName', value: request.issuer }]);
  certificate.setExtensions(request.extensions);
  certificate.sign(request.signer.privateKey, forge.md.sha256.create());
  return certificate;
}

/** RFC 5280, 4.1.2.2: positive and at most 20 octets; the first bits `01` keep it positive and its DER minimal. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function altName(host: string): { type: number; value?: string; ip?: string } {
  const isAddress = host.includes(':') || /^\d+(\.\d+){3}$/.test(host);
  return isAddress ? { type: 7, ip: host } : { type: 2, value: host };
}

async function createFile(file: string, content: string, mode: number, written: string[]): Promise<void> {
  try {
    await writeFile(file, content, { flag: 'wx', mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw overwriteError(file, '');
    throw error;
  }
  written.push(file);
}

function overwriteError(directory: string, file: string): UsageError {
  return new UsageError(`${join(directory, file)} exists.`, {
    why: 'certificates and keys are never overwritten.',
    next: 'Name a new directory with --out, or remove the old files yourself.',
  });
}
