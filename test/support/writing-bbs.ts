import type pg from 'pg';
import { openBlob, sealBlob } from '../../src/lib/bbs/blob.ts';
import { deriveKey, Keyring, type Key } from '../../src/lib/bbs/keyring.ts';
import { Random } from '../../testbed/generator/random.ts';
import { PASSPHRASES } from './database.ts';
import { connect } from './faults.ts';

const KEYRING = Keyring.fromPassphrases(new Map(Object.entries(PASSPHRASES)));

interface ActualRow {
  process_guid: string;
  instance_index: number;
  presence: number;
  net_info: string;
}

/**
 * A second session that works on actual LRPs as a BBS does, one row a transaction, read with FOR UPDATE: instances start (net_info is
 * written), go away and come. It remembers what it wrote and objects when a row does not hold it any more.
 */
export class WritingBbs {
  updates = 0;
  deletes = 0;
  inserts = 0;
  /** The plaintext of net_info of every row that exists, in base64, by `actual_lrps/<primary key>/net_info`. */
  readonly netInfos: Map<string, string>;
  readonly deleted = new Set<string>();
  readonly inserted = new Set<string>();
  readonly lost: string[] = [];
  readonly #client: pg.Client;
  readonly #key: Key;
  readonly #random: Random;
  #stopped = false;
  #work: Promise<void> = Promise.resolve();

  private constructor(client: pg.Client, label: keyof typeof PASSPHRASES, netInfos: Map<string, string>) {
    this.#client = client;
    this.#key = deriveKey(label, PASSPHRASES[label]);
    this.#random = new Random(42);
    this.netInfos = netInfos;
  }

  /** Begins to write under a label. */
  static async start(
    url: string,
    label: keyof typeof PASSPHRASES,
    plaintexts: Readonly<Record<string, string>>,
  ): Promise<WritingBbs> {
    const netInfos = new Map(Object.entries(plaintexts).filter(([name]) => name.endsWith('/net_info')));
    const bbs = new WritingBbs(await connect(url), label, netInfos);
    bbs.#work = bbs.#run();
    return bbs;
  }

  /** Ends after the transaction that is under way. @throws what went wrong meanwhile */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#work;
    await this.#client.end();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const names = [...this.netInfos.keys()];
      const name = this.#random.pick(names);
      const kind = this.#random.below(10);
      await this.#client.query('BEGIN');
      const row = await this.#lock(name);
      if (row !== undefined) {
        if (kind === 0) await this.#delete(name, row);
        else if (kind === 1) await this.#insert(row);
        else await this.#update(name, row);
      }
      await this.#client.query('COMMIT');
    }
  }

  async #lock(name: string): Promise<ActualRow | undefined> {
    const [, processGuid, index, presence] = name.split('/');
    const { rows } = await this.#client.query<ActualRow>(
      `SELECT process_guid, instance_index, presence, net_info FROM actual_lrps
       WHERE process_guid = $1 AND instance_index = $2 AND presence = $3 FOR UPDATE`,
      [processGuid, index, presence],
    );
    const [row] = rows;
    const held = row === undefined ? 'no row' : openBlob(row.net_info, KEYRING).plaintext.toString('base64');
    if (held !== this.netInfos.get(name)) this.lost.push(name);
    return row;
  }

  async #update(name: string, row: ActualRow): Promise<void> {
    const plaintext = this.#plaintext();
    await this.#client.query(
      `UPDATE actual_lrps SET net_info = $4, state = 'RUNNING', modification_tag_index = modification_tag_index + 1
       WHERE process_guid = $1 AND instance_index = $2 AND presence = $3`,
      [row.process_guid, row.instance_index, row.presence, sealBlob(plaintext, this.#key)],
    );
    this.netInfos.set(name, plaintext.toString('base64'));
    this.updates++;
  }

  async #delete(name: string, row: ActualRow): Promise<void> {
    await this.#client.query(
      'DELETE FROM actual_lrps WHERE process_guid = $1 AND instance_index = $2 AND presence = $3',
      [row.process_guid, row.instance_index, row.presence],
    );
    this.netInfos.delete(name);
    this.deleted.add(name);
    this.inserted.delete(name);
    this.deletes++;
  }

  async #insert(row: ActualRow): Promise<void> {
    const plaintext = this.#plaintext();
    const index = 1000 + this.inserts;
    const seal = (text: string) => sealBlob(Buffer.from(text), this.#key);
    await this.#client.query(
      `INSERT INTO actual_lrps (process_guid, instance_index, presence, domain, state, net_info, modification_tag_epoch,
         modification_tag_index, internal_routes, metric_tags)
       VALUES ($1, $2, 0, 'cf-apps', 'UNCLAIMED', $3, 'epoch', 0, $4, $5)`,
      [row.process_guid, index, sealBlob(plaintext, this.#key), seal('[]'), seal('{}')],
    );
    const name = `actual_lrps/${row.process_guid}/${index}/0/net_info`;
    this.netInfos.set(name, plaintext.toString('base64'));
    this.inserted.add(name);
    this.inserts++;
  }

  /** An ActualLRPNetInfo with an address, in its envelope. */
  #plaintext(): Buffer {
    const address = Buffer.from(`10.0.${this.#random.below(256)}.${this.#random.below(256)}`);
    return Buffer.concat([Uint8Array.of(2, 0, 10, address.length), address]);
  }
}
