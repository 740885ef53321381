/**
 * What found no room on the cells of a group of constraints. Within a batch cells only fill up, so that what asks for as
 * much of everything need not look again.
 */
export class NoRoom {
  /** By group, memory and disk of what found none. */
  readonly #smallest = new Map<number, { memory: number; disk: number }[]>();

  has(group: number, memory: number, disk: number): boolean {
    const known = this.#smallest.get(group);
    if (known === undefined) return false;
    for (const each of known) {
      if (memory >= each.memory && disk >= each.disk) return true;
    }
    return false;
  }

  add(group: number, memory: number, disk: number): void {
    if (this.has(group, memory, disk)) return;
    const known = this.#smallest.get(group) ?? [];
    this.#smallest.set(group, [
      ...known.filter((each) => each.memory < memory || each.disk < disk),
      { memory, disk },
    ]);
  }
}
