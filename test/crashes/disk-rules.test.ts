import { describe, expect, test } from 'vitest';
import {
  cellGuid,
  diagnose,
  gatherFrom,
  processGuid,
  QUOTA_TEXT,
  Scenario,
  verdicts,
  type EventFormat,
  type LogFormat,
} from './scenario.ts';

const LOGS: LogFormat[] = ['epoch', 'rfc3339', 'syslog', 'gzip'];
const EVENTS: EventFormat[] = ['v2', 'v3'];
const FORMATS = LOGS.flatMap((logs) => EVENTS.map((events) => ({ logs, events })));

const commandsOf = (findings: Awaited<ReturnType<typeof diagnose>>) =>
  findings.flatMap(({ remedies }) => remedies.flatMap(({ command }) => command ?? []));

describe('rule 1: placement', () => {
  test('no cell has room', async () => {
    const scenario = new Scenario().app('big', { disk_mb: 8192, instances: 1 });
    scenario.cell('a', { disk_mb: 100_000, allocated_mb: 96_000 });
    scenario.notPlaced('big', 0, 'insufficient resources: disk');
    const findings = await diagnose(scenario);
    expect(verdicts(findings)).toEqual(['big: placement high']);
    expect(findings[0]!.evidence.join(' ')).toContain('4000 MB');
    expect(commandsOf(findings)).toContain('cgdiego sizing');
  });

  test('contradicted by a cell with room', async () => {
    const scenario = new Scenario('a').app('tagged', { disk_mb: 2048, instances: 1 });
    scenario.notPlaced('tagged', 0, 'insufficient resources: disk, memory');
    const findings = await diagnose(scenario);
    expect(verdicts(findings)).toEqual(['tagged: placement medium']);
    expect(findings[0]!.contradicting.join(' ')).toContain('90000 MB');
  });

  test('memory is none of it', async () => {
    const scenario = new Scenario('a').app('x').notPlaced('x', 0, 'insufficient resources: memory');
    expect(await diagnose(scenario)).toEqual([]);
  });
});

describe("rule 2: the host's disk", () => {
  /** Three apps that run well elsewhere fail on cell a. */
  const several = () => {
    const scenario = new Scenario('a', 'b', 'c');
    for (const app of ['one', 'two', 'three']) {
      scenario.app(app).runs(app, 0, 'b', 900).crashes(app, 1, 'a');
    }
    return scenario;
  };

  test.each(FORMATS)(
    'several unrelated apps fail on one cell ($logs logs, $events events)',
    async (formats) => {
      const findings = await diagnose(several(), formats);
      expect(verdicts(findings)).toEqual(['one', 'two', 'three'].map((app) => `${app}: host-disk-full high`));
      expect(findings[0]!.cells).toEqual([cellGuid('a')]);
      expect(commandsOf(findings)).toContain(`bosh -d cf recreate diego-cell/${cellGuid('a')}`);
      expect(findings[0]!.remedies.some(({ text }) => text.includes('disk_capacity_mb'))).toBe(true);
    },
  );

  test('two processes of one app are not unrelated', async () => {
    const scenario = new Scenario('a', 'b').app('web').app('worker');
    scenario.desired[1]!.app_guid = scenario.desired[0]!.app_guid;
    for (const app of ['web', 'worker']) scenario.runs(app, 0, 'b', 100).crashes(app, 1, 'a');
    const findings = await diagnose(scenario);
    expect(findings.map(({ verdict }) => verdict)).toEqual(['over-enforcement', 'over-enforcement']);
  });

  test.each(LOGS)('one app is enough when the rep says that its disk is full (%s)', async (logs) => {
    const scenario = new Scenario('a', 'b')
      .app('one')
      .runs('one', 0, 'b', 100)
      .crashes('one', 1, 'a')
      .hostError('a');
    // The line on the host's disk names no cell but in a syslog frame; its file speaks of one cell only.
    const findings = await diagnose(scenario, { logs });
    const expected = 'one: host-disk-full high';
    expect(verdicts(findings)).toEqual([expected]);
    expect(findings[0]!.evidence.join(' ')).toContain('download_cache');
  });

  test('one app is enough when the containers of the cell use all of its capacity', async () => {
    const scenario = new Scenario('b').app('one').app('hog', { instances: 1, disk_mb: 100_000 });
    scenario.cell('a', { disk_mb: 10_000 });
    scenario.runs('hog', 0, 'a', 9800).runs('one', 0, 'b', 100).crashes('one', 1, 'a');
    const findings = (await diagnose(scenario)).filter(({ app_name }) => app_name === 'one');
    expect(verdicts(findings)).toEqual(['one: host-disk-full high']);
    expect(findings[0]!.evidence.join(' ')).toContain('98%');
  });

  test('the text itself says so', async () => {
    const scenario = new Scenario('a').app('one', { instances: 1 });
    scenario.crashes(
      'one',
      0,
      'a',
      'failed to create container: running image plugin create: making image: mkdir /var/vcap/data/grootfs/store/unprivileged/images/x: no space left on device',
    );
    expect(verdicts(await diagnose(scenario))).toEqual(['one: host-disk-full high']);
    // Without a source that knows the cell the verdict stays, and the command has a place for it.
    const alone = await diagnose(scenario, { logs: false, events: false });
    expect(verdicts(alone)).toEqual(['one: host-disk-full high']);
    expect(commandsOf(alone)).toContain('bosh -d cf recreate diego-cell/CELL_ID');
  });

  test('an app whose files are too large for its quota is no witness against the cell', async () => {
    const scenario = new Scenario('a', 'b').app('large', { instances: 1 }).app('fine');
    scenario.crashes('large', 0, 'a', QUOTA_TEXT, { fetched_mb: 1100 });
    scenario.runs('fine', 0, 'b', 100).crashes('fine', 1, 'a');
    expect(verdicts(await diagnose(scenario)).sort()).toEqual([
      'fine: over-enforcement high',
      'large: quota-too-small high',
    ]);
  });

  test('the same cell fails for two reasons', async () => {
    const scenario = several().app('large', { instances: 1 });
    scenario.crashes('large', 0, 'a', QUOTA_TEXT, { fetched_mb: 1100 });
    scenario.app('image', { rootfs: 'docker:///org/image#latest', instances: 1 });
    scenario.crashes(
      'image',
      0,
      'a',
      'failed to create container: running image plugin create: pulling the image: layers exceed disk quota 2147483648/1073741824 bytes',
    );
    const findings = await diagnose(scenario);
    expect(verdicts(findings)).toEqual([
      'one: host-disk-full high',
      'two: host-disk-full high',
      'three: host-disk-full high',
      'large: quota-too-small high',
      'image: image-counts high',
    ]);
    const large = findings.find(({ app_name }) => app_name === 'large')!;
    expect(large.evidence.join(' ')).toContain(`The disk of cell ${cellGuid('a')} is full besides`);
  });

  test('one process that fails on a full cell and on a healthy one gets both verdicts', async () => {
    const scenario = several();
    scenario.cell('d');
    scenario
      .app('both', { instances: 3 })
      .runs('both', 0, 'b', 100)
      .crashes('both', 1, 'a')
      .crashes('both', 2, 'd');
    const findings = (await diagnose(scenario)).filter(({ app_name }) => app_name === 'both');
    expect(findings.map(({ verdict, cells }) => [verdict, cells])).toEqual([
      ['host-disk-full', [cellGuid('a')]],
      ['over-enforcement', [cellGuid('d')]],
    ]);
  });
});

describe('rule 3: the image counts', () => {
  test.each([
    'failed to create container: running image plugin create: pulling the image: layers exceed disk quota 1380124672/1073741824 bytes\n: exit status 1',
    'failed to create container: running image plugin create: making image: creating image: applying disk limits: disk limit is smaller than volume size\n: exit status 1',
    'failed to create container: running image plugin create: uncompressed layer size exceeds quota',
  ])('%s', async (text) => {
    const scenario = new Scenario('a').app('docker', { rootfs: 'docker:///org/image#latest', instances: 1 });
    scenario.crashes('docker', 0, 'a', text);
    const findings = await diagnose(scenario);
    expect(verdicts(findings)).toEqual(['docker: image-counts high']);
    expect(commandsOf(findings)).toContain('cf scale docker -k 2G');
    expect(findings[0]!.remedies.some(({ text: remedy }) => remedy.includes('image smaller'))).toBe(true);
  });

  test('the sizes of the text are given', async () => {
    const scenario = new Scenario('a').app('docker', { rootfs: 'docker:///org/image#latest', instances: 1 });
    scenario.crashes(
      'docker',
      0,
      'a',
      'failed to create container: layers exceed disk quota 1380124672/1073741824 bytes',
    );
    expect((await diagnose(scenario))[0]!.evidence.join(' ')).toContain(
      '1316 MB in its layers, the quota is 1024 MB',
    );
  });

  test('a Docker image leaves too little for what is copied in', async () => {
    const scenario = new Scenario('a', 'b').app('docker', { rootfs: 'docker:///org/image#latest' });
    scenario.crashes('docker', 0, 'a').crashes('docker', 1, 'b');
    expect(verdicts(await diagnose(scenario))).toEqual(['docker: image-counts medium']);
  });

  test('a layer error of a preloaded root file system contradicts itself', async () => {
    const scenario = new Scenario('a').app('odd', { instances: 1 });
    scenario.crashes(
      'odd',
      0,
      'a',
      'failed to create container: layers exceed disk quota 1380124672/1073741824 bytes',
    );
    const findings = await diagnose(scenario);
    expect(verdicts(findings)).toEqual(['odd: image-counts medium']);
    expect(findings[0]!.contradicting.join(' ')).toContain('preloaded:cflinuxfs4');
  });

  test('a droplet as a layer counts too', async () => {
    const scenario = new Scenario('a').app('layered', {
      rootfs: 'preloaded+layer:cflinuxfs4?layer=https://blobs/d.tgz&layer_path=/home/vcap',
      instances: 1,
    });
    scenario.crashes('layered', 0, 'a', 'failed to create container: uncompressed layer size exceeds quota');
    const findings = await diagnose(scenario);
    expect(verdicts(findings)).toEqual(['layered: image-counts high']);
    expect(findings[0]!.evidence.join(' ')).toContain('droplet is a layer');
  });
});

describe('rule 4: over-enforcement', () => {
  const onSomeCells = (used = 300) =>
    new Scenario('a', 'b', 'c')
      .app('app', { instances: 3 })
      .runs('app', 0, 'b', used)
      .runs('app', 1, 'c', used)
      .crashes('app', 2, 'a');

  test.each(FORMATS)('it runs below 80% elsewhere ($logs logs, $events events)', async (formats) => {
    const findings = await diagnose(onSomeCells(), formats);
    expect(verdicts(findings)).toEqual(['app: over-enforcement high']);
    expect(findings[0]!.evidence.join(' ')).toContain('29% of the quota');
    expect(commandsOf(findings)).toEqual(
      expect.arrayContaining([`bosh -d cf restart diego-cell/${cellGuid('a')}`, 'cf scale app -k 2G']),
    );
  });

  test.each([
    [79, 'over-enforcement'],
    [81, 'quota-too-small'],
  ])('the limit is about 80 percent (%d percent used): %s', async (percent, verdict) => {
    const [finding] = await diagnose(onSomeCells((percent / 100) * 1024));
    expect(finding!.verdict).toBe(verdict);
  });

  test('what the logs say of the size elsewhere is as good as a metric', async () => {
    const scenario = onSomeCells();
    scenario.copy('app', 0, 'b', { fetched_mb: 80, streamed_mb: 250 });
    expect(verdicts(await diagnose(scenario, { live: false }))).toEqual(['app: over-enforcement high']);
  });

  test('without either it is undetermined, and says what would tell', async () => {
    const findings = await diagnose(onSomeCells(), { live: false, logs: false });
    expect(verdicts(findings)).toEqual(['app: undetermined low']);
    expect(findings[0]!.candidates).toContain('over-enforcement');
    expect(findings[0]!.missing.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['the metrics of the reps', 'the logs of the reps']),
    );
    expect(findings[0]!.missing.every(({ how }) => how !== '')).toBe(true);
  });

  test('without the cells it is less sure', async () => {
    const findings = await diagnose(onSomeCells(), { logs: false, events: false });
    expect(verdicts(findings)).toEqual(['app: over-enforcement low']);
    expect(findings[0]!.missing.map(({ what }) => what)).toContain(
      'the crash events of the Cloud Controller',
    );
  });

  test('contradicted by an instance that runs on the very cell', async () => {
    const scenario = onSomeCells().app('app2');
    scenario.desired[0]!.instances = 4;
    scenario.runs('app', 3, 'a', 300);
    const findings = await diagnose(scenario);
    expect(verdicts(findings)).toEqual(['app: over-enforcement low']);
    expect(findings[0]!.contradicting.join(' ')).toContain('on which others of it fail');
  });

  test('Garden-Linux: the bare text, though what is copied in is small', async () => {
    const scenario = new Scenario('a', 'b').app('old', { disk_mb: 512 });
    scenario.copy('old', 0, 'a', { fetched_mb: 40, streamed_mb: 120 });
    const bare = 'Copying into the container failed';
    scenario.crashes('old', 0, 'a', bare, { error: null }).crashes('old', 1, 'b', bare, { error: null });
    const findings = await diagnose(scenario, { logs: 'epoch', events: 'v2' });
    expect(verdicts(findings)).toEqual(['old: over-enforcement medium']);
    expect(findings[0]!.evidence.join(' ')).toContain('Garden-Linux');
    expect(commandsOf(findings)).toContain('cf scale old -k 1G');
  });
});

describe('rule 5: the quota is too small', () => {
  test.each(FORMATS)('it fails on every cell ($logs logs, $events events)', async (formats) => {
    const scenario = new Scenario('a', 'b').app('app').crashes('app', 0, 'a').crashes('app', 1, 'b');
    const findings = await diagnose(scenario, formats);
    expect(verdicts(findings)).toEqual(['app: quota-too-small high']);
    expect(commandsOf(findings)).toEqual(['cf target -o org -s space', 'cf scale app -k 2G', 'cf push app']);
    expect(findings[0]!.remedies.some(({ text }) => text.includes('.cfignore'))).toBe(true);
  });

  test('what is copied in is as large as the quota, even on one cell', async () => {
    const scenario = new Scenario('a').app('app', { instances: 1 });
    scenario.copy('app', 0, 'a', { streamed_mb: 1000 });
    scenario.crashes('app', 0, 'a');
    const findings = await diagnose(scenario, { events: false });
    expect(verdicts(findings)).toEqual(['app: quota-too-small high']);
    expect(commandsOf(findings)).toContain('cf scale app -k 1280M');
  });

  test('all instances fail, and the store is all there is', async () => {
    const scenario = new Scenario('a', 'b').app('app').crashes('app', 0, 'a').crashes('app', 1, 'b');
    const findings = await diagnose(scenario, { live: false, logs: false, events: false });
    expect(verdicts(findings)).toEqual(['app: quota-too-small medium']);
    expect(findings[0]!.missing.map(({ what }) => what)).toEqual([
      'the logs of the reps',
      'the crash events of the Cloud Controller',
    ]);
  });

  test('contradicted by a log that shows little being copied in', async () => {
    const scenario = new Scenario('a', 'b').app('app');
    scenario.copy('app', 0, 'a', { streamed_mb: 200 });
    scenario.crashes('app', 0, 'a').crashes('app', 1, 'b');
    const findings = await diagnose(scenario);
    expect(verdicts(findings)).toEqual(['app: quota-too-small low']);
    expect(findings[0]!.contradicting.join(' ')).toContain('inodes');
  });

  test('the others have next to nothing left', async () => {
    const scenario = new Scenario('a', 'b').app('app').runs('app', 0, 'b', 990).crashes('app', 1, 'a');
    expect(verdicts(await diagnose(scenario))).toEqual(['app: quota-too-small high']);
  });

  test.each([
    { disk: 6144, max: 8192, command: 'cf scale app -k 8G', text: 'maximum' },
    { disk: 1024, max: 10_240, command: 'cf scale app -k 2G', text: 'Raise' },
    { disk: 8192, max: 8192, command: undefined, text: 'is the maximum' },
  ])('respects a maximum of $max MB for a quota of $disk MB', async ({ disk, max, command, text }) => {
    const scenario = new Scenario('a', 'b')
      .app('app', { disk_mb: disk })
      .crashes('app', 0, 'a')
      .crashes('app', 1, 'b');
    const findings = await diagnose(scenario, {}, { max_app_disk_mb: max });
    const scale = commandsOf(findings).filter((line) => line.startsWith('cf scale'));
    expect(scale).toEqual(command === undefined ? [] : [command]);
    expect(findings[0]!.remedies.some((remedy) => remedy.text.includes(text))).toBe(true);
  });
});

describe('rule 6: it fills at run time', () => {
  const TEXT = 'APP/PROC/WEB: Exited with status 4; write /home/vcap/app/tmp/cache: disk quota exceeded';

  test('it says so, and another instance is nearly full', async () => {
    const scenario = new Scenario('a', 'b').app('app').runs('app', 0, 'b', 1000).crashes('app', 1, 'a', TEXT);
    const findings = await diagnose(scenario);
    expect(verdicts(findings)).toEqual(['app: filled-at-run-time high']);
    expect(commandsOf(findings).some((line) => line.startsWith('cf ssh app -c'))).toBe(true);
  });

  test('nobody measured it', async () => {
    const scenario = new Scenario('a').app('app', { instances: 1 }).crashes('app', 0, 'a', TEXT);
    const findings = await diagnose(scenario, { live: false });
    expect(verdicts(findings)).toEqual(['app: filled-at-run-time medium']);
    expect(findings[0]!.missing.map(({ what }) => what)).toContain('the metrics of the reps');
  });

  test('the text says nothing, but the others are full', async () => {
    const scenario = new Scenario('a', 'b').app('app').runs('app', 0, 'b', 1020);
    scenario.crashes('app', 1, 'a', 'APP/PROC/WEB: Exited with status 1');
    const findings = await diagnose(scenario);
    expect(verdicts(findings)).toEqual(['app: filled-at-run-time medium']);
    expect(findings[0]!.missing.map(({ what }) => what)).toContain("the app's log");
  });

  test('an exit of an app with room is none of it', async () => {
    const scenario = new Scenario('a', 'b').app('app').runs('app', 0, 'b', 300);
    scenario.crashes('app', 1, 'a', 'APP/PROC/WEB: Exited with status 1');
    expect(await diagnose(scenario)).toEqual([]);
  });

  test('contradicted by instances that use little', async () => {
    const scenario = new Scenario('a', 'b').app('app').runs('app', 0, 'b', 100).crashes('app', 1, 'a', TEXT);
    const findings = await diagnose(scenario);
    expect(verdicts(findings)).toEqual(['app: filled-at-run-time medium']);
    expect(findings[0]!.contradicting.join(' ')).toContain('10%');
  });

  test('a health check that speaks of a full disk', async () => {
    const scenario = new Scenario('a').app('app', { instances: 1 });
    scenario.crashes('app', 0, 'a', 'Instance became unhealthy: write /tmp/check: no space left on device');
    expect(verdicts(await diagnose(scenario))).toEqual(['app: filled-at-run-time medium']);
  });
});

describe('rule 7: staging', () => {
  test.each([
    QUOTA_TEXT,
    'Exited with status 223; tar: /tmp/output-cache: Wrote only 2048 of 10240 bytes: No space left on device',
  ])('%s', async (text) => {
    const scenario = new Scenario('a').app('app').stagingFails('app', text, { cell: 'a' });
    const findings = await diagnose(scenario);
    expect(verdicts(findings)).toEqual(['app: staging high']);
    expect(findings[0]!.kind).toBe('task');
    expect(commandsOf(findings).some((line) => line.includes('clear_buildpack_cache'))).toBe(true);
    expect(commandsOf(findings).some((line) => line.includes('"staging_disk_in_mb":8192'))).toBe(true);
  });

  test('a build that failed for something else is none of it', async () => {
    expect(
      await diagnose(new Scenario('a').app('app').stagingFails('app', 'STG: Exited with status 223')),
    ).toEqual([]);
  });

  test('no cell with room comes first', async () => {
    const scenario = new Scenario('a').app('app').stagingFails('app', 'insufficient resources: disk');
    expect((await diagnose(scenario)).map(({ verdict }) => verdict)).toEqual(['placement']);
  });

  test('a full cell comes first', async () => {
    const scenario = new Scenario('a', 'b');
    for (const app of ['one', 'two']) scenario.app(app).runs(app, 0, 'b', 100).crashes(app, 1, 'a');
    scenario.app('app').stagingFails('app', QUOTA_TEXT, { cell: 'a' });
    const findings = await diagnose(scenario);
    expect(findings.find(({ kind }) => kind === 'task')!.verdict).toBe('host-disk-full');
  });
});

describe('rule 8: undetermined', () => {
  test('one instance, the store alone: every source that is missing is named with how to get it', async () => {
    const scenario = new Scenario('a', 'b').app('app', { instances: 1 }).crashes('app', 0, 'a');
    const findings = await diagnose(scenario, { live: false, logs: false, events: false });
    expect(verdicts(findings)).toEqual(['app: undetermined low']);
    expect(findings[0]!.candidates).toEqual(['quota-too-small', 'host-disk-full', 'over-enforcement']);
    expect(findings[0]!.missing.map(({ what }) => what)).toEqual([
      'the crash events of the Cloud Controller',
      'the logs of the reps',
    ]);
    expect(commandsOf(findings).some((line) => line.startsWith('cf curl'))).toBe(true);
  });
});

describe('recovered', () => {
  test('an instance that runs again keeps its old reason, and is told from one that fails', async () => {
    const scenario = new Scenario('a', 'b').app('app', { instances: 1 });
    scenario.crashes('app', 0, 'a').runs('app', 0, 'b', 300);
    const findings = await diagnose(scenario);
    expect(verdicts(findings)).toEqual(['app: over-enforcement medium recovered']);
    expect(findings[0]!).toMatchObject({ failing: 0, running: 1 });
    expect(findings[0]!.evidence.join(' ')).toContain('runs again');
  });

  test('from the store alone: the old reason says that it happened, not where', async () => {
    const scenario = new Scenario('a', 'b').app('app', { instances: 1 });
    scenario.crashes('app', 0, 'a').runs('app', 0, 'b', 300);
    const [finding] = await diagnose(scenario, { live: false, logs: false, events: false });
    expect(finding).toMatchObject({ verdict: 'undetermined', recovered: true, first_at: null });
  });

  test('one instance recovered while another still fails', async () => {
    const scenario = new Scenario('a', 'b', 'c').app('app');
    scenario.crashes('app', 0, 'a').runs('app', 0, 'b', 300).crashes('app', 1, 'a');
    const [finding] = await diagnose(scenario);
    expect(finding).toMatchObject({ verdict: 'over-enforcement', recovered: false, failing: 1, running: 1 });
  });
});

describe('joining', () => {
  test('store, event and log of one crash are one failure with all that each knows', async () => {
    const scenario = new Scenario('a').app('app', { instances: 1 }).crashes('app', 0, 'a');
    for (const formats of FORMATS) {
      const { evidence } = await gatherFrom(scenario, formats);
      expect(evidence.processes[0]!.failures).toHaveLength(1);
      expect(evidence.processes[0]!.failures[0]!).toMatchObject({
        sources: ['store', 'event', 'log'],
        cell_id: cellGuid('a'),
        index: 0,
        crash_count: 1,
        current: true,
      });
    }
  });

  test('events of an earlier version of the app are counted and left out', async () => {
    const scenario = new Scenario('a').app('app').crashes('app', 0, 'a');
    scenario.desired[0]!.process_guid = scenario.desired[0]!.process_guid.slice(0, 37) + 'newer';
    const { evidence, unjoined } = await gatherFrom(scenario, { logs: false });
    expect(unjoined.outdated_events).toBe(1);
    expect(evidence.processes[0]!.failures).toEqual([]);
  });

  test('events of apps that are gone are counted and left out', async () => {
    const scenario = new Scenario('a').app('app').app('gone').crashes('gone', 0, 'a');
    scenario.desired.pop();
    scenario.actual.length = 0;
    expect((await gatherFrom(scenario, { logs: false })).unjoined.unknown_events).toBe(1);
  });

  test('without the store, logs and events are enough for a verdict', async () => {
    const scenario = new Scenario('a', 'b').app('app').crashes('app', 0, 'a').crashes('app', 1, 'b');
    const findings = await diagnose(scenario, { store: false });
    expect(verdicts(findings)).toEqual(['app: quota-too-small high']);
    expect(findings[0]!.process_guid).toBe(processGuid('app'));
    expect(findings[0]!.disk_mb).toBeNull();
  });

  test('secrets in texts are masked everywhere', async () => {
    const scenario = new Scenario('a').app('app', { instances: 1 });
    const text = `${QUOTA_TEXT} https://user:hunter2@blobs.internal/droplet?sig=abcdef`;
    scenario.crashes('app', 0, 'a', text, { error: text });
    const { evidence } = await gatherFrom(scenario);
    expect(JSON.stringify([evidence, await diagnose(scenario)])).not.toMatch(/hunter2|abcdef/);
  });
});

describe('remedies fit what is known', () => {
  test('without a quota no number is made up', async () => {
    const scenario = new Scenario('a', 'b').app('app').crashes('app', 0, 'a').crashes('app', 1, 'b');
    const findings = await diagnose(scenario, { store: false, live: false });
    expect(commandsOf(findings)).toContain('cf app app');
    expect(JSON.stringify(findings)).not.toMatch(/null MB|NaN/);
  });

  test('a task gets its disk when it is run', async () => {
    const scenario = new Scenario('a')
      .app('app')
      .stagingFails('app', QUOTA_TEXT, { cell: 'a', disk_mb: 1024 });
    scenario.tasks[0]!.domain = 'cf-tasks';
    expect(commandsOf(await diagnose(scenario))).toContain("cf run-task app --command 'COMMAND' -k 2G");
  });

  test('an instance that evacuates does not mean that the one that replaces it runs', async () => {
    const scenario = new Scenario('a', 'b').app('app', { instances: 1 }).crashes('app', 0, 'a');
    scenario.actual.push({
      ...scenario.actual[0]!,
      presence: 'evacuating',
      state: 'RUNNING',
      cell_id: cellGuid('b'),
      instance_guid: 'evacuating',
    });
    expect((await diagnose(scenario))[0]).toMatchObject({ recovered: false, failing: 1 });
  });
});
