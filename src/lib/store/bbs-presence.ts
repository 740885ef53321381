import type { Transaction } from './transaction.ts';

/** Who holds the BBS's lock in Locket (path `bbs`), or `null`. Locket's burglar removes what has expired. */
export async function bbsLockOwner(locket: Transaction): Promise<string | null> {
  const rows = await locket.query<{ owner: string }>(
    `SELECT owner FROM locks WHERE path = 'bbs' AND type <> 'presence'`,
  );
  return rows[0]?.owner ?? null;
}

/**
 * Sessions in the store's database that may be a BBS: all but cgdiego's own and those that say they are psql. A BBS gives itself no
 * name, and a role without pg_read_all_stats is not shown other roles' names.
 */
export async function possibleBbsSessions(store: Transaction): Promise<string[]> {
  const rows = await store.query<{ session: string }>(
    `SELECT format('%s from %s (%s)', usename, coalesce(host(client_addr), 'a local socket'), pid) AS session
       FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL
        AND coalesce(application_name, '') !~ '^(cgdiego/|psql$)'
      ORDER BY pid`,
  );
  return rows.map(({ session }) => session);
}
