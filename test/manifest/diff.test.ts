import { describe, expect, it } from 'vitest';
import { readSet } from '../../src/lib/manifest/check/model.ts';
import { type Change, diffManifests } from '../../src/lib/manifest/diff/diff.ts';
import { parseSource } from '../../src/lib/manifest/source.ts';
import { fixture, type FixtureName, replaceOnce } from './fixtures.ts';

function diff(name: FixtureName, changes: [string, string][], beside?: FixtureName): Change[] {
  const old = fixture(name);
  const now = changes.reduce((text, [from, to]) => replaceOnce(text, from, to), old);
  const set = (text: string) =>
    readSet([parseSource(name, text), ...(beside ? [parseSource(beside, fixture(beside))] : [])]);
  return diffManifests(set(old), set(now));
}

const whats = (changes: Change[]): string => changes.map(({ what }) => what).join('\n');

describe('manifest diff', () => {
  it('says nothing when nothing changes, not even a comment', () => {
    expect(diff('cf.yml', [])).toEqual([]);
    expect(diff('cf.yml', [['# rotated every October', '# rotated yearly']])).toEqual([]);
  });

  it.each<[string, FixtureName, [string, string][], Change['level'], RegExp]>([
    ['an added key', 'diego-secrets.yml', [['      # one at a time, please\n', '      - {label: key-2026-10, passphrase: Zq8mS2nKt5}\n']], undefined, /The key key-2026-10 is added/],
    ['an activated key', 'diego-secrets.yml', [['label: key-2025-10   #', 'label: key-2026-10   #'], ['      # one at a time, please\n', '      - {label: key-2026-10, passphrase: Zq8mS2nKt5}\n']], 'warn', /active key changes from key-2025-10 to key-2026-10/],
    ['an active key that is not there', 'diego-secrets.yml', [['label: key-2025-10   #', 'label: key-2026-10   #']], 'bad', /key-2026-10 is not among the keys: the BBS does not boot/],
    ['a renamed key', 'bbs.json', [['"key-2025-10": "correct', '"key-2026-10": "correct'], ['label": "key-2025-10"', 'label": "key-2026-10"']], 'bad', /renamed to key-2026-10/],
    ['a key that is taken out', 'diego-deployed.yml', [['[{label: "key-2025-10", passphrase: "uV8$kQ2!mZ"}]', '[{label: b, passphrase: Zq8mS2nKt5}]']], 'bad', /key-2025-10 is taken out: rows .* cgdiego keys audit --removable key-2025-10/],
    ['another passphrase', 'diego-deployed.yml', [['uV8$kQ2!mZ', 'Zq8mS2nKt5']], 'bad', /passphrase of key-2025-10 changes/],
    ['fewer cells in a zone', 'diego-deployed.yml', [['- name: cell_z2\n  instances: 4', '- name: cell_z2\n  instances: 3']], 'warn', /Cells in z2: 4 to 3 \(-25 %\)/],
    ['a zone without cells', 'diego-deployed.yml', [['- name: cell_platform_z2\n  instances: 1', '- name: cell_platform_z2\n  instances: 0']], 'bad', /Z2 loses all its cells with the placement tag platform: 1 to 0/],
    ['one BBS less', 'cf.yml', [['  instances: 2\n  vm_type: small\n  stemcell: default\n  networks:\n  - name: default\n  jobs:\n  - name: cfdot', '  instances: 1\n  vm_type: small\n  stemcell: default\n  networks:\n  - name: default\n  jobs:\n  - name: cfdot']], 'bad', /Z2 loses all its BBSs/],
    ['capacity', 'cf.yml', [['memory_capacity_mb: 31000', 'memory_capacity_mb: 15500']], 'warn', /offer 186000 MB of memory in place of 372000 MB \(-50 %\)/],
    ['the evacuation timeout', 'diego-secrets.yml', [['evacuation_timeout_in_seconds: 600', 'evacuation_timeout_in_seconds: 60']], undefined, /how long a cell may evacuate, in seconds, from 600 to 60/],
    ['TLS to the store', 'cf.yml', [['            db_driver: postgres\n            ca_cert: "((rds_ca))"\n            require_ssl: true\n          ca_cert', '            db_driver: postgres\n            ca_cert: "((rds_ca))"\n            require_ssl: false\n          ca_cert']], 'bad', /whether TLS is required, from true to false/],
    ["the store's password, masked", 'diego-deployed.yml', [['W8zPq4Lm', 'Aa9999bb']], undefined, /connection string of the store, from \*{8} to \*{8}/],
    ['a release', 'cf.yml', [['  version: 2.105.0', '  version: 2.106.0']], undefined, /the release diego, from 2\.105\.0 to 2\.106\.0/],
  ])('%s', (_name, file, changes, level, what) => {
    const found = diff(file, changes);
    const [change] = found.filter((each) => what.test(each.what));
    expect(change, whats(found)).toBeDefined();
    expect(change!.level).toBe(level);
    expect(JSON.stringify(found)).not.toMatch(/Zq8mS2nKt5|uV8|W8zPq4Lm|Aa9999bb|correct horse/);
  }); // prettier-ignore

  it('counts the room by the VM types of the cloud config', () => {
    const changes = diff(
      'cf.yml',
      [
        ['          memory_capacity_mb: 31000\n', ''],
        ['instances: 12', 'instances: 16'],
      ],
      'cloud-config.yml',
    );
    expect(whats(changes)).toMatch(/Cells in z1: 6 to 8 \(\+33 %\)/);
  });

  it('does not end in files whose aliases refer to each other', () => {
    const text = 'name: x\nproperties: &p\n  diego: &d {rep: *p, bbs: *d}\n';
    const set = () => readSet([parseSource('x.yml', text)]);
    expect(diffManifests(set(), set())).toEqual([]);
  });
});
