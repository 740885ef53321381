import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskSecrets } from '../../src/lib/crashes/mask.ts';

test.each<[text: string, masked: string]>([
  [
    'Instance never healthy: could not connect to postgres://u1:8974bac0-cafd@db.internal:5432/cg1',
    'Instance never healthy: could not connect to postgres://u1:***@db.internal:5432/cg1',
  ],
  ['redis://:hunter2@10.0.1.4:6379', 'redis://:***@10.0.1.4:6379'],
  ['amqp://user:p@ss@word@mq/vhost', 'amqp://user:***@mq/vhost'],
  ['https://u:a/b@host.example/path', 'https://u:***@host.example/path'],
  ['https://0123456789abcdef0123456789@github.com/org/repo', 'https://***@github.com/org/repo'],
  ['GET https://blob/x?sig=abcDEF%2B1&se=2026', 'GET https://blob/x?sig=***&se=2026'],
  ['Authorization: Bearer abcdefghijklmnop', 'Authorization: Bearer ***'],
  ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-DEF', 'jwt ***'],
  ['aws AKIAIOSFODNN7EXAMPLE', 'aws ***'],
  ['{"user":"u","password":"s3cr\\"et","db":"x"}', '{"user":"u","password":"***","db":"x"}'],
  ['"db_password"=>"s3cret", "index"=>0', '"db_password"=>"***", "index"=>0'],
  ['PGPASSWORD=hunter2 psql', 'PGPASSWORD=*** psql'],
  ['X-Amz-Signature=0123abcd&X-Amz-Date=2026', 'X-Amz-Signature=***&X-Amz-Date=2026'],
  ['cut off at the end: mysql://app:s3cr', 'cut off at the end: mysql://app:***'],
  ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc', '-----BEGIN PRIVATE KEY----- ***'],
])('%j', (text, masked) => {
  expect(maskSecrets(text)).toBe(masked);
});

test.each([
  'Copying into the container failed: stream-in: nstar: error streaming in: exit status 2. Output: tar: ./a: Cannot write: Disk quota exceeded',
  "Failed to make HTTP request to '/health' on port 8080: timed out after 1.00 seconds",
  'GET http://host.example:8080/users?mail=joe@example.com failed',
  'dial tcp 10.0.1.2:5432: connect: connection refused',
  'pulling docker://registry.internal:5000',
  'found no compatible cell with placement tag "isolated-egress"',
  'unauthorized: authentication required',
])('leaves %j alone', (text) => {
  expect(maskSecrets(text)).toBe(text);
});

test('no password of a URL survives, wherever the URL stands and wherever the text is cut', () => {
  const password = fc
    .stringMatching(/^[A-Za-z0-9!$%^*+_.~-]{6,20}$/)
    .filter((text) => /[A-Za-z]{3}/.test(text));
  fc.assert(
    fc.property(password, fc.string({ maxLength: 40 }), fc.nat(1100), (secret, around, at) => {
      const prefix = `${around.replaceAll(/\s/g, '_')} `;
      const text = `${prefix}postgres://user:${secret}@db:5432/x`;
      expect(maskSecrets(text)).not.toContain(`:${secret}@`);
      const cutAt = prefix.length + 'postgres://user:'.length + secret.length - (at % 3);
      const cut = text.slice(0, cutAt);
      if (!/:\d{1,5}$/.test(cut)) expect(maskSecrets(cut)).toMatch(/postgres:\/\/user:\*\*\*$/);
    }),
  );
});

test('is idempotent', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      const once = maskSecrets(text);
      expect(maskSecrets(once)).toBe(once);
    }),
  );
});
