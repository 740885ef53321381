/**
 * What the auction costs as foundations grow: `npm run bench:auction [-- SIZES]`. Every foundation has three zones with
 * cells of 96 GiB and the mix of processes of the golden case 30; all instances are placed on empty cells, then a zone is
 * lost. CPU time of the best of several runs, which other work on the machine disturbs least.
 */
import process from 'node:process';
import { runAuction } from '../src/lib/auction/auction.ts';
import { afterRound } from '../src/lib/auction/rounds.ts';
import { hugeFoundation } from './support/huge-foundation.ts';
import { machineFacts } from './support/report.ts';

const SIZES = process.argv.slice(2).map(Number);
const RUNS = 3;

function measured<T>(run: () => T): { result: T; seconds: number } {
  let best = Infinity;
  let result!: T;
  for (let i = 0; i < RUNS; i++) {
    const before = process.cpuUsage();
    result = run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1e6);
  }
  return { result, seconds: best };
}

const columns = ['instances', 'cells', 'place s', 'lost', 'loss s', 'us/placed', 'us/lost', 'per n log m'];
process.stdout.write(`${columns.map((name) => name.padStart(11)).join('')}\n`);
for (const size of SIZES.length > 0 ? SIZES : [5_000, 20_000, 40_000, 250_000]) {
  const input = hugeFoundation(size);
  const place = measured(() => runAuction(input));
  const zoneOf = new Map(input.cells.map((cell) => [cell.cellId, cell.zone]));
  const lost = new Set(
    place.result.placements
      .filter((each) => zoneOf.get(each.cellId) === 'z1')
      .map((each) => `${each.processGuid}.${each.index}`),
  );
  const survivors = afterRound(input.cells, place.result).filter((cell) => cell.zone !== 'z1');
  const lrps = input.lrps.filter((lrp) => lost.has(`${lrp.processGuid}.${lrp.index}`));
  const loss = measured(() => runAuction({ ...input, cells: survivors, lrps }));
  const row = [
    size,
    input.cells.length,
    place.seconds.toFixed(3),
    lrps.length,
    loss.seconds.toFixed(3),
    ((place.seconds / size) * 1e6).toFixed(2),
    ((loss.seconds / lrps.length) * 1e6).toFixed(2),
    ((place.seconds / (size * Math.log2(input.cells.length))) * 1e6).toFixed(3),
  ];
  process.stdout.write(`${row.map((value) => String(value).padStart(11)).join('')}\n`);
}
process.stdout.write(`${machineFacts()}\n`);
