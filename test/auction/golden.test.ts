import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MAX_DIFFERENCES, readCase, runCase, type BatchCase } from '../../bench/golden-case.ts';
import { runAuction } from '../../src/lib/auction/auction.ts';
import { referenceAuction } from './reference.ts';

const CASES = fileURLToPath(new URL('../fixtures/auction/', import.meta.url));
const files = readdirSync(CASES).filter((file) => /\.json(\.gz)?$/.test(file));

describe('what the real auctioneer did', () => {
  it.each(files)('%s is what the simulator does', (file) => {
    const outcome = runCase(readCase(CASES + file), runAuction);
    expect(outcome.differences).toEqual([]);
    expect(outcome.ok).toBe(true);
    expect(outcome.placed + outcome.failed).toBeGreaterThan(0);
  });

  it.each(files.filter((file) => file.endsWith('.json')))('%s is what the plain port does', (file) => {
    expect(runCase(readCase(CASES + file), referenceAuction).differences).toEqual([]);
  });

  it('is told without what cells have free, too, where that follows from what they hold', () => {
    const golden = readCase(`${CASES}21-mid-az-loss-z1.json`) as BatchCase;
    for (const cell of golden.cells) delete cell.available;
    expect(runCase(golden, runAuction).differences).toEqual([]);
  });

  it('is told apart from anything else', () => {
    const golden = readCase(`${CASES}10-proxy-memory-commit-reject.json`) as BatchCase;
    const [placement] = golden.result.placements;
    placement!.cell_id = 'cell-b';
    golden.result.failed[0]!.stage = 'auction';
    const outcome = runCase(golden, runAuction);
    expect(outcome.ok).toBe(false);
    expect(outcome.differences).toEqual([
      'result app00.0: expected on cell-b, got on cell-a',
      'result app12.0: expected fails at auction: "", got fails at commit: ""',
    ]);
    expect(outcome.differences.length).toBeLessThanOrEqual(MAX_DIFFERENCES);
  });
});
