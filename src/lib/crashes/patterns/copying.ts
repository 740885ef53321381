import type { CrashPattern } from '../patterns.ts';
import { NO_SPACE, COPYING, DIAGNOSE_DISK } from './words.ts';

/** What goes wrong with the image and with what is copied into the container. In the order in which they are tried. */
export const COPYING_PATTERNS: readonly CrashPattern[] = [
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
];
