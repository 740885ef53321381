import type { View } from '../view.ts';

export interface VmSize {
  memoryMb: number | undefined;
  diskMb: number | undefined;
  /** What makes two VMs the same size, for comparing zones. */
  name: string | undefined;
}

/** MiB of memory of the `large` of an EC2 instance family, which doubles with every size above it. */
const LARGE_MEMORY: Record<string, number> = {
  c3: 3840, c4: 3840, c5: 4096, c6: 4096, c7: 4096, m3: 7680, m4: 8192, m5: 8192, m6: 8192, m7: 8192,
  r3: 15_616, r4: 15_616, r5: 16_384, r6: 16_384, r7: 16_384, t2: 8192, t3: 8192, t4: 8192,
}; // prettier-ignore

/** MiB of memory of an EC2 instance type such as `r3.xlarge`; `undefined` for one that is not in the table. */
export function instanceTypeMemory(type: string): number | undefined {
  const match = /^([a-z]\d)[a-z]*\.(medium|large|(\d*)xlarge)$/.exec(type);
  const large = LARGE_MEMORY[match?.[1] ?? ''];
  if (!match || large === undefined) return undefined;
  if (match[2] === 'medium') return large / 2;
  if (match[2] === 'large') return large;
  return large * 2 * Number(match[3] === '' ? 1 : match[3]);
}

/** The size that `cloud_properties` (of a VM type, VM extension or resource pool) or `vm_resources` give a VM. */
export function vmSize(parts: readonly View[]): VmSize {
  const first = (read: (part: View) => number | undefined): number | undefined =>
    parts.map(read).find((value) => value !== undefined);
  const type = parts.map((part) => part.get('instance_type').text).find((text) => text !== undefined);
  const memoryMb =
    first((part) => part.get('ram').number ?? part.get('memory').number ?? part.get('memory_mb').number) ??
    (type === undefined ? undefined : instanceTypeMemory(type));
  const diskMb = first(
    (part) =>
      part.at('ephemeral_disk', 'size').number ??
      part.get('ephemeral_disk_size').number ??
      part.get('disk').number ??
      part.get('disk_mb').number,
  );
  const name =
    type ??
    (memoryMb === undefined && diskMb === undefined ? undefined : `${memoryMb ?? '?'}/${diskMb ?? '?'}`);
  return { memoryMb, diskMb, name };
}
