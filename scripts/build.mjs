// Builds dist/ from src/ and the oclif manifest from dist/. Runs on `npm install` of a clone and before `npm pack`.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { generateManifest, root } from './manifest.mjs';

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
writeFileSync(new URL('../oclif.manifest.json', import.meta.url), await generateManifest());
