import { expect } from 'vitest';
import { rfc3339 } from '../../src/lib/bbs/timestamps.ts';

/**
 * Every fact that cfdot printed must be in what cgdiego prints, under the same name. cgdiego may say more, and it says some things in
 * another way, which is what this knows: times are RFC 3339, presences are in small letters, `routable` is not wrapped, and an
 * empty list is a list.
 */
export function expectEveryFact(printed: unknown, captured: unknown, path: string): void {
  if (captured === null || captured === '') {
    // Go prints an empty list, map or text as null or ''.
    expect(isEmpty(printed), `${path} is ${JSON.stringify(printed)}`).toBe(true);
  } else if (Array.isArray(captured)) {
    expect(Array.isArray(printed), path).toBe(true);
    expect((printed as unknown[]).length, path).toBe(captured.length);
    captured.forEach((element, i) => {
      expectEveryFact((printed as unknown[])[i], element, `${path}[${i}]`);
    });
  } else if (typeof captured === 'object') {
    for (const [name, value] of Object.entries(captured)) {
      if (name === 'OptionalRoutable') {
        expectEveryFact(printed, value, path);
      } else {
        expectEveryFact((printed as Record<string, unknown> | undefined)?.[name], value, `${path}.${name}`);
      }
    }
  } else if (typeof captured === 'string' && /^\d{16,}$/u.test(captured)) {
    expect(printed, path).toBe(rfc3339(captured));
  } else if (path.endsWith('.presence')) {
    expect(printed, path).toBe((captured as string).toLowerCase());
  } else if (path.endsWith('_at') && captured === 0) {
    expect(printed, path).toBeNull();
  } else {
    expect(printed, path).toBe(captured);
  }
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === '' || value === null || value === undefined;
}
