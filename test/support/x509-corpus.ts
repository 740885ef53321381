import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether there is an openssl to compare with; tests that need it are skipped without. */
export const hasOpenssl = (() => {
  try {
    return execFileSync('openssl', ['version'], { encoding: 'utf8' }).startsWith('OpenSSL ');
  } catch {
    return false;
  }
})();

export async function openssl(...args: string[]): Promise<string> {
  const { stdout } = await run('openssl', args, { encoding: 'utf8' });
  return stdout;
}

/** Whether openssl did it; for `verify`, whose verdict is its exit code. */
export async function opensslAgrees(...args: string[]): Promise<boolean> {
  return run('openssl', args).then(
    () => true,
    () => false,
  );
}

type KeyKind = 'rsa2048' | 'rsa3072' | 'p256' | 'p384' | 'ed25519';

const GENERATE: Record<KeyKind, string[]> = {
  rsa2048: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  rsa3072: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:3072'],
  p256: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  p384: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  ed25519: ['-algorithm', 'ED25519'],
};

const CA = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
const LEAF = ['basicConstraints=CA:FALSE', 'keyUsage=critical,digitalSignature,keyEncipherment'];
const BOTH = 'extendedKeyUsage=serverAuth,clientAuth';

interface Wanted {
  name: string;
  /** The subject's common name, when it is not the name: CAs that share theirs. */
  cn?: string;
  key: KeyKind;
  /** Who signs it; itself without. */
  by?: string;
  /** Lines of an openssl extension section; none makes a version 1 certificate. */
  extensions: string[];
  /** Days from now. */
  from?: number;
  to?: number;
}

const WANTED: readonly Wanted[] = [
  { name: 'root-rsa', key: 'rsa2048', extensions: CA },
  { name: 'root-ec', key: 'p384', extensions: CA },
  { name: 'root-ed', key: 'ed25519', extensions: CA },
  { name: 'root-v1', key: 'p256', extensions: [] },
  { name: 'root-impostor', cn: 'root-ec', key: 'p384', extensions: CA },
  { name: 'root-old', key: 'p256', extensions: CA, from: -90, to: -1 },
  { name: 'middle', key: 'p256', by: 'root-ec', extensions: CA },
  { name: 'lower', key: 'ed25519', by: 'middle', extensions: CA },
  {
    name: 'middle-len0',
    key: 'p256',
    by: 'root-ec',
    extensions: ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=critical,keyCertSign'],
  },
  { name: 'lower-too-deep', key: 'p256', by: 'middle-len0', extensions: CA },
  { name: 'middle-clients', key: 'p256', by: 'root-ec', extensions: [...CA, 'extendedKeyUsage=clientAuth'] },
  { name: 'middle-expired', key: 'p256', by: 'root-ec', extensions: CA, from: -90, to: -2 },
  {
    name: 'middle-no-sign',
    key: 'p256',
    by: 'root-ec',
    extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,digitalSignature'],
  },
  {
    name: 'leaf-rsa',
    key: 'rsa3072',
    by: 'root-rsa',
    extensions: [
      ...LEAF,
      BOTH,
      'subjectAltName=DNS:bbs.service.cf.internal,DNS:*.bbs.service.cf.internal,IP:10.0.0.1,IP:fd00::1',
    ],
  },
  {
    name: 'leaf-ec',
    key: 'p256',
    by: 'root-ec',
    extensions: [...LEAF, BOTH, 'subjectAltName=URI:spiffe://cf/rep,email:ops@example.com'],
  },
  { name: 'leaf-ed', key: 'ed25519', by: 'root-ed', extensions: [...LEAF, BOTH] },
  { name: 'leaf-of-v1', key: 'p256', by: 'root-v1', extensions: [...LEAF, BOTH] },
  { name: 'leaf-of-old', key: 'p256', by: 'root-old', extensions: [...LEAF, BOTH] },
  { name: 'leaf-middle', key: 'p256', by: 'middle', extensions: [...LEAF, BOTH] },
  { name: 'leaf-lower', key: 'p256', by: 'lower', extensions: [...LEAF, BOTH] },
  { name: 'leaf-len0', key: 'p256', by: 'middle-len0', extensions: [...LEAF, BOTH] },
  { name: 'leaf-too-deep', key: 'p256', by: 'lower-too-deep', extensions: [...LEAF, BOTH] },
  { name: 'leaf-clients', key: 'p256', by: 'middle-clients', extensions: [...LEAF, BOTH] },
  { name: 'leaf-middle-expired', key: 'p256', by: 'middle-expired', extensions: [...LEAF, BOTH] },
  { name: 'leaf-no-sign', key: 'p256', by: 'middle-no-sign', extensions: [...LEAF, BOTH] },
  { name: 'leaf-of-leaf', key: 'p256', by: 'leaf-ec', extensions: [...LEAF, BOTH] },
  { name: 'expired', key: 'p256', by: 'root-ec', extensions: [...LEAF, BOTH], from: -30, to: -1 },
  { name: 'not-yet-valid', key: 'p256', by: 'root-ec', extensions: [...LEAF, BOTH], from: 2, to: 30 },
  { name: 'server-only', key: 'p256', by: 'root-ec', extensions: [...LEAF, 'extendedKeyUsage=serverAuth'] },
  { name: 'client-only', key: 'p256', by: 'root-ec', extensions: [...LEAF, 'extendedKeyUsage=clientAuth'] },
  { name: 'signing-only', key: 'p256', by: 'root-ec', extensions: [...LEAF, 'extendedKeyUsage=codeSigning'] },
  {
    name: 'any-usage',
    key: 'p256',
    by: 'root-ec',
    extensions: [...LEAF, 'extendedKeyUsage=anyExtendedKeyUsage'],
  },
  {
    name: 'encipher-only',
    key: 'rsa2048',
    by: 'root-rsa',
    extensions: ['basicConstraints=CA:FALSE', 'keyUsage=critical,keyEncipherment'],
  },
  { name: 'no-usages', key: 'p256', by: 'root-ec', extensions: ['basicConstraints=CA:FALSE'] },
];

export interface Corpus {
  dir: string;
  names: string[];
  /** Names of the certificates that can vouch for others. */
  cas: string[];
  certificateFile(name: string): string;
  keyFile(name: string): string;
  remove(): Promise<void>;
}

/** Certificates of every kind, made by openssl itself so that nothing here vouches for its own work. */
export async function createCorpus(): Promise<Corpus> {
  const dir = await mkdtemp(join(tmpdir(), 'cgdiego-x509-'));
  const file = (name: string) => join(dir, name);
  await mkdir(file('new'));
  await writeFile(file('index'), '');
  await writeFile(
    file('ca.cnf'),
    `[ca]\ndefault_ca=d\n[d]\ndir=${dir}\ndatabase=${dir}/index\nnew_certs_dir=${dir}/new\nrand_serial=yes\nunique_subject=no\ndefault_md=default\npolicy=p\n[p]\ncommonName=supplied\norganizationName=optional\n`,
  );
  await Promise.all(
    WANTED.map(({ name, key }) => openssl('genpkey', ...GENERATE[key], '-out', file(`${name}.key`))),
  );
  for (const { name, cn = name, by, extensions, from = -1, to = 365 } of WANTED) {
    await openssl(
      'req',
      '-new',
      '-key',
      file(`${name}.key`),
      '-subj',
      `/O=Cloud/CN=${cn}`,
      '-out',
      file('csr'),
    );
    await writeFile(file('ext'), extensions.join('\n'));
    await openssl(
      ...[
        'ca',
        '-batch',
        '-notext',
        '-config',
        file('ca.cnf'),
        '-in',
        file('csr'),
        '-out',
        file(`${name}.crt`),
      ],
      ...(by === undefined
        ? ['-selfsign', '-keyfile', file(`${name}.key`)]
        : ['-cert', file(`${by}.crt`), '-keyfile', file(`${by}.key`)]),
      ...['-startdate', asn1Time(from), '-enddate', asn1Time(to)],
      ...(extensions.length > 0 ? ['-extfile', file('ext')] : []),
    );
  }
  return {
    dir,
    names: WANTED.map(({ name }) => name),
    cas: WANTED.filter(({ name }) => /^(root|middle|lower)/.test(name)).map(({ name }) => name),
    certificateFile: (name) => file(`${name}.crt`),
    keyFile: (name) => file(`${name}.key`),
    remove: () => rm(dir, { recursive: true }),
  };
}

function asn1Time(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
}
