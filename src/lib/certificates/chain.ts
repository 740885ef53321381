import { type Certificate, purposeProblem, admits } from './x509.ts';

/** Why a certificate does not lead to a CA that was given. */
export type ChainFault =
  | 'no_issuer'
  | 'other_key'
  | 'issuer_not_ca'
  | 'path_too_long'
  | 'issuer_expired'
  | 'issuer_not_yet_valid'
  | 'issuer_purpose';

export type ChainResult =
  | { ok: true; path: Certificate[] }
  /** `at` is the certificate whose issuer is the trouble. */
  | { ok: false; fault: ChainFault; detail: string; at: Certificate };

export interface ChainOptions {
  now: Date;
  /** CAs with extended key usages must admit it too. */
  purpose?: 'server' | 'client' | undefined;
}

/** More certificates than any sane path has; it also ends loops of cross-signed CAs. */
const MAX_DEPTH = 10;

/** The nearer a fault is to success, the more it tells. */
const TELLING: readonly ChainFault[] = [
  'issuer_expired',
  'issuer_not_yet_valid',
  'issuer_purpose',
  'path_too_long',
  'issuer_not_ca',
  'other_key',
  'no_issuer',
];

/**
 * Finds a path from a certificate over `intermediates` to one of `anchors`. As for Go's crypto/x509, and so for Diego's
 * components, every anchor is trusted, whether it is self-signed or not (`openssl verify -partial_chain`). The validity of the
 * certificate itself is not looked at, that of its issuers is. Revocation and name constraints are not checked.
 */
export function verifyChain(
  certificate: Certificate,
  intermediates: readonly Certificate[],
  anchors: readonly Certificate[],
  options: ChainOptions,
): ChainResult {
  const trusted = new Set(anchors.map(({ fingerprint }) => fingerprint));
  const candidates = [...anchors, ...intermediates];

  function climb(at: Certificate, path: Certificate[]): ChainResult {
    if (trusted.has(at.fingerprint)) return { ok: true, path };
    let worst: ChainResult = {
      ok: false,
      fault: 'no_issuer',
      detail: `no certificate of its issuer "${at.issuerCommonName ?? at.issuer}" is among the CAs`,
      at,
    };
    for (const issuer of candidates) {
      if (
        issuer.x509.subject !== at.x509.issuer ||
        path.some((one) => one.fingerprint === issuer.fingerprint)
      ) {
        continue;
      }
      const fault = issuerFault(at, issuer, path, options);
      const result: ChainResult =
        fault !== null
          ? { ok: false, ...fault, at }
          : path.length >= MAX_DEPTH
            ? { ok: false, fault: 'path_too_long', detail: `the path is longer than ${MAX_DEPTH}`, at }
            : climb(issuer, [...path, issuer]);
      if (result.ok) return result;
      if (TELLING.indexOf(result.fault) < TELLING.indexOf(worst.fault) || result.at !== at) worst = result;
    }
    return worst;
  }

  return climb(certificate, [certificate]);
}

/** What is wrong with `issuer` as the signer of `certificate`; `path` leads from the leaf to `certificate`. */
function issuerFault(
  certificate: Certificate,
  issuer: Certificate,
  path: readonly Certificate[],
  { now, purpose }: ChainOptions,
): { fault: ChainFault; detail: string } | null {
  const name = `"${issuer.commonName ?? issuer.subject}"`;
  if (!signed(issuer, certificate)) {
    return {
      fault: 'other_key',
      detail: `the CA ${name} that was given is another one of the same name: its key did not sign this`,
    };
  }
  // A version 1 certificate cannot say that it is a CA; as an anchor it is taken at its owner's word.
  const problem = issuer.version < 3 ? null : purposeProblem(issuer, 'ca');
  if (problem !== null) return { fault: 'issuer_not_ca', detail: `${name} signed it, but ${problem}` };
  const casBelow = path.slice(1).filter((one) => !one.selfIssued).length;
  if (issuer.pathLength !== null && casBelow > issuer.pathLength) {
    return { fault: 'path_too_long', detail: `${name} allows ${issuer.pathLength} CAs below itself` };
  }
  if (now > issuer.notAfter) {
    return {
      fault: 'issuer_expired',
      detail: `its CA ${name} expired on ${issuer.notAfter.toISOString().slice(0, 10)}`,
    };
  }
  if (now < issuer.notBefore) {
    return {
      fault: 'issuer_not_yet_valid',
      detail: `its CA ${name} is not valid before ${issuer.notBefore.toISOString()}`,
    };
  }
  if (purpose !== undefined && !admits(issuer, purpose)) {
    return { fault: 'issuer_purpose', detail: `its CA ${name} may not sign ${purpose} certificates` };
  }
  return null;
}

function signed(issuer: Certificate, certificate: Certificate): boolean {
  try {
    return certificate.x509.verify(issuer.x509.publicKey);
  } catch {
    // An algorithm that node:crypto does not know: nothing can be said for it.
    return false;
  }
}
