import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { HOME } from '../support/home.ts';

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const hasScript = spawnSync('script', ['--version']).status === 0;

// util-linux's `script` gives the command a terminal of its own.
describe.skipIf(!hasScript)('on a terminal', () => {
  let url: string;
  beforeAll(async () => {
    url = await createDatabase('diego-key-2026-10', 'locket');
  });

  /** Runs cgdiego in a terminal of that many columns and returns what appeared on it. */
  async function onTerminal(
    columns: number,
    args: string,
    env: Record<string, string> = {},
  ): Promise<string> {
    const command = `stty cols ${columns}; "${process.execPath}" "${BIN}" ${args} --database-url ${url} 2>/dev/null`;
    const { stdout } = await promisify(execFile)('script', ['-qec', command, '/dev/null'], {
      env: { PATH: process.env.PATH, HOME, TERM: 'xterm', LC_ALL: 'C.UTF-8', ...env },
    });
    return stdout.replaceAll('\r\n', '\n');
  }

  it.each([60, 100, 200])('a table fits %d columns', async (columns) => {
    const lines = stripVTControlCharacters(await onTerminal(columns, 'cells')).split('\n');
    expect(lines[0]).toMatch(/^CELL_ID {2}/u);
    for (const line of lines) {
      expect(line.length).toBeLessThanOrEqual(columns);
    }
  });

  it('shows whole ids in -o wide, however narrow', async () => {
    const wide = stripVTControlCharacters(await onTerminal(60, 'cells -o wide --no-header'));
    expect(wide.split(/\s/u)[0]).toMatch(/^[0-9a-f-]{36}$/u);
  });

  it('colours, unless told not to', async () => {
    // The start of a heading in bold.
    const colour = '\u001b[1mCELL_ID';
    expect(await onTerminal(200, 'cells')).toContain(colour);
    expect(await onTerminal(200, 'cells --no-color')).not.toContain(colour);
    expect(await onTerminal(200, 'cells', { NO_COLOR: '1' })).not.toContain(colour);
    expect(await onTerminal(200, 'cells', { TERM: 'dumb' })).not.toContain(colour);
  });
});
