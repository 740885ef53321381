import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDevCertificates, type DevCertificates } from '../../src/lib/certificates/dev.ts';
import { createDatabase, PASSPHRASES, query } from '../support/database.ts';
import { isGone, until } from '../support/faults.ts';
import { contentsOf, labelsOf, NOVEMBER, OCTOBER, rotateKey, storedLabel } from '../support/rotation.ts';
import { startStoreBbs, type StoreBbs, type StoreBbsOptions } from '../support/store-bbs.ts';

let folder: string;
let pki: DevCertificates;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cgdiego-canary-'));
  pki = await createDevCertificates(join(folder, 'pki'));
});
afterAll(() => rm(folder, { recursive: true }));

const ONLY_OCTOBER = { [OCTOBER]: PASSPHRASES[OCTOBER] };

/** A store whose BBS holds its lock, and that BBS. */
async function withBbs(
  options: StoreBbsOptions,
  body: (url: string, env: Record<string, string>, bbs: StoreBbs) => Promise<void>,
): Promise<void> {
  const url = await createDatabase('diego-key-2026-10', 'locket');
  const bbs = await startStoreBbs(pki, url, options);
  try {
    await body(
      url,
      {
        BBS_URL: bbs.url,
        CA_CERT_FILE: pki.ca.certificateFile,
        CLIENT_CERT_FILE: pki.client.certificateFile,
        CLIENT_KEY_FILE: pki.client.privateKeyFile,
      },
      bbs,
    );
  } finally {
    await bbs.close();
  }
}

async function canaries(url: string): Promise<string[]> {
  const rows = await query<{ process_guid: string }>(
    url,
    `SELECT process_guid FROM public.desired_lrps WHERE domain NOT IN (SELECT domain FROM public.domains)`,
  );
  return rows.map((row) => row.process_guid);
}

async function expectUntouched(url: string): Promise<void> {
  expect(Object.keys(labelsOf(await contentsOf(url)))).toEqual([OCTOBER]);
  expect(await storedLabel(url)).toBe(OCTOBER);
  expect(await canaries(url)).toEqual([]);
}

describe('the running BBS is asked whether it has the key', () => {
  test('it has: that is the evidence, and the canary is gone', () =>
    withBbs({ keys: PASSPHRASES }, async (url, env, bbs) => {
      const { code, record } = await rotateKey(url, { env, isUnproven: true });
      expect(code).toBe(0);
      expect(record!.evidence!.kind).toBe('canary');
      expect(bbs.asked.length).toBe(1);
      expect(bbs.asked[0]).toMatch(/^cgdiego-canary-/);
      expect(await canaries(url)).toEqual([]);
      const after = await contentsOf(url);
      expect(labelsOf(after)).toEqual({ [NOVEMBER]: after.size });
    }));

  test.each([
    ['it lacks the key', ONLY_OCTOBER, /Key with label "key-2026-11" was not found/],
    ['it has another passphrase', { ...PASSPHRASES, [NOVEMBER]: 'another' }, /passphrase/],
  ])('%s: refused, even when the operator says that it is deployed', (_, keys, words) =>
    withBbs({ keys }, async (url, env) => {
      for (const isUnproven of [true, false]) {
        const { code, stderr } = await rotateKey(url, { env, isUnproven });
        expect(code).toBe(1);
        expect(stderr).toMatch(words);
        expect(stderr).toContain('Nothing was written');
        expect(stderr).toMatch(/Next: .*deploy/i);
        await expectUntouched(url);
      }
    }),
  );

  test('it does not answer: no evidence, and the refusal says what to do', () =>
    withBbs({ keys: PASSPHRASES }, async (url, env, bbs) => {
      await bbs.close();
      const { code, stderr } = await rotateKey(url, { env, isUnproven: true });
      expect(code).toBe(1);
      expect(stderr).toContain('could not be asked');
      expect(stderr).toContain('--assume-deployed');
      await expectUntouched(url);
    }));

  test('it uses another store: no evidence', async () => {
    const other = await createDatabase('diego-key-2026-10');
    const bbs = await startStoreBbs(pki, other, { keys: PASSPHRASES });
    try {
      await withBbs({ keys: PASSPHRASES }, async (url, env) => {
        const { code, stderr } = await rotateKey(url, {
          env: { ...env, BBS_URL: bbs.url },
          isUnproven: true,
        });
        expect(code).toBe(1);
        expect(stderr).toMatch(/another store|does not see/);
        await expectUntouched(url);
      });
    } finally {
      await bbs.close();
    }
  });

  test('a dry run writes no canary, and says that it did not ask', () =>
    withBbs({ keys: PASSPHRASES }, async (url, env, bbs) => {
      const { code, record } = await rotateKey(url, { env, isUnproven: true, args: ['--dry-run'] });
      expect(code).toBe(0);
      expect(record!.evidence!.kind).toBe('none');
      expect(bbs.asked).toEqual([]);
      await expectUntouched(url);
    }));

  test('interrupted while it asks: the canary is removed', async () => {
    let interrupt: (() => void) | undefined;
    const onAsked = async () => {
      interrupt!();
      await new Promise(() => undefined);
    };
    await withBbs({ keys: PASSPHRASES, onAsked }, async (url, env) => {
      const { code } = await rotateKey(url, {
        env,
        isUnproven: true,
        onSpawn: (child) => (interrupt = () => child.kill('SIGINT')),
      });
      expect(code).toBe(130);
      await expectUntouched(url);
    });
  });

  test('killed while it asks: the next run removes the canary that was left', async () => {
    let kill: (() => void) | undefined;
    const onAsked = async () => {
      if (kill === undefined) return;
      kill();
      await new Promise(() => undefined);
    };
    await withBbs({ keys: PASSPHRASES, onAsked }, async (url, env, bbs) => {
      const { code } = await rotateKey(url, {
        env,
        isUnproven: true,
        onSpawn: (child) => (kill = () => child.kill('SIGKILL')),
      });
      expect(code).toBeNull();
      expect(await canaries(url)).toEqual(bbs.asked);
      await until(isGone(url), 'its sessions end');
      kill = undefined;
      const again = await rotateKey(url, { env, isUnproven: true });
      expect(again.code).toBe(0);
      expect(again.stderr).toMatch(/[Rr]emoved a canary/);
      expect(await canaries(url)).toEqual([]);
    });
  });
});

describe('nobody is there to be asked', () => {
  test('no BBS holds the lock and none is connected: that is evidence enough', async () => {
    const url = await createDatabase('diego-key-2026-10', 'locket');
    await query(url, `DELETE FROM public.locks WHERE path = 'bbs'`);
    const { code, record } = await rotateKey(url, { isUnproven: true });
    expect(code).toBe(0);
    expect(record!.evidence!.kind).toBe('no-bbs');
  });
});
