/** `1 cell`, `1,234 cells`: the pure rooms do not know how terminals show numbers. */
export function counted(count: number, singular: string): string {
  return `${String(count).replace(/\B(?=(\d{3})+$)/gu, ',')} ${singular}${count === 1 ? '' : 's'}`;
}
