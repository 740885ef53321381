import { describe, expect, it } from 'vitest';
import type { ActualLrp, Foundation } from '../../src/lib/foundation/types.ts';
import { ask, byHand } from './foundations.ts';

const NO_STAGING = { tasksPerZone: 0, memoryMb: 1024, diskMb: 4096 };
const question = { azLoss: true, headroom: NO_STAGING, search: false, proxyMemoryMb: 0, seeds: 0 };

const cells = [
  { cell_id: 'a0', zone: 'z1', memory_mb: 8192 },
  { cell_id: 'a1', zone: 'z1', memory_mb: 8192 },
  { cell_id: 'b0', zone: 'z2', memory_mb: 8192 },
  { cell_id: 'b1', zone: 'z2', memory_mb: 8192 },
];

function foundation(): Foundation {
  return byHand(cells, [
    { process_guid: 'web', index: 0, memory_mb: 1024, cell_id: 'a0' },
    { process_guid: 'web', index: 1, memory_mb: 1024, cell_id: 'b0' },
    { process_guid: 'one', index: 0, memory_mb: 1024, cell_id: 'a1' },
  ]);
}

/** One more copy of an instance. */
function copy(of: Foundation, process: string, changes: Partial<ActualLrp>): void {
  of.actual_lrps.push({ ...of.actual_lrps.find((lrp) => lrp.process_guid === process)!, ...changes });
}

describe('what is lost', () => {
  const lossOf = async (made: Foundation, zone: string) =>
    (await ask(made, question)).losses!.find((loss) => loss.zone === zone)!;

  it('is every instance on the cells of the zone', async () => {
    expect(await lossOf(foundation(), 'z1')).toMatchObject({ lost: 2, placed: 2, verdict: 'survivable' });
    expect(await lossOf(foundation(), 'z2')).toMatchObject({ lost: 1, placed: 1 });
  });

  it('counts an instance that evacuates to the other zone where its replacement is', async () => {
    const made = foundation();
    // web/0 moved to b1; its old copy still evacuates from a0.
    made.actual_lrps[0]!.presence = 'evacuating';
    copy(made, 'web', { index: 0, presence: 'ordinary', state: 'CLAIMED', cell_id: 'b1' });
    made.cells[0]!.state = 'evacuating';
    expect(await lossOf(made, 'z1')).toMatchObject({ lost: 1 });
    expect(await lossOf(made, 'z2')).toMatchObject({ lost: 2 });
    const { notes } = await ask(made, question);
    expect(notes.join('\n')).toContain('of 0 suspect and 1 evacuating copies, 1 have a replacement');
    expect(notes.join('\n')).toContain('Evacuating, and so without new work: 1 cell: a0.');
  });

  it('counts an evacuating instance once, where it still runs, while its replacement waits', async () => {
    const made = foundation();
    made.actual_lrps[0]!.presence = 'evacuating';
    copy(made, 'web', { index: 0, presence: 'ordinary', state: 'UNCLAIMED', cell_id: '' });
    expect(await lossOf(made, 'z1')).toMatchObject({ lost: 2 });
    expect((await ask(made, question)).notes.join('\n')).not.toContain('without a place now');
  });

  it('counts a suspect instance once, and not where it was when its replacement runs', async () => {
    const made = foundation();
    made.cells.push({ ...made.cells[0]!, cell_id: 'gone', state: 'missing', capacity: null });
    made.actual_lrps[0]!.presence = 'suspect';
    made.actual_lrps[0]!.cell_id = 'gone';
    copy(made, 'web', { index: 0, presence: 'ordinary', state: 'RUNNING', cell_id: 'b1' });
    expect(await lossOf(made, 'z1')).toMatchObject({ lost: 1 });
    expect((await ask(made, question)).notes.join('\n')).toContain(
      'of 1 suspect and 0 evacuating copies, 1 have',
    );
  });

  it('says how many instances wait already, and leaves them out', async () => {
    const made = foundation();
    copy(made, 'web', { index: 2, state: 'UNCLAIMED', cell_id: '' });
    const report = await ask(made, question);
    expect(report.losses!.map((loss) => loss.lost).sort()).toEqual([1, 2]);
    expect(report.notes.join('\n')).toContain('1 instance without a place now');
  });

  it('names apps that are down, that have fewer instances, and that were there only', async () => {
    const full = byHand(cells.slice(0, 3), [
      { process_guid: 'web', index: 0, memory_mb: 1024, cell_id: 'a0' },
      { process_guid: 'web', index: 1, memory_mb: 7168, cell_id: 'b0' },
      { process_guid: 'one', index: 0, memory_mb: 1024, cell_id: 'a1' },
    ]);
    // web's size is that of its desired LRP, 7,168 MB: b0 has 1,024 left, which `one` takes.
    const { apps, lost, placed } = await lossOf(full, 'z1');
    expect([lost, placed]).toEqual([2, 1]);
    expect(apps.fully_down).toEqual([]);
    expect(apps.fewer_instances).toMatchObject([{ process_guid: 'web', instances: 2, instances_after: 1 }]);
    expect(apps.only_there).toMatchObject([{ process_guid: 'one', instances: 1, instances_after: 1 }]);
  });
});

describe('cells that take no work', () => {
  it('are those that did not answer, as with the auctioneer', async () => {
    const made = foundation();
    made.cells[2]!.live = { error: 'timeout' };
    made.cells[3]!.live = { error: 'timeout' };
    const report = await ask(made, question);
    const loss = report.losses!.find(({ zone }) => zone === 'z1')!;
    expect(loss).toMatchObject({ lost: 2, placed: 0 });
    expect(loss.reasons).toMatchObject([{ placement_error: 'unable to communicate to compatible cells' }]);
    expect(report.notes.join('\n')).toContain(
      'Without an answer, and so without work, as with the auctioneer: 2 cells',
    );
  });
});

describe('the proxy', () => {
  it('is assumed where the store does not say and nothing speaks against it', async () => {
    const { proxy_memory, capacity } = await ask(foundation(), {});
    expect(proxy_memory).toMatchObject({ memory_mb: 32, known_by: 'assumed' });
    expect(capacity.at(-1)!.allocated.memory_mb).toBe(3 * (1024 + 32));
  });

  it('cannot be there when a cell has no room for it', async () => {
    const made = byHand(
      [...cells.slice(0, 1), ...cells.slice(2)],
      Array.from({ length: 8 }, (_, index) => ({
        process_guid: 'web',
        index,
        memory_mb: 1024,
        cell_id: 'a0',
      })),
    );
    const { proxy_memory } = await ask(made, {});
    expect(proxy_memory).toMatchObject({ memory_mb: 0, known_by: 'concluded' });
    expect(proxy_memory.why).toContain('a0');
  });

  it('makes a batch give cells too much, which later rounds mend', async () => {
    // 2 cells with 1,024 MB in z2: with proxies of 32 MB each takes 6 of 128 MB, and the batch counts 7 for each.
    const made = byHand(
      [
        { cell_id: 'a0', zone: 'z1', memory_mb: 8192 },
        { cell_id: 'b0', zone: 'z2', memory_mb: 1024 },
        { cell_id: 'b1', zone: 'z2', memory_mb: 1024 },
      ],
      Array.from({ length: 18 }, (_, i) => ({
        process_guid: `app${i}`,
        index: 0,
        memory_mb: 128,
        cell_id: 'a0',
      })),
    );
    const loss = (await ask(made, { ...question, proxyMemoryMb: 32 })).losses!.find(
      ({ zone }) => zone === 'z1',
    )!;
    expect(loss).toMatchObject({ lost: 18, placed: 12, placed_in_first_round: 12, not_placed: 6 });
    expect(loss.reasons).toMatchObject([{ placement_error: 'insufficient resources: memory', count: 6 }]);
  });
});

describe('input that makes no sense', () => {
  const rejects = (made: Foundation, what: RegExp, extra: Parameters<typeof ask>[1] = {}) =>
    expect(ask(made, { ...question, ...extra })).rejects.toThrow(what);

  it('is answered clearly', async () => {
    await rejects({ ...foundation(), cells: [] }, /There are no cells/);
    const worthless = foundation();
    for (const cell of worthless.cells) cell.capacity = { memory_mb: 0, disk_mb: 0, containers: 0 };
    await rejects(worthless, /None of the cells states a capacity/);
    const negative = foundation();
    negative.desired_lrps[0]!.memory_mb = -5;
    await rejects(negative, /LRP web has a memory_mb of -5/);
    const cell = foundation();
    cell.cells[0]!.capacity!.disk_mb = -1;
    await rejects(cell, /Cell a0 has a disk_mb of -1/);
    await rejects(foundation(), /there is no zone "z9"/, { zones: ['z9'] });
    await rejects(foundation(), /there is no cell "nope"/, { cells: ['nope'] });
    await rejects(foundation(), /2 cells begin with "a"/, { cells: ['a'] });
    await rejects(foundation(), /is not a size/, { cellSize: '-1:2' });
    await rejects(foundation(), /there is no pool "x"/, { add: ['z1:1:x'] });
    await rejects(foundation(), /names no cells/, { add: ['z1:-1'] });
    await rejects(foundation(), /more than 100000 cells/, { add: ['z1:999999999'] });
    await rejects(foundation(), /zone z1 has 2 cells of pool shared/, { remove: ['z1:3'] });
    await rejects(foundation(), /is not a percentage/, { scaleApps: 'x' });
    await rejects(foundation(), /more than nothing/, { growth: '-3' });
  });

  it('is one zone only: nothing survives its loss', async () => {
    const made = foundation();
    for (const cell of made.cells) cell.zone = 'z1';
    const report = await ask(made, { ...question, search: true });
    expect(report.survivable).toBe(false);
    expect(report.losses).toMatchObject([
      {
        zone: 'z1',
        lost: 3,
        placed: 0,
        reasons: [{ placement_error: 'unable to communicate to compatible cells' }],
      },
    ]);
    expect(report.notes[0]).toBe('There is one zone only (z1): nothing survives its loss.');
    expect(report.cells_to_add).toMatchObject([{ cells: [{ zone: 'another-zone' }] }]);
  });

  it('is an app larger than any cell: it is said, and the rest is answered', async () => {
    const made = foundation();
    made.desired_lrps[0]!.memory_mb = 10_000;
    const report = await ask(made, question);
    expect(report.notes.join('\n')).toContain(
      'Larger than every cell that could run them, so that they never find a place: 1 app: web.',
    );
    expect(report.losses!.find(({ zone }) => zone === 'z1')).toMatchObject({ lost: 2, placed: 1 });
  });

  it('is a pool in one zone only', async () => {
    const made = foundation();
    made.cells[0]!.placement_tags = ['iso'];
    made.desired_lrps[0]!.placement_tags = ['iso'];
    const report = await ask(made, question);
    expect(report.pools.find(({ pool }) => pool === 'iso')).toMatchObject({ one_zone_only: true });
    const loss = report.losses!.find(({ zone }) => zone === 'z1')!;
    expect(loss.pools_gone).toEqual(['iso']);
    expect(loss.reasons).toMatchObject([
      { placement_error: 'found no compatible cell with placement tag "iso"', count: 1 },
    ]);
  });
});
