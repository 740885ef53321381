#!/usr/bin/env -S npx tsx
// Runs the sources without a build. For developers; not part of the package.
import { main } from '../src/lib/cli/main.ts';

await main(process.argv.slice(2), import.meta.url);
