import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cgdiego, type CliResult } from '../support/cli.ts';
import { createDatabase, PASSPHRASES, query } from '../support/database.ts';
import { fixture } from '../manifest/fixtures.ts';

const OLD = 'key-2026-10';
const NEW = 'key-2026-11';

let folder: string;
let url: string;
let outputs: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cgdiego-procedure-'));
  outputs = '';
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs a command in the folder, with the store in the environment, and keeps all that it prints. */
async function run(code: number, ...args: string[]): Promise<CliResult> {
  const result = await cgdiego(args, { cwd: folder, env: { CGDIEGO_DATABASE_URL: url } });
  outputs += result.stdout + result.stderr;
  expect(result.code, `${args.join(' ')}\n${result.stdout}${result.stderr}`).toBe(code);
  return result;
}

async function status(...files: string[]): Promise<{ stage: string; command: string }> {
  const { stdout } = await run(0, 'rotate-key', 'status', ...files, '-o', 'json');
  return JSON.parse(stdout) as { stage: string; command: string };
}

async function newPassphrase(file: string): Promise<string> {
  return /passphrase: (\w{40,})/.exec(await readFile(join(folder, file), 'utf8'))![1]!;
}

// Some twenty processes one after the other, beside whatever else the machine does.
describe('the whole procedure', { timeout: 300_000 }, () => {
  it("with 18F's secrets: generate, add, activate, deploy, rotate, audit, remove, deploy", async () => {
    url = await createDatabase('diego-key-2026-10', 'locket');
    const files = ['--manifest', 'secrets.yml'];
    const path = join(folder, 'secrets.yml');
    const before = fixture('diego-secrets.yml')
      .replaceAll('key-2025-10', OLD)
      .replace("'correct horse: battery # staple'", `'${PASSPHRASES[OLD]}'`);
    await writeFile(path, before, { mode: 0o640 });

    expect(await status(...files)).toMatchObject({ stage: 'idle', command: 'cgdiego keys generate' });

    await run(0, 'keys', 'generate', '--label', NEW, '--file', 'new.yml', ...files);
    expect((await stat(join(folder, 'new.yml'))).mode & 0o777).toBe(0o600);
    const passphrase = await newPassphrase('new.yml');

    await run(0, 'keys', 'add', '--new-key', 'new.yml', ...files, '--dry-run');
    expect(await readFile(path, 'utf8')).toBe(before);
    await run(0, 'keys', 'add', '--new-key', 'new.yml', ...files, '--yes');
    const added = before.replace(
      '        # written down in the safe\n',
      `        # written down in the safe\n      - label: ${NEW}\n        passphrase: '${passphrase}'\n`,
    );
    expect(await readFile(path, 'utf8')).toBe(added);
    expect(await status(...files)).toMatchObject({
      stage: 'key-added',
      command: `cgdiego keys activate ${NEW} --manifest secrets.yml`,
    });

    await run(0, 'keys', 'activate', NEW, ...files, '--yes');
    const activated = added.replace(`active_key_label: ${OLD} `, `active_key_label: ${NEW} `);
    expect(await readFile(path, 'utf8')).toBe(activated);
    expect(await status(...files)).toMatchObject({ stage: 'activated' });

    // The store still needs the old key: it cannot be removed, and nothing is written.
    const refused = await run(3, 'keys', 'remove', OLD, ...files, '--yes');
    expect(refused.stderr).toContain('blobs are under it');
    expect(await readFile(path, 'utf8')).toBe(activated);

    // Deployed: a BBS has begun to write under the new key, as it does when it boots.
    await run(
      0,
      'rotate-key',
      '--keys',
      'secrets.yml',
      '--assume-deployed',
      '--yes',
      '--record',
      'record.json',
    );
    expect(await status(...files, '--record', 'record.json')).toMatchObject({
      stage: 'remove-old',
      command: `cgdiego keys remove ${OLD} --manifest secrets.yml`,
    });
    await run(0, 'keys', 'audit', '--verify', '--keys', 'secrets.yml');
    await run(0, 'keys', 'audit', '--removable', OLD);

    await run(0, 'keys', 'remove', OLD, ...files, '--dry-run');
    expect(await readFile(path, 'utf8')).toBe(activated);
    await run(0, 'keys', 'remove', OLD, ...files, '--yes');
    const removed = activated.replace(
      `      - label: ${OLD}\n        passphrase: '${PASSPHRASES[OLD]}'\n`,
      '',
    );
    expect(await readFile(path, 'utf8')).toBe(removed);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(await status(...files)).toMatchObject({ stage: 'idle' });

    await run(0, 'manifest', 'check', 'secrets.yml');
    const age = await run(0, 'keys', 'age', ...files, '--record', 'record.json', '-o', 'json');
    expect(JSON.parse(age.stdout)).toMatchObject({ label: NEW, source: 'record', verdict: 'ok' });
    expect(outputs).not.toContain(passphrase);
    expect(outputs).not.toContain(PASSPHRASES[OLD]);
  });

  it('with cf-deployment, an ops file, a vars file, and leftovers of a rotation by the BBS itself', async () => {
    url = await createDatabase('diego-key-2026-10', 'locket');
    const manifest = fixture('cf.yml').replace('key-2016-06', OLD).replace('key-2016-06', OLD);
    await writeFile(join(folder, 'cf.yml'), manifest);
    const files = ['--manifest', 'cf.yml', '--ops-file', 'rotate.yml', '--vars-file', 'vars.yml'];
    const keysFile = ['--manifest', 'keys.yml'];
    await writeFile(
      join(folder, 'keys.yml'),
      `active_key_label: ${OLD}\nencryption_keys:\n- {label: ${OLD}, passphrase: ${PASSPHRASES[OLD]}}\n`,
      { mode: 0o600 },
    );
    await run(0, 'keys', 'generate', '--label', NEW, '--file', 'new.yml');
    for (const each of [files, keysFile])
      await run(0, 'keys', 'add', '--new-key', 'new.yml', ...each, '--yes');
    expect((await status(...files)).stage).toBe('key-added');
    for (const each of [files, keysFile]) await run(0, 'keys', 'activate', NEW, ...each, '--yes');
    expect(await status(...files)).toMatchObject({
      stage: 'activated',
      command: 'bosh -d cf deploy cf.yml -o rotate.yml -l vars.yml',
    });

    // As a BBS leaves the store: some rows are written anew, and the label is advanced whatever became of the others.
    await run(0, 'rotate-key', '--keys', 'keys.yml', '--assume-deployed', '--yes');
    const old = await createDatabase('diego-key-2026-10');
    const [row] = await query<{ run_info: string; process_guid: string }>(
      old,
      'SELECT process_guid, run_info FROM public.desired_lrps LIMIT 1',
    );
    await query(url, 'UPDATE public.desired_lrps SET run_info = $1 WHERE process_guid = $2', [
      row!.run_info,
      row!.process_guid,
    ]);
    expect(await status(...files)).toMatchObject({
      stage: 'rotate',
      command: `cgdiego rotate-key --to ${NEW} --keys FILE`,
    });
    await run(3, 'keys', 'remove', OLD, ...files, '--yes');

    await run(0, 'rotate-key', '--keys', 'keys.yml', '--assume-deployed', '--yes');
    expect((await status(...files)).stage).toBe('remove-old');
    await run(0, 'keys', 'remove', OLD, ...files, '--yes');
    expect((await status(...files)).stage).toBe('idle');
    expect(await readFile(join(folder, 'cf.yml'), 'utf8')).toBe(manifest);

    // Taking out a key that rows are still under is seen before it is deployed.
    await query(url, 'UPDATE public.desired_lrps SET run_info = $1 WHERE process_guid = $2', [
      row!.run_info,
      row!.process_guid,
    ]);
    const missing = await run(3, 'rotate-key', 'status', ...files);
    expect(missing.stdout).toContain('do not deploy this manifest');
    expect(outputs).not.toContain(await newPassphrase('new.yml'));
    expect(outputs).not.toContain(PASSPHRASES[OLD]);
  });
});
