import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { classifier, classify, isAboutDisk } from '../../src/lib/crashes/classify.ts';
import { parseOwnPatterns } from '../../src/lib/crashes/own-patterns.ts';
import { ACTORS, CRASH_CLASSES, CRASH_PATTERNS } from '../../src/lib/crashes/patterns.ts';
import { CORPUS } from './corpus.ts';

describe('the corpus', () => {
  test('has at least 60 texts, none twice', () => {
    expect(CORPUS.length).toBeGreaterThanOrEqual(60);
    expect(new Set(CORPUS.map(([text]) => text)).size).toBe(CORPUS.length);
  });

  test.each(CORPUS)('%j', (text, pattern, crashClass) => {
    const found = classify(text);
    expect({ pattern: found.pattern, class: found.class }).toEqual({ pattern, class: crashClass });
  });

  test('meets every pattern of the table at least once', () => {
    const met = new Set(CORPUS.map(([text]) => classify(text).pattern));
    expect(CRASH_PATTERNS.map(({ id }) => id).filter((id) => !met.has(id))).toEqual([]);
  });

  test('stays in its class when the BBS has cut it at 1,024 characters', () => {
    for (const [text, , crashClass] of CORPUS.filter(([text]) => text.length > 40)) {
      const padded = `${text}\n${'tar: ./app/file: more of the same\n'.repeat(60)}`.slice(0, 1024);
      if (crashClass === 'stopped') continue;
      expect([padded.slice(0, 60), classify(padded).class]).toEqual([padded.slice(0, 60), crashClass]);
    }
  });
});

describe('the table', () => {
  test('has unique ids, known classes, actors, a cause, a remedy and a source', () => {
    expect(new Set(CRASH_PATTERNS.map(({ id }) => id)).size).toBe(CRASH_PATTERNS.length);
    for (const pattern of CRASH_PATTERNS) {
      expect(CRASH_CLASSES).toContain(pattern.class);
      expect(pattern.who.length).toBeGreaterThan(0);
      for (const who of pattern.who) expect(ACTORS).toContain(who);
      expect(pattern.cause).not.toBe('');
      expect(pattern.todo).not.toBe('');
      expect(pattern.source).not.toBe('');
      expect(pattern.pattern.flags).toBe('i');
    }
  });

  test('answers for any text, and quickly enough for a log', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2000 }), (text) => {
        expect(classify(text).class).not.toBe('');
      }),
    );
  });
});

test('the captured foundation gets the classes that its texts say', () => {
  const rows = readFileSync(
    new URL('../fixtures/foundation/cfdot/actual-lrps.ndjson', import.meta.url),
    'utf8',
  )
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { crash_reason?: string; placement_error?: string });
  const classes: Record<string, number> = {};
  for (const row of rows) {
    for (const text of [row.crash_reason, row.placement_error]) {
      if (!text) continue;
      const found = classify(text).class;
      classes[found] = (classes[found] ?? 0) + 1;
    }
  }
  expect(classes).toEqual({
    'copy-in': 10,
    download: 8,
    'container-create': 2,
    'disk-full': 2,
    'app-exit': 8,
    'memory-quota': 6,
    'health-check': 4,
    'no-compatible-cell': 3,
    'insufficient-resources': 2,
  });
});

test.each<[text: string, disk: boolean]>([
  ['Copying into the container failed', true],
  ['Copying droplet into the container failed: stream-in: pid not found for container', false],
  ['insufficient resources: disk', true],
  ['insufficient resources: memory', false],
  ['failed to create container: layers exceed disk quota 2/1 bytes', true],
  ['Instance became unhealthy: write /tmp/x: no space left on device', true],
  ['mkdir /sys/fs/cgroup/memory/x: no space left on device', false],
  ['APP/PROC/WEB: Exited with status 1', false],
])('%j is about disk: %s', (text, disk) => {
  expect(isAboutDisk(text, classify(text))).toBe(disk);
});

describe("an operator's own patterns", () => {
  test('are tried first', () => {
    const own = parseOwnPatterns(
      [{ id: 'sso', pattern: 'Exited with status 78', who: 'app', cause: 'SSO is down', todo: 'call them' }],
      'own.yml',
    );
    const classifyWith = classifier(own);
    expect(classifyWith('APP/PROC/WEB: exited with status 78')).toMatchObject({
      pattern: 'sso',
      class: 'sso',
      who: ['app'],
    });
    expect(classifyWith('APP/PROC/WEB: Exited with status 79').pattern).toBe('exit-status');
  });

  test.each<[document: unknown, message: RegExp]>([
    ['nonsense', /not a list/],
    [[1], /entry 1: not an object/],
    [[{ pattern: 'x' }], /no id/],
    [[{ id: 'x' }], /no pattern/],
    [[{ id: 'x', pattern: '(' }], /not a regular expression/],
    [[{ id: 'x', pattern: 'a', who: 'nobody' }], /who is "nobody"/],
    [[{ id: 'x', pattern: 'a', cause: 1 }], /cause is not a text/],
    [
      {
        patterns: [
          { id: 'x', pattern: 'a' },
          { id: 'x', pattern: 'b' },
        ],
      },
      /two patterns/,
    ],
  ])('%j is refused', (document, message) => {
    expect(() => parseOwnPatterns(document, 'own.yml')).toThrow(message);
  });
});
