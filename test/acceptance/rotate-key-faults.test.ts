import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sealBlob } from '../../src/lib/bbs/blob.ts';
import { deriveKey } from '../../src/lib/bbs/keyring.ts';
import type { RotationRecord } from '../../src/lib/rotation/record.ts';
import { Random } from '../../testbed/generator/random.ts';
import { startPostgres } from '../../testbed/postgres.ts';
import { PASSPHRASES, query } from '../support/database.ts';
import {
  connect,
  isGone,
  isWaiting,
  lockLastRow,
  makeStore,
  rotatedRows,
  sessionsOf,
  until,
  type MadeStore,
} from '../support/faults.ts';
import {
  contentsOf,
  labelsOf,
  NOVEMBER,
  OCTOBER,
  plaintextsOf,
  rotateKey,
  storedLabel,
} from '../support/rotation.ts';
import { WritingBbs } from '../support/writing-bbs.ts';

const SMALL_BATCHES = ['--batch-size', '5'];

/** Everything is under the target, holds what it held, and the label says so. */
async function expectRotated({ url, plaintexts }: MadeStore): Promise<void> {
  const after = await contentsOf(url);
  expect(plaintextsOf(after)).toEqual(plaintexts);
  expect(Object.keys(labelsOf(after)).sort()).toEqual(['NULL', NOVEMBER]);
  expect(await storedLabel(url)).toBe(NOVEMBER);
}

describe('killed with SIGKILL', () => {
  test('at 24 random points, each time run again: nothing is lost, and the last run finishes', async () => {
    const store = await makeStore();
    const { url } = store;
    const random = new Random(20261101);
    const points = Array.from({ length: 24 }, () => random.below(Math.floor(store.rows * 0.85)));
    points.sort((a, b) => a - b);
    const observer = await connect(url);
    // While it is locked no run can end before it is killed.
    const unlock = await lockLastRow(url);
    let killed = 0;
    for (const point of points) {
      let killing: Promise<void> | undefined;
      const { code } = await rotateKey(url, {
        args: SMALL_BATCHES,
        onSpawn: (child) => {
          const isThere = async () =>
            (await rotatedRows(observer)) >= point && (await sessionsOf(url)).holding > 0;
          killing = until(isThere, `${point} rows rotated`).then(() => {
            child.kill('SIGKILL');
          });
        },
      });
      await killing;
      expect(code, 'ended by the signal').toBeNull();
      killed++;
      expect(plaintextsOf(await contentsOf(url))).toEqual(store.plaintexts);
      expect(await storedLabel(url)).toBe(OCTOBER);
      await until(async () => (await sessionsOf(url)).holding === 0, 'the lock of the killed run is gone');
    }
    expect(killed).toBe(24);
    expect(await rotatedRows(observer)).toBeGreaterThan(store.rows / 2);
    await unlock();
    await observer.end();
    const { code, record } = await rotateKey(url);
    expect(code).toBe(0);
    expect(record!.outcome).toBe('rotated');
    await expectRotated(store);
  }, 600_000);

  test('when everything is rewritten and only the label is missing', async () => {
    const store = await makeStore();
    const blocker = await connect(store.url);
    await blocker.query(`BEGIN; SELECT FROM configurations WHERE id = 'encryption_key_label' FOR UPDATE`);
    let killing: Promise<void> | undefined;
    const { code } = await rotateKey(store.url, {
      onSpawn: (child) => {
        killing = until(isWaiting(store.url), 'it waits for the label').then(() => {
          child.kill('SIGKILL');
        });
      },
    });
    await killing;
    expect(code).toBeNull();
    await blocker.end();
    await until(isGone(store.url), 'its sessions end');
    const again = await rotateKey(store.url);
    expect(again.code).toBe(0);
    expect(again.record).toMatchObject({ rows_rewritten: 0, stored_label_after: NOVEMBER });
    await expectRotated(store);
  });
});

describe('the server goes away and comes back', () => {
  test.each(['immediate', 'fast'] as const)('stopped (%s) and started in the middle', async (mode) => {
    const postgres = await startPostgres();
    try {
      const store = await makeStore({}, postgres.url());
      await lockLastRow(store.url);
      const observer = await connect(store.url);
      let restart: Promise<void> | undefined;
      const { code, record, stderr } = await rotateKey(store.url, {
        args: SMALL_BATCHES,
        onSpawn: () => {
          restart = until(async () => (await rotatedRows(observer)) > store.rows / 3, 'a third is done').then(
            async () => {
              await postgres.halt(mode);
              await postgres.start();
            },
          );
        },
      });
      await restart;
      expect(stderr).toContain('Trying again');
      expect(code).toBe(0);
      expect(record!.outcome).toBe('rotated');
      expect(record!.retries).toBeGreaterThan(0);
      await expectRotated(store);
    } finally {
      await postgres.destroy();
    }
  });
});

describe('with nobody else about', () => {
  test.each(['1', '7', '500'])(
    'one pass with batches of %s reads each row once and finds no conflict',
    async (size) => {
      // Apps with more than ten instances: 10 sorts before 2 as text, but not as a number.
      const store = await makeStore({ desiredLrps: 200 });
      const [{ most }] = (await query<{ most: number }>(
        store.url,
        'SELECT max(instance_index) AS most FROM actual_lrps',
      )) as [{ most: number }];
      expect(most).toBeGreaterThan(10);
      const { code, record } = await rotateKey(store.url, { args: ['--batch-size', size] });
      expect(code).toBe(0);
      expect(record).toMatchObject({ passes: 1, conflicts: 0, retries: 0, rows_rewritten: store.rows });
      await expectRotated(store);
    },
  );

  test('rows of any size', async () => {
    const store = await makeStore({ desiredLrps: 60 });
    const large = Buffer.concat([Uint8Array.of(2, 0, 10, 0x80, 0x80, 0x40), Buffer.alloc(1 << 20, 'x')]);
    const blob = sealBlob(large, deriveKey(OCTOBER, PASSPHRASES[OCTOBER]));
    await query(store.url, 'UPDATE desired_lrps SET run_info = $1', [blob]);
    for (const name of Object.keys(store.plaintexts).filter((column) => column.endsWith('/run_info'))) {
      store.plaintexts[name] = large.toString('base64');
    }
    const { code, record, stderr } = await rotateKey(store.url);
    expect(code, stderr).toBe(0);
    expect(record).toMatchObject({ passes: 1, rows_rewritten: store.rows });
    await expectRotated(store);
  });
});

describe('beside somebody who writes', () => {
  test.each([NOVEMBER, OCTOBER] as const)(
    'a BBS that updates, deletes and inserts rows under %s all the while loses nothing',
    async (label) => {
      const store = await makeStore({ desiredLrps: 250 });
      const bbs = await WritingBbs.start(store.url, label, store.plaintexts);
      const { code, record } = await rotateKey(store.url, { args: ['--batch-size', '50'] });
      await bbs.stop();

      expect(bbs.lost, 'rows that did not hold what the BBS had written').toEqual([]);
      expect(Math.min(bbs.updates, bbs.deletes, bbs.inserts)).toBeGreaterThan(0);
      const after = await contentsOf(store.url);
      const netInfos = Object.entries(plaintextsOf(after)).filter(([name]) => name.endsWith('/net_info'));
      expect(Object.fromEntries(netInfos)).toEqual(Object.fromEntries(bbs.netInfos));
      // Whatever the BBS did not touch is what it was.
      for (const [name, plaintext] of Object.entries(store.plaintexts)) {
        if (name.endsWith('/net_info') || !after.has(name)) continue;
        expect(plaintextsOf(new Map([[name, after.get(name)!]]))[name]).toBe(plaintext);
      }
      expect([...after.keys()].filter((name) => bbs.deleted.has(name))).toEqual([]);
      if (label === NOVEMBER) {
        // A BBS that was deployed with the new key as the active one never stands in the way.
        expect(code).toBe(0);
        expect(Object.keys(labelsOf(after)).sort()).toEqual(['NULL', NOVEMBER]);
        expect(await storedLabel(store.url)).toBe(NOVEMBER);
      } else {
        // One that writes under the old key may win every time; the label then says so.
        expect(code).toBe(record!.outcome === 'rotated' ? 0 : 3);
        expect(await storedLabel(store.url)).toBe(record!.outcome === 'rotated' ? NOVEMBER : OCTOBER);
        expect((await rotateKey(store.url)).code).toBe(0);
        expect(Object.keys(labelsOf(await contentsOf(store.url))).sort()).toEqual(['NULL', NOVEMBER]);
      }
    },
  );

  test('a row that changes between reading and writing is never overwritten with what it held before', async () => {
    const store = await makeStore();
    const bbs = await connect(store.url);
    const [row] = await query<{ process_guid: string; instance_index: number; presence: number }>(
      store.url,
      'SELECT process_guid, instance_index, presence FROM actual_lrps ORDER BY 1 OFFSET 40 LIMIT 1',
    );
    const key = [row!.process_guid, row!.instance_index, row!.presence];
    const plaintext = Buffer.concat([Uint8Array.of(2, 0), Buffer.from('what the BBS wrote')]);
    const blob = sealBlob(plaintext, deriveKey(OCTOBER, PASSPHRASES[OCTOBER]));
    await bbs.query('BEGIN');
    await bbs.query(
      `UPDATE actual_lrps SET net_info = $4, modification_tag_index = modification_tag_index + 1
       WHERE process_guid = $1 AND instance_index = $2 AND presence = $3`,
      [...key, blob],
    );
    let commit: Promise<unknown> | undefined;
    const { code, record } = await rotateKey(store.url, {
      onSpawn: () => {
        commit = until(isWaiting(store.url), 'it waits for the row').then(() => bbs.query('COMMIT'));
      },
    });
    await commit;
    await bbs.end();
    expect(code).toBe(0);
    expect(record!.conflicts).toBeGreaterThan(0);
    expect(record!.passes).toBeGreaterThan(1);
    store.plaintexts[`actual_lrps/${key.join('/')}/net_info`] = plaintext.toString('base64');
    await expectRotated(store);
  });

  test('a BBS that never stops writing a row under the old key: it stops by itself, and the label stays', async () => {
    const store = await makeStore();
    await query(
      store.url,
      `CREATE FUNCTION bbs_writes() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN NEW.net_info := OLD.net_info; RETURN NEW; END $$;
       CREATE TRIGGER bbs_writes BEFORE UPDATE ON actual_lrps FOR EACH ROW
       WHEN (OLD.instance_index = 2) EXECUTE FUNCTION bbs_writes()`,
    );
    const { code, record, stdout, stderr } = await rotateKey(store.url);
    expect(code).toBe(3);
    expect(record).toMatchObject({
      outcome: 'leftovers',
      undecryptable: 0,
      stored_label_after: OCTOBER,
      removable_labels: [],
    });
    expect(record!.passes).toBeGreaterThan(1);
    expect(stderr).toMatch(/BBS/);
    expect(stdout).toMatch(/still writes/);
    expect(await storedLabel(store.url)).toBe(OCTOBER);
    expect(plaintextsOf(await contentsOf(store.url))).toEqual(store.plaintexts);
  });
});

describe('two runs at once', () => {
  test('the second is refused, and the first is not disturbed', async () => {
    const store = await makeStore();
    const unlock = await lockLastRow(store.url);
    let second: ReturnType<typeof rotateKey> | undefined;
    const first = await rotateKey(store.url, {
      onSpawn: () => {
        second = until(isWaiting(store.url), 'the first run is on its way').then(async () => {
          const result = await rotateKey(store.url, { to: OCTOBER });
          await unlock();
          return result;
        });
      },
    });
    const { code, stderr, record } = await second!;
    expect(code).toBe(1);
    expect(stderr).toMatch(/Another rotation .* is running/);
    expect(record).toBeUndefined();
    expect(first.code).toBe(0);
    await expectRotated(store);
  });
});

describe('Ctrl-C', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s cancels, says what was done and exits with 130',
    async (signal) => {
      const folder = await mkdtemp(join(tmpdir(), 'cgdiego-interrupt-'));
      try {
        const path = join(folder, 'record.json');
        const store = await makeStore();
        const unlock = await lockLastRow(store.url);
        let interrupting: Promise<void> | undefined;
        const { code, record, stderr } = await rotateKey(store.url, {
          args: [...SMALL_BATCHES, '--record', path],
          onSpawn: (child) => {
            interrupting = until(isWaiting(store.url), 'it waits for the last row').then(() => {
              child.kill(signal);
            });
          },
        });
        await interrupting;
        expect(code).toBe(130);
        expect(stderr).toContain('Interrupted');
        expect(record!.outcome).toBe('interrupted');
        expect(record!.next.join(' ')).toContain('again');
        expect(JSON.parse(await readFile(path, 'utf8')) as RotationRecord).toEqual(record);
        // Cancelled on the server too: nothing waits there for the row that is still locked.
        await until(isGone(store.url), 'its sessions end');
        expect(plaintextsOf(await contentsOf(store.url))).toEqual(store.plaintexts);
        await unlock();
        expect((await rotateKey(store.url)).code).toBe(0);
        await expectRotated(store);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );
});
