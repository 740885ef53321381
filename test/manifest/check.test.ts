import { describe, expect, it } from 'vitest';
import { checkManifests, type CheckOptions, type Finding } from '../../src/lib/manifest/check/check.ts';
import { readSet } from '../../src/lib/manifest/check/model.ts';
import { RULES } from '../../src/lib/manifest/check/rules.ts';
import { variablesOf } from '../../src/lib/manifest/vars-file.ts';
import { parseSource } from '../../src/lib/manifest/source.ts';
import { fixture, type FixtureName, replaceOnce } from './fixtures.ts';

type Texts = Partial<Record<FixtureName | 'runtime-config.yml', string>>;

function check(texts: Texts, options: Partial<CheckOptions> = {}, vars = ''): Finding[] {
  const sources = Object.entries(texts).map(([name, text]) => parseSource(name, text));
  const variables = variablesOf([parseSource('vars.yml', vars)]);
  return checkManifests(readSet(sources, variables), { addons: ['auto'], ...options });
}

const FILES = {
  cf: ['cf.yml', 'cloud-config.yml'],
  deployed: ['diego-deployed.yml'],
  secrets: ['diego-secrets.yml'],
  ops: ['rotate-ops.yml'],
  json: ['bbs.json'],
} as const satisfies Record<string, readonly FixtureName[]>;

type Set = keyof typeof FILES;

const census = { stored_label: 'key-2025-10', blobs: new Map([['key-2025-10', 1605]]) };

interface Fault {
  rule: string;
  in: Set;
  /** What is written in place of what, in the file of the set that has it. */
  plant: [from: string, to: string][];
  /** Part of the line that the finding points to. */
  at: string;
  options?: Partial<CheckOptions>;
}

const ENTRY = "      - label: key-2025-10\n        passphrase: 'correct horse: battery # staple'\n";
const entry = (label: string, passphrase: string) =>
  `      - label: ${label}\n        passphrase: ${passphrase}\n`;

const FAULTS: Fault[] = [
  { rule: 'keys/active-label-missing', in: 'secrets', plant: [['    active_key_label: key-2025-10   # since last October\n', '']], at: 'bbs:' },
  { rule: 'keys/active-label-unknown', in: 'secrets', plant: [['label: key-2025-10   #', 'label: key-2025-11   #']], at: 'active_key_label' },
  { rule: 'keys/active-label-unknown', in: 'json', plant: [['"active_key_label": "key-2025-10"', '"active_key_label": "key-2024-10"']], at: 'active_key_label' },
  { rule: 'keys/none', in: 'secrets', plant: [['    encryption_keys:\n', '    encryption_keys: []\n'], ['      # one at a time, please\n', ''], [ENTRY, '']], at: 'encryption_keys' },
  { rule: 'keys/duplicate-label', in: 'secrets', plant: [[ENTRY, ENTRY + entry('key-2025-10', 'zuq4eiW3mD')]], at: 'label: key-2025-10' },
  { rule: 'keys/duplicate-label', in: 'json', plant: [['  "encryption_keys": {\n', '  "encryption_keys": {\n    "key-2025-10": "zuq4eiW3mD",\n']], at: '"key-2025-10": "correct' },
  { rule: 'keys/label-invalid', in: 'secrets', plant: [[ENTRY, ENTRY + entry('"a:b"', 'zuq4eiW3mD')]], at: 'a:b' },
  { rule: 'keys/label-invalid', in: 'secrets', plant: [[ENTRY, ENTRY + entry('k'.repeat(128), 'zuq4eiW3mD')]], at: 'kkk' },
  { rule: 'keys/label-invalid', in: 'secrets', plant: [[ENTRY, ENTRY + entry('""', 'zuq4eiW3mD')]], at: 'label: ""' },
  { rule: 'keys/label-not-text', in: 'secrets', plant: [[ENTRY, ENTRY + entry('2025', 'zuq4eiW3mD')]], at: 'label: 2025' },
  { rule: 'keys/label-not-text', in: 'secrets', plant: [[ENTRY, ENTRY + entry('2025-11-01', 'zuq4eiW3mD')]], at: 'label: 2025-11-01' },
  { rule: 'keys/label-placeholder', in: 'secrets', plant: [[ENTRY, ENTRY + entry('SOME-KEY-NAME', 'zuq4eiW3mD')]], at: 'SOME-KEY-NAME' },
  { rule: 'keys/passphrase-empty', in: 'secrets', plant: [["passphrase: 'correct horse: battery # staple'", "passphrase: ''"]], at: "passphrase: ''" },
  { rule: 'keys/passphrase-empty', in: 'json', plant: [['"correct horse \\"battery\\" \\u00e9"', '""']], at: '"key-2025-10": ""' },
  { rule: 'keys/passphrase-placeholder', in: 'secrets', plant: [["'correct horse: battery # staple'", 'STRONG_PASSPHRASE']], at: 'STRONG' },
  { rule: 'keys/passphrase-placeholder', in: 'secrets', plant: [["'correct horse: battery # staple'", 'changeme']], at: 'changeme' },
  { rule: 'keys/passphrase-shared', in: 'secrets', plant: [[ENTRY, ENTRY + entry('key-2026-10', "'correct horse: battery # staple'")]], at: 'passphrase' },
  { rule: 'keys/passphrase-shared', in: 'cf', plant: [['            passphrase: "((diego_bbs_encryption_keys_passphrase))"\n', '            passphrase: "((diego_bbs_encryption_keys_passphrase))"\n          - label: key-2026-10\n            passphrase: "((diego_bbs_encryption_keys_passphrase))"\n']], at: 'passphrase' },
  { rule: 'keys/too-many', in: 'secrets', plant: [[ENTRY, ENTRY + entry('key-2024-10', 'zuq4eiW3mD') + entry('key-2023-10', 'boo5Eep9oh')]], at: 'encryption_keys' },
  { rule: 'keys/old-key-unused', in: 'secrets', plant: [[ENTRY, ENTRY + entry('key-2024-10', 'zuq4eiW3mD')]], at: 'label: key-2024-10', options: { census } },
  { rule: 'keys/needed-key-missing', in: 'secrets', plant: [[ENTRY, entry('key-2026-10', 'zuq4eiW3mD')], ['label: key-2025-10   #', 'label: key-2026-10   #']], at: 'encryption_keys', options: { census } },
  { rule: 'keys/blocks-differ', in: 'deployed', plant: [['    diego: {rep: {zone: z1}}\n', '    diego: {rep: {zone: z1}, bbs: {active_key_label: key-2024-10, encryption_keys: [{label: key-2024-10, passphrase: zuq4eiW3mD}]}}\n']], at: 'bbs:' },
  { rule: 'keys/relabelled', in: 'ops', plant: [['  value: key-2025-10 # since October\n', '  value: "((diego_bbs_active_key_label))"\n- type: replace\n  path: /instance_groups/name=diego-api/jobs/name=bbs/properties/diego/bbs/encryption_keys/0/label\n  value: "((diego_bbs_active_key_label))"\n']], at: 'value: "((diego_bbs_active_key_label))"' },
  { rule: 'keys/relabelled', in: 'cf', plant: [['active_key_label: key-2016-06', 'active_key_label: ((label))'], ['- label: key-2016-06 #', '- label: ((label)) #']], at: '- label: ((label))' },
  { rule: 'yaml/duplicate-key', in: 'secrets', plant: [['  converger:\n', '  rep: {}\n  converger:\n']], at: '  rep:' },

  { rule: 'store/driver', in: 'cf', plant: [['            db_password: "((diego_database_password))"\n            db_driver: postgres\n', '            db_password: "((diego_database_password))"\n            db_driver: mysql\n']], at: 'mysql' },
  { rule: 'store/driver', in: 'secrets', plant: [['    db_driver: postgres\n', '']], at: 'bbs:' },
  { rule: 'store/driver', in: 'json', plant: [['"database_driver": "postgres"', '"database_driver": "mysql"']], at: 'mysql' },
  { rule: 'store/tls', in: 'secrets', plant: [['    max_open_connections: 100\n    require_ssl: true\n', '    max_open_connections: 100\n    require_ssl: false\n']], at: 'require_ssl: false' },
  { rule: 'store/tls', in: 'json', plant: [['/var/vcap/jobs/bbs/config/certs/sql/ca.crt', '']], at: 'sql_ca_cert_file' },
  { rule: 'store/ca', in: 'deployed', plant: [['        ca_cert: "-----BEGIN CERTIFICATE-----\\nMIIDQzCCAqygAwIBAgIJAMGs6m\\n-----END CERTIFICATE-----\\n"\n', '']], at: 'sql:' },
  { rule: 'store/ca', in: 'deployed', plant: [['BEGIN CERTIFICATE-----\\nMIIDQzCCAqygAwIBAgIJAMGs6m\\n', 'BEGIN CERTIFICATE-----\\n']], at: 'ca_cert' },
  { rule: 'store/default-password', in: 'deployed', plant: [['diego:W8zPq4Lm@', 'USER:PASS@']], at: 'db_connection_string' },
  { rule: 'store/default-password', in: 'deployed', plant: [['diego:W8zPq4Lm@', 'diego:diego@']], at: 'db_connection_string' },
  { rule: 'store/default-password', in: 'json', plant: [['p@ss w/rd?#%', 'password']], at: 'database_connection_string' },
  { rule: 'store/default-password', in: 'cf', plant: [['"((locket_database_password))"', 'changeme']], at: 'db_password: changeme' },
  { rule: 'store/etcd-left', in: 'deployed', plant: [['      etcd: ~\n', '      etcd: {machines: [etcd.service.cf.internal]}\n']], at: 'etcd:' },
  { rule: 'store/etcd-left', in: 'deployed', plant: [['  - {name: bbs, release: diego}\n', '  - {name: bbs, release: diego}\n  - {name: etcd, release: etcd}\n']], at: 'etcd' },

  { rule: 'zones/cells-one-zone', in: 'deployed', plant: [['- name: cell_platform_z2\n  instances: 1\n', '- name: cell_platform_z2\n  instances: 0\n']], at: 'cell_platform_z1' },
  { rule: 'zones/cells-one-zone', in: 'cf', plant: [['  azs: [ z1, z2 ]\n', '  azs: [ z1 ]\n']], at: 'isolated-diego-cell' },
  { rule: 'zones/cells-uneven', in: 'secrets', plant: [['  - name: cell_z2\n    instances: 4\n', '  - name: cell_z2\n    instances: 3\n']], at: 'cell_z1' },
  { rule: 'zones/cells-uneven', in: 'cf', plant: [['instances: 12', 'instances: 13']], at: 'diego-cell' },
  { rule: 'zones/cell-sizes-differ', in: 'deployed', plant: [['us-gov-west-1b, instance_type: r3.xlarge', 'us-gov-west-1b, instance_type: r3.2xlarge']], at: 'cell_' },
  { rule: 'zones/cell-sizes-differ', in: 'secrets', plant: [['        availability_zone: (( meta.zones.z2 ))\n        instance_type: r3.xlarge', '        availability_zone: (( meta.zones.z2 ))\n        instance_type: r4.xlarge']], at: 'cell_z2' },
  { rule: 'zones/bbs-per-zone', in: 'deployed', plant: [['- name: database_z2\n  instances: 1\n', '- name: database_z2\n  instances: 0\n']], at: 'database_z1' },
  { rule: 'zones/bbs-per-zone', in: 'cf', plant: [['  azs:\n  - z1\n  - z2\n  instances: 2\n', '  azs:\n  - z1\n  - z2\n  instances: 1\n']], at: 'diego-api' },
  { rule: 'zones/brain-per-zone', in: 'secrets', plant: [['  - name: brain_z2\n    instances: 1\n', '  - name: brain_z2\n    instances: 0\n']], at: 'brain_z1' },
  { rule: 'zones/access-per-zone', in: 'secrets', plant: [['  - name: access_z2\n    instances: 1\n', '  - name: access_z2\n    instances: 0\n']], at: 'access_z1' },
  { rule: 'zones/zone-undefined', in: 'cf', plant: [['- name: z2\n  cloud_properties: {availability_zone: us-gov-west-1b}\n', '']], at: 'z2' },
  { rule: 'zones/network-undefined', in: 'deployed', plant: [['  resource_pool: access_z2\n  networks: [{name: diego2}]', '  resource_pool: access_z2\n  networks: [{name: diego3}]']], at: 'diego3' },
  { rule: 'zones/subnet-missing', in: 'secrets', plant: [['        - range: 10.0.1.0/24\n          gateway: 10.0.1.2\n          dns:\n            - 8.8.8.8\n          cloud_properties:\n            subnet: subnet-0b\n', '        []\n']], at: 'diego2' },
  { rule: 'zones/subnet-missing', in: 'cf', plant: [['  - az: z2\n    range: 10.10.2.0/24\n    gateway: 10.10.2.1\n    cloud_properties: {subnet: subnet-0b}\n', '']], at: 'z2' },
  { rule: 'zones/access-load-balancer', in: 'cf', plant: [['  vm_extensions:\n  - diego-ssh-proxy-network-properties\n', '']], at: 'scheduler' },
  { rule: 'zones/access-load-balancer', in: 'cf', plant: [['    lb_target_groups: [cf-ssh]\n    security_groups: [sg-0a1b2c3d]\n', '    spot: true\n']], at: 'diego-ssh-proxy' },
  { rule: 'zones/access-load-balancer', in: 'cf', plant: [['- name: diego-ssh-proxy-network-properties\n  cloud', '- name: other\n  cloud']], at: 'diego-ssh-proxy' },
  { rule: 'zones/access-load-balancer', in: 'deployed', plant: [['us-gov-west-1b, instance_type: m3.medium, elbs: [diego-ssh], security_groups: [sg-ssh]', 'us-gov-west-1b, instance_type: m3.medium']], at: 'cloud_properties' },

  { rule: 'cells/evacuation-too-short', in: 'secrets', plant: [['evacuation_timeout_in_seconds: 600', 'evacuation_timeout_in_seconds: 10']], at: 'evacuation_timeout' },
  { rule: 'cells/evacuation-outlasts-watch', in: 'cf', plant: [['evacuation_timeout_in_seconds: 600', 'evacuation_timeout_in_seconds: 3600']], at: 'evacuation_timeout' },
  { rule: 'cells/evacuation-outlasts-watch', in: 'deployed', plant: [['  update_watch_time: 5000-1200000', '  update_watch_time: 5000-120000']], at: 'evacuation_timeout' },
  { rule: 'cells/max-in-flight', in: 'cf', plant: [['    max_in_flight: 3\n', '    max_in_flight: 50%\n']], at: 'max_in_flight' },
  { rule: 'cells/max-in-flight', in: 'deployed', plant: [['  max_in_flight: 1\n', '  max_in_flight: 4\n']], at: 'max_in_flight' },
  { rule: 'cells/memory-overcommit', in: 'cf', plant: [['memory_capacity_mb: 31000', 'memory_capacity_mb: 64000']], at: 'memory_capacity' },
  { rule: 'cells/memory-overcommit', in: 'deployed', plant: [['memory_capacity_mb: 30000', 'memory_capacity_mb: 60000']], at: 'memory_capacity' },
  { rule: 'cells/disk-overcommit', in: 'cf', plant: [['disk_capacity_mb: 92000', 'disk_capacity_mb: 200000']], at: 'disk_capacity' },
  { rule: 'cells/container-limit', in: 'cf', plant: [['max_containers: 250', 'max_containers: 1000']], at: 'max_containers' },

  { rule: 'addons/missing', in: 'deployed', plant: [['  - {name: auctioneer, release: diego}\n  - {name: metron_agent, release: cf}\n  - {name: clamav, release: clamav}\n', '  - {name: auctioneer, release: diego}\n  - {name: metron_agent, release: cf}\n']], at: 'brain_z' },
  { rule: 'logging/syslog', in: 'deployed', plant: [['  syslog_daemon_config: {address: 10.9.8.7, port: 5514, transport: tcp}\n', '']], at: 'name: cf-diego' },
  { rule: 'logging/syslog', in: 'deployed', plant: [['port: 5514, ', '']], at: 'syslog_daemon_config' },
  { rule: 'logging/syslog', in: 'cf', plant: [['        address: ((syslog_address))\n', '']], at: 'syslog' },
  { rule: 'metrics/loggregator', in: 'cf', plant: [["          server_key: \"((diego_auctioneer_server.private_key))\"\n      loggregator: *diego_loggregator_client_properties\n", "          server_key: \"((diego_auctioneer_server.private_key))\"\n"]], at: 'auctioneer' },
  { rule: 'metrics/loggregator', in: 'deployed', plant: [['  - {name: ssh_proxy, release: diego}\n  - {name: metron_agent, release: cf}\n', '  - {name: ssh_proxy, release: diego}\n']], at: 'access_z' },
  { rule: 'legacy/dea-job', in: 'deployed', plant: [['jobs:\n', 'jobs:\n- name: hm9000_z1\n  instances: 1\n  resource_pool: small_z1\n  networks: [{name: diego1}]\n  templates: [{name: hm9000, release: cf}, {name: metron_agent, release: cf}, {name: clamav}, {name: tripwire}, {name: nessus-agent}, {name: snort}, {name: collectd}]\n']], at: 'hm9000_z1' },
  { rule: 'legacy/backend-flags', in: 'cf', plant: [['        default_app_memory: 512\n', '        default_app_memory: 512\n        default_to_diego_backend: true\n']], at: 'default_to_diego_backend' },
  { rule: 'legacy/backend-flags', in: 'cf', plant: [['          pid_limit: 1024\n', '          pid_limit: 1024\n          temporary_local_staging: true\n']], at: 'temporary_local_staging' },
  { rule: 'legacy/dea-properties', in: 'deployed', plant: [['properties:\n  metron_agent', 'properties:\n  hm9000: {url: "https://hm9000.example.com"}\n  metron_agent']], at: 'hm9000' },
]; // prettier-ignore

function planted(fault: Fault): Texts {
  const texts: Texts = {};
  const left = new Set(fault.plant);
  for (const name of FILES[fault.in]) {
    let text = fixture(name);
    for (const change of fault.plant) {
      if (!text.includes(change[0])) continue;
      text = replaceOnce(text, ...change);
      left.delete(change);
    }
    texts[name] = text;
  }
  expect([...left], 'every change was planted').toEqual([]);
  return texts;
}

describe('manifest check', () => {
  it('looks at stubs in several files together', () => {
    const [secrets, counts] = fixture('diego-secrets.yml').split('instance_count_overrides:');
    const sources = [
      parseSource(
        'secrets.yml',
        secrets!
          .replace('evacuation_timeout_in_seconds: 600', 'evacuation_timeout_in_seconds: 30')
          .replace(/ {4}- name: diego2\n[^]*?(?= {2}resource_pool)/, ''),
      ),
      parseSource('counts.yml', `instance_count_overrides:${counts!}`),
    ];
    const found = checkManifests(readSet(sources), { addons: ['auto'] });
    expect(new Set(found.map(({ rule, file }) => `${rule} ${file}`))).toEqual(
      new Set(['zones/subnet-missing secrets.yml', 'cells/evacuation-too-short secrets.yml']),
    );
  });

  it('compares what cells offer, not only their VMs', () => {
    const text = fixture('diego-deployed.yml').replace(
      'diego: {rep: {zone: z2}}',
      'diego: {rep: {zone: z2}, executor: {memory_capacity_mb: 20000}}',
    );
    expect(check({ 'diego-deployed.yml': text }).map(({ rule }) => rule)).toEqual([
      'zones/cell-sizes-differ',
    ]);
  });

  it('judges the keys that an ops file adds', () => {
    const text = fixture('rotate-ops.yml').replace(
      '"((diego_bbs_encryption_keys_passphrase_2025_10))"',
      'changeme',
    );
    expect(check({ 'rotate-ops.yml': text }).map(({ rule, line }) => [rule, line])).toEqual([
      ['keys/passphrase-placeholder', 12],
    ]);
  });

  it('misses a role that nobody has', () => {
    const text = fixture('cf.yml').replaceAll('- name: auctioneer', '- name: other');
    expect(check({ 'cf.yml': text })[0]).toMatchObject({
      rule: 'zones/brain-per-zone',
      what: 'No VM runs auctioneer.',
    });
  });

  it.each(Object.entries(FILES))('finds nothing in the clean files %s', (_set, names) => {
    expect(check(Object.fromEntries(names.map((name) => [name, fixture(name)])))).toEqual([]);
  });

  it('finds nothing when the store is under the only key', () => {
    expect(check({ 'diego-secrets.yml': fixture('diego-secrets.yml') }, { census })).toEqual([]);
  });

  it.each(FAULTS.map((fault) => [fault.rule, fault.in, fault] as const))('%s in %s', (rule, _set, fault) => {
    const texts = planted(fault);
    const findings = check(texts, fault.options);
    const [first] = findings.filter((finding) => finding.rule === rule);
    expect(first, JSON.stringify(findings)).toBeDefined();
    const line = texts[first!.file as FixtureName]!.split('\n')[first!.line - 1];
    expect(line).toContain(fault.at);
    expect([...new Set(findings.map((finding) => finding.rule))]).toEqual([rule]);
    expect(first).toMatchObject({
      why: expect.stringMatching(/\.$/) as unknown,
      next: expect.stringMatching(/[.A-Za-z]$/) as unknown,
    });
  });

  it('has a planted fault for every rule', () => {
    const asked = new Set(FAULTS.map(({ rule }) => rule));
    expect(RULES.map(({ id }) => id).filter((id) => !asked.has(id))).toEqual([]);
    expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
  });

  it('never shows a secret', () => {
    const findings = FAULTS.flatMap((fault) => check(planted(fault), fault.options));
    const text = JSON.stringify(findings);
    for (const secret of ['correct horse', 'uV8$kQ2!mZ', 'zuq4eiW3mD', 'W8zPq4Lm', 'p@ss w/rd'])
      expect(text).not.toContain(secret);
  });

  it('looks variables up in vars files, and says nothing about those that it does not know', () => {
    const cf = { 'cf.yml': fixture('cf.yml') };
    const vars = 'diego_bbs_encryption_keys_passphrase: STRONG_PASSPHRASE\n';
    expect(check(cf, {}, vars).map(({ rule }) => rule)).toEqual(['keys/passphrase-placeholder']);
    expect(check(cf)).toEqual([]);
  });

  it('takes add-ons of a runtime config, and the list that was asked for', () => {
    const cf = { 'cf.yml': fixture('cf.yml') };
    const missing = check(cf, { addons: ['clamav'] });
    expect(missing).toHaveLength(6);
    expect(missing[0]!.what).toContain('clamav');
    const runtime =
      'releases: [{name: clamav, version: 1}]\naddons:\n- name: scan\n  jobs: [{name: clamav, release: clamav}]\n';
    expect(check({ ...cf, 'runtime-config.yml': runtime }, { addons: ['clamav'] })).toEqual([]);
    // One of 18F's is in use, so all of them are asked for.
    expect(check({ ...cf, 'runtime-config.yml': runtime })[0]!.what).toContain(
      'tripwire, nessus, snort, collectd',
    );
    expect(check({ ...cf, 'runtime-config.yml': runtime }, { addons: ['none'] })).toEqual([]);
  });

  it('has no rule about odd numbers: two BBSs in two zones are right', () => {
    expect(check({ 'cf.yml': fixture('cf.yml'), 'cloud-config.yml': fixture('cloud-config.yml') })).toEqual(
      [],
    );
  });

  it('leaves out the rules to ignore, and refuses a rule that there is not', () => {
    const texts = planted(FAULTS.find(({ rule }) => rule === 'store/tls')!);
    expect(check(texts, { ignore: ['store/tls'] })).toEqual([]);
    expect(() => check(texts, { ignore: ['store/tsl'] })).toThrow('no rule store/tsl');
  });

  it('survives documents that refer to themselves', () => {
    const text = 'name: x\ninstance_groups: &a\n- name: g\n  jobs: *a\nproperties: &p\n  diego: *p\n';
    expect(check({ 'cf.yml': text }).map(({ rule }) => rule)).toEqual(['logging/syslog']);
  });
});
