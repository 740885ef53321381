import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkCertificates } from '../../src/lib/certificates/check.ts';
import { issueDevCertificates } from '../../src/lib/certificates/dev.ts';
import { certificatesOf } from '../../src/lib/certificates/files.ts';
import { readable } from '../../src/lib/certificates/found.ts';
import { readPem } from '../../src/lib/certificates/pem.ts';
import { placeOf } from '../../src/lib/certificates/place.ts';

describe('damaged certificates', () => {
  let der: Buffer;
  let ca: string;
  let key: string;
  beforeAll(async () => {
    const issued = await issueDevCertificates();
    der = Buffer.from(issued.rep_server.certificate.replaceAll(/-----.*-----|\s/g, ''), 'base64');
    ca = issued.ca.certificate;
    key = issued.rep_server.privateKey;
  });

  /** Reads and judges a text as if it were a rep's certificate. */
  function judge(text: string) {
    const contents = readPem(text + key);
    const found = certificatesOf(contents, {
      source: 'rep_server.crt',
      at: '',
      isCaFile: false,
      place: placeOf('rep_server.crt'),
      key: contents.keys[0] ?? null,
      ca: { certificates: readable(readPem(ca).certificates), name: 'ca.crt' },
      notes: [],
    });
    return checkCertificates(found, { now: new Date(), withinMs: 0 });
  }

  const pem = (bytes: Uint8Array) =>
    `-----BEGIN CERTIFICATE-----\n${Buffer.from(bytes).toString('base64')}\n-----END CERTIFICATE-----\n`;

  test('the whole one is fine', () => {
    expect(judge(pem(der))).toMatchObject([{ findings: [], chain: 'ok', key_match: true }]);
  });

  test('any changed byte is a finding, never a failure of the command', () => {
    const change = fc.record({ at: fc.nat(), to: fc.integer({ min: 1, max: 255 }) });
    fc.assert(
      fc.property(change, ({ at, to }) => {
        const damaged = Buffer.from(der);
        const index = at % damaged.length;
        damaged[index] = damaged[index]! ^ to;
        const [row] = judge(pem(damaged));
        expect(row!.findings).not.toEqual([]);
        expect(JSON.stringify(row)).not.toContain('PRIVATE KEY');
      }),
      { numRuns: 500 },
    );
  });

  test('neither is one that is cut off, or any text at all', () => {
    fc.assert(
      fc.property(fc.nat(), (at) => {
        expect(judge(pem(der.subarray(0, at % der.length)))[0]!.findings).toContain('unreadable');
      }),
      { numRuns: 50 },
    );
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('CERTIFICATE', 'PRIVATE KEY', 'X509 CRL'), (text, label) => {
        const contents = readPem(`-----BEGIN ${label}-----${text}-----END ${label}-----`);
        const blocks = [...contents.certificates, ...contents.keys];
        expect(blocks.every((block) => 'problem' in block)).toBe(true);
      }),
    );
  });
});
