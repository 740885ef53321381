import type { Transaction } from './transaction.ts';

export interface DomainRow {
  domain: string;
  /** Unix nanoseconds; the largest bigint for never. */
  expire_time: string;
}

export async function readDomains(transaction: Transaction): Promise<DomainRow[]> {
  return transaction.query<DomainRow>(
    'SELECT domain, coalesce(expire_time, 0) AS expire_time FROM domains ORDER BY domain',
  );
}
