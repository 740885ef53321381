// Fails when something that is generated is not what the commands say now: `npm run check` (after a build).
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { generateManifest, read, root } from './manifest.mjs';
import { describeCommands, generateAll } from './reference.mjs';

const problems = [];

for (const [path, expected] of await generateAll()) {
  const actual = existsSync(new URL(`../${path}`, import.meta.url)) ? read(path) : undefined;
  if (actual !== expected)
    problems.push(`${path} is not current${difference(actual, expected)}. Run: npm run docs`);
}

for (const { name, flags, records } of await describeCommands()) {
  if (flags.some((flag) => flag.name === 'columns') && records.length === 0) {
    problems.push(`cgdiego ${name} takes --columns but does not say which: add \`static override records\`.`);
  }
}

const manifest = await generateManifest();
if (read('oclif.manifest.json') !== manifest) {
  problems.push('oclif.manifest.json is not what dist/ holds. Run: npm run build');
}
// A build rewrites the file, so what counts is the version that git would commit.
const staged = stagedManifest();
if (staged !== undefined && staged !== manifest) {
  problems.push('oclif.manifest.json changed. Run: npm run build && git add oclif.manifest.json');
}

for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

/** The manifest in git's index; undefined outside of a clone or when git does not track it. */
function stagedManifest() {
  try {
    return execFileSync('git', ['show', ':oclif.manifest.json'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch {
    return undefined;
  }
}

/** Where two texts part, for a first look. */
function difference(actual, expected) {
  if (actual === undefined) return ' (it is missing)';
  const left = actual.split('\n');
  const right = expected.split('\n');
  const line = right.findIndex((text, index) => text !== left[index]);
  const at = line === -1 ? right.length : line;
  return ` (line ${at + 1}: ${JSON.stringify(left[at] ?? '')} should be ${JSON.stringify(right[at] ?? '')})`;
}
