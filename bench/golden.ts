/**
 * Holds the simulator against case files of the form of test/fixtures/auction: `npm run --silent golden -- FILE...`.
 * One line of JSON a file; exit 1 if any differs, 2 if a file cannot be read.
 */
import process from 'node:process';
import { runAuction } from '../src/lib/auction/auction.ts';
import { messageOf } from '../src/lib/errors.ts';
import { readCase, runCase } from './golden-case.ts';

const files = process.argv.slice(2);
if (files.length === 0) {
  process.stderr.write('Usage: npm run --silent golden -- FILE...\n');
  process.exitCode = 2;
}
for (const file of files) {
  try {
    const outcome = runCase(readCase(file), runAuction);
    process.stdout.write(`${JSON.stringify(outcome)}\n`);
    if (!outcome.ok) process.exitCode ??= 1;
  } catch (error) {
    process.stderr.write(`Error: ${messageOf(error)}\n  Why: ${file} is not a case file that can be read.\n`);
    process.exitCode = 2;
  }
}
