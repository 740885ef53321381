import type { DiskEvidence, MissingEvidence } from './evidence.ts';

type Source = keyof DiskEvidence['given'];

const SOURCES: Record<Source, MissingEvidence> = {
  store: {
    what: 'the store',
    why: 'quotas, stacks, and where other instances of the same process run are not known',
    how: '--database-url URL, --bbs-config FILE or --from SNAPSHOT',
  },
  keys: {
    what: 'the encryption keys',
    why: 'run_info is encrypted: setup downloads, image layers, cached dependencies and the names of apps are not known',
    how: '--keys FILE, or --bbs-config FILE',
  },
  live: {
    what: 'the metrics of the reps',
    why: 'what running instances use of their quota is not known',
    how: '--live (on a machine that reaches the cells, with the client certificate of the BBS or the auctioneer)',
  },
  rep_logs: {
    what: 'the logs of the reps',
    why: 'the sizes that are copied in, and failed writes on the disks of cells, are not known',
    how: "bosh -d cf ssh diego-cell -c 'sudo cat /var/vcap/sys/log/rep/rep.stdout.log' > rep.log; then --rep-logs rep.log",
  },
  cf_events: {
    what: 'the crash events of the Cloud Controller',
    why: 'a crash blanks the cell in the store; the event keeps it',
    how: "cf curl '/v3/audit_events?types=audit.app.process.crash&per_page=5000' > events.json; then --cf-events events.json",
  },
};

/** The sources that nobody gave, each with how to get it. */
export function missingSources(given: DiskEvidence['given']): MissingEvidence[] {
  return (Object.keys(SOURCES) as Source[])
    .filter((source) => !given[source])
    .map((source) => SOURCES[source]);
}

/** The entries of the given sources that are missing. */
export function missingOf(evidence: DiskEvidence, ...sources: Source[]): MissingEvidence[] {
  return sources.filter((source) => !evidence.given[source]).map((source) => SOURCES[source]);
}
