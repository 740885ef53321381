import { execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, query } from '../support/database.ts';
import { inspect, keysFile } from '../support/inspect.ts';
import { HOME } from '../support/home.ts';

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const LEFT = '\u001b[?25h\u001b[?1049l';

function has(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

let url: string;
let keys: string;
beforeAll(async () => {
  url = await createDatabase('diego-key-2026-10', 'locket');
  keys = keysFile();
});

/** Runs top on a pseudo-terminal; `react` sees what is on the screen so far and may type or send a signal to top. */
async function onTerminal(
  react: (screen: string, type: (keys: string) => void, signal: (name: string) => void) => void,
): Promise<string> {
  // exec, so that the process id is that of top.
  const foreground = `stty cols 90 rows 24; sh -c 'echo "pid=$$."; exec ${process.execPath} ${BIN} top --interval 300ms'; echo "code=$?."; stty -a | grep -o -e '-\\?icanon' -e '-\\?echo '`;
  const child = spawn('script', ['-qec', foreground, '/dev/null'], {
    env: {
      PATH: process.env.PATH,
      HOME,
      TERM: 'xterm',
      LANG: 'C.UTF-8',
      CGDIEGO_DATABASE_URL: url,
      CGDIEGO_KEYS: keys,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screen = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    const pid = /pid=(\d+)\./u.exec(screen)?.[1];
    react(
      screen,
      (typed) => child.stdin.write(typed),
      (name) => process.kill(Number(pid), name),
    );
  });
  await new Promise((resolve) => child.once('close', resolve));
  return screen;
}

/** Does something once, when the screen shows a text. */
function when(text: string | RegExp, action: () => void): (screen: string) => void {
  let done = false;
  return (screen) => {
    if (done || !(typeof text === 'string' ? screen.includes(text) : text.test(screen))) return;
    done = true;
    action();
  };
}

describe.skipIf(!has('script'))('top', () => {
  const ENDS: [string, number, (type: (keys: string) => void, signal: (name: string) => void) => void][] = [
    [
      'q',
      0,
      (type) => {
        type('q');
      },
    ],
    [
      'Ctrl-C',
      130,
      (type) => {
        type('\u0003');
      },
    ],
    [
      'SIGTERM',
      130,
      (_, signal) => {
        signal('SIGTERM');
      },
    ],
    [
      'SIGINT',
      130,
      (_, signal) => {
        signal('SIGINT');
      },
    ],
  ];
  it.each(ENDS)('puts the terminal back after %s', async (_, code, end) => {
    let act: ((screen: string) => void) | undefined;
    const screen = await onTerminal((shown, type, signal) => {
      act ??= when('CRASHES', () => {
        end(type, signal);
      });
      act(shown);
    });
    expect(screen).toContain('\u001b[?1049h\u001b[?25l');
    expect(screen).toContain('z1 5b1484f2');
    const after = screen.slice(screen.lastIndexOf(LEFT));
    expect(after.startsWith(LEFT)).toBe(true);
    expect(after).toContain(`code=${code}.`);
    expect(after).toMatch(/(?<!-)icanon/u);
    expect(after).toMatch(/(?<!-)echo /u);
  });

  it('shows crashes as they happen', async () => {
    const steps: ((screen: string) => void)[] = [];
    const screen = await onTerminal((shown, type) => {
      if (steps.length === 0) {
        steps.push(
          when('CRASHES', () => {
            void query(
              url,
              `UPDATE actual_lrps SET crash_count = 9, crash_reason = 'it fell over just now', since = since + 3600000000000, state = 'CRASHED'
                WHERE process_guid LIKE '71e796a2%' AND instance_index = 0`,
            );
          }),
          when(/\* +\S+ +app-1\/0 +9x CRASHED +it fell over just now/u, () => {
            type('q');
          }),
        );
      }
      for (const step of steps) step(shown);
    });
    expect(screen).toContain('it fell over just now');
    expect(screen).toContain('code=0.');
  });
});

describe('top without a terminal', () => {
  it('says what to use instead', async () => {
    const { code, stdout, stderr } = await inspect(url, ['top']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('cgdiego cells');
  });
});
