import { runRounds } from '../auction/rounds.ts';
import {
  DEFAULT_SETTINGS,
  type AuctionCell,
  type AuctionSettings,
  type LrpAuction,
} from '../auction/types.ts';
import { UsageError, messageOf } from '../errors.ts';
import {
  SNAPSHOT_SCHEMA,
  type ActualLrp,
  type Cell,
  type DesiredLrp,
  type Foundation,
} from '../foundation/types.ts';
import { DEFAULT_PROXY_MEMORY_MB } from './proxy.ts';

/** A foundation that is not built yet, and what is known of it that a snapshot does not hold. */
export interface WhatIf {
  foundation: Foundation;
  proxyMemoryMb: number;
}

const DEFAULT_CONTAINERS = 249;
/** More than any foundation has: a slip of the finger rather. */
const MOST_CELLS = 100_000;
const MOST_INSTANCES = 5_000_000;
const DEFAULT_STACK = 'cflinuxfs4';

/**
 * Reads the YAML of `--what-if`: groups of equal cells and mixes of apps. Its apps are placed on its cells by auction, in
 * as many rounds as place something, as Diego would. `now` becomes the snapshot's time.
 * @throws {UsageError} that names the field which is wrong
 */
export async function readWhatIf(
  text: string,
  source: string,
  now: string,
  options: { settings?: AuctionSettings; proxyMemoryMb?: number | undefined } = {},
): Promise<WhatIf> {
  const { parse } = await import('yaml');
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new UsageError(`${source} is not YAML.`, { why: messageOf(error), cause: error });
  }
  const top = new Fields(document, source, 'the file');
  top.only('proxy_memory_mb', 'cells', 'apps');
  const proxyMemoryMb = options.proxyMemoryMb ?? top.number('proxy_memory_mb', DEFAULT_PROXY_MEMORY_MB);
  const cells = top.list('cells').flatMap((group, i) => cellGroup(group, source, i, proxyMemoryMb));
  if (cells.length === 0) {
    throw new UsageError(`${source} has no cells.`, { next: 'Give at least one group under cells:.' });
  }
  const ids = new Map<string, number>();
  for (const cell of cells) {
    const name = `${cell.zone}-${cell.placementTags.join('+') || 'cell'}`;
    const number = (ids.get(name) ?? 0) + 1;
    ids.set(name, number);
    cell.cellId = `${name}-${String(number).padStart(3, '0')}`;
  }
  const desired = top.list('apps', []).flatMap((group, i) => appGroup(group, source, i));
  return { foundation: placed(cells, desired, now, options.settings ?? DEFAULT_SETTINGS), proxyMemoryMb };
}

function cellGroup(value: unknown, source: string, at: number, proxyMemoryMb: number): AuctionCell[] {
  const fields = new Fields(value, source, `cells[${at}]`);
  fields.only(
    'zone',
    'zones',
    'count',
    'memory_mb',
    'disk_mb',
    'containers',
    'placement_tags',
    'optional_placement_tags',
    'stacks',
    'volume_drivers',
    'docker',
  );
  const zones = fields.has('zones') ? fields.names('zones') : [fields.text('zone')];
  const total = {
    memoryMb: fields.number('memory_mb'),
    diskMb: fields.number('disk_mb'),
    containers: fields.number('containers', DEFAULT_CONTAINERS),
  };
  const stacks = new Set(fields.names('stacks', [DEFAULT_STACK]));
  const count = fields.number('count', 1, MOST_CELLS);
  const providers = new Map<string, 'any' | ReadonlySet<string>>([
    ['preloaded', stacks],
    ['preloaded+layer', stacks],
  ]);
  if (fields.flag('docker', true)) providers.set('docker', 'any');
  return zones.flatMap((zone) =>
    Array.from({ length: count }, (): AuctionCell => ({
      cellId: '',
      cellIndex: 0,
      zone,
      total,
      available: total,
      rootfsProviders: providers,
      placementTags: fields.names('placement_tags', []),
      optionalPlacementTags: fields.names('optional_placement_tags', []),
      volumeDrivers: fields.names('volume_drivers', []),
      proxyMemoryMb,
      startingContainers: 0,
      processes: [],
      tasks: 0,
      takesWork: true,
    })),
  );
}

function appGroup(value: unknown, source: string, at: number): DesiredLrp[] {
  const fields = new Fields(value, source, `apps[${at}]`);
  fields.only(
    'name',
    'count',
    'instances',
    'memory_mb',
    'disk_mb',
    'stack',
    'rootfs',
    'placement_tags',
    'volume_drivers',
  );
  const name = fields.text('name', `app${at}`);
  const count = fields.number('count', 1, MOST_INSTANCES);
  const lrp = {
    domain: 'cf-apps',
    log_guid: '',
    instances: fields.number('instances', 1, Math.floor(MOST_INSTANCES / Math.max(1, count))),
    memory_mb: fields.number('memory_mb'),
    disk_mb: fields.number('disk_mb', 1024),
    max_pids: 0,
    rootfs: fields.has('rootfs') ? fields.text('rootfs') : `preloaded:${fields.text('stack', DEFAULT_STACK)}`,
    placement_tags: fields.names('placement_tags', []),
    volume_drivers: fields.names('volume_drivers', []),
    app_guid: null,
    org_name: null,
    space_name: null,
  };
  return Array.from({ length: count }, (_, i): DesiredLrp => {
    const guid = count === 1 ? name : `${name}-${String(i + 1).padStart(5, '0')}`;
    return { process_guid: guid, app_name: guid, ...lrp };
  });
}

function placed(
  cells: readonly AuctionCell[],
  desired: readonly DesiredLrp[],
  now: string,
  settings: AuctionSettings,
): Foundation {
  const lrps = desired.flatMap((lrp) =>
    Array.from({ length: lrp.instances }, (_, index): LrpAuction => ({
      processGuid: lrp.process_guid,
      index,
      memoryMb: lrp.memory_mb,
      diskMb: lrp.disk_mb,
      constraint: {
        rootfs: lrp.rootfs,
        placementTags: lrp.placement_tags,
        volumeDrivers: lrp.volume_drivers ?? [],
      },
    })),
  );
  const guids = new Set<string>();
  for (const { process_guid: guid } of desired) {
    if (guids.has(guid)) {
      throw new UsageError(`Two apps are called ${JSON.stringify(guid)}.`, {
        next: 'Give every group under apps: a name of its own.',
      });
    }
    guids.add(guid);
  }
  const round = runRounds({ cells, lrps, tasks: [], settings });
  const cellOf = new Map(round.placements.map((each) => [`${each.processGuid}.${each.index}`, each.cellId]));
  const failed = new Map(
    round.failed.map((each) => [`${each.processGuid}.${each.index}`, each.placementError]),
  );
  const zoneOf = new Map(cells.map((cell) => [cell.cellId, cell.zone]));
  const sizes = new Map(desired.map((lrp) => [lrp.process_guid, lrp]));
  const allocated = new Map(cells.map((cell) => [cell.cellId, { memory_mb: 0, disk_mb: 0, containers: 0 }]));
  const actual = lrps.map(({ processGuid, index }): ActualLrp => {
    const key = `${processGuid}.${index}`;
    const cellId = cellOf.get(key) ?? '';
    const sum = allocated.get(cellId);
    if (sum !== undefined) {
      sum.memory_mb += sizes.get(processGuid)!.memory_mb;
      sum.disk_mb += sizes.get(processGuid)!.disk_mb;
      sum.containers++;
    }
    return {
      process_guid: processGuid,
      index,
      presence: 'ordinary',
      domain: 'cf-apps',
      state: cellId === '' ? 'UNCLAIMED' : 'RUNNING',
      instance_guid: '',
      cell_id: cellId,
      availability_zone: zoneOf.get(cellId) ?? '',
      since: null,
      crash_count: 0,
      crash_reason: '',
      placement_error: failed.get(key) ?? '',
      routable: null,
    };
  });
  return {
    schema: SNAPSHOT_SCHEMA,
    taken_at: now,
    source: 'what-if',
    cells: cells.map((cell): Cell => ({
      cell_id: cell.cellId,
      zone: cell.zone,
      state: 'present',
      rep_url: '',
      rep_address: '',
      capacity: {
        memory_mb: cell.total.memoryMb,
        disk_mb: cell.total.diskMb,
        containers: cell.total.containers,
      },
      allocated: allocated.get(cell.cellId)!,
      rootfs_providers: [...cell.rootfsProviders].map(([name, names]) =>
        names === 'any' ? { name } : { name, properties: [...names] },
      ),
      placement_tags: [...cell.placementTags],
      optional_placement_tags: [...cell.optionalPlacementTags],
      volume_drivers: [...cell.volumeDrivers],
    })),
    desired_lrps: [...desired],
    actual_lrps: actual,
    tasks: [],
    domains: [],
    gaps: [],
  };
}

/** The fields of one mapping, each checked as it is read. */
class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #source: string;
  readonly #where: string;

  constructor(value: unknown, source: string, where: string) {
    this.#source = source;
    this.#where = where;
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      this.#values = {};
      this.#refuse('must be a mapping');
    }
    this.#values = value as Record<string, unknown>;
  }

  only(...names: string[]): void {
    const unknown = Object.keys(this.#values).find((name) => !names.includes(name));
    if (unknown !== undefined)
      this.#refuse(`has no field ${JSON.stringify(unknown)}`, `It can have ${names.join(', ')}.`);
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  number(name: string, otherwise?: number, most = 0x7fff_ffff): number {
    const value = this.#values[name] ?? otherwise;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
      this.#refuse(`: ${name} must be a whole number that is not negative, not ${shown(value)}`);
    }
    if (value > most) this.#refuse(`: ${name} is ${value}, and not more than ${most} is possible here`);
    return value;
  }

  text(name: string, otherwise?: string): string {
    const value = this.#values[name] ?? otherwise;
    if (typeof value !== 'string' || value === '') {
      this.#refuse(`: ${name} must be text, not ${shown(value)}`);
    }
    return value;
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.#values[name] ?? otherwise;
    if (typeof value !== 'boolean') this.#refuse(`: ${name} must be true or false`);
    return value;
  }

  names(name: string, otherwise?: string[]): string[] {
    const value = this.#values[name] ?? otherwise;
    if (!Array.isArray(value) || !value.every((each) => typeof each === 'string' && each !== '')) {
      this.#refuse(`: ${name} must be a list of names`);
    }
    return value as string[];
  }

  list(name: string, otherwise?: unknown[]): unknown[] {
    const value = this.#values[name] ?? otherwise;
    if (!Array.isArray(value)) this.#refuse(`: ${name} must be a list`);
    return value as unknown[];
  }

  #refuse(what: string, next?: string): never {
    throw new UsageError(`${this.#source}: ${this.#where}${what.startsWith(':') ? '' : ' '}${what}.`, {
      next,
    });
  }
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value);
}
