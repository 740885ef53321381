import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CASES = join(ROOT, 'test/fixtures/auction');
const dir = mkdtempSync(join(tmpdir(), 'cgdiego-golden-'));

interface Outcome {
  name: string;
  ok: boolean;
  placed: number;
  failed: number;
  differences: string[];
}

/** As somebody who checks would run it. */
function golden(...files: string[]): Promise<{ code: number; outcomes: Outcome[]; stderr: string }> {
  return new Promise((resolve) => {
    execFile('npm', ['run', '--silent', 'golden', '--', ...files], { cwd: ROOT }, (error, stdout, stderr) => {
      const lines = stdout.split('\n').filter((line) => line !== '');
      const outcomes = lines.map((line) => JSON.parse(line) as Outcome);
      resolve({ code: error === null ? 0 : Number(error.code), outcomes, stderr });
    });
  });
}

describe('npm run golden', () => {
  it('prints a line for each case file, gzipped or not, and ends with 0 when none differs', async () => {
    const gzipped = join(dir, 'case.json.gz');
    writeFileSync(gzipped, gzipSync(readFileSync(join(CASES, '06-task-interleave.json'))));
    // As Go writes lists that are empty, and without what a case need not have.
    const sparse = join(dir, 'sparse.json');
    const made = JSON.parse(readFileSync(join(CASES, '02-placement-tags.json'), 'utf8')) as {
      result: object;
    };
    Object.assign(made.result, { task_placements: null, failed_tasks: null, cells_after: undefined });
    writeFileSync(sparse, JSON.stringify({ ...made, tasks: null, follow_up_rounds: null }));
    const { code, outcomes } = await golden(
      join(CASES, '10-proxy-memory-commit-reject.json'),
      gzipped,
      sparse,
    );
    expect(outcomes).toEqual([
      { name: '10-proxy-memory-commit-reject', ok: true, placed: 12, failed: 6, differences: [] },
      { name: '06-task-interleave', ok: true, placed: 5, failed: 2, differences: [] },
      { name: '02-placement-tags', ok: true, placed: 4, failed: 4, differences: [] },
    ]);
    expect(code).toBe(0);
  });

  it('names the first 20 differences of a case that the real auctioneer would not have made, and ends with 1', async () => {
    const text = readFileSync(join(CASES, '21-mid-az-loss-z1.json'), 'utf8');
    const made = JSON.parse(text) as { result: { placements: { cell_id: string }[] } };
    const { placements } = made.result;
    const moved = placements[0]!.cell_id;
    for (const placement of placements) placement.cell_id = moved;
    const tampered = join(dir, 'tampered.json.gz');
    writeFileSync(tampered, gzipSync(JSON.stringify(made)));
    const { code, outcomes } = await golden(tampered, join(CASES, '02-placement-tags.json'));
    expect(outcomes.map(({ ok }) => ok)).toEqual([false, true]);
    expect(outcomes[0]!.differences).toHaveLength(20);
    expect(outcomes[0]!.differences[0]).toContain(`expected on ${moved}, got on `);
    expect(code).toBe(1);
  });

  it('ends with 2 when a file is not a case, and still runs the others', async () => {
    const other = join(dir, 'other.json');
    writeFileSync(other, '{"schema": "cgdiego-auction-golden/9"}');
    const { code, outcomes, stderr } = await golden(other, join(CASES, '02-placement-tags.json'));
    expect(outcomes).toMatchObject([{ name: '02-placement-tags', ok: true }]);
    expect(stderr).toContain('not a case file: schema "cgdiego-auction-golden/9"');
    expect(code).toBe(2);
  });
});
