import type { CertificateBlock, PrivateKeyBlock } from './pem.ts';
import type { Place } from './place.ts';
import type { Certificate } from './x509.ts';

/**
 * What a certificate is there for: `identity` is shown to a peer and has a key, `ca` vouches for others, `chain` comes along with
 * an identity.
 */
export type Role = 'identity' | 'ca' | 'chain';

/** The CAs that a certificate should lead to, and where they were found. */
export interface CaBundle {
  certificates: Certificate[];
  name: string;
}

/** A certificate where it was found, with what lies beside it. */
export interface FoundCertificate {
  /** The file, the manifest or `host:port`, as the operator named it. */
  source: string;
  /** Where in it: a path in a manifest, a field of bbs.json, `2 of 3` in a PEM file; empty for the whole of it. */
  at: string;
  /** Line in the file, from 1. */
  line: number | null;
  role: Role;
  place: Place | null;
  block: CertificateBlock;
  /** The other certificates that are sent along with it. */
  chain: Certificate[];
  key: PrivateKeyBlock | null;
  /** `null`: no CA is known for it, and so its chain is not checked. */
  ca: CaBundle | null;
  /** For a live endpoint: the name that its clients ask for. */
  host?: string;
  /** What could not be seen or is not supported, in words. */
  notes: string[];
}

/** The certificates that can be read, in order. */
export function readable(blocks: readonly CertificateBlock[]): Certificate[] {
  return blocks.flatMap((block) => ('certificate' in block ? [block.certificate] : []));
}
