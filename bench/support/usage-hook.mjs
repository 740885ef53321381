// Loaded into a measured process with --import: leaves what it used in the file that CGDIEGO_BENCH_USAGE names.
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.on('exit', () => {
    writeFileSync(process.env.CGDIEGO_BENCH_USAGE, JSON.stringify(process.resourceUsage()));
  });
}
