/** Pieces of regular expressions and of advice that several patterns share. */

/** The start of a text or of one part of it: parts are joined by `; ` or listed by `* ` (executor multiErrorFormat, go-multierror). */
export const PART = String.raw`(?:^|[;*]\s*)`;

/** A log source in front of `Exited with status`, absent in releases before 2018: `APP/PROC/WEB`, `CELL/SSHD`, `PROXY`. */
export const SOURCE = String.raw`(?:[\w./-]+: )?`;

export const NO_SPACE = String.raw`(?:(?:disk )?quota (?:was )?exceeded|no space left on device|not enough (?:disk )?space|ENOSPC|EDQUOT)`;

export function part(rest: string): RegExp {
  return new RegExp(PART + rest, 'i');
}

export const COPYING = String.raw`copying (?:[^\n]{0,300}? )?into the container failed`;

export const DIAGNOSE_DISK = 'Run `cgdiego diagnose disk-quota`: it tells the cases apart.';
