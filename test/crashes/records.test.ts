import { describe, expect, test } from 'vitest';
import { classify } from '../../src/lib/crashes/classify.ts';
import { parseFailOn } from '../../src/lib/crashes/fail-on.ts';
import { groupCrashes, idOfRecord, sortCrashes } from '../../src/lib/crashes/groups.ts';
import { crashRecords, leastCrashingTime, type CrashRecord } from '../../src/lib/crashes/records.ts';
import { UsageError } from '../../src/lib/errors.ts';
import type { CfEvents } from '../../src/lib/evidence/cf-events.ts';
import { guid, processGuid, Scenario } from './scenario.ts';

const OOM = 'APP/PROC/WEB: Exited with status 137 (out of memory)';

function recordsOf(scenario: Scenario, cfEvents?: CfEvents): CrashRecord[] {
  const foundation = scenario.foundation();
  return crashRecords({
    desired: new Map(foundation.desired_lrps.map((lrp) => [lrp.process_guid, lrp])),
    actual: foundation.actual_lrps,
    tasks: foundation.tasks,
    cells: foundation.cells,
    classify,
    cf_events: cfEvents,
  });
}

describe('records', () => {
  test('an instance that went back to UNCLAIMED, one that waits, one that runs again, one that never crashed', () => {
    const scenario = new Scenario('a', 'b').app('app', { instances: 4 });
    scenario.crashes('app', 0, 'a', OOM);
    for (let i = 0; i < 4; i++) scenario.crashes('app', 1, 'a', OOM);
    scenario.crashes('app', 2, 'a', OOM).runs('app', 2, 'b', 10).runs('app', 3, 'b', 10);
    expect(
      recordsOf(scenario).map(({ index, state, recovered, crash_count }) => [
        index,
        state,
        recovered,
        crash_count,
      ]),
    ).toEqual([
      [0, 'UNCLAIMED', false, 1],
      [1, 'CRASHED', false, 4],
      [2, 'RUNNING', true, 1],
    ]);
    const again = recordsOf(scenario)[2]!;
    // It runs on b; where it crashed the store does not say.
    expect(again).toMatchObject({ cell_id: null, class: 'memory-quota', crashing_since: null });
    expect(again.since).not.toBeNull();
  });

  test('a placement error beside an old crash are two texts', () => {
    const scenario = new Scenario('a').app('app');
    scenario.crashes('app', 0, 'a', OOM).notPlaced('app', 0, 'insufficient resources: memory');
    expect(recordsOf(scenario).map(({ kind, class: name }) => [kind, name])).toEqual([
      ['crash', 'memory-quota'],
      ['placement', 'insufficient-resources'],
    ]);
  });

  test('tasks that failed or were rejected have the name of their app', () => {
    const scenario = new Scenario('a').app('app').stagingFails('app', 'cell disappeared before completion');
    Object.assign(scenario.tasks[0]!, {
      rejection_count: 2,
      rejection_reason: 'insufficient resources: disk',
    });
    expect(recordsOf(scenario)).toMatchObject([
      { kind: 'task-failed', class: 'cell', app_name: 'app', index: null },
      { kind: 'task-rejected', class: 'insufficient-resources', crash_count: 2 },
    ]);
    // Rejected too often: the same text twice is one.
    scenario.tasks[0]!.rejection_reason = scenario.tasks[0]!.failure_reason;
    expect(recordsOf(scenario)).toHaveLength(1);
  });

  test('a crash without a text, and one that nobody knows, are not dropped', () => {
    const scenario = new Scenario('a')
      .app('app')
      .crashes('app', 0, 'a', '')
      .crashes('app', 1, 'a', 'the dog ate it');
    expect(recordsOf(scenario).map(({ class: name, text }) => [name, text])).toEqual([
      ['unknown', ''],
      ['unknown', 'the dog ate it'],
    ]);
  });

  test('events tell the cell of the newest crash', () => {
    const scenario = new Scenario('a').app('app').crashes('app', 0, 'a', OOM);
    const event = {
      app_guid: guid('app'),
      app_name: 'app',
      process_guid: null,
      index: 0,
      instance_guid: 'i',
      crash_count: 1,
      exit_description: OOM,
    };
    const events: CfEvents = {
      files: [],
      events: [
        { ...event, cell_id: 'new', at: '2026-11-20T09:00:00Z' },
        { ...event, cell_id: 'old', at: '2026-11-20T08:00:00Z' },
      ],
      others: 0,
      repeated: 0,
      missing_pages: 0,
      problems: [],
    };
    expect(recordsOf(scenario, events)[0]!.cell_id).toBe('new');
  });

  test('passwords in texts are masked', () => {
    const scenario = new Scenario('a')
      .app('app')
      .crashes('app', 0, 'a', 'dial postgres://u:hunter2@db/x: refused');
    expect(recordsOf(scenario)[0]!.text).toBe('dial postgres://u:***@db/x: refused');
  });
});

test.each([
  [1, 0],
  [2, 0],
  [3, 0],
  [4, 30],
  [5, 90],
  [9, 30 + 60 + 120 + 240 + 480 + 960],
  [10, 30 + 60 + 120 + 240 + 480 + 2 * 960],
])('%i crashes take at least %i seconds by the back-off of the BBS', (crashes, seconds) => {
  expect(leastCrashingTime(crashes)).toBe(seconds * 1000);
});

describe('groups', () => {
  const scenario = new Scenario('a', 'b').app('first').app('second');
  scenario.desired[1]!.org_name = 'other';
  for (let i = 0; i < 12; i++) scenario.crashes('second', 1, 'b', OOM);
  scenario.crashes('first', 0, 'a', OOM).crashes('first', 1, 'a', 'Downloading droplet failed');
  scenario.crashes('second', 0, 'a', OOM).runs('second', 0, 'b', 1);
  const records = recordsOf(scenario);

  test('by cause: counts, apps, crashes, who, an example', () => {
    expect(groupCrashes(records, 'cause')).toMatchObject([
      { group: 'memory-quota', count: 3, apps: 2, crashes: 14, recovered: 1, who: ['app'], example: OOM },
      { group: 'download', count: 1, apps: 1, crashes: 1, recovered: 0, who: ['platform'] },
    ]);
  });

  test('the longest-crashing first, though its last crash is the newest', () => {
    const [first] = sortCrashes(records);
    expect(idOfRecord(first!)).toBe(`${processGuid('second')}/1`);
    expect(groupCrashes(records, 'app')[0]!).toMatchObject({ group: 'second', crashes: 13 });
    expect(sortCrashes(records).at(-1)!.recovered).toBe(true);
  });

  test.each([
    ['org', ['other', 'org']],
    ['zone', ['z1']],
    ['cell', ['unknown']],
  ] as const)('by %s', (by, groups) => {
    expect(groupCrashes(records, by).map(({ group }) => group)).toEqual(groups);
  });

  test('of nothing are none', () => {
    expect(groupCrashes([], 'cause')).toEqual([]);
  });
});

describe('--fail-on', () => {
  const records = recordsOf(new Scenario('a').app('app').crashes('app', 0, 'a', OOM));
  test.each([
    ['memory-quota', true],
    ['out-of-memory', true],
    ['app', true],
    ['any', true],
    ['platform', false],
    ['download,memory-quota', true],
    ['download', false],
  ])('%s: %s', (name, found) => {
    expect(records.some(parseFailOn([name], []))).toBe(found);
  });

  test('a name that is none is a usage error', () => {
    expect(() => parseFailOn(['nonsense'], [])).toThrow(UsageError);
  });
});
