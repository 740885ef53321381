import { beforeAll, describe, expect, it } from 'vitest';
import type { ActualLrpRow } from '../../src/lib/foundation/actual-lrp-json.ts';
import type { LrpDetail } from '../../src/lib/foundation/lrp-detail.ts';
import type { LrpRow } from '../../src/lib/foundation/lrp-rows.ts';
import { cfdot } from '../foundation/oracle.ts';
import { expectEveryFact } from '../foundation/walk.ts';
import { createDatabase, query } from '../support/database.ts';
import { inspect, parseLines } from '../support/inspect.ts';

let url: string;
beforeAll(async () => {
  url = await createDatabase('diego-key-2026-10', 'locket');
});

const byGuid = <Row extends { process_guid: string; index?: number }>(rows: Row[]) =>
  new Map(rows.map((row) => [`${row.process_guid}/${row.index ?? ''}`, row]));

const SECRETS = /BEGIN RSA PRIVATE KEY|dckr_pat|postgres:\/\/u|"value":"(?!\*\*\*)[^"]/u;

describe('lrps', () => {
  it('-o ndjson carries every fact that cfdot desired-lrps and actual-lrps printed', async () => {
    const { stdout, stderr, code } = await inspect(url, ['lrps', '-o', 'ndjson', '--reveal']);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    const rows = parseLines<LrpRow>(stdout);
    const desired = cfdot<{ process_guid: string }>('desired-lrps');
    expect(rows).toHaveLength(desired.length);
    const printed = byGuid(rows);
    for (const lrp of desired) expectEveryFact(printed.get(`${lrp.process_guid}/`), lrp, lrp.process_guid);
    const instances = byGuid(rows.flatMap((row) => row.actual_lrps!));
    const actual = cfdot<{ process_guid: string; index: number }>('actual-lrps');
    expect(instances.size).toBe(actual.length);
    for (const lrp of actual) {
      const key = `${lrp.process_guid}/${lrp.index}`;
      expectEveryFact(instances.get(key), lrp, key);
    }
  });

  it('--full -o ndjson carries every fact of cfdot desired-lrps and desired-lrp-scheduling-infos', async () => {
    const { stdout } = await inspect(url, ['lrps', '--full', '-o', 'ndjson', '--reveal']);
    const printed = byGuid(parseLines<LrpRow>(stdout));
    for (const lrp of cfdot<{ process_guid: string }>('desired-lrps')) {
      expectEveryFact(printed.get(`${lrp.process_guid}/`), lrp, lrp.process_guid);
    }
    for (const info of cfdot<{ process_guid: string; epoch?: string; index?: number }>(
      'desired-lrp-scheduling-infos',
    )) {
      const { epoch, index, ...rest } = info;
      expectEveryFact(
        printed.get(`${info.process_guid}/`),
        { ...rest, modification_tag: { epoch, index } },
        info.process_guid,
      );
    }
  });

  it('--instances -o ndjson carries every fact of cfdot actual-lrps', async () => {
    const { stdout } = await inspect(url, ['lrps', '--instances', '-o', 'ndjson']);
    const printed = byGuid(parseLines<ActualLrpRow>(stdout));
    const captured = cfdot<{ process_guid: string; index: number }>('actual-lrps');
    expect(printed.size).toBe(captured.length);
    for (const lrp of captured) {
      const key = `${lrp.process_guid}/${lrp.index}`;
      expectEveryFact(printed.get(key), lrp, key);
    }
  });

  it('prints the same as objects and as ready lines', async () => {
    for (const list of [[], ['--instances'], ['--full']]) {
      const [lines, objects] = await Promise.all([
        inspect(url, ['lrps', ...list, '-o', 'ndjson']),
        inspect(url, ['lrps', ...list, '-o', 'json']),
      ]);
      expect(JSON.parse(objects.stdout)).toEqual(parseLines(lines.stdout));
    }
  });

  it('shows no secret unless asked to, in any of its forms', async () => {
    const guid = cfdot<{ process_guid: string; image_password?: string }>('desired-lrps').find(
      (lrp) => lrp.image_password !== undefined,
    )!.process_guid;
    for (const args of [
      ['lrps', '-o', 'ndjson'],
      ['lrps', '--full', '-o', 'json'],
      ['lrps', '--full', '-o', 'csv'],
      ['lrps', '--full', '-o', 'yaml'],
      ['lrps', guid],
      ['lrps', guid, '-o', 'json'],
    ]) {
      const { stdout, code } = await inspect(url, args);
      expect(code).toBe(0);
      expect(stdout.length).toBeGreaterThan(500);
      expect(stdout).not.toMatch(SECRETS);
    }
    expect((await inspect(url, ['lrps', guid, '-o', 'json', '--reveal'])).stdout).toMatch(/dckr_pat/u);
  });

  it('counts the instances by state', async () => {
    const { stdout } = await inspect(url, [
      'lrps',
      '-o',
      'csv',
      '--columns',
      'process_guid,instances,running,claimed,unclaimed,crash_count',
    ]);
    const [header, ...lines] = stdout.trimEnd().split('\n');
    expect(header).toBe('process_guid,instances,running,claimed,unclaimed,crash_count');
    const actual = cfdot<{ process_guid: string; state: string; crash_count: number }>('actual-lrps');
    const expected = cfdot<{ process_guid: string; instances: number }>('desired-lrps').map((lrp) => {
      const mine = actual.filter(({ process_guid }) => process_guid === lrp.process_guid);
      const states = (state: string) => mine.filter((instance) => instance.state === state).length;
      const crashes = mine.reduce((sum, { crash_count }) => sum + crash_count, 0);
      return `${lrp.process_guid},${lrp.instances},${states('RUNNING')},${states('CLAIMED')},${states('UNCLAIMED')},${crashes}`;
    });
    expect(lines.toSorted()).toEqual(expected.toSorted());
  });

  it('shows a table of fixed columns in a pipe', async () => {
    const { stdout } = await inspect(url, [
      'lrps',
      '--filter',
      'placement_errors~nfsv3',
      '--columns',
      'app_name,running,zones,placement_errors',
    ]);
    expect(stdout).toBe(
      [
        'APP      RUNNING  ZONES  PLACEMENT',
        'app-187        0  -      found no compatible cell with volume drivers: [nfsv3driver] and placement tags: ["isolated-egress"]',
        '',
      ].join('\n'),
    );
  });
});

describe('lrps GUID', () => {
  const { process_guid: guid } = cfdot<{ process_guid: string }>('desired-lrps')[0]!;

  it('shows everything about one LRP, with the key label of each blob', async () => {
    const { stdout } = await inspect(url, ['lrps', guid, '-o', 'json', '--reveal']);
    const detail = JSON.parse(stdout) as LrpDetail;
    expectEveryFact(detail, cfdot('desired-lrps')[0], guid);
    const instances = cfdot<{ process_guid: string; index: number }>('actual-lrps')
      .filter(({ process_guid }) => process_guid === guid)
      .toSorted((a, b) => a.index - b.index);
    expectEveryFact(detail.actual_lrps, instances, guid);
    expect(detail.key_labels).toEqual({
      routes: 'key-2026-10',
      volume_placement: 'key-2026-10',
      metric_tags: 'key-2026-10',
      run_info: 'key-2026-10',
    });
    expect(detail.actual_lrps[0]!.key_labels).toEqual({
      net_info: 'key-2026-10',
      internal_routes: 'key-2026-10',
      metric_tags: 'key-2026-10',
    });
  });

  it('reads well', async () => {
    const { stdout } = await inspect(url, ['lrps', guid]);
    expect(stdout).toContain(
      "run /tmp/lifecycle/launcher app 'bundle exec rackup config.ru -p $PORT' '{}' as vcap",
    );
    expect(stdout).toContain('healthy when: TCP 8080');
    expect(stdout).toContain('VCAP_SERVICES:     ***');
    expect(stdout).toMatch(/run_info: +key-2026-10/u);
  });

  it("takes an app's guid and the beginning of one", async () => {
    for (const typed of [guid.slice(0, 36), guid.slice(0, 8)]) {
      const { stdout } = await inspect(url, ['lrps', typed, '-o', 'json']);
      expect(JSON.parse(stdout)).toMatchObject({ process_guid: guid, desired: true });
    }
  });

  it('says when several begin like that, or none', async () => {
    const several = await inspect(url, ['lrps', '0']);
    expect(several).toMatchObject({ code: 2, stdout: '' });
    expect(several.stderr).toMatch(/LRPs begin with "0"/u);
    const none = await inspect(url, ['lrps', 'nobody']);
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toContain('There is no LRP "nobody"');
  });

  it('shows the instances of an LRP that is not desired any more', async () => {
    const other = await createDatabase('diego-key-2026-10', 'locket');
    await query(other, 'DELETE FROM desired_lrps WHERE process_guid = $1', [guid]);
    const { stdout } = await inspect(other, ['lrps', guid, '-o', 'json']);
    const detail = JSON.parse(stdout) as LrpDetail;
    expect(detail).toMatchObject({ desired: false, instances: 0 });
    expect(detail.actual_lrps.length).toBeGreaterThan(0);
  });
});
