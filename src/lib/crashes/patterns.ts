/**
 * The table that says what a text in `crash_reason`, `placement_error`, `failure_reason`, `rejection_reason` or
 * `exit_description` means. It is meant to be read and extended: the first pattern that matches wins, so a specific
 * pattern stands before the general one, and a cause before its consequences (a container that ran out of memory also
 * fails its health check and exits). Operators add their own with `--patterns FILE`; those are tried first.
 *
 * Patterns are tried without regard to case on the whole text as it was stored: cut at 1,024 characters by the BBS
 * (bbs/db/sqldb `truncateString`), so no pattern may need the end of a long text.
 */

/** Who can end it: the app's people, whoever runs the platform, or whoever decides how much room there is. */
export type Actor = 'app' | 'platform' | 'sizing';

export const ACTORS: readonly Actor[] = ['app', 'platform', 'sizing'];

/** What went wrong, one level above the single pattern: what `--by cause` groups by and `--fail-on` takes. */
export const CRASH_CLASSES = [
  'copy-in',
  'image-size',
  'disk-full',
  'host-disk',
  'memory-quota',
  'app-exit',
  'buildpack',
  'health-check',
  'proxy',
  'timeout',
  'codependent',
  'not-stopping',
  'download',
  'upload',
  'image-pull',
  'container-create',
  'volume-mount',
  'cell',
  'insufficient-resources',
  'no-compatible-cell',
  'task-not-started',
  'task-result',
  'staging',
  'stopped',
  'unknown',
] as const;

export type CrashClass = (typeof CRASH_CLASSES)[number];

export interface CrashPattern {
  /** Stable name, for `--fail-on` and for `pattern` in JSON. */
  id: string;
  /** One of {@link CRASH_CLASSES}, or an operator's own. */
  class: string;
  pattern: RegExp;
  /** What happened, in one sentence. */
  cause: string;
  /** More than one when the text alone cannot tell. */
  who: readonly Actor[];
  /** What to do about it. */
  todo: string;
  /** Where the text comes from. */
  source: string;
}

/** The start of a text or of one part of it: parts are joined by `; ` or listed by `* ` (executor multiErrorFormat, go-multierror). */
const PART = String.raw`(?:^|[;*]\s*)`;

/** A log source in front of `Exited with status`, absent in releases before 2018: `APP/PROC/WEB`, `CELL/SSHD`, `PROXY`. */
const SOURCE = String.raw`(?:[\w./-]+: )?`;

const NO_SPACE = String.raw`(?:(?:disk )?quota (?:was )?exceeded|no space left on device|not enough (?:disk )?space|ENOSPC|EDQUOT)`;

function part(rest: string): RegExp {
  return new RegExp(PART + rest, 'i');
}

const COPYING = String.raw`copying (?:[^\n]{0,300}? )?into the container failed`;

const DIAGNOSE_DISK = 'Run `cgdiego diagnose disk-quota`: it tells the cases apart.';

export const CRASH_PATTERNS: readonly CrashPattern[] = [
  // Placement. These name the auction's answer and nothing that ran.
  {
    id: 'insufficient-disk',
    class: 'insufficient-resources',
    pattern: /insufficient resources:[^;\n]*\bdisk\b/i,
    cause: 'No cell with enough unreserved disk (placement; not the quota of the app).',
    who: ['sizing'],
    todo: 'Add cells or disk, or lower disk quotas: see `cgdiego sizing`.',
    source: 'rep InsufficientResourcesError; auction scheduler',
  },
  {
    id: 'insufficient-memory',
    class: 'insufficient-resources',
    pattern: /insufficient resources:[^;\n]*\bmemory\b/i,
    cause: 'No cell with enough unreserved memory.',
    who: ['sizing'],
    todo: 'Add cells or memory, or lower memory quotas: see `cgdiego sizing`.',
    source: 'rep InsufficientResourcesError; auction scheduler',
  },
  {
    id: 'insufficient-containers',
    class: 'insufficient-resources',
    pattern: /insufficient resources:[^;\n]*\bcontainers?\b/i,
    cause: 'Every cell that fits is at its maximum number of containers.',
    who: ['sizing'],
    todo: 'Add cells, or raise `diego.rep.max_containers`.',
    source: 'rep InsufficientResourcesError; auction scheduler',
  },
  {
    id: 'insufficient-resources',
    class: 'insufficient-resources',
    pattern: /insufficient resources|not enough memory for container and additional memory allocation/i,
    cause: 'No cell with enough room.',
    who: ['sizing'],
    todo: 'Add cells, or lower quotas: see `cgdiego sizing`.',
    source: 'rep InsufficientResourcesError, ErrNotEnoughMemory',
  },
  {
    id: 'no-cell-with-volume-driver',
    class: 'no-compatible-cell',
    pattern: /found no compatible cell\b.*volume driver/i,
    cause: 'No cell has the volume driver (and the tags) that it asks for.',
    who: ['platform'],
    todo: 'Deploy the volume driver to cells with those placement tags, or unbind the volume service.',
    source: 'auction ErrorVolumeDriverMismatch',
  },
  {
    id: 'no-cell-with-placement-tag',
    class: 'no-compatible-cell',
    pattern: /found no compatible cell\b.*placement tag/i,
    cause: 'No cell carries the placement tags (isolation segment) that it asks for.',
    who: ['platform'],
    todo: 'Bring back the cells of that isolation segment, or assign the space to another one.',
    source: 'auction PlacementTagMismatchError',
  },
  {
    id: 'no-cell-with-rootfs',
    class: 'no-compatible-cell',
    pattern: /found no compatible cell\b.*(?:rootfs|stack)|(?:preloaded )?rootfs (?:path )?not found/i,
    cause: 'No cell offers the stack (root file system) that it asks for.',
    who: ['platform'],
    todo: 'Deploy the stack to the cells, or move the app: `cf push APP -s STACK`.',
    source: 'auction ErrorCellMismatch; rep ErrPreloadedRootFSNotFound',
  },
  {
    id: 'no-compatible-cell',
    class: 'no-compatible-cell',
    pattern: /found no compatible cell/i,
    cause: 'No cell fits: stack, volume driver or placement tags.',
    who: ['platform'],
    todo: 'Compare `cgdiego cells` with what the process asks for: stack, drivers, tags.',
    source: 'auction ErrorCellMismatch',
  },
  {
    id: 'cells-unreachable',
    class: 'cell',
    pattern: /unable to communicate to compatible cells|no (?:available )?cells? (?:available|found)/i,
    cause: 'The auctioneer reached no cell that fits.',
    who: ['platform'],
    todo: 'Look at the network and the certificates between auctioneer and reps: `cgdiego cells --live`.',
    source: 'auction ErrorCellCommunication',
  },
  {
    id: 'in-flight-limit',
    class: 'insufficient-resources',
    pattern: /reached in-flight start limit/i,
    cause: 'Too many containers start at once; it waits its turn.',
    who: ['platform'],
    todo: 'Wait. If it stays, look for cells on which containers start slowly (`starting_container_count_maximum`).',
    source: 'auction ErrorExceededInflightCreation',
  },
  {
    id: 'task-not-started',
    class: 'task-not-started',
    pattern: /not started within time limit/i,
    cause: 'The task waited for a place until its time was up.',
    who: ['sizing'],
    todo: 'Look for room: `cgdiego cells`, `cgdiego sizing`; then run the task again.',
    source: 'bbs task_convergence expiredFailureReason',
  },
  {
    id: 'cell-disappeared',
    class: 'cell',
    pattern: /cell disappeared before completion/i,
    cause: 'The cell that ran the task is gone.',
    who: ['platform'],
    todo: 'Look for lost or recreated cells (`cgdiego cells`); then run the task again.',
    source: 'bbs task_convergence cellDisappearedFailureReason',
  },

  // The image is larger than the quota: grootfs says so in words of its own.
  {
    id: 'image-layers-exceed-quota',
    class: 'image-size',
    pattern: /layers exceed disk quota/i,
    cause: "The image's layers are larger than the disk quota.",
    who: ['app'],
    todo: 'Raise the disk quota (`cf scale APP -k`), or make the image smaller.',
    source: 'grootfs base_image_puller quotaExceeded',
  },
  {
    id: 'image-volume-exceeds-quota',
    class: 'image-size',
    pattern: /disk limit is smaller than volume size/i,
    cause: 'The unpacked image is larger than the disk quota.',
    who: ['app'],
    todo: 'Raise the disk quota (`cf scale APP -k`), or make the image smaller.',
    source: 'grootfs overlayxfs applyDiskLimit; garden-runc-release issue 64',
  },
  {
    id: 'image-layer-exceeds-quota',
    class: 'image-size',
    pattern: /uncompressed layer size exceeds quota/i,
    cause: 'One layer of the image, unpacked, is larger than the disk quota.',
    who: ['app'],
    todo: 'Raise the disk quota (`cf scale APP -k`), or make the layer smaller.',
    source: 'grootfs layer_source QuotaedReader',
  },
  {
    id: 'image-quota-exceeded',
    class: 'image-size',
    pattern: new RegExp(
      `(?:failed to (?:create|initialize) container|running image plugin create|pulling the image|unpacking layer)[^\\n]*quota exceeded`,
      'i',
    ),
    cause: 'The image is larger than the disk quota.',
    who: ['app'],
    todo: 'Raise the disk quota (`cf scale APP -k`), or make the image smaller.',
    source: 'garden-linux, guardian image plugin',
  },

  // Copying into the container.
  {
    id: 'copy-in-disk',
    class: 'copy-in',
    pattern: new RegExp(
      `(?:${COPYING}|(?:nstar: )?error streaming in)[\\s\\S]*(?:${NO_SPACE}|wrote only \\d+ of \\d+ bytes|file too large)`,
      'i',
    ),
    cause: "What is copied in exceeds the container's disk quota, or the cell's store is full.",
    who: ['app', 'platform'],
    todo: DIAGNOSE_DISK,
    source: 'executor download_step; guardian nstar',
  },
  {
    id: 'copy-in-bare',
    class: 'copy-in',
    pattern: new RegExp(`${COPYING}[.:]?\\s*(?=$|[;\\n*])`, 'i'),
    cause:
      "What is copied in exceeds the container's disk quota, or the cell's store is full (releases before 2017 gave no detail).",
    who: ['app', 'platform'],
    todo: DIAGNOSE_DISK,
    source: 'executor download_step before 2017; python-buildpack issues 33 and 47',
  },
  {
    id: 'copy-in-container-gone',
    class: 'copy-in',
    pattern: new RegExp(
      `(?:${COPYING}|stream-in:)[\\s\\S]*(?:pid not found for container|unknown handle|container not found|no such (?:container|process))`,
      'i',
    ),
    cause: 'The container went away while files were copied in.',
    who: ['platform'],
    todo: "Look at garden's log on the cell: it was restarted, or the container was destroyed.",
    source: 'guardian containerizer StreamIn',
  },
  {
    id: 'copy-in-interrupted',
    class: 'copy-in',
    pattern: new RegExp(
      `(?:${COPYING}|error streaming in)[\\s\\S]*(?:unexpected (?:EOF|end of file)|connection (?:reset|refused)|broken pipe|i/o timeout|context (?:deadline exceeded|canceled)|gzip: |not in gzip format|does not look like a tar archive|skipping to next header|invalid tar header)`,
      'i',
    ),
    cause: 'The archive broke off or is damaged while it was copied in.',
    who: ['platform'],
    todo: "Look at the blobstore and the cell's download cache (recreate the cell if one alone fails); restage the app if all fail.",
    source: 'executor download_step; guardian nstar',
  },
  {
    id: 'copy-in-permission',
    class: 'copy-in',
    pattern: new RegExp(
      `(?:${COPYING}|error streaming in)[\\s\\S]*(?:permission denied|operation not permitted|read-only file system|unable to find user|invalid argument|function not implemented)`,
      'i',
    ),
    cause:
      'The container may not be written to: permissions, a read-only root file system, or an unknown user in the image.',
    who: ['app', 'platform'],
    todo: 'A Docker image: look at its user and file permissions. Otherwise look at garden on the cell.',
    source: 'guardian nstar',
  },
  {
    id: 'copy-in-cut',
    class: 'copy-in',
    pattern: new RegExp(`${COPYING}: [\\s\\S]{900,}$`, 'i'),
    cause:
      'Copying into the container failed; the stored text was cut before it said why. Most often the disk quota.',
    who: ['app', 'platform'],
    todo: 'The whole text is in the app.crash event (10,000 characters) and in the log of the rep. Then: `cgdiego diagnose disk-quota`.',
    source: 'executor download_step; bbs truncateString',
  },
  {
    id: 'copy-in-other',
    class: 'copy-in',
    pattern: new RegExp(`${COPYING}|nstar: error streaming in`, 'i'),
    cause: 'Copying into the container failed, for a reason other than disk by its text.',
    who: ['platform'],
    todo: "Read the text; look at garden's log on the cell.",
    source: 'executor download_step',
  },

  // Getting there: downloads and uploads.
  {
    id: 'download-cached-dependencies',
    class: 'download',
    pattern: /failed to download cached artifacts/i,
    cause: 'A build pack or lifecycle that the cell caches could not be fetched.',
    who: ['platform'],
    todo: "Look at the blobstore, the network, and the cell's download cache; one cell only: recreate it.",
    source: 'executor storenode DownloadCachedDependenciesFailed',
  },
  {
    id: 'download-failed',
    class: 'download',
    pattern: part(String.raw`(?:failed to download|downloading (?:[^\n;]{0,300}? )?failed)`),
    cause:
      'An artifact (droplet, build pack, app package) could not be fetched: blobstore, network or checksum.',
    who: ['platform'],
    todo: 'Look at the blobstore and the Cloud Controller; all cells or one? A checksum error on one droplet: restage the app.',
    source: 'executor download_step',
  },
  {
    id: 'upload-failed',
    class: 'upload',
    pattern:
      /failed to upload payload|upload failed: status code|failed to establish stream from container|failed to find first item in tar stream|failed to copy stream contents into temp file|failed to create temp (?:dir|file)|failed to parse url|upload cancelled/i,
    cause: 'What the container made (droplet, cache) could not be handed over.',
    who: ['platform'],
    todo: "Look at the blobstore, the cc-uploader, and the cell's temporary directory.",
    source: 'executor upload_step, uploader',
  },

  // Making the container.
  {
    id: 'volume-mount',
    class: 'volume-mount',
    pattern:
      /failed to (?:mount volume|create volume mounted files|mount)\b|volume mount path does not exist/i,
    cause: "A volume could not be mounted: the volume's driver or server.",
    who: ['platform'],
    todo: "Look at the driver on the cell (`nfsv3driver`, `smbdriver`) and at the volume's server; the inner text names the error.",
    source: 'executor storenode VolmanMountFailed, VolumeMountedFileFailed',
  },
  {
    id: 'credentials-directory',
    class: 'container-create',
    pattern:
      /failed to create (?:credentials directory|container proxy config|proxy config)|cred-manager-runner exited/i,
    cause: 'Instance identity could not be set up: the tmpfs on the cell, or its CA.',
    who: ['platform'],
    todo: "Look at the rep's tmpfs for instance identity on the cell, and at the instance identity CA.",
    source: 'executor storenode CredDirFailed',
  },
  {
    id: 'cgroup-limit',
    class: 'container-create',
    pattern: /cgroup[^\n]*(?:no space left on device|cannot allocate memory)/i,
    cause: 'The kernel ran out of cgroups on the cell (this "no space" is not disk).',
    who: ['platform'],
    todo: 'Recreate the cell; update stemcell and garden-runc.',
    source: 'runc; garden-runc-release issue 15',
  },
  {
    id: 'host-disk-full',
    class: 'host-disk',
    pattern: new RegExp(
      `failed[- ](?:to[- ])?(?:create|creating|initialize)[- ]container[^\\n]*${NO_SPACE}|/var/vcap/[^\\n]*no space left on device|no space left on device[^\\n]*/var/vcap/`,
      'i',
    ),
    cause: "The cell's own disk (store of images and containers, download cache) is full.",
    who: ['platform'],
    todo: 'Recreate the cell; then reserve more disk for the system or lower `diego.executor.disk_capacity_mb`.',
    source: 'guardian, grootfs, cacheddownloader',
  },
  {
    id: 'quota-not-applied',
    class: 'container-create',
    pattern: /setting quota limit for projid|apply(?:ing)? disk limits?:|project quota|tardis/i,
    cause: "The quota could not be set on the cell's file system.",
    who: ['platform'],
    todo: 'Recreate the cell: its store is not an XFS with project quotas as grootfs needs it.',
    source: 'grootfs overlayxfs; garden-runc-release issue 62',
  },
  {
    id: 'max-containers-reached',
    class: 'container-create',
    pattern: /max containers reached/i,
    cause: 'Garden holds more containers than the rep knows of.',
    who: ['platform'],
    todo: 'Restart or recreate the cell; compare `max_containers` of rep and garden.',
    source: 'guardian gardener checkMaxContainers',
  },
  {
    id: 'image-user-missing',
    class: 'container-create',
    pattern: /unable to find (?:user|group) [^\n]*|no matching entries in passwd file/i,
    cause: 'The image lacks the user that the process is to run as.',
    who: ['app'],
    todo: "Add the user to the image's /etc/passwd, or set another user.",
    source: 'guardian users; runc',
  },
  {
    id: 'image-pull',
    class: 'image-pull',
    pattern:
      /fetching image reference|fetching image configuration|pulling the image: [^\n]*(?:unauthorized|denied|not found|manifest|toomanyrequests|timeout|connection)|manifest unknown|repository .*(?:does not exist|not found)|toomanyrequests|pull rate limit|error parsing HTTP 40\d response body|failed to get ECR credentials|invalid docker registry|missing docker (?:image|registry|credentials)/i,
    cause:
      "The image could not be fetched: its name, the registry's credentials, a rate limit, or the network.",
    who: ['app', 'platform'],
    todo: 'Try `docker pull` with the same name and user; look at rate limits and at the way from the cells to the registry.',
    source: 'grootfs layer_fetcher; rep conversion_helpers',
  },
  {
    id: 'container-network',
    class: 'container-create',
    pattern:
      /failed to create container[^\n]*(?:external networker|network plugin|cni|silk|iptables|port pool|no ports available)|no ports available/i,
    cause: "The container's network could not be set up on the cell.",
    who: ['platform'],
    todo: 'Look at the CNI plug-in, silk-daemon and iptables on the cell; one cell only: recreate it.',
    source: 'guardian netplugin; silk-release',
  },
  {
    id: 'container-create-unreachable',
    class: 'container-create',
    pattern:
      /failed[- ](?:to[- ])?(?:create|creating|initialize)[- ]container[^\n]*(?:connection refused|context deadline exceeded|i\/o timeout|garden\.sock|\bEOF\b|timed out)/i,
    cause: 'Garden did not answer.',
    who: ['platform'],
    todo: 'Look at garden on the cell: load, restarts; recreate the cell.',
    source: 'garden client',
  },
  {
    id: 'container-create-failed',
    class: 'container-create',
    pattern:
      /failed[- ](?:to[- ])?(?:create|creating|initialize|run|running)[- ]container|running image plugin create|^runc|runc (?:run|create|exec)|container_linux\.go|starting container process caused|failed-creating-process/i,
    cause: 'Garden could not make the container or start a process in it.',
    who: ['platform'],
    todo: "Read the inner text; look at garden's log on the cell. One image only: the image (its entry point, platform or layers).",
    source: 'executor storenode ContainerCreationFailedMessage; guardian',
  },
  {
    id: 'container-expired',
    class: 'cell',
    pattern: /expired container/i,
    cause: 'The reserved container was not used in time: the BBS or the cell was slow.',
    who: ['platform'],
    todo: "Look at the BBS's and the database's latency, and at the load of the cell.",
    source: 'executor storenode ContainerExpirationMessage',
  },
  {
    id: 'container-missing',
    class: 'cell',
    pattern: /missing garden container|task container does not exist/i,
    cause: 'The container disappeared from garden: garden was restarted.',
    who: ['platform'],
    todo: 'Look for restarts of garden on the cell.',
    source: 'executor storenode ContainerMissingMessage; rep task_processor',
  },

  // While it runs. Memory first: it also fails the health check and exits.
  {
    id: 'out-of-memory',
    class: 'memory-quota',
    pattern: /\(out of memory\)|^\s*out of memory|exited? (?:with )?out of memory|oom[- ]?killed/i,
    cause: 'The app used more memory than its quota.',
    who: ['app'],
    todo: 'Raise the memory quota (`cf scale APP -m`), or make the app need less.',
    source: 'executor run_step',
  },
  {
    id: 'proxy-failed',
    class: 'proxy',
    pattern:
      /instance proxy (?:failed to start|health check failed)|(?:^|[;*]\s*)PROXY(?:\/\d+)?: exited with status/i,
    cause: 'Envoy beside the app did not come up or went down: the cell is short of CPU, or Envoy is broken.',
    who: ['platform'],
    todo: "Look at the cell's CPU load and at `additional_memory_allocation_mb`; many apps on one cell: recreate it.",
    source: 'executor transformer',
  },
  {
    id: 'exit-disk-full',
    class: 'disk-full',
    pattern: new RegExp(`exited with status \\d+[\\s\\S]*${NO_SPACE}`, 'i'),
    cause: 'The app filled its disk quota while it ran.',
    who: ['app'],
    todo: 'Find what it writes (logs, caches, uploads): `cf ssh APP -c "du -xh -d2 ~"`; write less, or raise the quota (`cf scale APP -k`).',
    source: "executor run_step; the app's own words",
  },
  {
    id: 'never-healthy',
    class: 'health-check',
    pattern:
      /instance never healthy after|health ?check never passed|failed to accept connections within health check timeout|start app timeout/i,
    cause: 'The app did not pass its health check within the start timeout.',
    who: ['app'],
    todo: 'Read the inner text (port, path, status): does it listen on $PORT, is the timeout long enough (`cf push -t`)? `cf logs APP --recent`.',
    source: 'executor health_check_step',
  },
  {
    id: 'became-unhealthy',
    class: 'health-check',
    pattern:
      /instance became unhealthy|health ?check failed|liveness check unsuccessful|container became unhealthy/i,
    cause: 'The app stopped passing its health check.',
    who: ['app'],
    todo: 'Read the inner text; is it overloaded, out of threads or memory? `cf logs APP --recent`.',
    source: 'executor health_check_step',
  },
  {
    id: 'staging-detect',
    class: 'buildpack',
    pattern: /exited with status (?:222|233)\b|NoAppDetectedError|CNBDetectFailed/i,
    cause: 'No build pack recognised the app.',
    who: ['app'],
    todo: 'Name the build pack (`cf push -b`), or push the right directory.',
    source: 'cloud_controller_ng failure_reason_sanitizer',
  },
  {
    id: 'staging-compile',
    class: 'buildpack',
    pattern: /exited with status (?:223|224|23[124567])\b|Buildpack(?:Compile|Release)Failed|CNB\w+Failed/i,
    cause: 'The build pack failed to build the app.',
    who: ['app'],
    todo: 'Read the staging log (`cf logs APP --recent`); "no space" or "quota" in it: `cgdiego diagnose disk-quota`.',
    source: 'cloud_controller_ng failure_reason_sanitizer',
  },
  {
    id: 'killed-not-stopping',
    class: 'not-stopping',
    pattern: /exceeded \S+ graceful shutdown interval|exceeded graceful shutdown interval/i,
    cause: 'The app did not end when it was asked to and was killed.',
    who: ['app'],
    todo: 'Handle SIGTERM in the app.',
    source: 'executor run_step',
  },
  {
    id: 'exit-command-not-found',
    class: 'app-exit',
    pattern: part(String.raw`${SOURCE}exited with status (?:126|127)\b`),
    cause: 'The start command was not found or may not be run.',
    who: ['app'],
    todo: 'Look at the start command (`cf app APP`, Procfile) and at the build pack; `cf logs APP --recent`.',
    source: 'executor run_step',
  },
  {
    id: 'ssh-exited',
    class: 'app-exit',
    pattern: part(String.raw`CELL/SSHD(?:/\d+)?: exited with status`),
    cause: 'The SSH daemon beside the app ended, and the instance with it.',
    who: ['platform', 'app'],
    todo: 'Look at the cell; if it is one app only, switch its SSH off (`cf disable-ssh APP`) to see.',
    source: 'executor run_step',
  },
  {
    id: 'killed',
    class: 'app-exit',
    pattern: part(String.raw`${SOURCE}exited with status (?:137|-?9)\b`),
    cause: 'The process was killed (SIGKILL) and garden reported no lack of memory.',
    who: ['app', 'platform'],
    todo: 'Look at its memory (`cf app APP`): most often it is that after all. Many apps on one cell: look at the cell.',
    source: 'executor run_step',
  },
  {
    id: 'exit-status',
    class: 'app-exit',
    pattern: /exited with status -?\d+|app instance exited|exit status \d+$|process exited/i,
    cause: 'The app ended by itself.',
    who: ['app'],
    todo: 'Read its log: `cf logs APP --recent`. A full disk shows only there.',
    source: 'executor run_step',
  },
  {
    id: 'disk-words',
    class: 'disk-full',
    pattern: new RegExp(NO_SPACE, 'i'),
    cause: 'A write failed for lack of disk; the text does not say whose.',
    who: ['app', 'platform'],
    todo: DIAGNOSE_DISK,
    source: 'kernel: EDQUOT, ENOSPC',
  },
  {
    id: 'step-timeout',
    class: 'timeout',
    pattern: /exceeded \S+ timeout|timed[- ]out after/i,
    cause: 'A step took longer than its time: the app, or a slow cell.',
    who: ['app', 'platform'],
    todo: 'Look at its neighbours: others on the same cell too (`cgdiego crashes --by cell`): the cell; else the app.',
    source: 'executor timeout_step',
  },
  {
    id: 'did-not-exit',
    class: 'not-stopping',
    pattern: /process did not exit/i,
    cause: 'The process did not end even when it was killed: stuck in the kernel.',
    who: ['app', 'platform'],
    todo: 'Look at its neighbours; several on one cell (often an NFS mount that hangs): recreate the cell.',
    source: 'executor errors ExitTimeoutError',
  },
  {
    id: 'codependent-exited',
    class: 'codependent',
    pattern: /codependent step exited/i,
    cause:
      'One of the processes of the instance (app, sidecar, proxy, SSH) ended without an error, and the others with it.',
    who: ['app', 'platform'],
    todo: 'A web process must not end, not even with status 0: read its log. Many apps on one cell: look at the proxy and the cell.',
    source: 'executor codependent_step',
  },
  {
    id: 'task-result',
    class: 'task-result',
    pattern: /failed to fetch result|result file is too large/i,
    cause: "The task's result file could not be read, or is larger than 50 KB.",
    who: ['app', 'platform'],
    todo: 'Staging: look at the lifecycle. Otherwise look at the result file that the task writes.',
    source: 'rep task_processor, container_delegate',
  },
  {
    id: 'rep-internal',
    class: 'cell',
    pattern:
      /invalid (?:state )?transition|failed to construct run request|internal cell healthcheck failed|workload cell id does not match/i,
    cause: 'The rep and the BBS disagreed on the state.',
    who: ['platform'],
    todo: "Look at the rep's log on the cell.",
    source: 'rep task_processor, auction_cell_rep',
  },
  {
    id: 'staging-failed',
    class: 'staging',
    pattern:
      /staging failed|staging error|StagingError|StagerError|StagingTimeExpired|no compiler defined for requested stack|missing (?:app bits download uri|app id|lifecycle data)/i,
    cause: 'Staging failed; the Cloud Controller replaced the text that it did not know.',
    who: ['app', 'platform'],
    todo: "The task's own failure_reason and `cf logs APP --recent` say more.",
    source: 'cloud_controller_ng failure_reason_sanitizer',
  },
  {
    id: 'stopped',
    class: 'stopped',
    pattern:
      /^(?:[\s\d*]|error\(s\) occurred:|errors? occurred:|cancelled|canceled|stopped-before-running|task was cancelled|task cancelled)+$/i,
    cause: 'It was stopped on purpose.',
    who: ['app'],
    todo: 'Nothing.',
    source: 'executor CancelledError; bbs CancelTask',
  },
];

/** What a text means that no pattern knows. It is shown as it is, never dropped. */
export const UNKNOWN_PATTERN: Omit<CrashPattern, 'pattern'> = {
  id: 'unknown',
  class: 'unknown',
  cause: 'No pattern knows this text.',
  who: ['app', 'platform'],
  todo: 'Read it; add a pattern for it with --patterns FILE.',
  source: '',
};
