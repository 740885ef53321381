import { describe, expect, test } from 'vitest';
import { cgdiego } from '../support/cli.ts';
import { createDatabase, type Dump } from '../support/database.ts';

const removable = async (label: string, ...dumps: Dump[]) => {
  const env = { CGDIEGO_DATABASE_URL: await createDatabase(...dumps) };
  return cgdiego(['keys', 'audit', '--removable', label], { env });
};

describe('keys audit --removable, without any key', () => {
  test.each<[Dump, string, number]>([
    ['diego-key-2026-11', 'key-2026-10', 0],
    ['diego-key-2026-11', 'key-2026-11', 3],
    ['diego-after-bbs-rotation-leftovers', 'key-2026-10', 3],
  ])('%s: %s exits with %i', async (dump, label, code) => {
    expect((await removable(label, dump)).code).toBe(code);
  });

  test.each([[['locket']], [[]]] as [Dump[]][])(
    'a database that is no store proves nothing: %j',
    async (dumps) => {
      const { code, stdout, stderr } = await removable('key-2026-10', ...dumps);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/not the store of a BBS.*desired_lrps, actual_lrps, tasks/su);
    },
  );
});
