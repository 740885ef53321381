#!/usr/bin/env node
import { readFileSync } from 'node:fs';

const argv = process.argv.slice(2);

// The version is asked for by scripts, often, so it is answered before oclif is loaded.
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V' || argv[0] === 'version')) {
  const { name, version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  process.stdout.write(`${name}/${version} node-${process.version}\n`);
} else {
  const { main } = await import('../dist/lib/cli/main.js');
  await main(argv, import.meta.url);
}
