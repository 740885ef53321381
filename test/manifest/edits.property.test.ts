import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Document, isCollection, isPair, isScalar, parseDocument, Scalar, visit } from 'yaml';
import { activateKey, addKey, removeKey, type Edit } from '../../src/lib/manifest/edits.ts';
import { keyBlocks, type KeyBlock } from '../../src/lib/manifest/key-blocks.ts';
import { parseSource, type Source } from '../../src/lib/manifest/source.ts';
import { applySplices } from '../../src/lib/manifest/splice.ts';
import { verifyEdit } from '../../src/lib/manifest/verify.ts';

/** Texts that YAML has to quote, fold or escape in its many ways. */
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom(
    'yes',
    '~',
    '0x1f',
    '- a',
    'a: b',
    '# no comment',
    "it's",
    'tab\tin',
    'two\nlines\n',
    ' lead',
    '((var))',
    '{',
    '2026-10-01',
  ),
);
const label = fc.oneof(
  fc.stringMatching(/^key-20[12]\d-(0[1-9]|1[0-2])$/),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((each) => !/[:\0]/.test(each) && each.trim() !== ''),
);
const name = fc.stringMatching(/^[a-z_]{1,8}$/);
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3 }),
  ),
})).value;
const siblings = fc.dictionary(name, anything, { maxKeys: 4 });

interface Manifest {
  value: Record<string, unknown>;
  labels: string[];
}

/** A manifest in one of the forms, with the keys somewhere among other properties. */
const manifest: fc.Arbitrary<Manifest> = fc
  .record({
    labels: fc.uniqueArray(label, { minLength: 1, maxLength: 3 }),
    passphrases: fc.array(text, { minLength: 3, maxLength: 3 }),
    activeFirst: fc.boolean(),
    passphraseFirst: fc.boolean(),
    form: fc.constantFrom('spiff', 'deployed', 'cf', 'json', 'keys'),
    around: fc.array(siblings, { minLength: 5, maxLength: 5 }),
  })
  .map(({ labels, passphrases, activeFirst, passphraseFirst, form, around }) => {
    const entries = labels.map((each, index) => {
      const fields: [string, unknown][] = [
        ['label', each],
        ['passphrase', passphrases[index]],
      ];
      return Object.fromEntries(passphraseFirst ? fields.reverse() : fields);
    });
    const keys =
      form === 'json' ? Object.fromEntries(labels.map((each, index) => [each, passphrases[index]])) : entries;
    const own = activeFirst
      ? { active_key_label: labels[0], encryption_keys: keys }
      : { encryption_keys: keys, active_key_label: labels[0] };
    const bbs = { ...around[0], ...own, ...around[1] };
    const value = {
      spiff: { ...around[2], property_overrides: { ...around[3], bbs } },
      deployed: { ...around[2], properties: { ...around[3], diego: { bbs } } },
      cf: {
        ...around[2],
        instance_groups: [
          { name: 'uaa', jobs: [{ name: 'uaa', properties: { encryption: own } }] },
          {
            name: 'diego-api',
            jobs: [{ name: 'bbs', properties: { ...around[3], diego: { bbs } } }, around[4]],
          },
        ],
      },
      json: bbs,
      keys: bbs,
    }[form];
    return { value, labels };
  });

/** How the text is written: indentation, brackets, quotes, comments, line ends. */
const style = fc.record({
  indent: fc.integer({ min: 2, max: 6 }),
  indentSeq: fc.boolean(),
  choices: fc.array(fc.nat(99), { minLength: 30, maxLength: 30 }),
  crlf: fc.boolean(),
  noFinalBreak: fc.boolean(),
  asJson: fc.constantFrom(undefined, '', '  ', '\t'),
});

function write({ value }: Manifest, how: typeof style extends fc.Arbitrary<infer T> ? T : never): string {
  let written: string;
  if (how.asJson !== undefined) written = `${JSON.stringify(value, null, how.asJson)}\n`;
  else {
    const document = new Document(value, { aliasDuplicateObjects: false });
    let chosen = 0;
    const choose = (): number => how.choices[chosen++ % how.choices.length]!;
    const types = [
      Scalar.PLAIN,
      Scalar.QUOTE_DOUBLE,
      Scalar.QUOTE_SINGLE,
      Scalar.BLOCK_LITERAL,
      Scalar.BLOCK_FOLDED,
    ] as const;
    visit(document, (key, node) => {
      if (isPair(node)) return;
      if (isCollection(node) && choose() < 20) node.flow = true;
      if (isScalar(node) && typeof node.value === 'string' && key !== 'key')
        node.type = types[choose() % types.length]!;
      if ((isScalar(node) || isCollection(node)) && choose() < 10) node.comment = ` behind ${choose()}`;
      if ((isScalar(node) || isCollection(node)) && choose() < 10) node.commentBefore = ` before ${choose()}`;
    });
    written = document.toString({ indent: how.indent, indentSeq: how.indentSeq, lineWidth: 0 });
  }
  if (how.noFinalBreak) written = written.replace(/\n$/, '');
  return how.crlf ? written.replaceAll('\n', '\r\n') : written;
}

/** The parsed file without the keys of the BBS, and those keys by themselves. */
function taken(source: Source): { rest: string; keys: unknown; active: string | undefined } {
  const document = parseDocument(source.text, { uniqueKeys: false, logLevel: 'silent' });
  const [block] = keyBlocks(source);
  const path = pathOf(block!);
  const keys: unknown = (
    document.getIn([...path, 'encryption_keys']) as { toJS(doc: unknown): unknown }
  ).toJS(document);
  document.deleteIn([...path, 'encryption_keys']);
  document.deleteIn([...path, 'active_key_label']);
  return { rest: JSON.stringify(document.toJS()), keys, active: block!.active.text };
}

function pathOf({ form, bbs }: KeyBlock): (string | number)[] {
  if (form === 'spiff') return ['property_overrides', 'bbs'];
  if (form === 'deployed') return ['properties', 'diego', 'bbs'];
  return bbs.path === '' ? [] : ['instance_groups', 1, 'jobs', 0, 'properties', 'diego', 'bbs'];
}

function edited(source: Source, edit: Edit): Source {
  const after = applySplices(source.text, edit.splices);
  return verifyEdit(source, after, edit);
}

/** How many lines of `before` are not in `after`. */
function lostLines(before: string, after: string): number {
  const left = new Map<string, number>();
  for (const line of after.split('\n')) left.set(line, (left.get(line) ?? 0) + 1);
  return before.split('\n').filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  }).length;
}

describe('edits of random manifests', { timeout: 180_000 }, () => {
  it('change the keys and leave everything else as it parses, comments and lines included', () => {
    fc.assert(
      fc.property(manifest, style, label, (made, how, added) => {
        fc.pre(!made.labels.includes(added));
        const before = write(made, how);
        let source: Source;
        try {
          source = parseSource('m.yml', before);
        } catch {
          // The writer of the test puts comments where a parser may not take them.
          fc.pre(false);
          return;
        }
        fc.pre(
          keyBlocks(source).length === 1 &&
            keyBlocks(source)[0]!.entries.every(({ label: each }) => each.text !== undefined),
        );
        fc.pre(
          made.labels.join('\0') ===
            keyBlocks(source)[0]!
              .entries.map(({ label: each }) => each.text)
              .join('\0'),
        );
        const original = taken(source);

        const withKey = edited(
          source,
          addKey(source, keyBlocks(source), () => ({ label: added, passphrase: 'Zq8mS2nKt5' })),
        );
        const afterAdd = taken(withKey);
        expect(afterAdd.rest).toBe(original.rest);
        expect(afterAdd.active).toBe(original.active);
        expect(afterAdd.keys).toEqual(
          Array.isArray(original.keys)
            ? [...(original.keys as unknown[]), { label: added, passphrase: 'Zq8mS2nKt5' }]
            : { ...(original.keys as object), [added]: 'Zq8mS2nKt5' },
        );
        // Only the line that gets a comma, a bracket's neighbour or a line break is written anew.
        expect(lostLines(before, withKey.text)).toBeLessThanOrEqual(1);

        const activated = edited(withKey, activateKey(withKey, keyBlocks(withKey), added));
        const afterActivate = taken(activated);
        expect(afterActivate).toEqual({ ...afterAdd, active: added });
        if (isOneLine(withKey)) {
          expect(activated.text.split('\n')).toHaveLength(withKey.text.split('\n').length);
        }

        const removed = edited(activated, removeKey(activated, keyBlocks(activated), made.labels[0]!));
        const afterRemove = taken(removed);
        expect(afterRemove.rest).toBe(original.rest);
        expect(afterRemove.active).toBe(added);
        expect(afterRemove.keys).toEqual(
          Array.isArray(afterAdd.keys)
            ? (afterAdd.keys as unknown[]).slice(1)
            : Object.fromEntries(
                Object.entries(afterAdd.keys as object).filter(([each]) => each !== made.labels[0]),
              ),
        );
      }),
      { numRuns: 400 },
    );
  });
});

/** Whether the active label is written on the line of its key. */
function isOneLine(source: Source): boolean {
  const range = keyBlocks(source)[0]!.active.node?.range;
  return range !== undefined && range !== null && !source.text.slice(range[0], range[1]).includes('\n');
}
