import { beforeAll, describe, expect, it } from 'vitest';
import type { Terminal } from '../../src/lib/output/terminal.ts';
import { displayWidth } from '../../src/lib/output/width.ts';
import type { SizingReport } from '../../src/lib/sizing/sizing.ts';
import { renderSizing } from '../../src/lib/views/sizing.ts';
import { cfdotFoundation } from '../support/cfdot.ts';
import { fakeTerminal } from '../support/terminal.ts';
import { ask, byHand, twoZones } from './foundations.ts';

const render = (report: SizingReport, terminal: Partial<Terminal>, wide = false) =>
  renderSizing(report, { explain: false, wide }, fakeTerminal(terminal));

/** The lines of a section. */
function section(text: string, heading: string): string[] {
  const lines = text.split('\n');
  const begin = lines.indexOf(heading);
  expect(begin, text).toBeGreaterThanOrEqual(0);
  return lines.slice(begin + 1, lines.indexOf('', begin));
}

describe('the answer as text', () => {
  let captured: SizingReport;
  beforeAll(async () => {
    captured = await ask(cfdotFoundation({ live: true }), { azLoss: true, growth: '2' });
  });

  it.each([true, false])('shows every table and bar whole in 80 columns (unicode: %s)', async (unicode) => {
    const capacity = await ask(cfdotFoundation({ live: true }), {});
    for (const report of [captured, capacity, await ask(await twoZones(), { azLoss: true })]) {
      const narrow = render(report, { width: 80, unicode });
      expect(narrow).not.toMatch(/…|\.\.\.$/mu);
      const tables = (text: string) => text.split('\n').filter((line) => /^[A-Z-]+ {2}/u.test(line));
      // No column is left out.
      expect(tables(narrow).map((line) => line.split(/ +/u))).toEqual(
        tables(render(report, {})).map((line) => line.split(/ +/u)),
      );
      for (const line of narrow.split('\n').filter((each) => /[#█]/u.test(each))) {
        expect(displayWidth(line)).toBeLessThanOrEqual(80);
      }
    }
  });

  it('reads without colour, and has none in a pipe', () => {
    const coloured = render(captured, { width: 80, color: true });
    const plain = render(captured, { width: 80 });
    const escape = '\u001b';
    expect(coloured.replaceAll(new RegExp(`${escape}\\[\\d+m`, 'gu'), '')).toBe(plain);
    expect(coloured).not.toBe(plain);
    expect(render(captured, {})).not.toContain('\u001b');
  });

  it('answers each question with a table, for every loss', () => {
    const text = render(captured, {});
    const rows = section(text, 'Can it be lost?');
    expect(rows[0]).toBe('LOST  VERDICT  INSTANCES  PLACED  NOT-PLACED  APPS-DOWN  APPS-FEWER');
    expect(rows.find((row) => row.startsWith('z1'))).toMatch(/^z1 +fails +181 +131 +50 /u);
    expect(section(text, 'By pool')).toContainEqual(
      expect.stringMatching(/^z1 +isolated-egress +survives +14 +14 +0 +2 of 3$/u),
    );
    expect(section(text, 'Why not')).toContainEqual(
      expect.stringMatching(/^z1 +50 +insufficient resources: memory +/u),
    );
    expect(section(text, 'Staging, chance and time').slice(1)).toHaveLength(3);
    expect(section(text, 'Cells to add').join('\n')).toContain('--add ');
    expect(section(text, 'Runway')[0]).toContain('it is not survivable now');
  });

  it('shows the bars of what runs out first', async () => {
    const made = byHand(
      [
        { cell_id: 'a', zone: 'z1', memory_mb: 65_536 },
        { cell_id: 'b', zone: 'z2', memory_mb: 65_536 },
      ],
      ['p', 'q'].map((process_guid) => ({
        ...{ process_guid, index: 0, memory_mb: 512, disk_mb: 40_000 },
        cell_id: process_guid === 'p' ? 'a' : 'b',
      })),
    );
    const text = render(await ask(made, { zones: ['z1'], search: false }), { unicode: false });
    expect(section(text, 'Disk before and after, if z1 is lost')).toEqual([
      expect.stringMatching(/^z2 +#+\.+ +61% +was 61%$/u),
      expect.stringMatching(/^ +b +#+\.+ +61% +was 61%$/u),
      'What runs out first: disk of shared (61% used afterwards; what is left is in pieces too small).',
    ]);
    // Nothing that is lost runs again, so that there is no time to tell.
    expect(section(text, 'Until all run again, if z1 is lost')).toEqual([
      'None of them finds a place, so that none runs again by itself.',
    ]);
  });

  it('shows the fullest of many cells, and with -o wide all', async () => {
    const made = byHand(
      Array.from({ length: 40 }, (_, i) => ({ cell_id: `c${i}`, zone: `z${i % 2}`, memory_mb: 4096 })),
      [{ process_guid: 'p', index: 0, memory_mb: 512, cell_id: 'c0' }],
    );
    const report = await ask(made, { zones: ['z0'], search: false });
    const bars = (text: string) =>
      section(text, 'Memory before and after, if z0 is lost').filter((l) => l.startsWith('  c'));
    // One zone's 20 cells are few enough.
    expect(bars(render(report, {}))).toHaveLength(20);
    const lost = await ask(made, { cells: ['c0'], search: false });
    const text = (wide: boolean) =>
      render(lost, {}, wide)
        .split('\n')
        .filter((line) => line.startsWith('  c'));
    expect(text(false)).toHaveLength(8);
    expect(text(true)).toHaveLength(39);
  });
});
