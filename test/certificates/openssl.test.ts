import { createPrivateKey } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyChain } from '../../src/lib/certificates/chain.ts';
import { readPem } from '../../src/lib/certificates/pem.ts';
import { type Certificate, purposeProblem } from '../../src/lib/certificates/x509.ts';
import { type Corpus, createCorpus, hasOpenssl, openssl, opensslAgrees } from '../support/x509-corpus.ts';

/** What cgdiego reads and concludes, held against `openssl x509`, `openssl verify` and `openssl pkey`. */
describe.skipIf(!hasOpenssl)('compared with openssl', () => {
  let corpus: Corpus;
  const certificates = new Map<string, Certificate>();
  const get = (name: string) => certificates.get(name)!;

  beforeAll(async () => {
    corpus = await createCorpus();
    for (const name of corpus.names) {
      const [block] = readPem(await readFile(corpus.certificateFile(name), 'utf8')).certificates;
      if (block === undefined || 'problem' in block) throw new Error(`${name} cannot be read`);
      certificates.set(name, block.certificate);
    }
  });
  afterAll(() => corpus.remove());

  test('every field is what openssl x509 -text prints', async () => {
    for (const name of corpus.names) {
      const text = await openssl('x509', '-noout', '-text', '-in', corpus.certificateFile(name));
      expect({ name, ...fields(get(name)) }).toEqual({ name, ...opensslFields(text) });
    }
  });

  test('every verdict is the one of openssl verify, for every certificate, CA, purpose, with and without intermediates', async () => {
    const bundle = join(corpus.dir, 'untrusted.pem');
    const intermediates = corpus.names.filter((name) => !name.startsWith('root'));
    const texts = intermediates.map((name) => readFile(corpus.certificateFile(name), 'utf8'));
    await writeFile(bundle, (await Promise.all(texts)).join(''));
    const now = new Date();
    let accepted = 0;
    const verify = async (name: string, ca: string, purpose: 'server' | 'client', chained: boolean) => {
      const certificate = get(name);
      const path = verifyChain(certificate, chained ? intermediates.map(get) : [], [get(ca)], {
        now,
        purpose,
      });
      const ours =
        path.ok &&
        now >= certificate.notBefore &&
        now <= certificate.notAfter &&
        purposeProblem(certificate, purpose) === null;
      const theirs = await opensslAgrees(
        ...['verify', '-partial_chain', '-CAfile', corpus.certificateFile(ca), '-no-CApath', '-no-CAstore'],
        ...['-purpose', `ssl${purpose}`, ...(chained ? ['-untrusted', bundle] : [])],
        corpus.certificateFile(name),
      );
      expect({ name, ca, purpose, chained, ok: ours }).toEqual({ name, ca, purpose, chained, ok: theirs });
      if (ours) accepted++;
    };
    const leaves = corpus.names.filter((one) => !corpus.cas.includes(one) && one !== 'any-usage');
    for (const name of leaves) {
      for (const ca of ['root-rsa', 'root-ec', 'root-ed', 'root-v1', 'root-impostor', 'root-old', 'middle']) {
        await Promise.all([
          verify(name, ca, 'server', true),
          verify(name, ca, 'client', true),
          verify(name, ca, 'client', false),
        ]);
      }
    }
    expect(accepted).toBeGreaterThan(30);
  });

  test('anyExtendedKeyUsage is good for both, as for Go and so for Diego, though openssl refuses it', async () => {
    const certificate = get('any-usage');
    expect(purposeProblem(certificate, 'server')).toBeNull();
    expect(purposeProblem(certificate, 'client')).toBeNull();
    const ca = corpus.certificateFile('root-ec');
    const file = corpus.certificateFile('any-usage');
    expect(await opensslAgrees('verify', '-CAfile', ca, file)).toBe(true);
    expect(await opensslAgrees('verify', '-CAfile', ca, '-purpose', 'sslserver', file)).toBe(false);
  });

  test('a key matches exactly when openssl sees the same public key', async () => {
    const names = ['root-ec', 'root-impostor', 'leaf-rsa', 'leaf-ed', 'leaf-ec'];
    for (const name of names) {
      const certified = await openssl('x509', '-noout', '-pubkey', '-in', corpus.certificateFile(name));
      for (const other of names) {
        const held = await openssl('pkey', '-pubout', '-in', corpus.keyFile(other));
        const key = createPrivateKey(await readFile(corpus.keyFile(other)));
        expect(get(name).x509.checkPrivateKey(key)).toBe(certified === held);
      }
    }
  });

  test.each([
    ['leaf-ec', 'root-impostor', 'other_key'],
    ['leaf-ec', 'root-rsa', 'no_issuer'],
    ['leaf-of-leaf', 'root-ec', 'issuer_not_ca'],
    ['leaf-no-sign', 'root-ec', 'issuer_not_ca'],
    ['leaf-too-deep', 'root-ec', 'path_too_long'],
    ['leaf-of-old', 'root-old', 'issuer_expired'],
    ['leaf-middle-expired', 'root-ec', 'issuer_expired'],
    ['leaf-clients', 'root-ec', 'issuer_purpose'],
  ])('says why %s does not lead to %s: %s', (name, ca, fault) => {
    const others = corpus.names.filter((one) => !one.startsWith('root')).map(get);
    const result = verifyChain(get(name), others, [get(ca)], { now: new Date(), purpose: 'server' });
    expect(result).toMatchObject({ ok: false, fault });
  });
});

function fields(certificate: Certificate) {
  return {
    subject: certificate.subject,
    issuer: certificate.issuer,
    serial: BigInt(`0x${certificate.serial}`),
    version: certificate.version,
    notBefore: certificate.notBefore.getTime(),
    notAfter: certificate.notAfter.getTime(),
    signature: certificate.signatureAlgorithm.toLowerCase(),
    curve: certificate.key.curve,
    bits: certificate.key.bits,
    isCa: certificate.isCa,
    pathLength: certificate.pathLength,
    sans: certificate.sans,
    extended: certificate.usage.extended,
    key: certificate.usage.key,
  };
}

const USAGE_NAMES: Record<string, string> = {
  'TLS Web Server Authentication': 'serverAuth',
  'TLS Web Client Authentication': 'clientAuth',
  'Code Signing': 'codeSigning',
  'Any Extended Key Usage': '2.5.29.37.0',
  'Digital Signature': 'digitalSignature',
  'Key Encipherment': 'keyEncipherment',
  'Certificate Sign': 'keyCertSign',
  'CRL Sign': 'cRLSign',
};

/** The same facts out of openssl's text. */
function opensslFields(text: string) {
  const first = (pattern: RegExp) => pattern.exec(text)?.[1] ?? null;
  const list = (pattern: RegExp) => {
    const names = first(pattern)?.trim().split(', ');
    return names === undefined ? null : names.map((name) => USAGE_NAMES[name] ?? name);
  };
  const usages = (heading: string) => {
    const names = list(new RegExp(`X509v3 ${heading}:.*\\n(.*)`));
    return names === null ? null : (expect.toSatisfy((mine: string[]) => sameSet(mine, names)) as unknown);
  };
  const isRsa = text.includes('rsaEncryption');
  return {
    subject: first(/Subject: (.*)/)!.replaceAll(' = ', '='),
    issuer: first(/Issuer: (.*)/)!.replaceAll(' = ', '='),
    serial: BigInt(`0x${first(/Serial Number:\s+([0-9a-f:]+)/)!.replaceAll(':', '')}`),
    version: Number(first(/Version: (\d)/)),
    notBefore: Date.parse(first(/Not Before: (.*)/)!),
    notAfter: Date.parse(first(/Not After : (.*)/)!),
    signature: first(/Signature Algorithm: (.*)/)!.toLowerCase(),
    curve: first(/ASN1 OID: (.*)/),
    bits: isRsa ? Number(first(/Public-Key: \((\d+) bit\)/)) : null,
    isCa: text.includes('CA:TRUE'),
    pathLength: first(/pathlen:(\d+)/) === null ? null : Number(first(/pathlen:(\d+)/)),
    sans: (list(/X509v3 Subject Alternative Name:.*\n(.*)/) ?? []).map((name) =>
      name.replace('IP Address:', 'IP:').replace('FD00:0:0:0:0:0:0:1', 'fd00::1'),
    ),
    extended: usages('Extended Key Usage'),
    key: usages('Key Usage'),
  };
}

function sameSet(a: string[] | null, b: string[]): boolean {
  return a !== null && a.length === b.length && a.every((name) => b.includes(name));
}
