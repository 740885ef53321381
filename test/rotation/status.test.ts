import { describe, expect, it } from 'vitest';
import { keyAge } from '../../src/lib/rotation/key-age.ts';
import type { RecordSummary } from '../../src/lib/rotation/read-records.ts';
import { rotationStatus, type Stage, type StatusInput } from '../../src/lib/rotation/status.ts';

const A = 'key-2026-10';
const B = 'key-2026-11';

function input(
  active: string | undefined,
  labels: string[],
  stored: string | null,
  blobs: Record<string, number>,
): StatusInput {
  return {
    manifests: [{ place: 'm.yml:3', state: { active, labels } }],
    storedLabel: stored,
    blobs: new Map(Object.entries(blobs)),
    rotations: [],
    files: '--manifest m.yml',
    deploy: 'bosh -d cf deploy m.yml',
  };
}

describe('rotationStatus', () => {
  it.each<[string, StatusInput, Stage, string]>([
    ['before', input(A, [A], A, { [A]: 100 }), 'idle', 'cgdiego keys generate'],
    ['a fresh store', input(A, [A], null, {}), 'idle', 'cgdiego keys generate'],
    ['key added', input(A, [A, B], A, { [A]: 100 }), 'key-added', `cgdiego keys activate ${B} --manifest m.yml`],
    ['key activated, not deployed', input(B, [A, B], A, { [A]: 100 }), 'activated', 'bosh -d cf deploy m.yml'],
    ['deployed, the BBS at work', input(B, [A, B], A, { [A]: 60, [B]: 40 }), 'rotate', `cgdiego rotate-key --to ${B} --keys FILE`],
    ['the BBS done, with leftovers', input(B, [A, B], B, { [A]: 3, [B]: 97 }), 'rotate', `cgdiego rotate-key --to ${B} --keys FILE`],
    ['all blobs new, label old', input(B, [A, B], A, { [B]: 100 }), 'rotate', `cgdiego rotate-key --to ${B} --keys FILE`],
    ['rotated', input(B, [A, B], B, { [B]: 100 }), 'remove-old', `cgdiego keys remove ${A} --manifest m.yml`],
    ['rotated, in another order', input(B, [B, A], B, { [B]: 100 }), 'remove-old', `cgdiego keys remove ${A} --manifest m.yml`],
    ['old key removed', input(B, [B], B, { [B]: 100 }), 'idle', 'cgdiego keys generate'],
    ['removed too early', input(B, [B], B, { [A]: 3, [B]: 97 }), 'key-missing', `cgdiego keys add --new-key FILE --label ${A} --manifest m.yml`],
    ['relabelled', input(B, [B], A, { [A]: 100 }), 'key-missing', `cgdiego keys add --new-key FILE --label ${A} --manifest m.yml`],
    ['active key not there', input('x', [A], A, { [A]: 1 }), 'invalid', `cgdiego keys activate ${A} --manifest m.yml`],
    ['no manifest', { ...input(A, [A], A, { [A]: 1 }), manifests: [] }, 'no-manifest', 'cgdiego rotate-key status --manifest FILE'],
  ])('%s', (_name, given, stage, command) => {
    const status = rotationStatus(given);
    expect([status.stage, status.command]).toEqual([stage, command]);
    expect(status.says).toMatch(/\.$/);
  }); // prettier-ignore

  it('tells an old key from a new one by the record, when labels have no dates', () => {
    const given = input('blue', ['blue', 'green'], 'blue', { blue: 100 });
    expect(rotationStatus(given).stage).toBe('key-added');
    expect(rotationStatus({ ...given, rotations: [{ target: 'blue', from: 'green' }] }).stage).toBe(
      'remove-old',
    );
  });

  it('refuses manifests that differ', () => {
    const given = input(A, [A], A, { [A]: 1 });
    const two = {
      ...given,
      manifests: [...given.manifests, { place: 'n.yml:1', state: { active: B, labels: [A, B] } }],
    };
    expect(rotationStatus(two)).toMatchObject({ stage: 'invalid', command: 'cgdiego manifest check m.yml' });
  });
});

describe('keyAge', () => {
  const DAY = 86_400_000;
  const now = new Date('2026-11-22T12:00:00Z');
  const record = (
    target: string,
    at: string,
    outcome: RecordSummary['outcome'] = 'rotated',
    dryRun = false,
  ): RecordSummary => ({
    outcome,
    target_label: target,
    stored_label_before: 'before',
    finished_at: at,
    dry_run: dryRun,
  });

  it('is from the date of the label without a record', () => {
    expect(keyAge('key-2025-11', [], 365 * DAY, now)).toEqual({
      label: 'key-2025-11',
      since: '2025-11-01T00:00:00.000Z',
      source: 'label',
      age_days: 386,
      max_age_days: 365,
      due_on: '2026-11-01',
      verdict: 'due',
    });
  });

  it('is from the first rotation to it, if there is a record', () => {
    const records = [
      record('blue', '2026-05-01T00:00:00Z'),
      record('blue', '2025-12-01T00:00:00Z'),
      record('blue', '2024-01-01T00:00:00Z', 'planned', true),
      record('blue', '2024-01-02T00:00:00Z', 'failed'),
      record('green', '2020-01-01T00:00:00Z'),
    ];
    expect(keyAge('blue', records, 365 * DAY, now)).toMatchObject({
      source: 'record',
      since: '2025-12-01T00:00:00.000Z',
      age_days: 356,
      verdict: 'ok',
    });
    expect(keyAge('blue', records, 300 * DAY, now).verdict).toBe('due');
  });

  it('is not made up', () => {
    expect(keyAge('blue', [], 365 * DAY, now)).toMatchObject({
      since: null,
      age_days: null,
      due_on: null,
      verdict: 'unknown',
    });
  });
});
