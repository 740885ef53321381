import { imageKind, MIB, shareOf, type ProcessEvidence } from './evidence.ts';
import { largestCopiedIn } from './host-disk.ts';

/** One thing to do: in words, and as a command where there is one. */
export interface Remedy {
  text: string;
  command: string | null;
}

/** cloud.gov's maximum; Cloud Foundry's `maximum_app_disk_in_mb` is 2048 unless it is set. */
export const DEFAULT_MAX_APP_DISK_MB = 10_240;

/** A quota as `cf scale -k` takes it: `2G`, `1536M`. */
export function quotaText(mb: number): string {
  return mb % 1024 === 0 ? `${mb / 1024}G` : `${mb}M`;
}

/** Rounded up to what people set: steps of 256 MB, of 512 MB from 2 GB on, of 1 GB from 4 GB on. */
export function roundedQuota(mb: number): number {
  const step = mb <= 2048 ? 256 : mb <= 4096 ? 512 : 1024;
  return Math.ceil(mb / step) * step;
}

export interface QuotaSuggestion {
  /** `null` when the quota cannot be raised: it is at the maximum. */
  mb: number | null;
  /** The quota that would be enough is above the maximum. */
  capped: boolean;
  /** Where the number comes from. */
  why: string;
}

/**
 * The quota that is probably enough: a quarter more than the most that is known to be copied in or in use, three times as
 * much as what is known only compressed, or twice the quota when nothing is known.
 */
export function suggestQuota(process: ProcessEvidence, maxMb: number): QuotaSuggestion {
  const current = process.disk_mb ?? 0;
  const copied = largestCopiedIn(process);
  const used = Math.max(0, ...process.running.map((instance) => instance.usage_bytes ?? 0));
  let need = current * 2;
  let why = 'twice the quota, as what it needs is not known';
  const known = Math.max(copied === undefined ? 0 : copied.bytes * (copied.compressed ? 3 : 1), used);
  if (known > 0 && (known / MIB) * 1.25 > current) {
    need = (known / MIB) * 1.25;
    why =
      copied?.compressed === true && known > used
        ? 'three times the compressed size, and a quarter more'
        : 'a quarter more than the most that was seen';
  } else if (known > 0) {
    why = `twice the quota; no more than ${Math.round(known / MIB)} MB were seen in use`;
  }
  const wanted = roundedQuota(need);
  if (wanted <= maxMb) return { mb: wanted, capped: false, why };
  return { mb: current < maxMb ? maxMb : null, capped: true, why };
}

function appName(process: ProcessEvidence): string {
  const name = process.app_name;
  if (name === null) return 'APP';
  return /^[\w./-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}

/** Where the app is, so that the commands after it find it. */
export function target(process: ProcessEvidence): Remedy[] {
  if (process.app_name !== null && process.org_name !== null && process.space_name !== null) {
    const quote = (text: string) => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
    return [
      {
        text: 'Go to the app.',
        command: `cf target -o ${quote(process.org_name)} -s ${quote(process.space_name)}`,
      },
    ];
  }
  if (process.app_guid === null) return [];
  return [{ text: 'Find out the name of the app.', command: `cf curl /v3/apps/${process.app_guid}` }];
}

/** Raise the quota as far as that is allowed, or say that it is not. */
export function raiseQuota(process: ProcessEvidence, maxMb: number): Remedy[] {
  const name = appName(process);
  if (process.disk_mb === null && largestCopiedIn(process) === undefined) {
    return [{ text: 'Raise the disk quota. What it is now, the app says.', command: `cf app ${name}` }];
  }
  const suggestion = suggestQuota(process, maxMb);
  if (suggestion.mb === null) {
    return [
      {
        text: `Its quota of ${process.disk_mb} MB is the maximum (${maxMb} MB) already: it must become smaller.`,
        command: null,
      },
    ];
  }
  const cap = suggestion.capped ? ` This is the maximum; what it needs may be more.` : '';
  const from = process.disk_mb === null ? '' : ` from ${process.disk_mb} MB`;
  const quota = quotaText(suggestion.mb);
  return [
    {
      text: `Raise the disk quota${from} to ${suggestion.mb} MB (${suggestion.why}).${cap}`,
      command:
        process.kind === 'task'
          ? `cf run-task ${name} --command 'COMMAND' -k ${quota}`
          : `cf scale ${name} -k ${quota}`,
    },
  ];
}

export function shrinkApp(process: ProcessEvidence): Remedy {
  if (imageKind(process.rootfs) === 'docker') {
    return {
      text: 'Make the image smaller: fewer and smaller layers, a multi-stage build, a smaller base image.',
      command: null,
    };
  }
  return {
    text: 'Push less: list what the app does not need at run time in .cfignore (.git, node_modules that are built again, test data), then push it again.',
    command: `cf push ${appName(process)}`,
  };
}

export function shrinkUse(process: ProcessEvidence): Remedy[] {
  const name = appName(process);
  return [
    {
      text: 'See what fills it.',
      command: `cf ssh ${name} -c 'du -xh -d 3 /home/vcap /tmp 2>/dev/null | sort -h | tail -20'`,
    },
    { text: 'See what its log says.', command: `cf logs ${name} --recent | grep -iE 'no space|quota'` },
    {
      text: 'Write logs to standard output, caches and uploads to a service, and delete temporary files.',
      command: null,
    },
  ];
}

/** BOSH names a cell by the id that is its cell id in cf-deployment. */
export function recreateCell(cellId: string): Remedy[] {
  return [
    {
      text: `Look at its disk.`,
      command: `bosh -d cf ssh diego-cell/${cellId} -c 'df -h /var/vcap/data; sudo du -xsh /var/vcap/data/*'`,
    },
    { text: `Recreate the cell: it evacuates first.`, command: `bosh -d cf recreate diego-cell/${cellId}` },
    {
      text: 'So that it does not fill up again: reserve more for the system (grootfs.reserved_space_for_other_jobs_in_mb) or lower diego.executor.disk_capacity_mb in the manifest.',
      command: null,
    },
  ];
}

export function restartRep(cellId: string): Remedy[] {
  return [
    {
      text: 'Compare the quotas on the cell with those on a healthy one.',
      command: `bosh -d cf ssh diego-cell/${cellId} -c 'sudo xfs_quota -x -c "report -p -h" /var/vcap/data/grootfs/store/unprivileged'`,
    },
    {
      text: 'Restart the rep of the cell (it evacuates first); if that does not help, recreate the cell.',
      command: `bosh -d cf restart diego-cell/${cellId}`,
    },
  ];
}

export function stagingDisk(process: ProcessEvidence, maxMb: number): Remedy[] {
  const wanted = suggestQuota(process, maxMb);
  const remedies: Remedy[] = [
    {
      text: "Clear the build pack's cache, which is unpacked into the staging container, and push again.",
      command: `cf curl -X POST /v3/apps/${process.app_guid ?? 'APP_GUID'}/actions/clear_buildpack_cache`,
    },
    { text: 'Push less: list in .cfignore what staging does not need.', command: null },
  ];
  if (wanted.mb !== null) {
    remedies.push({
      text: `Give staging more disk: for this build (staging_disk_in_mb: ${wanted.mb}), or for all (cc.staging.minimum_staging_disk_mb in the manifest).`,
      command: `cf curl -X POST /v3/builds -d '{"package":{"guid":"PACKAGE_GUID"},"staging_disk_in_mb":${wanted.mb}}'`,
    });
  }
  return remedies;
}

export function makeRoom(process: ProcessEvidence): Remedy[] {
  const over = process.running.find((instance) => (shareOf(instance, process.disk_mb) ?? 1) < 0.25);
  const remedies: Remedy[] = [
    { text: 'See where disk is free, and what it would take to have enough.', command: 'cgdiego sizing' },
    {
      text: 'Find the quotas that are far too large: they are what is reserved.',
      command: 'cgdiego diagnose disk-quota --quota-advice --live',
    },
  ];
  if (over !== undefined) {
    remedies.push({
      text: 'Its own quota is far more than it uses: lower it.',
      command: `cf scale ${appName(process)} -k ${quotaText(roundedQuota(Math.max(256, ((over.usage_bytes ?? 0) / MIB) * 2)))}`,
    });
  }
  return remedies;
}
