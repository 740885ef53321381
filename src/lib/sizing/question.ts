import type { Capacity } from '../auction/types.ts';
import { UsageError } from '../errors.ts';
import { NO_DEMAND } from './instances.ts';
import type { SizingModel, World } from './model.ts';
import { demandOf, rowSet, settle, without, withCells, type CellGroup } from './world.ts';

/** More than any foundation has. */
const MOST_CELLS = 100_000;

/** `MEM:DISK[:NUMBER]`: MiB, or with a unit as in `64G:512G:249`. */
export interface Size {
  memoryMb: number;
  diskMb: number;
  third: number | undefined;
}

/**
 * Reads `MEM:DISK`, or `MEM:DISK:NUMBER` where the flag has a name for the number.
 * @throws {UsageError} for anything else, and for what is negative
 */
export function parseSize(text: string, flag: string, third: string | undefined, example: string): Size {
  const parts = text.split(':');
  const [memory, disk, number] = parts;
  const memoryMb = memory === undefined ? undefined : parseMib(memory);
  const diskMb = disk === undefined ? undefined : parseMib(disk);
  const count = number === undefined ? undefined : /^\d+$/.test(number) ? Number(number) : NaN;
  if (
    parts.length < 2 ||
    parts.length > (third === undefined ? 2 : 3) ||
    memoryMb === undefined ||
    diskMb === undefined ||
    (count !== undefined && !(count >= 1 && count <= 1_000_000))
  ) {
    throw new UsageError(`${flag} ${JSON.stringify(text)} is not a size.`, {
      why: `It must be MEM:DISK${third === undefined ? '' : `[:${third}]`}, in MiB or with a unit (512M, 4G, 1T), and nothing of it negative.`,
      next: `For example ${flag} ${example}.`,
    });
  }
  return { memoryMb, diskMb, third: count };
}

/** A number of MiB, or one with a unit. `undefined` for anything else, zero included where it makes no sense. */
export function parseMib(text: string): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([MGT])?(?:i?B)?$/i.exec(text.trim()) ?? [];
  if (digits === undefined) return undefined;
  const factor = { M: 1, G: 1024, T: 1024 * 1024 }[(unit ?? 'M').toUpperCase() as 'M' | 'G' | 'T'];
  const value = Math.round(Number(digits) * factor);
  return value <= 0x7fff_ffff ? value : undefined;
}

/** `20`, `+20%`, `-10%`, and for growth also `3%/month`. */
export function parsePercent(text: string, flag: string): number {
  const [, number] = /^([+-]?\d+(?:\.\d+)?)\s*%?(?:\s*\/\s*(?:month|mo|m))?$/.exec(text.trim()) ?? [];
  const value = Number(number);
  if (number === undefined || value < -100 || value > 10_000) {
    throw new UsageError(`${flag} ${JSON.stringify(text)} is not a percentage.`, {
      next:
        flag === '--growth'
          ? 'For example --growth 3%/month.'
          : `For example ${flag} 20 (a fifth more) or ${flag} -10%.`,
    });
  }
  return value;
}

/** `3%/month`: more than nothing. */
export function parseGrowth(text: string): number {
  const percent = parsePercent(text, '--growth');
  if (percent > 0) return percent;
  throw new UsageError('--growth must be more than nothing.', {
    next: 'For example --growth 3%/month; --scale-apps asks about fewer instances.',
  });
}

/** What an added cell has. Without a number of containers, as many as the pool's. */
export function parseCellSize(text: string): Size {
  const size = parseSize(text, '--cell-size', 'CONTAINERS', '64G:512G:249');
  if (size.memoryMb > 0 && size.diskMb > 0) return size;
  throw new UsageError(`--cell-size ${JSON.stringify(text)}: a cell needs memory and disk.`, {
    next: 'For example --cell-size 64G:512G:249.',
  });
}

/** The zone that a name means. */
export function zoneNamed(world: World, name: string, flag: string): string {
  const zones = zonesOf(world);
  if (zones.includes(name)) return name;
  throw new UsageError(`${flag}: there is no zone ${JSON.stringify(name)}.`, {
    next: `Zones: ${zones.map((zone) => (zone === '' ? '(none)' : zone)).join(', ')}.`,
  });
}

/** The zones of the cells, by name. */
export function zonesOf(world: World): string[] {
  return [...new Set(world.cells.filter((_, row) => world.pool[row]! >= 0).map((cell) => cell.zone))].sort();
}

/** The cell that an id, or the beginning of one, means. */
export function cellNamed(world: World, name: string, flag: string): number {
  const exact = world.cells.findIndex((cell) => cell.cellId === name);
  if (exact >= 0) return exact;
  const rows = world.cells.flatMap((cell, row) => (name !== '' && cell.cellId.startsWith(name) ? [row] : []));
  if (rows.length === 1) return rows[0]!;
  throw new UsageError(
    rows.length === 0
      ? `${flag}: there is no cell ${JSON.stringify(name)}.`
      : `${flag}: ${rows.length} cells begin with ${JSON.stringify(name)}.`,
    { next: 'cgdiego cells lists them; the first characters of an id are enough where they are unique.' },
  );
}

/** `ZONE:N[:POOL]`, or `N` for so many in every zone. Without a pool: the one with the most cells. */
function parseGroups(model: SizingModel, text: string, flag: string): CellGroup[] | undefined {
  const [, digits] = /^(?:[^:]*:)?(\d+)(?::.+)?$/.exec(text) ?? [];
  if (digits !== undefined && Number(digits) > MOST_CELLS) {
    throw new UsageError(`${flag} ${text}: more than ${MOST_CELLS} cells are not possible.`);
  }
  const largest = model.pools.reduce(
    (best, pool, i) => (pool.cells > model.pools[best]!.cells ? i : best),
    0,
  );
  if (/^\d+$/.test(text)) {
    return zonesOf(model.world).map((zone) => ({ zone, pool: largest, count: Number(text) }));
  }
  const [, zone, count, name] = /^([^:]*):(\d+)(?::(.+))?$/.exec(text) ?? [];
  if (zone === undefined || count === undefined) return undefined;
  const pool = name === undefined ? largest : model.pools.findIndex((each) => each.name === name);
  if (pool < 0) {
    throw new UsageError(`${flag}: there is no pool ${JSON.stringify(name)}.`, {
      next: `Pools: ${model.pools.map((each) => each.name).join(', ')}.`,
    });
  }
  return [{ zone, pool, count: Number(count) }];
}

/** `--add`: groups of empty cells. A zone that does not exist yet is a new one. */
export function addedGroups(model: SizingModel, texts: readonly string[]): CellGroup[] {
  return texts.flatMap((text) => {
    const groups = parseGroups(model, text, '--add');
    if (groups !== undefined) return groups;
    throw new UsageError(`--add ${JSON.stringify(text)} names no cells.`, {
      why: 'It must be N (in every zone), ZONE:N or ZONE:N:POOL.',
      next: 'For example --add z1:2 or --add z1:1:isolated-egress.',
    });
  });
}

/** `--remove`: cells by id, or so many of a zone and pool, those with the least on them first. */
export function removedRows(model: SizingModel, world: World, texts: readonly string[]): number[] {
  const rows = new Set<number>();
  const used = (row: number) => world.cells[row]!.total.memoryMb - world.load.memory[row]!;
  for (const text of texts) {
    const groups = parseGroups(model, text, '--remove');
    if (groups === undefined) {
      rows.add(cellNamed(world, text, '--remove'));
      continue;
    }
    for (const { zone, pool, count } of groups) {
      zoneNamed(world, zone, '--remove');
      const members = world.cells
        .map((_, row) => row)
        .filter((row) => world.cells[row]!.zone === zone && world.pool[row] === pool && !rows.has(row))
        .sort((a, b) => used(a) - used(b) || (world.cells[a]!.cellId < world.cells[b]!.cellId ? -1 : 1));
      if (members.length < count) {
        throw new UsageError(
          `--remove ${text}: zone ${zone} has ${members.length} cells of pool ${model.pools[pool]!.name}.`,
        );
      }
      members.slice(0, count).forEach((row) => rows.add(row));
    }
  }
  return [...rows];
}

export interface Changes {
  add: readonly CellGroup[];
  remove: readonly string[];
  sizeOf: (pool: SizingModel['pools'][number]) => Capacity;
}

/** The world with the cells of `--add` and without those of `--remove`, whose instances have moved by auction. */
export function changed(
  model: SizingModel,
  changes: Changes,
): { world: World; removed: string[]; withoutPlace: number } {
  const added = withAdded(model, changes);
  const rows = removedRows(model, added, changes.remove);
  if (rows.length === 0) return { world: added, removed: [], withoutPlace: 0 };
  const leaving = rowSet(rows, added.cells.length);
  const rest = without(added, leaving);
  const moved = settle(model, rest, demandOf(added, leaving), undefined);
  // The cells are gone, not only closed: nothing of them may be counted.
  const pool = moved.world.pool.map((number, row) => (leaving(row) ? -1 : number));
  const cells = moved.world.cells.map((cell, row) =>
    leaving(row) ? { ...cell, zone: '', takesWork: false } : cell,
  );
  return {
    world: { ...moved.world, pool, cells },
    removed: rows.map((row) => added.cells[row]!.cellId).sort(),
    withoutPlace: moved.failed,
  };
}

function withAdded(model: SizingModel, { add, sizeOf }: Changes): World {
  const world = withCells(model, model.world, add, sizeOf);
  if (world === model.world || world.homeless.process.length === 0) return world;
  return settle(model, { ...world, homeless: NO_DEMAND }, world.homeless, undefined).world;
}
