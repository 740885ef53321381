import type { Domain } from './types.ts';

/** A line of `cgdiego domains`. */
export interface DomainRow extends Domain {
  /** Seconds until it expires; negative since when it has; `null` when it never does, absent when nobody said. */
  expires_in_seconds?: number | null;
}

/** @param now Unix milliseconds */
export function domainRows(domains: readonly Domain[], now: number): DomainRow[] {
  return domains.map((domain) => {
    if (domain.expires_at === undefined) return domain;
    if (domain.expires_at === null) return { ...domain, expires_in_seconds: null };
    return { ...domain, expires_in_seconds: Math.round((Date.parse(domain.expires_at) - now) / 1000) };
  });
}
