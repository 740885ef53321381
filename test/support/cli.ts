import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { HOME } from './home.ts';

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  env?: Record<string, string>;
  stdin?: string;
  cwd?: string;
  /** Called with the process once it runs, for tests that send signals or close pipes. */
  onSpawn?: (child: ReturnType<typeof spawn>) => void;
}

/** Runs the built `bin/run.js` as a shell would, with a clean environment and no terminal. */
export async function cgdiego(args: string[], options: CliOptions = {}): Promise<CliResult> {
  return runNode([BIN, ...args], options);
}

/** Runs a program with the same Node, environment and streams as {@link cgdiego}. */
export async function runNode(args: string[], options: CliOptions = {}): Promise<CliResult> {
  const child = spawn(process.execPath, args, {
    cwd: options.cwd,
    env: {
      PATH: process.env.PATH,
      HOME,
      TZ: 'UTC',
      ...options.env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined).end(options.stdin ?? '');
  options.onSpawn?.(child);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  return { code, stdout, stderr };
}
