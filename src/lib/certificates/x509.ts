import { X509Certificate } from 'node:crypto';
import forge from 'node-forge';
import { messageOf } from '../errors.ts';

/** The algorithm and size of a public key. EC keys have a curve, RSA and DSA keys a number of bits. */
export interface KeyFacts {
  /** `RSA`, `RSA-PSS`, `EC`, `Ed25519`, `Ed448`, `DSA`, or `unsupported`. */
  type: string;
  bits: number | null;
  curve: string | null;
}

/** Extended key usages that Diego's components ask for; every other one keeps the name or number that it has. */
export interface Usage {
  /** Names of extended key usages; `null` when the certificate does not restrict them. */
  extended: string[] | null;
  /** Names of key usage bits as in RFC 5280, 4.2.1.3; `null` when the certificate does not restrict them. */
  key: string[] | null;
}

/** An X.509 certificate and what it says. */
export interface Certificate {
  /** For signatures, names and keys: node:crypto knows every algorithm that TLS uses here. */
  readonly x509: X509Certificate;
  /** RFC 4514 in certificate order, for example `C=US, O=Cloud, CN=bbs.service.cf.internal`. */
  readonly subject: string;
  readonly commonName: string | null;
  readonly issuer: string;
  readonly issuerCommonName: string | null;
  /** Hexadecimal, lower case, no separators. */
  readonly serial: string;
  readonly version: number;
  /** `DNS:name`, `IP:address`, `URI:…`, `email:…`, or `type <n>` for kinds that TLS does not use. */
  readonly sans: string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly isCa: boolean;
  /** How many CAs may follow; `null` means any number. */
  readonly pathLength: number | null;
  readonly usage: Usage;
  readonly key: KeyFacts;
  readonly signatureAlgorithm: string;
  readonly selfIssued: boolean;
  /** Whether it restricts the names that its CA may sign for. cgdiego does not evaluate these. */
  readonly hasNameConstraints: boolean;
  /** SHA-256 of the DER, hexadecimal, lower case. */
  readonly fingerprint: string;
}

/** Parts of node-forge that @types/node-forge leaves out. */
interface ForgeExtension {
  id: string;
  name?: string;
  critical: boolean;
  value: string;
  altNames?: { type: number; value: unknown; ip?: string }[];
  [usage: string]: unknown;
}
const { certificateExtensionFromAsn1 } = forge.pki as unknown as {
  certificateExtensionFromAsn1: (extension: forge.asn1.Asn1) => ForgeExtension;
};

/**
 * Reads one certificate. node-forge's own certificate parser takes RSA keys only, so its ASN.1 and extension readers are used
 * here, which work for every algorithm, and node:crypto reads the key.
 *
 * @throws {Error} when the bytes are not an X.509 certificate.
 */
export function parseCertificate(der: Uint8Array): Certificate {
  const x509 = new X509Certificate(der);
  const { version, signatureOid, extensions } = readStructure(x509.raw);
  const find = (name: string) => extensions.find((extension) => extension.name === name);
  const constraints = find('basicConstraints');
  const subject = splitName(x509.subject);
  const issuer = splitName(x509.issuer);
  return {
    x509,
    subject: subject.join(', '),
    commonName: commonName(subject),
    issuer: issuer.join(', '),
    issuerCommonName: commonName(issuer),
    serial: x509.serialNumber.toLowerCase(),
    version,
    sans: (find('subjectAltName')?.altNames ?? []).map(altName),
    notBefore: readTime(x509.validFrom),
    notAfter: readTime(x509.validTo),
    isCa: constraints?.cA === true,
    pathLength: typeof constraints?.pathLenConstraint === 'number' ? constraints.pathLenConstraint : null,
    usage: { key: flags(find('keyUsage')), extended: flags(find('extKeyUsage')) },
    key: keyFacts(x509),
    signatureAlgorithm: signatureName(signatureOid),
    selfIssued: x509.subject === x509.issuer,
    hasNameConstraints: extensions.some(({ id }) => id === '2.5.29.30'),
    fingerprint: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}

/** OpenSSL's text, such as `Nov 22 17:39:27 2026 GMT`. */
function readTime(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new Error('its validity is not a pair of times');
  return date;
}

interface Structure {
  version: number;
  signatureOid: string;
  extensions: ForgeExtension[];
}

/** RFC 5280, 4.1: Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }. */
function readStructure(der: Uint8Array): Structure {
  try {
    const [tbs, algorithm] = children(forge.asn1.fromDer(Buffer.from(der).toString('binary')));
    const tagged = (tag: number) =>
      children(tbs).find(
        ({ tagClass, type }) => tagClass === forge.asn1.Class.CONTEXT_SPECIFIC && (type as number) === tag,
      );
    const version = tagged(0);
    const extensions = tagged(3);
    return {
      version: version === undefined ? 1 : forge.asn1.derToInteger(bytesOf(children(version)[0])) + 1,
      signatureOid: forge.asn1.derToOid(bytesOf(children(algorithm)[0])),
      extensions:
        extensions === undefined ? [] : children(children(extensions)[0]).map(certificateExtensionFromAsn1),
    };
  } catch (error) {
    throw new Error(`its ASN.1 cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function children(node: forge.asn1.Asn1 | undefined): forge.asn1.Asn1[] {
  if (node === undefined || !Array.isArray(node.value)) throw new Error('a sequence is missing');
  return node.value;
}

function bytesOf(node: forge.asn1.Asn1 | undefined): string {
  if (node === undefined || typeof node.value !== 'string') throw new Error('a value is missing');
  return node.value;
}

/** node:crypto gives one attribute a line, with control characters escaped. */
function splitName(name: string | undefined): string[] {
  return (name ?? '').split('\n').filter((line) => line !== '');
}

function commonName(attributes: readonly string[]): string | null {
  return attributes.findLast((attribute) => attribute.startsWith('CN='))?.slice(3) ?? null;
}

/** RFC 5280, 4.2.1.6, GeneralName. */
function altName({ type, value, ip }: { type: number; value: unknown; ip?: string }): string {
  const text = typeof value === 'string' ? value : '';
  switch (type) {
    case 1:
      return `email:${text}`;
    case 2:
      return `DNS:${text}`;
    case 6:
      return `URI:${text}`;
    case 7:
      return `IP:${ip ?? Buffer.from(text, 'binary').toString('hex')}`;
    default:
      return `type ${type}`;
  }
}

function flags(extension: ForgeExtension | undefined): string[] | null {
  if (extension === undefined) return null;
  return Object.entries(extension)
    .filter(([name, value]) => value === true && name !== 'critical')
    .map(([name]) => name);
}

const KEY_TYPES: Record<string, string> = {
  rsa: 'RSA',
  'rsa-pss': 'RSA-PSS',
  dsa: 'DSA',
  ec: 'EC',
  ed25519: 'Ed25519',
  ed448: 'Ed448',
};

function keyFacts(x509: X509Certificate): KeyFacts {
  try {
    const { asymmetricKeyType = '', asymmetricKeyDetails = {} } = x509.publicKey;
    return {
      type: KEY_TYPES[asymmetricKeyType] ?? asymmetricKeyType,
      bits: asymmetricKeyDetails.modulusLength ?? null,
      curve: asymmetricKeyDetails.namedCurve ?? null,
    };
  } catch {
    return { type: 'unsupported', bits: null, curve: null };
  }
}

/** Names that node-forge's table lacks. RFC 8410 and RFC 5758. */
const SIGNATURE_NAMES: Record<string, string> = {
  '1.2.840.10045.4.1': 'ecdsa-with-SHA1',
  '1.2.840.10045.4.3.1': 'ecdsa-with-SHA224',
  '1.2.840.10045.4.3.2': 'ecdsa-with-SHA256',
  '1.2.840.10045.4.3.3': 'ecdsa-with-SHA384',
  '1.2.840.10045.4.3.4': 'ecdsa-with-SHA512',
  '1.3.101.112': 'Ed25519',
  '1.3.101.113': 'Ed448',
};

function signatureName(oid: string): string {
  return SIGNATURE_NAMES[oid] ?? forge.pki.oids[oid] ?? oid;
}

/** For example `RSA 2048`, `EC prime256v1`, `Ed25519`. */
export function describeKey({ type, bits, curve }: KeyFacts): string {
  return [type, curve ?? bits].filter((part) => part !== null).join(' ');
}

export type Purpose = 'server' | 'client' | 'ca';

const EXTENDED_USAGE = { server: 'serverAuth', client: 'clientAuth' } as const;
const KEY_USAGE = {
  server: ['digitalSignature', 'keyEncipherment', 'keyAgreement'],
  client: ['digitalSignature', 'keyAgreement'],
} as const;

/** Whether the extended key usages, if there are any, admit a purpose. anyExtendedKeyUsage admits all. */
export function admits({ usage: { extended } }: Certificate, purpose: 'server' | 'client'): boolean {
  return (
    extended === null ||
    extended.includes(EXTENDED_USAGE[purpose]) ||
    extended.includes('anyExtendedKeyUsage') ||
    extended.includes('2.5.29.37.0')
  );
}

/**
 * Why a certificate cannot be used for a purpose, or `null` when it can. The rules are RFC 5280's, 4.2.1.3 and 4.2.1.12: a
 * usage extension that is absent restricts nothing.
 */
export function purposeProblem(certificate: Certificate, purpose: Purpose): string | null {
  const { usage } = certificate;
  if (purpose === 'ca') {
    if (!certificate.isCa) return 'it is not a CA (basicConstraints)';
    if (usage.key?.includes('keyCertSign') === false) return 'its key usage lacks keyCertSign';
    return null;
  }
  if (!admits(certificate, purpose)) return `its extended key usage lacks ${EXTENDED_USAGE[purpose]}`;
  const needed = KEY_USAGE[purpose];
  if (usage.key !== null && !needed.some((bit) => usage.key?.includes(bit))) {
    return `its key usage has none of ${needed.join(', ')}`;
  }
  return null;
}

/** The purposes that a certificate can be used for. */
export function purposesOf(certificate: Certificate): Purpose[] {
  return (['server', 'client', 'ca'] as const).filter(
    (purpose) => purposeProblem(certificate, purpose) === null,
  );
}
