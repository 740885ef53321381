import { isIP } from 'node:net';
import { verifyChain } from './chain.ts';
import type { FoundCertificate, Role } from './found.ts';
import { type Certificate, describeKey, purposeProblem, purposesOf } from './x509.ts';

const DAY_MS = 86_400_000;

/** What can be wrong with a certificate where it is. The README lists them. */
export type FindingCode =
  | 'unreadable'
  | 'expired'
  | 'expires_soon'
  | 'not_yet_valid'
  | 'key_mismatch'
  | 'key_unreadable'
  | 'lacks_client'
  | 'lacks_server'
  | 'lacks_ca'
  | 'lacks_names'
  | 'name_mismatch'
  | 'not_signed_by_ca'
  | 'weak_signature';

export interface Finding {
  code: FindingCode;
  message: string;
}

/**
 * One certificate of one source and everything known about it. Fields that say something about the certificate itself are `null`
 * when it could not be read.
 */
export interface CertificateRow {
  source: string;
  at: string[];
  line: number | null;
  role: Role;
  /** For example `bbs server`; `null` when nothing is known about where it is. */
  place: string | null;
  common_name: string | null;
  subject: string | null;
  sans: string[];
  issuer: string | null;
  serial: string | null;
  purposes: string[];
  key: string | null;
  key_match: boolean | null;
  signature_algorithm: string | null;
  not_before: string | null;
  not_after: string | null;
  /** Whole days until it expires, rounded down: 0 on the last day, negative afterwards. */
  days_left: number | null;
  /** `ok`, `self_signed`, `not_checked` or why it does not lead to its CA. */
  chain: string;
  ca: string | null;
  findings: FindingCode[];
  messages: string[];
  notes: string[];
  fingerprint_sha256: string | null;
}

export interface CheckOptions {
  now: Date;
  /** One that expires within this many milliseconds is a finding. */
  withinMs: number;
}

/**
 * Judges certificates. The same certificate in several places of one source is one row with the findings of all of them. Sorted
 * by the days that are left; what cannot be read comes first.
 */
export function checkCertificates(
  found: readonly FoundCertificate[],
  options: CheckOptions,
): CertificateRow[] {
  const rows = new Map<string, CertificateRow>();
  for (const [index, one] of found.entries()) {
    const row = checkOne(one, options);
    const key = `${row.source}\0${row.fingerprint_sha256 ?? index}`;
    const known = rows.get(key);
    if (known === undefined) rows.set(key, row);
    else merge(known, row);
  }
  return [...rows.values()].sort(
    (a, b) => (a.days_left ?? -Infinity) - (b.days_left ?? -Infinity) || compareText(a.source, b.source),
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function checkOne(found: FoundCertificate, options: CheckOptions): CertificateRow {
  const { block } = found;
  const findings: Finding[] = [];
  const notes = [...found.notes];
  const row: CertificateRow = {
    source: found.source,
    at: found.at === '' ? [] : [found.at],
    line: found.line,
    role: found.role,
    place: found.place?.name ?? null,
    common_name: null,
    subject: null,
    sans: [],
    issuer: null,
    serial: null,
    purposes: [],
    key: null,
    key_match: null,
    signature_algorithm: null,
    not_before: null,
    not_after: null,
    days_left: null,
    chain: 'not_checked',
    ca: found.ca?.name ?? null,
    findings: [],
    messages: [],
    notes,
    fingerprint_sha256: null,
  };
  if ('problem' in block) {
    findings.push({ code: 'unreadable', message: `It cannot be read: ${block.problem}.` });
  } else {
    const { certificate } = block;
    describe(row, certificate, options.now);
    findings.push(...validity(certificate, options));
    row.key_match = keyMatch(found, certificate, findings, notes);
    findings.push(...purposes(found, certificate), ...names(found, certificate, notes));
    row.chain = chain(found, certificate, options.now, findings, notes);
  }
  row.findings = findings.map(({ code }) => code);
  row.messages = findings.map(({ message }) => message);
  return row;
}

function describe(row: CertificateRow, certificate: Certificate, now: Date): void {
  row.common_name = certificate.commonName;
  row.subject = certificate.subject;
  row.sans = certificate.sans;
  row.issuer = certificate.issuer;
  row.serial = certificate.serial;
  row.purposes = purposesOf(certificate);
  row.key = describeKey(certificate.key);
  row.signature_algorithm = certificate.signatureAlgorithm;
  row.not_before = seconds(certificate.notBefore);
  row.not_after = seconds(certificate.notAfter);
  row.days_left = Math.floor((certificate.notAfter.getTime() - now.getTime()) / DAY_MS);
  row.fingerprint_sha256 = certificate.fingerprint;
}

/** X.509 has no fractions of a second. */
function seconds(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z');
}

function validity({ notBefore, notAfter }: Certificate, { now, withinMs }: CheckOptions): Finding[] {
  if (now > notAfter) return [{ code: 'expired', message: `It expired on ${seconds(notAfter)}.` }];
  if (now < notBefore) {
    return [{ code: 'not_yet_valid', message: `It is not valid before ${seconds(notBefore)}.` }];
  }
  if (notAfter.getTime() - now.getTime() > withinMs) return [];
  return [{ code: 'expires_soon', message: `It expires on ${seconds(notAfter)}.` }];
}

function keyMatch(
  { key }: FoundCertificate,
  certificate: Certificate,
  findings: Finding[],
  notes: string[],
): boolean | null {
  if (key === null) return null;
  if ('problem' in key) {
    if (key.encrypted) notes.push(`the key is not compared: ${key.problem}`);
    else findings.push({ code: 'key_unreadable', message: `Its private key is unusable: ${key.problem}.` });
    return null;
  }
  if (certificate.key.type === 'unsupported') {
    notes.push('the key is not compared: its algorithm is not supported');
    return null;
  }
  const matches = certificate.x509.checkPrivateKey(key.key);
  if (!matches) {
    findings.push({
      code: 'key_mismatch',
      message: 'The private key beside it belongs to another certificate.',
    });
  }
  return matches;
}

function purposes({ place }: FoundCertificate, certificate: Certificate): Finding[] {
  if (place === null) return [];
  return place.needs.flatMap((purpose): Finding[] => {
    const problem = purposeProblem(certificate, purpose);
    if (problem === null) return [];
    return [
      {
        code: `lacks_${purpose}`,
        message: `As ${place.name} it must be good for ${purpose}, but ${problem}: ${place.why}.`,
      },
    ];
  });
}

function names({ place, host }: FoundCertificate, certificate: Certificate, notes: string[]): Finding[] {
  const findings: Finding[] = [];
  if (place?.needs.includes('server') === true) {
    // Go looks at the subject alternative names only, since 1.15.
    if (!certificate.sans.some((name) => /^(DNS|IP):/.test(name))) {
      findings.push({
        code: 'lacks_names',
        message: 'It has no subject alternative name, and the common name alone is not accepted any more.',
      });
    }
    for (const ip of place.ips) {
      if (certificate.sans.includes(`IP:${ip}`)) continue;
      findings.push({ code: 'lacks_names', message: `As ${place.name} it must name ${ip}: ${place.why}.` });
    }
  }
  if (place === null || host === undefined || !certificate.sans.length) return findings;
  const found =
    isIP(host) === 0
      ? certificate.x509.checkHost(host, { subject: 'never' })
      : certificate.x509.checkIP(host);
  if (found !== undefined) return findings;
  // Diego's components are asked by name; that an operator uses an address instead says nothing against the certificate.
  if (isIP(host) !== 0) notes.push(`${host} is not among its names`);
  else findings.push({ code: 'name_mismatch', message: `"${host}" is not among its names.` });
  return findings;
}

function chain(
  found: FoundCertificate,
  certificate: Certificate,
  now: Date,
  findings: Finding[],
  notes: string[],
): string {
  if (found.role !== 'identity' || found.ca === null) {
    return certificate.selfIssued ? 'self_signed' : 'not_checked';
  }
  if (/sha1|md5/i.test(certificate.signatureAlgorithm) && !certificate.selfIssued) {
    findings.push({
      code: 'weak_signature',
      message: `It is signed with ${certificate.signatureAlgorithm}, which Diego's components refuse.`,
    });
  }
  const purposes = found.place?.needs.filter((need) => need !== 'ca') ?? [];
  for (const purpose of purposes.length > 0 ? purposes : [undefined]) {
    const result = verifyChain(certificate, found.chain, found.ca.certificates, { now, purpose });
    if (!result.ok) {
      const where = result.at === certificate ? '' : ` (at "${result.at.commonName ?? result.at.subject}")`;
      findings.push({
        code: 'not_signed_by_ca',
        message: `It does not lead to its CA in ${found.ca.name}: ${result.detail}${where}.`,
      });
      return result.fault;
    }
    if (result.path.some(({ hasNameConstraints }) => hasNameConstraints)) {
      notes.push('a CA restricts the names that it may sign for; this is not checked');
    }
  }
  return 'ok';
}

/** Findings about the certificate itself are the same wherever it is; those about a place say which. */
function merge(known: CertificateRow, row: CertificateRow): void {
  known.at = [...new Set([...known.at, ...row.at])];
  known.place ??= row.place;
  if (row.role === 'identity') known.role = 'identity';
  if (row.key_match !== null) known.key_match = known.key_match === false ? false : row.key_match;
  if (row.chain !== 'not_checked' && known.chain !== row.chain) {
    if (known.chain === 'not_checked' || known.chain === 'ok' || known.chain === 'self_signed')
      known.chain = row.chain;
  }
  known.ca ??= row.ca;
  known.notes = [...new Set([...known.notes, ...row.notes])];
  row.findings.forEach((code, index) => {
    const message = row.messages[index]!;
    if (known.messages.includes(message)) return;
    known.findings.push(code);
    known.messages.push(row.at[0] === undefined ? message : `${row.at[0]}: ${message}`);
  });
}
