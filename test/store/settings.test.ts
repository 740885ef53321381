import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/lib/errors.ts';
import { parseConnectionString, parseUnescapedUri } from '../../src/lib/store/libpq.ts';
import { fromDiegoConfig, resolveLocket, resolveStore } from '../../src/lib/store/resolve.ts';
import { redactedUrl } from '../../src/lib/store/settings.ts';

describe('a connection string', () => {
  test.each([
    [
      'postgres://bbs:p%40ss@db.example:6432/cfdb?sslmode=verify-full&sslrootcert=/ca.pem',
      {
        user: 'bbs',
        password: 'p@ss',
        host: 'db.example',
        port: '6432',
        dbname: 'cfdb',
        sslmode: 'verify-full',
        sslrootcert: '/ca.pem',
      },
    ],
    ['postgresql://[::1]/x', { host: '::1', dbname: 'x' }],
    [
      'postgres:///x?host=/var/run/postgresql&user=me',
      { dbname: 'x', host: '/var/run/postgresql', user: 'me' },
    ],
    [`host=db port=5433 password='it''s'`, undefined],
    [`host=db password='a \\'b\\' c' dbname = cfdb`, { host: 'db', password: "a 'b' c", dbname: 'cfdb' }],
  ])('%s', (text, expected) => {
    if (expected === undefined) expect(() => parseConnectionString(text, 'x')).toThrow(UsageError);
    else expect(parseConnectionString(text, 'x')).toEqual(expected);
  });

  test.each(['postgres://u:hunter2%zz@h/d', 'postgres://u:hunter2@h:port/d', 'hunter2'])(
    '%s is refused without being quoted',
    (text) => {
      expect.assertions(2);
      try {
        parseConnectionString(text, 'CGDIEGO_DATABASE_URL');
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
        expect(
          JSON.stringify(error) + (error as UsageError).message + ((error as UsageError).why ?? ''),
        ).not.toContain('hunter2');
      }
    },
  );

  test('of a bbs.json takes any password as it is', () => {
    const password = fc.string({ unit: 'grapheme-ascii', minLength: 1 });
    fc.assert(
      fc.property(password, (secret) => {
        expect(parseUnescapedUri(`postgres://bbs:${secret}@10.0.0.5:5432/cfdb?sslmode=require`, 'bbs.json')).toEqual({
          user: 'bbs', password: secret, host: '10.0.0.5', port: '5432', dbname: 'cfdb', sslmode: 'require',
        }); // prettier-ignore
      }),
    );
    expect(parseUnescapedUri('postgres://bbs:a@b:c/d?e#f%41 g@db:5432/cfdb', 'x').password).toBe(
      'a@b:c/d?e#f%41 g',
    );
  });
});

describe('where the store is', () => {
  const url = 'postgres://a:hunter2@first/x';

  test('is what --database-url says, else the libpq environment, else bbs.json', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cgdiego-settings-'));
    const bbsConfig = join(folder, 'bbs.json');
    await writeFile(
      bbsConfig,
      JSON.stringify({ database_driver: 'postgres', database_connection_string: 'postgres://c:x@third:1/z' }),
    );
    const env = { PGHOST: 'second', PGUSER: 'b', PGDATABASE: 'y', PGPASSWORD: 'hunter2' };
    expect((await resolveStore({ databaseUrl: url, bbsConfig }, env)).host).toBe('first');
    expect(await resolveStore({ bbsConfig }, env)).toMatchObject({
      host: 'second',
      user: 'b',
      database: 'y',
    });
    expect(await resolveStore({ bbsConfig }, {})).toMatchObject({ host: 'third', port: 1, database: 'z' });
    await expect(resolveStore({}, {})).rejects.toThrow(UsageError);
  });

  test('is completed from a service file, in the order of libpq', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cgdiego-settings-'));
    const file = join(folder, 'services');
    await writeFile(
      file,
      '# services\n[other]\nhost=no\n\n[prod]\nhost=db.prod\nport=5433\nsslmode=verify-ca\n[last]\nhost=no\n',
    );
    const env = { PGSERVICE: 'prod', PGSERVICEFILE: file, PGPORT: '1', PGUSER: 'me' };
    expect(await resolveStore({}, env)).toMatchObject({
      host: 'db.prod',
      port: 5433,
      user: 'me',
      tls: { mode: 'verify-ca' },
    });
    await expect(resolveStore({}, { ...env, PGSERVICE: 'none' })).rejects.toThrow(/no PostgreSQL service/);
  });

  test('has its password from the first line of the password file that fits, unless others can read it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cgdiego-settings-'));
    const file = join(folder, 'pgpass');
    const lines = [
      '# db:*:*:me:no',
      'other:*:*:me:no',
      'db:5433:*:me:no',
      'db:*:x\\:y:me:a\\:b\\\\c: d',
      '*:*:*:*:last',
    ];
    await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
    const passwordOf = async (env: Record<string, string>) =>
      (await resolveStore({}, { PGPASSFILE: file, PGUSER: 'me', ...env })).password;
    expect(await passwordOf({ PGHOST: 'db', PGDATABASE: 'x:y' })).toBe('a:b\\c: d');
    expect(await passwordOf({ PGHOST: 'db', PGDATABASE: 'z' })).toBe('last');
    expect(await passwordOf({ PGHOST: 'db', PGPASSWORD: 'given' })).toBe('given');
    expect(await passwordOf({ PGHOST: 'db', PGPASSFILE: join(folder, 'none') })).toBeUndefined();
    await chmod(file, 0o640);
    expect(await passwordOf({ PGHOST: 'db' })).toBeUndefined();
  });

  test('of Locket is what its own flags say', async () => {
    expect(await resolveLocket({}, { PGHOST: 'x' })).toBeUndefined();
    expect(await resolveLocket({ locketDatabaseUrl: 'postgres://l@locket/locketdb' }, {})).toMatchObject({
      host: 'locket',
    });
  });

  test('a bbs.json decides on TLS by its CA and its identity verification', () => {
    const config = { database_connection_string: 'postgres://u:p@h/d', sql_ca_cert_file: '/ca.pem' };
    expect(fromDiegoConfig(config, 'x').tls).toMatchObject({ mode: 'verify-ca', rootCert: '/ca.pem' });
    expect(fromDiegoConfig({ ...config, sql_enable_identity_verification: true }, 'x').tls.mode).toBe(
      'verify-full',
    );
    expect(() => fromDiegoConfig({ ...config, database_driver: 'mysql' }, 'x')).toThrow(/driver/);
  });

  test('is shown without the password', async () => {
    const settings = await resolveStore({ databaseUrl: url }, {});
    expect(redactedUrl(settings)).toBe('postgres://a:***@first:5432/x?sslmode=prefer');
  });
});
