import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { generateFoundation } from './generator/generate.ts';
import { startPostgres } from './postgres.ts';
import { SUGGESTIONS, TOUR } from './tour.ts';
import { assertBuilt, BIN, DEMO_KEYS, makeWorkspace, OLD_LABEL, quote } from './workspace.ts';

const USAGE = `Usage: npm run demo -- [--lrps N] [--seed N] [--shell]

  --lrps N   desired LRPs of the made-up foundation (default 5000)
  --seed N   another foundation of the same size (default 1)
  --shell    no tour: open a shell in which cgdiego works on the foundation`;

/** Bad options: exit code 2. */
class UsageError extends Error {}

/** What runs in the foreground, if anything: it gets the signals that are meant for the demo. */
let foreground: ChildProcess | undefined;
/** In a shell, Ctrl-C is the shell's. */
let isInShell = false;
const interruption = new AbortController();

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function listenForSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (signal === 'SIGINT' && isInShell) return;
      // A terminal sends SIGINT to the whole foreground group; otherwise it is for us to pass it on.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) foreground?.kill(signal);
      interruption.abort(128 + constants.signals[signal]);
    });
  }
}

/** Runs a command on our own terminal. */
async function run(command: string, args: string[], env: Record<string, string>): Promise<number> {
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  foreground = child;
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject).once('exit', (code, signal) => {
        resolve(code ?? 128 + constants.signals[signal!]);
      });
    });
  } finally {
    foreground = undefined;
  }
}

async function tour(env: Record<string, string>): Promise<void> {
  for (const { why, args, expect = 0 } of TOUR) {
    say(`\n# ${why}\n$ cgdiego ${args.map(quote).join(' ')}`);
    const code = await run(process.execPath, [BIN, ...args], env);
    interruption.signal.throwIfAborted();
    if (code !== expect) {
      throw new Error(`cgdiego ${args.join(' ')} ended with ${code}, and not with ${expect} as it should.`);
    }
    if (code !== 0) say(`(exit code ${code})`);
  }
  say('\n# That was the main job. To try every command yourself: npm run demo -- --shell');
}

async function shell(env: Record<string, string>): Promise<void> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    say(
      '# No terminal, so no shell. Set this in yours; the foundation is there until this process gets SIGINT.',
    );
    for (const [name, value] of Object.entries(env)) say(`export ${name}=${quote(value)}`);
    await waitForSignal();
    return;
  }
  say('\n# cgdiego is on the PATH, and the environment names the store and the keys. Try:');
  for (const suggestion of SUGGESTIONS) say(`#   ${suggestion}`);
  say('# The foundation is gone when you leave the shell (exit, or Ctrl-D).');
  isInShell = true;
  await run(process.env.SHELL ?? '/bin/sh', [], env);
}

/** Resolves on SIGINT, and keeps the process alive until then. */
function waitForSignal(): Promise<void> {
  const alive = setInterval(() => undefined, 1 << 30);
  return new Promise((resolve) => {
    interruption.signal.addEventListener('abort', () => {
      clearInterval(alive);
      resolve();
    });
  });
}

function parse(): { lrps: number; seed: number; shell: boolean; help: boolean } {
  const number = (name: string, text: string, max: number) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1 || value > max) {
      throw new UsageError(`--${name} takes a whole number from 1 to ${max}, not ${text}.`);
    }
    return value;
  };
  try {
    const { values } = parseArgs({
      options: {
        lrps: { type: 'string', default: '5000' },
        seed: { type: 'string', default: '1' },
        shell: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return {
      ...values,
      lrps: number('lrps', values.lrps, 1_000_000),
      seed: number('seed', values.seed, Number.MAX_SAFE_INTEGER),
    };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError((error as Error).message);
  }
}

async function main(): Promise<void> {
  const options = parse();
  if (options.help) {
    say(USAGE);
    return;
  }
  assertBuilt();
  listenForSignals();
  say('# Starting a PostgreSQL of its own (on loopback, in a temporary folder) ...');
  const postgres = await startPostgres();
  try {
    interruption.signal.throwIfAborted();
    const made = await generateFoundation(postgres.url(), {
      desiredLrps: options.lrps,
      seed: options.seed,
      keys: DEMO_KEYS,
      label: OLD_LABEL,
      // Rows of before the columns, which every store of some age has.
      nullShare: 0.02,
    });
    interruption.signal.throwIfAborted();
    say(
      `# A made-up foundation: ${made.desiredLrps} desired LRPs, ${made.actualLrps} actual LRPs, ${made.tasks} tasks on ${made.cells.length} cells.`,
    );
    const env = await makeWorkspace(postgres.home, postgres.url());
    await (options.shell ? shell(env) : tour(env));
  } finally {
    await postgres.destroy();
  }
}

try {
  await main();
} catch (error) {
  if (interruption.signal.aborted) {
    process.exitCode = interruption.signal.reason as number;
  } else {
    process.stderr.write(`Error: ${(error as Error).message}\n`);
    if (error instanceof UsageError) process.stderr.write(`${USAGE}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
