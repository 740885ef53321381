import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { inspect, keysFile } from '../support/inspect.ts';
import { HOME } from '../support/home.ts';

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const hasScript = spawnSync('script', ['--version']).status === 0;

let url: string;
beforeAll(async () => {
  url = await createDatabase('diego-key-2026-10', 'locket');
});

/** What must be seen on a terminal of 80 columns: who it is, and what needs attention. */
const AT_80: [string, string][] = [
  ['cells', 'CELL_ID   ZONE  STATE    MEM_GIB  MEM%   DISK_GIB  DISK%    CONT  TAGS'],
  ['lrps', 'PROCESS_GUID  APP       DESIRED  RUNNING  UNCLAIMED  CRASHES  PLACEMENT'],
  ['lrps --instances', 'PROCESS_GUID  IDX  STATE      CELL_ID   ZONE  SINCE  CRASHES  PLACEMENT'],
  ['tasks', 'TASK_GUID  STATE    CELL_ID   AGE  MEM_MB  DISK_MB  FAILURE  REJECTIONS'],
  ['domains', 'DOMAIN    STATE  EXPIRES'],
  ['locks', 'KEY       TYPE      OWNER     MEANS       TTL  INDEX'],
  ['volumes', 'PROCESS_GUID  APP      DRIVERS   DESIRED  RUNNING  PLACEABLE  WHY'],
];

describe.skipIf(!hasScript)('on a terminal of 80 columns', () => {
  it.each(AT_80)('%s shows what needs attention', async (command, headings) => {
    const program = `stty cols 80; "${process.execPath}" "${BIN}" ${command} 2>/dev/null`;
    const { stdout } = await promisify(execFile)('script', ['-qec', program, '/dev/null'], {
      env: {
        PATH: process.env.PATH,
        HOME,
        TERM: 'dumb',
        LC_ALL: 'C.UTF-8',
        CGDIEGO_DATABASE_URL: url,
        CGDIEGO_KEYS: keysFile(),
      },
    });
    const lines = stdout.split('\r\n');
    expect(lines[0]!.replace(/ +/gu, ' ').startsWith(headings.replace(/ +/gu, ' ')), lines[0]).toBe(true);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe('csv', () => {
  it.each([
    ['cells', 'cell_id,zone,state,memory_allocated_mb,memory_total_mb'],
    ['lrps', 'process_guid,app_name,instances,running,unclaimed,crash_count'],
    ['lrps --instances', 'process_guid,index,state,cell_id,availability_zone'],
    ['lrps --full', 'process_guid,instances,memory_mb,disk_mb'],
    ['tasks', 'task_guid,state,cell_id,created_at'],
    ['domains', 'domain,'],
    ['locks', 'key,type,owner,means,ttl'],
    ['volumes', 'process_guid,app_name,org_name,space_name,volume_drivers'],
  ])('%s has a heading and as many lines as json has objects', async (command, heading) => {
    const [csv, json] = await Promise.all(
      ['csv', 'json'].map((format) => inspect(url, [...command.split(' '), '-o', format])),
    );
    expect(csv!.stdout.startsWith(heading), csv!.stdout.slice(0, 100)).toBe(true);
    const records = csvRecords(csv!.stdout);
    expect(records.length - 1).toBe((JSON.parse(json!.stdout) as unknown[]).length);
    expect(new Set(records.map((fields) => fields.length)).size).toBe(1);
  });
});

/** RFC 4180. */
function csvRecords(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n)/gu)) {
    record.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === ',') continue;
    records.push(record);
    record = [];
  }
  return records;
}
