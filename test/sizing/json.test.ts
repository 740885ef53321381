import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { cfdotFoundation } from '../support/cfdot.ts';
import { ask, twoZones } from './foundations.ts';

const DOCUMENTED = new Set(
  [
    ...readFileSync(new URL('../../docs/sizing-json.md', import.meta.url), 'utf8').matchAll(/`([a-z_]+)`/gu),
  ].map(([, key]) => key),
);

function keysOf(value: unknown, into = new Set<string>()): Set<string> {
  if (Array.isArray(value)) value.forEach((each) => keysOf(each, into));
  else if (value !== null && typeof value === 'object') {
    for (const [key, inner] of Object.entries(value)) keysOf(inner, into.add(key));
  }
  return into;
}

it('every key of -o json is snake_case and in docs/sizing-json.md', async () => {
  const newApp = { memoryMb: 9000, diskMb: 1, instances: 3, rootfs: 'preloaded:cflinuxfs4' };
  const reports = [
    await ask(cfdotFoundation({ live: true }), { azLoss: true, growth: '2', cellSize: '512M:512M' }),
    await ask(await twoZones(), { azLoss: true, add: ['2'], growth: '5', scaleApps: '-50' }),
    await ask(await twoZones(), { newApp: { ...newApp, placementTags: [], volumeDrivers: [] } }),
  ];
  const keys = [...keysOf(reports)];
  expect(keys).toEqual(expect.arrayContaining(['by_zone', 'one_fewer_fails', 'could_take', 'impossible']));
  expect(keys.filter((key) => !/^[a-z]+(_[a-z]+)*$/u.test(key))).toEqual([]);
  expect(keys.filter((key) => !DOCUMENTED.has(key))).toEqual([]);
});
