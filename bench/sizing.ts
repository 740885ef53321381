/**
 * What the loss of each of three zones costs, as a whole process: `npm run bench:sizing [-- INSTANCES [SEEDS]]` (build
 * first). The snapshot has the proportions of the golden case 30; the search for cells to add, or that could go, is
 * part of it.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { SizingReport } from '../src/lib/sizing/sizing.ts';
import { hugeFoundation, writeHugeSnapshot } from './support/huge-foundation.ts';
import { measureCgdiego } from './support/process.ts';
import { machineFacts, markdownTable } from './support/report.ts';

const [instances = 250_000, seeds = 5] = process.argv.slice(2).map(Number);

const folder = await mkdtemp(join(tmpdir(), 'cgdiego-bench-'));
try {
  const path = join(folder, 'snapshot.json');
  const input = hugeFoundation(instances);
  const placed = await writeHugeSnapshot(path, input);
  const rows: string[][] = [];
  for (const args of [['--search'], ['--no-search']]) {
    const run = await measureCgdiego(
      ['sizing', '--az-loss', '--seeds', String(seeds), '--from', path, '-o', 'json', ...args],
      { keepStdout: true, expect: [0, 3] },
    );
    const { losses, cells_to_add: add, cells_to_spare: spare } = JSON.parse(run.stdout) as SizingReport;
    const answer =
      add !== null
        ? `${add[0]!.total} cells to add`
        : spare !== null
          ? `${spare.reduce((sum, { count }) => sum + count, 0)} cells could go`
          : '';
    rows.push([
      `${placed} on ${input.cells.length}, ${args[0]!}`,
      losses!.map(({ lost, not_placed }) => `${lost} (${not_placed} not placed)`).join(', '),
      answer,
      run.seconds.toFixed(1),
      run.cpuSeconds.toFixed(1),
      run.peakRssMb.toFixed(0),
    ]);
  }
  const head = ['instances', 'lost', 'answer', 's', 'CPU s', 'peak MiB'];
  const size = ((await stat(path)).size / 2 ** 20).toFixed(0);
  process.stdout.write(
    `${markdownTable(head, rows)}\n${machineFacts([`snapshot of ${size} MiB`, `${seeds} seeds`])}\n`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
