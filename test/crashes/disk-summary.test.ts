import { describe, expect, test } from 'vitest';
import { diagnoseDisk } from '../../src/lib/crashes/disk-rules.ts';
import { summarizeDisk } from '../../src/lib/crashes/disk-summary.ts';
import { quotaAdvice } from '../../src/lib/crashes/quota-advice.ts';
import { cellGuid, gatherFrom, Scenario } from './scenario.ts';

async function summaryOf(scenario: Scenario) {
  const { evidence } = await gatherFrom(scenario);
  return summarizeDisk(diagnoseDisk(evidence), evidence);
}

describe('the summary points at', () => {
  test('nothing', async () => {
    const summary = await summaryOf(new Scenario('a').app('fine').runs('fine', 0, 'a', 10));
    expect(summary).toMatchObject({ apps: 0, findings: 0, points_at: { kind: 'nothing' } });
  });

  test('a cell whose disk is full', async () => {
    const scenario = new Scenario('a', 'b', 'c');
    for (const app of ['one', 'two', 'three']) scenario.app(app).runs(app, 0, 'b', 900).crashes(app, 1, 'a');
    scenario.app('large').crashes('large', 0, 'b').crashes('large', 1, 'c');
    const summary = await summaryOf(scenario);
    expect(summary.points_at).toMatchObject({ kind: 'cell', names: [cellGuid('a')] });
    expect(summary.by_verdict).toMatchObject([
      { name: 'host-disk-full', apps: 3 },
      { name: 'quota-too-small', apps: 1 },
    ]);
    expect(summary.by_cell[0]).toMatchObject({ name: cellGuid('a'), apps: 3 });
  });

  test('cells that are too strict', async () => {
    const scenario = new Scenario('a', 'b').app('one').runs('one', 0, 'b', 100).crashes('one', 1, 'a');
    expect((await summaryOf(scenario)).points_at).toMatchObject({ kind: 'cell', names: [cellGuid('a')] });
  });

  test('a stack, when its apps fail and those of another do not', async () => {
    const scenario = new Scenario('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    const cells = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    for (let i = 0; i < 4; i++) {
      scenario.app(`old-${i}`, { rootfs: 'preloaded:cflinuxfs3' });
      scenario.crashes(`old-${i}`, 0, cells[2 * i]!).crashes(`old-${i}`, 1, cells[2 * i + 1]!);
    }
    for (let i = 0; i < 8; i++) scenario.app(`new-${i}`).runs(`new-${i}`, 0, cells[i]!, 100);
    expect((await summaryOf(scenario)).points_at).toMatchObject({ kind: 'stack', names: ['cflinuxfs3'] });
  });

  test('the apps', async () => {
    const cells = ['a', 'b', 'c', 'd', 'e', 'f'];
    const scenario = new Scenario(...cells);
    for (let i = 0; i < 3; i++) {
      scenario
        .app(`app-${i}`)
        .crashes(`app-${i}`, 0, cells[2 * i]!)
        .crashes(`app-${i}`, 1, cells[2 * i + 1]!);
    }
    expect((await summaryOf(scenario)).points_at.kind).toBe('apps');
  });

  test('nothing clear, when most cannot be told', async () => {
    const scenario = new Scenario('a', 'b').app('one', { instances: 1 }).app('two', { instances: 1 });
    scenario.crashes('one', 0, 'a').crashes('two', 0, 'b');
    expect((await summaryOf(scenario)).points_at.kind).toBe('unclear');
  });
});

describe('quota advice', () => {
  const advise = async (scenario: Scenario, given = {}, max = 10_240) => {
    const { evidence } = await gatherFrom(scenario, given);
    return quotaAdvice(evidence, max);
  };

  test.each([
    [1000, 1024, 'about-to-fail', 1280],
    [930, 1024, 'about-to-fail', 1280],
    [900, 1024, 'tight', 1280],
    [600, 1024, 'fits', null],
    [100, 4096, 'far-too-much', 256],
    [100, 512, 'fits', null],
    [1000, 1024, 'about-to-fail', 1280],
  ])('%d MB of %d MB: %s', async (used, disk, advice, suggested) => {
    const scenario = new Scenario('a').app('app', { disk_mb: disk }).runs('app', 0, 'a', used);
    expect((await advise(scenario))[0]).toMatchObject({
      advice,
      suggested_mb: suggested,
      largest_use_mb: used,
    });
  });

  test('the fullest instance counts, and what lowering gives back counts for all', async () => {
    const scenario = new Scenario('a').app('app', { disk_mb: 4096, instances: 10 });
    scenario.runs('app', 0, 'a', 50).runs('app', 1, 'a', 500);
    expect((await advise(scenario))[0]).toMatchObject({
      advice: 'far-too-much',
      largest_use_mb: 500,
      measured: 2,
      suggested_mb: 1024,
      reclaimable_mb: 30_720,
      command: 'cf scale app -k 1G',
    });
  });

  test('no suggestion goes above the maximum', async () => {
    const scenario = new Scenario('a').app('app', { disk_mb: 2048 }).runs('app', 0, 'a', 2000);
    expect((await advise(scenario, {}, 2048))[0]).toMatchObject({
      advice: 'about-to-fail',
      suggested_mb: null,
    });
  });

  test('the fullest come first, what nobody measured last', async () => {
    const scenario = new Scenario('a').app('unknown').app('fits').app('full');
    scenario.runs('fits', 0, 'a', 600).runs('full', 0, 'a', 1000);
    expect((await advise(scenario)).map(({ app_name }) => app_name)).toEqual(['full', 'fits', 'unknown']);
    expect((await advise(scenario, { live: false })).every(({ advice }) => advice === 'unknown')).toBe(true);
  });

  test('what is copied in is in use, as far as a log tells it', async () => {
    const scenario = new Scenario('a').app('app');
    scenario.copy('app', 0, 'a', { streamed_mb: 1000 });
    expect((await advise(scenario, { live: false }))[0]).toMatchObject({
      advice: 'about-to-fail',
      largest_use_mb: 1000,
    });
  });
});
