import pg from 'pg';
import { ACTUAL_LRP_COLUMNS, actualLrpRows } from './actual-lrp.ts';
import { makeApp } from './app.ts';
import { Cells, cellsFor, presenceValue, type MadeCell } from './cells.ts';
import { CopyIn } from './copy.ts';
import { DESIRED_LRP_COLUMNS, desiredLrpRow } from './desired-lrp.ts';
import { Random } from './random.ts';
import { BBS_INDEXES, BBS_TABLES, LOCKET_TABLES } from './schema.ts';
import { Sealer } from './sealer.ts';
import { TASK_COLUMNS, taskRow } from './task.ts';

export interface FoundationOptions {
  desiredLrps: number;
  /** Passphrases by label. */
  keys: ReadonlyMap<string, string>;
  /** The label that the rows are under, and that `encryption_key_label` names. */
  label: string;
  /** Shares of the rows that are under other labels, as after a rotation that stopped: `{ 'key-2026-09': 0.1 }`. */
  otherLabels?: Readonly<Record<string, number>>;
  /** The share of rows whose nullable encrypted columns are NULL. Default 0. */
  nullShare?: number;
  /** How many desired LRPs have a damaged `run_info`. Default 0. */
  damaged?: number;
  /** The same seed and clock make the same rows, to the byte. Default 1. */
  seed?: number;
  /** The foundation's clock, Unix milliseconds. Default: now. */
  now?: number;
  /** Default 3. */
  zones?: number;
  /** Default: as many as it takes, about three quarters full. */
  cells?: number;
  /** Default: one for ten desired LRPs. */
  tasks?: number;
  /** Whether a BBS and an auctioneer hold their locks. Default true. */
  hasLocks?: boolean;
  /** Locket's database. Default: the same as the BBS's. */
  locketUrl?: string;
}

/** What was made. */
export interface GeneratedFoundation {
  desiredLrps: number;
  actualLrps: number;
  tasks: number;
  /** Encrypted columns that are neither NULL nor empty. */
  blobs: number;
  cells: readonly MadeCell[];
  /** The process guids of the desired LRPs whose `run_info` is damaged. */
  damaged: string[];
}

const PRESENCE_TTL_SECONDS = 15;
/** Longer than the cloud controller's, because nobody keeps the domains of a test bed fresh. */
const DOMAIN_TTL_MS = 12 * 3_600_000;

/**
 * Fills an empty database with a made-up foundation in the format of a real store, with the proportions of the captured one.
 * Rows are streamed: the memory that it takes does not depend on how many there are.
 */
export async function generateFoundation(
  url: string,
  options: FoundationOptions,
): Promise<GeneratedFoundation> {
  const { desiredLrps, zones = 3, seed = 1, now = Date.now(), damaged = 0, hasLocks = true } = options;
  const random = new Random(seed);
  const sealer = new Sealer(random, { otherLabels: {}, ...options });
  const cells = new Cells(random, zones, options.cells ?? cellsFor(desiredLrps));
  const missingCell = { ...cells.all[0]!, cellId: random.guid(), address: '10.10.255.1' };
  const evacuatingCell = cells.all.find(
    (cell) => cell.placementTags.length + cell.volumeDrivers.length === 0,
  )!;
  const context = {
    ...{ random, sealer, cells, missingCell, evacuatingCell, now },
    nullShare: options.nullShare ?? 0,
  };
  const damagedEvery = Math.floor(desiredLrps / damaged);

  // The two big tables fill at the same time, each over a connection of its own.
  const [client, other] = [new pg.Client(url), new pg.Client(url)];
  await Promise.all([client.connect(), other.connect()]);
  try {
    await client.query(BBS_TABLES);
    const made: GeneratedFoundation = {
      desiredLrps,
      actualLrps: 0,
      tasks: options.tasks ?? Math.ceil(desiredLrps / 10),
      blobs: 0,
      cells: cells.all,
      damaged: [],
    };

    const desired = await CopyIn.start(client, 'desired_lrps', DESIRED_LRP_COLUMNS);
    const actual = await CopyIn.start(other, 'actual_lrps', ACTUAL_LRP_COLUMNS);
    for (let number = 1; number <= desiredLrps; number++) {
      const app = makeApp(number, random, now);
      const isDamaged = number % damagedEvery === 0 && made.damaged.length < damaged;
      if (isDamaged) made.damaged.push(app.processGuid);
      sealer.nextRow();
      const hasNulls = random.chance(context.nullShare);
      await desired.write(desiredLrpRow(app, random, sealer, { isDamaged, hasNulls }));
      for (let index = 0; index < app.instances; index++) {
        for (const row of actualLrpRows(app, index, context)) {
          made.actualLrps++;
          await actual.write(row);
        }
      }
    }
    await Promise.all([desired.end(), actual.end()]);

    const tasks = await CopyIn.start(client, 'tasks', TASK_COLUMNS);
    for (let i = 0; i < made.tasks; i++) await tasks.write(taskRow(random, sealer, cells, now));
    await tasks.end();

    await writeConfigurations(client, options.label, now);
    await client.query(BBS_INDEXES);
    await writeLocks(options.locketUrl ?? url, cells, random, hasLocks);
    made.blobs = sealer.blobs;
    return made;
  } finally {
    await Promise.all([client.end(), other.end()]);
  }
}

async function writeConfigurations(client: pg.Client, label: string, now: number): Promise<void> {
  await client.query(
    `INSERT INTO configurations VALUES ('version', '{"CurrentVersion":1722634733}'), ('encryption_key_label', $1)`,
    [label],
  );
  const freshUntil = BigInt(now + DOMAIN_TTL_MS) * 1_000_000n;
  await client.query(`INSERT INTO domains VALUES ('cf-apps', $1), ('cf-tasks', $1)`, [freshUntil]);
}

async function writeLocks(url: string, cells: Cells, random: Random, hasLocks: boolean): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(LOCKET_TABLES);
    const columns = ['path', 'owner', 'value', 'type', 'modified_index', 'modified_id', 'ttl'];
    const locks = await CopyIn.start(client, 'locks', columns);
    for (const cell of cells.all) {
      const value = presenceValue(cell);
      await locks.write([
        cell.cellId,
        cell.cellId,
        value,
        'presence',
        2,
        random.guid(),
        PRESENCE_TTL_SECONDS,
      ]);
    }
    for (const path of hasLocks ? ['bbs', 'auctioneer'] : []) {
      await locks.write([path, random.guid(), '', 'lock', 159, random.guid(), PRESENCE_TTL_SECONDS]);
    }
    await locks.end();
  } finally {
    await client.end();
  }
}
