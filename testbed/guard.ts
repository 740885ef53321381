import { spawn } from 'node:child_process';

/**
 * A shell that waits for its input to end, which it does when we are gone, however we went: then it stops the server that it
 * finds in the folder and removes the folder. A line of input means that there is nothing left to do.
 */
const SCRIPT = `
trap '' INT HUP TERM
if read -r _; then exit 0; fi
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
  kill -QUIT "$pid" 2>/dev/null
  for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2>/dev/null && sleep 0.1; done
fi
rm -rf -- "$1"
`;

export interface Guard {
  /** The folder is gone already. */
  dismiss(): void;
}

/** Sees to it that a server and its folder do not outlive this process, not even when it is killed. */
export function guard(home: string): Guard {
  if (process.platform === 'win32') return { dismiss: () => undefined };
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'cgdiego-postgres-guard', home], {
    cwd: '/',
    // A session of its own: Ctrl-C in the terminal must not reach it.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.once('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  // Neither the shell nor its pipe keeps this process alive.
  shell.unref();
  (shell.stdin as unknown as { unref(): void }).unref();
  return { dismiss: () => shell.stdin.end('done\n') };
}
