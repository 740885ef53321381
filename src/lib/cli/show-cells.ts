import { cellDetail, withRepState } from '../foundation/cell-detail.ts';
import { cellRow, poolRows, zoneRows, type CellRow } from '../foundation/cell-rows.ts';
import {
  cellContentsFromFoundation,
  cellsFromFoundation,
  cellsFromStore,
  readCellContents,
  readCells,
  type CellsAnswer,
} from '../foundation/cells-answer.ts';
import type { CellAndUse } from '../foundation/cells.ts';
import { Gaps } from '../foundation/gaps.ts';
import { liveFields } from '../foundation/live-check.ts';
import { selectOne } from '../foundation/select-one.ts';
import { prepareList, type ListOptions } from '../output/list.ts';
import { assertForOne, writeOne, writeText } from '../output/one.ts';
import type { Column } from '../output/record.ts';
import { TextBuilder } from '../output/sections.ts';
import type { Terminal } from '../output/terminal.ts';
import { cellRecord, POOL_RECORD, ZONE_RECORD } from '../views/cells.ts';
import type { FoundationFlags } from './foundation-flags.ts';
import {
  askRepsOf,
  readsStore,
  sayGaps,
  withFoundation,
  withStore,
  type RepAnswers,
} from './load-foundation.ts';
import type { OpenContext } from './open.ts';

export interface ShowContext extends OpenContext {
  terminal: Terminal;
}

/** `cgdiego cells`: all cells, or one. */
export async function showCells(
  cellId: string | undefined,
  flags: FoundationFlags & { by?: string | undefined },
  options: ListOptions,
  context: ShowContext,
): Promise<void> {
  const { terminal } = context;
  if (cellId !== undefined) {
    assertForOne(options);
    const detail = await readDetail(cellId, flags, context);
    const { cellDetailText } = await import('../views/cell-detail.ts');
    await writeOne(terminal, detail, (to) => cellDetailText(detail, to, Date.now()), options);
    return;
  }
  // The flags are checked before anything is read.
  if (flags.by === 'zone') {
    const list = prepareList(terminal, ZONE_RECORD, options);
    await list.write(zoneRows((await loadCells(flags, context)).cells));
  } else if (flags.by === 'pool') {
    const list = prepareList(terminal, POOL_RECORD, options);
    await list.write(poolRows((await loadCells(flags, context)).cells));
  } else {
    const list = prepareList(terminal, cellRecord(flags.live), options);
    const { cells } = await loadCells(flags, context);
    await rememberForCompletion(cells);
    const { closed } = await list.write(cells.map((cell) => rowOf(cell, flags)));
    if (!closed && withTotals(options)) await writeText(terminal, totalsText(cells, terminal));
  }
}

/** So that the shell can complete the ids that were just on the screen. */
async function rememberForCompletion(cells: readonly CellAndUse[]): Promise<void> {
  const { rememberIds } = await import('./completion/remembered-ids.ts');
  await rememberIds(
    'cells',
    cells.map(({ cell }) => cell.cell_id),
  );
  await rememberIds(
    'zones',
    cells.map(({ cell }) => cell.zone),
  );
}

/** What the rep said stands beside, where it was asked. */
function rowOf(cell: CellAndUse, { live }: Pick<FoundationFlags, 'live'>): CellRow {
  const row = cellRow(cell);
  return live ? { ...row, ...liveFields(cell) } : row;
}

async function loadCells(flags: FoundationFlags, context: ShowContext): Promise<CellsAnswer> {
  const answer = await answerOf(flags, context);
  sayGaps(answer.gaps, context);
  return answer;
}

async function answerOf(flags: FoundationFlags, context: ShowContext): Promise<CellsAnswer> {
  if (!readsStore(flags)) return cellsFromFoundation(await withFoundation(flags, context));
  const answer = await withStore(flags, context, cellsFromStore);
  return flags.live ? (await withReps(answer, flags, context)).answer : answer;
}

async function withReps(
  answer: CellsAnswer,
  flags: FoundationFlags,
  context: ShowContext,
): Promise<{ answer: CellsAnswer; states: RepAnswers['states'] }> {
  const { gaps, states } = await askRepsOf(
    answer.cells.map(({ cell }) => cell),
    flags,
    context,
  );
  return { answer: { ...answer, gaps: [...answer.gaps, ...gaps] }, states };
}

async function readDetail(typed: string, flags: FoundationFlags, context: ShowContext) {
  const pick = ({ cells }: CellsAnswer) => {
    const id = selectOne(
      'cell',
      typed,
      cells.map(({ cell }) => cell.cell_id),
    );
    return cells.find(({ cell }) => cell.cell_id === id)!;
  };
  if (!readsStore(flags)) {
    const foundation = await withFoundation(flags, context);
    const cell = pick(cellsFromFoundation(foundation));
    sayGaps(foundation.gaps, context);
    return cellDetail(cell, cellContentsFromFoundation(foundation, cell.cell.cell_id));
  }
  const gaps = new Gaps();
  const { cell, contents } = await withStore(flags, context, (source) =>
    source.store.readOnly(async (transaction) => {
      const cell = pick({ cells: await readCells(transaction, source, gaps), gaps: [] });
      return { cell, contents: await readCellContents(transaction, source, cell.cell.cell_id, gaps) };
    }),
  );
  const live = flags.live ? await withReps({ cells: [cell], gaps: gaps.list() }, flags, context) : undefined;
  sayGaps(live?.answer.gaps ?? gaps.list(), context);
  const detail = cellDetail(cell, contents);
  if (live === undefined) return detail;
  return withRepState({ ...detail, ...liveFields(cell) }, live.states.get(cell.cell.cell_id));
}

/** The totals stand under a table for people; whoever picks columns or pipes csv asks for them with --by. */
function withTotals({ format, quiet, columns, header }: ListOptions): boolean {
  return (
    (format === 'table' || format === 'wide') && quiet !== true && columns === undefined && header !== false
  );
}

function totalsText(cells: readonly CellAndUse[], terminal: Terminal): string {
  if (cells.length === 0) return '';
  const shown = <Row>(columns: readonly Column<Row>[]) =>
    columns.filter(({ show = 'always' }) => show === 'always');
  const text = new TextBuilder(terminal).raw('\n');
  text.table(shown(ZONE_RECORD.columns), zoneRows(cells)).raw('\n');
  text.table(shown(POOL_RECORD.columns), poolRows(cells));
  return text.toString();
}
