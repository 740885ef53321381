import type { Domain } from './types.ts';

/** A line of `cgdiego domains`. */
export interface DomainRow extends Domain {
  /** Seconds until it expires; negative since when it has; `null` when it never does. */
  expires_in_seconds: number | null;
}

/** @param now Unix milliseconds */
export function domainRows(domains: readonly Domain[], now: number): DomainRow[] {
  return domains.map((domain) => ({
    ...domain,
    expires_in_seconds:
      domain.expires_at === null ? null : Math.round((Date.parse(domain.expires_at) - now) / 1000),
  }));
}
