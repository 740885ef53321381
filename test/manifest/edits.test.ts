import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeChanges } from '../../src/lib/manifest/changes.ts';
import { planActivate, planAdd, planRemove, type Plan } from '../../src/lib/manifest/plan.ts';
import type { Targets } from '../../src/lib/manifest/targets.ts';
import { fixture, replaceOnce } from './fixtures.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cgdiego-edits-'));
});
afterEach(() => rm(folder, { recursive: true }));

const NEW = { label: 'key-2026-10', passphrase: 'Zq8mS2nKt5', variable: 'bbs_passphrase_2026' };

interface Case {
  name: string;
  file?: string;
  text: string;
  /** What each step makes of the text before it, written as replacements that occur exactly once. */
  add: [from: string, to: string][];
  activate: [from: string, to: string][];
  remove: [from: string, to: string][];
  old: string;
}

function crlf(text: string): string {
  return text.replaceAll('\n', '\r\n');
}

const REF = '((bbs_passphrase_2026))';

const CASES: Case[] = [
  {
    name: "18F's spiff secrets, with comments inside and behind the list",
    text: fixture('diego-secrets.yml'),
    old: 'key-2025-10',
    add: [
      [
        '        # written down in the safe\n',
        "        # written down in the safe\n      - label: key-2026-10\n        passphrase: 'Zq8mS2nKt5'\n",
      ],
    ],
    activate: [['active_key_label: key-2025-10   #', 'active_key_label: key-2026-10   #']],
    remove: [["      - label: key-2025-10\n        passphrase: 'correct horse: battery # staple'\n", '']],
  },
  {
    name: 'full cf-deployment, whose uaa has an active_key_label, too',
    text: fixture('cf.yml'),
    old: 'key-2016-06',
    add: [
      [
        'passphrase: "((diego_bbs_encryption_keys_passphrase))"\n',
        `passphrase: "((diego_bbs_encryption_keys_passphrase))"\n          - label: key-2026-10\n            passphrase: "${REF}"\n`,
      ],
    ],
    activate: [['active_key_label: key-2016-06', 'active_key_label: key-2026-10']],
    remove: [
      [
        '          - label: key-2016-06 # the first one\n            passphrase: "((diego_bbs_encryption_keys_passphrase))"\n',
        '',
      ],
    ],
  },
  {
    name: 'a deployed manifest with lists in brackets',
    text: fixture('diego-deployed.yml'),
    old: 'key-2025-10',
    add: [
      [
        '{label: "key-2025-10", passphrase: "uV8$kQ2!mZ"}',
        '{label: "key-2025-10", passphrase: "uV8$kQ2!mZ"}, {label: "key-2026-10", passphrase: "Zq8mS2nKt5"}',
      ],
    ],
    activate: [['active_key_label: "key-2025-10"', 'active_key_label: "key-2026-10"']],
    remove: [['{label: "key-2025-10", passphrase: "uV8$kQ2!mZ"}, ', '']],
  },
  {
    name: 'bbs.json',
    file: 'bbs.json',
    text: fixture('bbs.json'),
    old: 'key-2025-10',
    add: [['\\u00e9"\n', '\\u00e9",\n    "key-2026-10": "Zq8mS2nKt5"\n']],
    activate: [['"active_key_label": "key-2025-10"', '"active_key_label": "key-2026-10"']],
    remove: [['    "key-2025-10": "correct horse \\"battery\\" \\u00e9",\n', '']],
  },
  {
    name: 'bbs.json on one line',
    file: 'bbs.json',
    text: '{"active_key_label":"a","encryption_keys":{"a":"old-passphrase"},"z":[1,2]}',
    old: 'a',
    add: [['"a":"old-passphrase"', '"a":"old-passphrase","key-2026-10":"Zq8mS2nKt5"']],
    activate: [['"active_key_label":"a"', '"active_key_label":"key-2026-10"']],
    remove: [['"a":"old-passphrase",', '']],
  },
  {
    name: 'Windows line ends and no line break at the end',
    text: crlf(
      'properties:\n  diego:\n    bbs:\n      active_key_label: a\n      encryption_keys:\n      - label: a\n        passphrase: b-old',
    ),
    old: 'a',
    add: [['b-old', 'b-old\r\n      - label: key-2026-10\r\n        passphrase: Zq8mS2nKt5']],
    activate: [['active_key_label: a', 'active_key_label: key-2026-10']],
    remove: [['      - label: a\r\n        passphrase: b-old\r\n', '']],
  },
  {
    name: 'a list that ends the file without a line break, the old key last',
    text: 'encryption_keys:\n- {label: key-2026-10, passphrase: Zq8mS2nKt5}\n- {label: a, passphrase: b-old}',
    old: 'a',
    add: [],
    activate: [['encryption_keys:', 'active_key_label: key-2026-10\nencryption_keys:']],
    remove: [['\n- {label: a, passphrase: b-old}', '']],
  },
  {
    name: 'anchors and aliases: two BBSs share a list and the active label',
    text: [
      'jobs:',
      '- name: database_z1',
      '  properties: {diego: {bbs: &bbs {active_key_label: &active a, encryption_keys: &keys [{label: *active, passphrase: old-one}]}}}',
      '- name: database_z2',
      '  properties:',
      '    diego:',
      '      bbs:',
      '        <<: *bbs',
      '        log_level: debug',
      'x: {was: *active}',
      '',
    ].join('\n'),
    old: 'a',
    add: [['passphrase: old-one}', 'passphrase: old-one}, {label: key-2026-10, passphrase: Zq8mS2nKt5}']],
    activate: [
      ['active_key_label: &active a', 'active_key_label: key-2026-10'],
      ['{label: *active,', '{label: &active a,'],
    ],
    remove: [
      ['{label: &active a, passphrase: old-one}, ', ''],
      ['{was: *active}', '{was: &active a}'],
    ],
  },
  {
    name: 'block scalars, wide indents, the passphrase first, and a key with more fields',
    text: [
      'property_overrides:',
      '    bbs:',
      '        encryption_keys:',
      '          -   passphrase:   |-  # header',
      '                  two words',
      '',
      '              label:   a',
      '              # inside',
      '              since:   2025',
      '',
      '        # about the label',
      '        active_key_label: >-   # folded',
      '            a',
      '',
      '    rep: {}',
    ].join('\n'),
    old: 'a',
    add: [
      [
        '              since:   2025\n',
        '              since:   2025\n          -   passphrase:   Zq8mS2nKt5\n              label:   key-2026-10\n',
      ],
    ],
    activate: [['folded\n            a\n', 'folded\n            key-2026-10\n']],
    remove: [
      [
        '          -   passphrase:   |-  # header\n                  two words\n\n              label:   a\n              # inside\n              since:   2025\n',
        '',
      ],
    ],
  },
  {
    name: 'brackets over several lines with comments and a trailing comma',
    text: 'active_key_label: a # now\nencryption_keys: [ # all of them\n  {label: a, passphrase: "one, {two}"}, # first\n]\n',
    old: 'a',
    add: [['# first\n', '# first\n  {label: key-2026-10, passphrase: "Zq8mS2nKt5"},\n']],
    activate: [['active_key_label: a', 'active_key_label: key-2026-10']],
    remove: [['{label: a, passphrase: "one, {two}"}, # first\n  ', '']],
  },
  {
    name: 'a dash on a line of its own, quoted names, tags',
    text: '"active_key_label": !!str "a"\n"encryption_keys":\n  -\n    "label": \'a\'\n    "passphrase": !!str "tab\\there"\nlast: 1\n',
    old: 'a',
    add: [
      [
        '!!str "tab\\there"\n',
        '!!str "tab\\there"\n  -\n    "label": \'key-2026-10\'\n    "passphrase": "Zq8mS2nKt5"\n',
      ],
    ],
    activate: [['!!str "a"', '!!str "key-2026-10"']],
    remove: [['  -\n    "label": \'a\'\n    "passphrase": !!str "tab\\there"\n', '']],
  },
  {
    name: 'complex keys, each with its question mark',
    text: '? active_key_label\n: a\n? encryption_keys\n: - ? label\n    : a\n    ? passphrase\n    : old-one\n? z\n: 1\n',
    old: 'a',
    add: [['    : old-one\n', '    : old-one\n  - label: key-2026-10\n    passphrase: Zq8mS2nKt5\n']],
    activate: [['active_key_label\n: a', 'active_key_label\n: key-2026-10']],
    remove: [],
  },
  {
    name: 'an ops file that adds keys',
    text: fixture('rotate-ops.yml'),
    old: 'key-2025-10',
    add: [
      [
        '- type: remove\n  path: /instance_groups/name=database\n',
        `- type: remove\n  path: /instance_groups/name=database\n- type: replace\n  path: /instance_groups/name=diego-api/jobs/name=bbs/properties/diego/bbs/encryption_keys/-\n  value:\n    label: key-2026-10\n    passphrase: "${REF}"\n`,
      ],
    ],
    activate: [['value: key-2025-10 # since', 'value: key-2026-10 # since']],
    remove: [
      [
        '- type: replace\n  path: /instance_groups/name=diego-api/jobs/name=bbs/properties/diego/bbs/encryption_keys/-\n  value:\n    label: key-2025-10\n    passphrase: "((diego_bbs_encryption_keys_passphrase_2025_10))"\n',
        '',
      ],
    ],
  },
  {
    name: 'an ops file that replaces the whole list',
    text: '- type: replace\n  path: /instance_groups/name=diego-api/jobs/name=bbs/properties/diego/bbs/encryption_keys\n  value: [{label: a, passphrase: old-one}]\n- type: replace\n  path: /instance_groups/name=diego-api/jobs/name=bbs/properties/diego/bbs/active_key_label?\n  value: a\n',
    old: 'a',
    add: [['passphrase: old-one}', 'passphrase: old-one}, {label: key-2026-10, passphrase: Zq8mS2nKt5}']],
    activate: [['value: a\n', 'value: key-2026-10\n']],
    remove: [['{label: a, passphrase: old-one}, ', '']],
  },
  {
    name: 'a byte order mark, a document start, tabs behind values',
    text: '\uFEFF---\nactive_key_label: a\t# tab\nencryption_keys:\n- label: a\t\n  passphrase: "x\ty"\t# tab\n...\n',
    old: 'a',
    add: [['# tab\n...', '# tab\n- label: key-2026-10\n  passphrase: "Zq8mS2nKt5"\n...']],
    activate: [['active_key_label: a\t', 'active_key_label: key-2026-10\t']],
    remove: [['- label: a\t\n  passphrase: "x\ty"\t# tab\n', '']],
  },
];

function apply(text: string, replacements: readonly [string, string][]): string {
  return replacements.reduce((result, [from, to]) => replaceOnce(result, from, to), text);
}

/** Plans, writes, and gives back what is in the file then. */
async function run(path: string, plan: Plan): Promise<string> {
  await writeChanges(plan.changes);
  return readFile(path, 'utf8');
}

describe.each(CASES)('$name', ({ file, text, add, activate, remove, old }) => {
  it('changes exactly the lines that must change, step by step', async () => {
    const path = join(folder, file ?? 'manifest.yml');
    await writeFile(path, text);
    const targets: Targets = { manifests: [path] };
    const added = apply(text, add);
    expect(await run(path, await planAdd(targets, NEW))).toBe(added);
    // Once more changes nothing.
    expect((await planAdd(targets, NEW)).changes).toEqual([]);
    const activated = apply(added, activate);
    expect(await run(path, await planActivate(targets, NEW.label))).toBe(activated);
    expect((await planActivate(targets, NEW.label)).changes).toEqual([]);
    if (remove.length === 0) {
      // Its first line is that of the list itself: refused, and nothing is written.
      await expect(planRemove(targets, old)).rejects.toThrow('cannot be edited safely');
      expect(await readFile(path, 'utf8')).toBe(activated);
      return;
    }
    expect(await run(path, await planRemove(targets, old))).toBe(apply(activated, remove));
    expect(await readdir(folder)).toEqual([file ?? 'manifest.yml']);
  });

  it('shows the diff without a secret', async () => {
    const path = join(folder, file ?? 'manifest.yml');
    await writeFile(path, text);
    const plans = [
      await planAdd({ manifests: [path] }, NEW),
      await planRemove({ manifests: [path] }, 'none'),
    ];
    for (const { changes } of plans) {
      for (const { diff } of changes) {
        expect(diff).not.toMatch(
          /Zq8mS2nKt5|correct horse|uV8|old-passphrase|b-old|old-one|two words|one, |tab\\there|x\ty|p@ss|N7/,
        );
        expect(diff).toMatch(/^[+-]/m);
      }
    }
  });
});

describe('references', () => {
  async function cf(): Promise<string> {
    const path = join(folder, 'cf.yml');
    await writeFile(path, fixture('cf.yml'));
    return path;
  }

  it('puts the passphrase into the vars file, never over a reference', async () => {
    const manifest = await cf();
    const varsFile = join(folder, 'vars.yml');
    const vars = '# secrets\nsystem_domain: sys.example.org # here\ndiego_database_password: "s3cret"';
    await writeFile(varsFile, vars, { mode: 0o640 });
    const plan = await planAdd({ manifests: [manifest], varsFile }, NEW);
    expect(plan.unsetVariable).toBeUndefined();
    expect(await run(varsFile, plan)).toBe(`${vars}\nbbs_passphrase_2026: Zq8mS2nKt5`);
    expect(await readFile(manifest, 'utf8')).not.toContain(NEW.passphrase);
    expect(plan.changes.map(({ diff }) => diff).join('')).not.toMatch(/Zq8mS2nKt5|s3cret|example\.org/);
  });

  it('makes a vars file that only its owner can read, and says when nobody sets the variable', async () => {
    const manifest = await cf();
    expect((await planAdd({ manifests: [manifest] }, NEW)).unsetVariable).toBe('bbs_passphrase_2026');
    const varsFile = join(folder, 'vars.yml');
    const plan = await planAdd({ manifests: [manifest], varsFile }, NEW);
    expect(await run(varsFile, plan)).toBe('---\nbbs_passphrase_2026: Zq8mS2nKt5\n');
  });

  it('changes the variable of the active label in the vars file, if it is not the label of a key', async () => {
    const manifest = join(folder, 'cf.yml');
    const varsFile = join(folder, 'vars.yml');
    const text = fixture('cf.yml').replace(
      'active_key_label: key-2016-06',
      'active_key_label: ((bbs_label))',
    );
    await writeFile(manifest, text);
    await writeFile(varsFile, 'bbs_label: "key-2016-06" # now\n');
    const targets = { manifests: [manifest], varsFile };
    await writeChanges((await planAdd(targets, NEW)).changes);
    const before = await readFile(manifest, 'utf8');
    await writeChanges((await planActivate(targets, NEW.label)).changes);
    expect(await readFile(varsFile, 'utf8')).toBe(
      'bbs_label: "key-2026-10" # now\nbbs_passphrase_2026: Zq8mS2nKt5\n',
    );
    expect(await readFile(manifest, 'utf8')).toBe(before);
    await expect(planActivate({ manifests: [manifest] }, NEW.label)).rejects.toThrow(
      'is the variable ((bbs_label))',
    );
  });

  it('refuses to change a variable that is the label of a key, too (set-bbs-active-key.yml)', async () => {
    const manifest = join(folder, 'cf.yml');
    const varsFile = join(folder, 'vars.yml');
    await writeFile(varsFile, 'l: key-2016-06\n');
    await writeFile(
      manifest,
      'encryption_keys:\n- {label: ((l)), passphrase: ((p))}\n- {label: key-2026-10, passphrase: ((q))}\nactive_key_label: ((l))\n',
    );
    await expect(planActivate({ manifests: [manifest], varsFile }, 'key-2026-10')).rejects.toThrow(
      "is a key's label, too",
    );
  });

  it('refuses a list that is a variable, and passphrases that are spruce expressions', async () => {
    const path = join(folder, 'm.yml');
    await writeFile(
      path,
      'property_overrides:\n  bbs:\n    active_key_label: a\n    encryption_keys: ((keys))\n',
    );
    await expect(planAdd({ manifests: [path] }, NEW)).rejects.toThrow('are in the variable ((keys))');
    await writeFile(
      path,
      'property_overrides:\n  bbs:\n    active_key_label: a\n    encryption_keys: [{label: a, passphrase: (( grab secrets.key ))}]\n',
    );
    await expect(planAdd({ manifests: [path] }, NEW)).rejects.toThrow('spiff or spruce expression');
  });
});

describe('ops files', () => {
  it('writes one that does the same to cf-deployment, and goes on with it', async () => {
    const manifest = join(folder, 'cf.yml');
    const opsFile = join(folder, 'rotate.yml');
    await writeFile(manifest, fixture('cf.yml'));
    const targets = { manifests: [manifest], opsFile };
    const bbs = '/instance_groups/name=diego-api/jobs/name=bbs/properties/diego/bbs';
    const plan = await planAdd(targets, NEW);
    expect(plan.notes.join()).toContain('set-bbs-active-key.yml');
    await writeChanges(plan.changes);
    await writeChanges((await planActivate(targets, NEW.label)).changes);
    await writeChanges((await planRemove(targets, 'key-2016-06')).changes);
    expect(await readFile(opsFile, 'utf8')).toBe(
      `---\n- type: replace\n  path: ${bbs}/encryption_keys/-\n  value:\n    label: key-2026-10\n    passphrase: "${REF}"\n` +
        `- type: replace\n  path: ${bbs}/active_key_label\n  value: key-2026-10\n- type: remove\n  path: ${bbs}/encryption_keys/label=key-2016-06\n`,
    );
    expect(await readFile(manifest, 'utf8')).toBe(fixture('cf.yml'));
    for (const again of [
      planAdd(targets, NEW),
      planActivate(targets, NEW.label),
      planRemove(targets, 'key-2016-06'),
    ]) {
      expect((await again).changes).toEqual([]);
    }
    await expect(planRemove(targets, NEW.label)).rejects.toThrow('is the active key');
    await expect(planActivate(targets, 'key-2099-01')).rejects.toThrow('has no key key-2099-01');
  });

  it('refuses to activate beside operations that relabel key 0', async () => {
    const opsFile = join(folder, 'set-bbs-active-key.yml');
    const bbs = '/instance_groups/name=diego-api/jobs/name=bbs/properties/diego/bbs';
    await writeFile(
      opsFile,
      `- type: replace\n  path: ${bbs}/active_key_label\n  value: ((l))\n- type: replace\n  path: ${bbs}/encryption_keys/0/label\n  value: ((l))\n`,
    );
    await expect(planActivate({ manifests: [], opsFile }, NEW.label)).rejects.toThrow(
      'gives a key the active label',
    );
  });
});

describe('refusals', () => {
  const bad: [name: string, text: string, line: number, column: number][] = [
    ['a tab as indentation', 'property_overrides:\n\tbbs:\n', 2, 1],
    ['a quote that is not closed', 'a: 1\nencryption_keys:\n- label: "a\n', 4, 1],
    ['an unknown alias', 'a: 1\nb: *nowhere\n', 2, 4],
    ['a bracket that is not closed', 'a: [1, 2\nb: 3\n', 2, 1],
    ['a key that is there twice', 'active_key_label: a\nactive_key_label: b\n', 2, 1],
    ['a wrong indentation', 'a:\n    b: 1\n  c: 2\n', 3, 1],
  ];
  it.each(bad)(
    'malformed YAML, %s: file, line and column, nothing written',
    async (_name, text, line, column) => {
      const path = join(folder, 'm.yml');
      await writeFile(path, text);
      await expect(planAdd({ manifests: [path] }, NEW)).rejects.toThrow(`${path}:${line}:${column}: `);
      expect(await readFile(path, 'utf8')).toBe(text);
      expect(await readdir(folder)).toEqual(['m.yml']);
    },
  );

  it('malformed JSON: line and column, without quoting it', async () => {
    const path = join(folder, 'bbs.json');
    await writeFile(path, '{\n  "encryption_keys": {"a": "hunter2",}\n}\n');
    const error: unknown = await planAdd({ manifests: [path] }, NEW).catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/bbs\.json:2:\d+: this is not valid JSON/);
    expect(String(error)).not.toContain('hunter2');
  });

  it.each([
    ['a file without keys', 'a: 1\n', 'holds no keys of the BBS'],
    [
      'keys of the UAA only',
      'instance_groups: [{name: uaa, jobs: [{name: uaa, properties: {encryption: {active_key_label: a, encryption_keys: []}}}]}]\n',
      'holds no keys of the BBS',
    ],
    ['an empty file', '', 'holds no keys of the BBS'],
    [
      'another passphrase under the same label',
      'active_key_label: a\nencryption_keys: [{label: key-2026-10, passphrase: other}]\n',
      'with another passphrase',
    ],
    [
      'the same passphrase under another label',
      'active_key_label: a\nencryption_keys: [{label: a, passphrase: Zq8mS2nKt5}]\n',
      'is that of a already',
    ],
  ])('%s', async (_name, text, message) => {
    const path = join(folder, 'm.yml');
    await writeFile(path, text);
    await expect(planAdd({ manifests: [path] }, NEW)).rejects.toThrow(message);
  });

  it('does not activate a key that is not there, nor remove the active one', async () => {
    const path = join(folder, 'm.yml');
    await writeFile(path, fixture('diego-secrets.yml'));
    await expect(planActivate({ manifests: [path] }, 'key-2026-10')).rejects.toThrow(
      'has no key key-2026-10',
    );
    await expect(planRemove({ manifests: [path] }, 'key-2025-10')).rejects.toThrow('is the active key');
  });

  it('bytes that are no UTF-8', async () => {
    const path = join(folder, 'm.yml');
    await writeFile(path, Buffer.from([0x61, 0x3a, 0x20, 0xe9, 0x0a]));
    await expect(planAdd({ manifests: [path] }, NEW)).rejects.toThrow('is not UTF-8');
  });
});
