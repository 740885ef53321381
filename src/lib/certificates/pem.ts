import { createPrivateKey, type KeyObject } from 'node:crypto';
import { messageOf } from '../errors.ts';
import { type Certificate, parseCertificate } from './x509.ts';

/** A certificate in a text, or why it cannot be read. */
export type CertificateBlock = { line: number } & ({ certificate: Certificate } | { problem: string });

/**
 * A private key in a text. The key itself stays inside a KeyObject, which prints as nothing. `problem` says why it could not
 * be read; an encrypted key is not supported.
 */
export type PrivateKeyBlock = { line: number } & (
  { key: KeyObject } | { problem: string; encrypted: boolean }
);

export interface PemContents {
  certificates: CertificateBlock[];
  keys: PrivateKeyBlock[];
}

const BEGIN = /-----BEGIN ([A-Z0-9 ]+)-----/g;

/** Whether a text could hold PEM. */
export function looksLikePem(text: string): boolean {
  return text.includes('-----BEGIN ');
}

/**
 * Reads every certificate and private key of a text; whatever stands between the blocks is skipped, as openssl does it. Lines
 * count from 1. Kinds of PEM that are neither are skipped too.
 */
export function readPem(text: string): PemContents {
  const contents: PemContents = { certificates: [], keys: [] };
  const begins = [...text.matchAll(BEGIN)];
  let line = 1;
  let counted = 0;
  for (const [index, match] of begins.entries()) {
    const label = match[1]!;
    line += text.slice(counted, match.index).split('\n').length - 1;
    counted = match.index;
    const rest = text.slice(match.index, begins[index + 1]?.index);
    const end = rest.indexOf(`-----END ${label}-----`);
    const block = end === -1 ? null : rest.slice(0, end + label.length + 14);
    if (/^(X509 |TRUSTED )?CERTIFICATE$/.test(label)) {
      contents.certificates.push({ line, ...readCertificate(block, label) });
    } else if (label.endsWith('PRIVATE KEY')) {
      contents.keys.push({ line, ...readPrivateKey(block, label) });
    }
  }
  return contents;
}

function readCertificate(block: string | null, label: string) {
  if (block === null) return { problem: `its "-----END ${label}-----" is missing` };
  if (label.startsWith('TRUSTED')) {
    return { problem: "openssl's TRUSTED CERTIFICATE is not supported; convert it with openssl x509" };
  }
  const base64 = block.split('-----')[2]!.replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return { problem: 'it is not base64' };
  try {
    return { certificate: parseCertificate(Buffer.from(base64, 'base64')) };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

function readPrivateKey(block: string | null, label: string) {
  if (block === null) return { problem: `its "-----END ${label}-----" is missing`, encrypted: false };
  if (label.startsWith('ENCRYPTED') || block.includes('Proc-Type: 4,ENCRYPTED')) {
    return { problem: 'encrypted private keys are not supported', encrypted: true };
  }
  if (label.startsWith('OPENSSH')) {
    return { problem: 'OpenSSH private keys are not supported', encrypted: false };
  }
  try {
    return { key: createPrivateKey(block) };
  } catch {
    // OpenSSL's own words are left out: they say nothing that helps, and this is a secret.
    return { problem: 'it cannot be read as a private key', encrypted: false };
  }
}
