import type { CrashPattern } from '../patterns.ts';
import { part, NO_SPACE } from './words.ts';

/** Downloads, uploads, and making the container. In the order in which they are tried. */
export const CONTAINER_PATTERNS: readonly CrashPattern[] = [
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
];
