import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const HOOK = new URL('./usage-hook.mjs', import.meta.url).href;

/** A whole process, from the moment it was started to the moment it was gone. */
export interface Measurement {
  code: number | null;
  /** Wall time. */
  seconds: number;
  /** User and system time of all threads. */
  cpuSeconds: number;
  /** The most memory that it held (maximum resident set size), in MiB. */
  peakRssMb: number;
  stdout: string;
  stdoutBytes: number;
  stderr: string;
}

export interface MeasureOptions {
  env?: Record<string, string>;
  stdin?: string;
  /** Keeps stdout's text; otherwise it is read and only counted, so that the measuring process stays small. */
  keepStdout?: boolean;
  /** The exit codes that are a success. Default: 0. */
  expect?: readonly number[];
}

/**
 * Runs the built cgdiego as a shell would (run `npm run build` first) and measures it. Its output goes into a pipe.
 * @throws if it ends with another exit code than expected.
 */
export function measureCgdiego(args: readonly string[], options: MeasureOptions = {}): Promise<Measurement> {
  return measureNode([BIN, ...args], options);
}

/** Runs a script with this Node. The process must end by itself: what it used is noted when it exits. */
export async function measureNode(
  argv: readonly string[],
  options: MeasureOptions = {},
): Promise<Measurement> {
  const { expect = [0], keepStdout = false } = options;
  const folder = await mkdtemp(join(tmpdir(), 'cgdiego-bench-'));
  const usageFile = join(folder, 'usage.json');
  try {
    const started = performance.now();
    const child = spawn(process.execPath, ['--import', HOOK, ...argv], {
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        TZ: 'UTC',
        ...options.env,
        CGDIEGO_BENCH_USAGE: usageFile,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stdoutBytes = 0;
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdoutBytes += chunk.length;
      if (keepStdout) stdout += chunk.toString('utf8');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdin.on('error', () => undefined).end(options.stdin ?? '');
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve);
    });
    const seconds = (performance.now() - started) / 1000;
    if (code === null || !expect.includes(code)) {
      throw new Error(`${argv.join(' ')} ended with ${code}:\n${stderr}`);
    }
    const usage = JSON.parse(await readFile(usageFile, 'utf8')) as NodeJS.ResourceUsage;
    return {
      code,
      seconds,
      cpuSeconds: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
      peakRssMb: usage.maxRSS / 1024,
      stdout,
      stdoutBytes,
      stderr,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
