import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ActualLrpRow } from '../../src/lib/foundation/actual-lrp-json.ts';
import type { LrpDetail } from '../../src/lib/foundation/lrp-detail.ts';
import type { LrpRow } from '../../src/lib/foundation/lrp-rows.ts';
import type { TaskRow } from '../../src/lib/foundation/task-json.ts';
import type { VolumeRow } from '../../src/lib/volumes/volumes.ts';
import { cfdot, repStates } from '../foundation/oracle.ts';
import { startFakeBbs, type FakeBbs } from '../support/fake-bbs.ts';
import { inspect, parseLines } from '../support/inspect.ts';
import { startLiveFoundation, type LiveFoundation } from '../support/live-foundation.ts';

const HANGS = '00dacd2d-885f-692c-b607-da00a11c1c70';

/** The rep of a cell that runs tasks knows one of them; the rep of another cell has lost one instance and has a strange one. */
const states = repStates();
const tasks = cfdot<{ task_guid: string; cell_id: string; state: string }>('tasks');
const running = tasks.find(
  ({ cell_id, state }) => cell_id !== '' && cell_id !== HANGS && state === 'Running',
)!;
const withTask = states.find(({ cell_id }) => cell_id === running.cell_id)!;
withTask.Tasks = [
  { TaskGuid: running.task_guid, Domain: 'cf-tasks', state: 2, MemoryMB: 1024, DiskMB: 4096 },
];
const odd = states.find(
  ({ cell_id, LRPs }) => cell_id !== HANGS && cell_id !== withTask.cell_id && LRPs.length > 1,
)!;
const [lost] = odd.LRPs.splice(0, 1);
odd.LRPs.push({ ...odd.LRPs[0]!, instance_guid: 'stranger', index: 77 });

let live: LiveFoundation;
let bbs: FakeBbs;
beforeAll(async () => {
  live = await startLiveFoundation({
    [HANGS]: { hang: true },
    [odd.cell_id]: JSON.stringify(odd),
    [withTask.cell_id]: JSON.stringify(withTask),
  });
  bbs = await startFakeBbs(live.pki);
});
afterAll(async () => {
  await live.close();
  await bbs.close();
});

async function askLive(args: string[]): Promise<{ stdout: string; stderr: string }> {
  const { stdout, stderr, code } = await inspect(
    live.url,
    [...args, '--live', '--rep-timeout', '1s', '-o', 'ndjson'],
    { env: live.env },
  );
  expect(code, stderr).toBe(0);
  return { stdout, stderr };
}

describe('--live', () => {
  it('says of each instance whether its rep has it', async () => {
    const { stdout, stderr } = await askLive(['lrps', '--instances']);
    const instances = parseLines<ActualLrpRow>(stdout);
    const checks = new Map(instances.map((row) => [`${row.process_guid}/${row.index}`, row]));
    const actual = cfdot<{
      process_guid: string;
      index: number;
      cell_id: string;
      state: string;
      instance_guid: string;
    }>('actual-lrps');
    expect(checks.size).toBe(actual.length);
    for (const lrp of actual) {
      const row = checks.get(`${lrp.process_guid}/${lrp.index}`)!;
      if (lrp.cell_id === '') expect(row).toMatchObject({ on_rep: null, live_check: 'on no cell' });
      else if (lrp.cell_id === HANGS) expect(row).toMatchObject({ on_rep: null, live_check: 'no answer' });
      else if (lrp.instance_guid === lost!.instance_guid) {
        expect(row).toMatchObject({
          on_rep: false,
          rep_state: null,
          live_check: 'differs: absent',
        });
      } else if (lrp.state === 'CLAIMED') {
        expect(row).toMatchObject({ on_rep: false, live_check: 'agrees, pending' });
      } else expect(row).toMatchObject({ on_rep: true, live_check: 'agrees' });
    }
    expect(stderr).toContain(`Missing: cell ${HANGS}: `);
    expect(stderr).toContain(
      `On reps, but not in the store: 1.\n  ${odd.LRPs.at(-1)!.process_guid}/77 on ${odd.cell_id}\n`,
    );
  });

  it('says of each LRP how many of its instances the reps have', async () => {
    const lrps = parseLines<LrpRow>(
      (await askLive(['lrps', '--columns', 'process_guid,running,on_reps,live_check'])).stdout,
    );
    const count = (guid: string) =>
      states
        .filter(({ cell_id }) => cell_id !== HANGS)
        .flatMap((state) => state.LRPs)
        .filter(({ process_guid }) => process_guid === guid).length;
    for (const row of lrps) {
      expect(row.on_reps).toBe(count(row.process_guid));
      if (row.on_reps! >= row.running)
        expect(row.live_check).toMatch(/^agrees|^differs: \d+ on reps, \d+ in the store/u);
      else expect(row.live_check).toBe('not all answered');
    }
  });

  it('shows it beside one LRP and its instances', async () => {
    const args = ['lrps', lost!.process_guid, '--live', '--rep-timeout', '1s'];
    const { stdout } = await inspect(live.url, args, { env: live.env });
    expect(stdout).toMatch(/\nReps say: +differs: 1 instance\n/u);
    expect(stdout).toMatch(new RegExp(`\n *${lost!.index} +RUNNING +differs: absent`, 'u'));
    const json = await inspect(live.url, [...args, '-o', 'json'], { env: live.env });
    const detail = JSON.parse(json.stdout) as LrpDetail;
    expect(detail.actual_lrps.find(({ index }) => index === lost!.index)).toMatchObject({ on_rep: false });
  });

  it('says of each task whether its rep has it', async () => {
    const listed = parseLines<TaskRow>((await askLive(['tasks'])).stdout);
    expect(listed).toHaveLength(tasks.length);
    for (const task of listed) {
      if (task.task_guid === running.task_guid) {
        expect(task).toMatchObject({ on_rep: true, rep_state: '2', live_check: 'agrees' });
      } else if (task.cell_id === HANGS) expect(task.live_check).toBe('no answer');
      else if (task.cell_id === '') expect(task.live_check).toBe('on no cell');
      else expect(task.live_check).toMatch(/^agrees/u);
    }
  });

  it('knows the volume drivers of the cells, so that nothing is guessed', async () => {
    const volumes = parseLines<VolumeRow>((await askLive(['volumes'])).stdout);
    const known = states
      .filter(({ cell_id, VolumeDrivers }) => cell_id !== HANGS && VolumeDrivers !== null)
      .map(({ cell_id }) => cell_id);
    const placeable = volumes.filter(({ placeable }) => placeable === 'yes');
    expect(placeable.length).toBeGreaterThan(0);
    for (const row of placeable) expect(row.cells).toEqual(expect.arrayContaining(known));
  });

  it('goes with --source api, too: presences from the BBS, containers from the reps', async () => {
    // The captured presences name the captured addresses, which nobody answers here.
    const { stdout, stderr, code } = await inspect(
      '',
      ['lrps', '--instances', '--source', 'api', '--live', '--rep-timeout', '50ms', '-o', 'ndjson'],
      { env: { ...live.env, BBS_URL: bbs.url } },
    );
    expect(code).toBe(0);
    expect(stderr.match(/^Missing: cell /gmu)).toHaveLength(12);
    expect(new Set(parseLines<ActualLrpRow>(stdout).map(({ live_check: check }) => check))).toEqual(
      new Set(['no answer', 'on no cell']),
    );
  });
});
