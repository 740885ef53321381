import { beforeAll, describe, expect, test } from 'vitest';
import { checkCertificates } from '../../src/lib/certificates/check.ts';
import { type DevPair, issueDevCertificates } from '../../src/lib/certificates/dev.ts';
import { certificatesInManifest } from '../../src/lib/certificates/manifest.ts';
import { UsageError } from '../../src/lib/errors.ts';

type Issued = Awaited<ReturnType<typeof issueDevCertificates>>;

// X.509 has whole seconds.
const NOW = new Date(Math.floor(Date.now() / 1000) * 1000);
let pki: Issued;
/** From another CA of the same name, and its servers do not name 127.0.0.1. */
let other: Issued;
beforeAll(async () => {
  [pki, other] = await Promise.all([
    issueDevCertificates({ now: NOW, expired: ['rep_client'] }),
    issueDevCertificates({ now: NOW, hosts: ['localhost'] }),
  ]);
});

/** PEM as a block scalar below a key of that indentation. */
function block(pem: string, indent: number): string {
  return `|\n${pem
    .trimEnd()
    .split('\n')
    .map((line) => ' '.repeat(indent) + line)
    .join('\n')}\n`;
}

function lineOf(text: string, needle: string): number {
  return text.slice(0, text.indexOf(needle)).split('\n').length;
}

async function check(text: string) {
  const found = await certificatesInManifest(text, 'm.yml');
  return checkCertificates(found, { now: NOW, withinMs: 30 * 86_400_000 });
}

function deployment(server: DevPair, repTls: DevPair, repKey = repTls.privateKey): string {
  return `# a deployed manifest
instance_groups:
- name: diego-api
  jobs:
  - name: bbs
    properties:
      diego:
        bbs:
          ca_cert: ${block(pki.ca.certificate, 12)}
          server_cert: ${block(server.certificate, 12)}
          server_key: ${block(server.privateKey, 12)}
          rep:
            ca_cert: ${block(pki.ca.certificate, 14)}
            client_cert: ${JSON.stringify(pki.client.certificate)}
            client_key: ${JSON.stringify(pki.client.privateKey)}
          auctioneer:
            client_cert: ((diego_auctioneer_client.certificate))
- name: diego-cell
  jobs:
  - name: rep
    properties:
      tls:
        ca_cert: ${block(pki.ca.certificate, 10)}
        cert: ${block(repTls.certificate, 10)}
        key: ${block(repKey, 10)}
`;
}

describe('certificates in manifests', () => {
  test('a sound manifest has none of the findings, and every path, line and place is there', async () => {
    const text = deployment(pki.bbs_server, pki.rep_server);
    const rows = await check(text);
    expect(
      rows.map(({ place, key_match, chain, findings }) => ({ place, key_match, chain, findings })),
    ).toEqual(
      expect.arrayContaining([
        { place: 'bbs server', key_match: true, chain: 'ok', findings: [] },
        { place: 'rep client', key_match: true, chain: 'ok', findings: [] },
        { place: 'rep', key_match: true, chain: 'ok', findings: [] },
        { place: null, key_match: null, chain: 'self_signed', findings: [] },
      ]),
    );
    expect(rows).toHaveLength(4);
    const bbs = rows.find(({ place }) => place === 'bbs server')!;
    expect(bbs.at).toEqual([
      'instance_groups[name=diego-api].jobs[name=bbs].properties.diego.bbs.server_cert',
    ]);
    expect(bbs.line).toBe(lineOf(text, 'server_cert:') + 1);
    expect(rows.find(({ role }) => role === 'ca')!.at).toHaveLength(3);
  });

  test.each<[string, () => string, string, string[]]>([
    [
      'another key',
      () => deployment(pki.bbs_server, pki.rep_server, pki.client.privateKey),
      'rep',
      ['key_mismatch'],
    ],
    [
      'a server certificate as client only',
      () => deployment(pki.bbs_client, pki.rep_server),
      'bbs server',
      ['lacks_server', 'lacks_names'],
    ],
    [
      'a server that cannot be a client',
      () => deployment(pki.locket_server, pki.rep_server),
      'bbs server',
      ['lacks_client'],
    ],
    [
      'a rep without 127.0.0.1 and of another CA',
      () => deployment(pki.bbs_server, other.rep_server),
      'rep',
      ['lacks_names', 'not_signed_by_ca'],
    ],
    [
      'a CA of the same name',
      () => deployment(other.bbs_server, pki.rep_server),
      'bbs server',
      ['not_signed_by_ca'],
    ],
    [
      'an unusable key',
      () => deployment(pki.bbs_server, pki.rep_server, garbled(pki.rep_server.privateKey)),
      'rep',
      ['key_unreadable'],
    ],
  ])('finds %s', async (_, manifest, place, findings) => {
    const rows = await check(manifest());
    expect(rows.find((row) => row.place === place)!.findings).toEqual(findings);
    expect(rows.filter((row) => row.findings.length > 0)).toHaveLength(1);
  });

  test('a vars store names its places by its variables, and the days decide the order', async () => {
    const variable = (name: string, pair: DevPair) =>
      `${name}:\n  ca: ${block(pki.ca.certificate, 4)}  certificate: ${block(pair.certificate, 4)}  private_key: ${block(pair.privateKey, 4)}`;
    const rows = await check(
      variable('diego_locket_server', pki.locket_server) + variable('diego_rep_client', pki.rep_client),
    );
    expect(rows.map(({ place, findings, at }) => ({ place, findings, at: at[0] }))).toEqual([
      { place: 'rep client', findings: ['expired'], at: 'diego_rep_client.certificate' },
      { place: 'locket server', findings: [], at: 'diego_locket_server.certificate' },
      { place: null, findings: [], at: 'diego_locket_server.ca' },
    ]);
    expect(rows[0]!.days_left).toBe(-1);
  });

  test('follows anchors, aliases and merges, reads lists of CAs, operations and several documents', async () => {
    const text = `tls: &tls
  ca_certs:
  - ${block(other.ca.certificate, 4)}
  - ${block(pki.ca.certificate, 4)}
  client_cert: ${block(pki.client.certificate, 4)}
jobs:
- name: a
  tls: *tls
- name: b
  tls: { <<: *tls, client_key: ${JSON.stringify(pki.client.privateKey)} }
---
- type: replace
  path: /instance_groups/name=database/jobs/name=locket/properties/tls
  value:
    cert: ${block(pki.locket_server.certificate, 6)}
    key: ${block(pki.locket_server.privateKey, 6)}
`;
    const rows = await check(text);
    const client = rows.find((row) => row.common_name === 'cgdiego')!;
    expect(client).toMatchObject({
      at: ['tls.client_cert', 'jobs[name=a].tls.client_cert', 'jobs[name=b].tls.client_cert'],
      chain: 'ok',
      key_match: true,
      findings: [],
    });
    expect(rows.find((row) => row.common_name === 'locket.service.cf.internal')).toMatchObject({
      at: ['[/instance_groups/name=database/jobs/name=locket/properties/tls].value.cert'],
      key_match: true,
      chain: 'not_checked',
    });
  });

  test('an instance identity CA must be a CA', async () => {
    const executor = (pair: DevPair) =>
      `diego:\n  executor:\n    instance_identity_ca_cert: ${block(pair.certificate, 6)}    instance_identity_key: ${block(pair.privateKey, 6)}`;
    expect(await check(executor(pki.ca))).toMatchObject([
      { place: 'instance identity CA', key_match: true, chain: 'self_signed', findings: [] },
    ]);
    expect(await check(executor(pki.client))).toMatchObject([{ findings: ['lacks_ca'] }]);
  });

  test('a certificate that is cut off is a finding with its line, the rest is still read', async () => {
    const cut = pki.client.certificate.slice(0, 300);
    const rows = await check(`a:\n  cert: ${block(cut, 4)}b:\n  cert: ${block(pki.client.certificate, 4)}`);
    expect(rows).toMatchObject([
      { line: 3, at: ['a.cert'], findings: ['unreadable'], days_left: null },
      { common_name: 'cgdiego', findings: [] },
    ]);
  });

  test.each([
    ['a: [1, 2', /^m\.yml:1:\d+: /],
    ['a: 1\nb:\n\t- "x"\n', /^m\.yml:3:\d+: /],
    ['a: "secret\nb: 1\nc: *nowhere\n', /^m\.yml:\d+:\d+: /],
  ])('says where %j is not YAML', async (text, message) => {
    await expect(certificatesInManifest(text, 'm.yml')).rejects.toThrow(UsageError);
    await expect(certificatesInManifest(text, 'm.yml')).rejects.toThrow(message);
  });

  test('aliases that explode are refused', async () => {
    const levels = Array.from({ length: 12 }, (_, level) => {
      const item = level === 0 ? 'x' : `*l${level - 1}`;
      return `l${level}: &l${level} [${Array(10).fill(item).join(', ')}]`;
    });
    await expect(certificatesInManifest(levels.join('\n'), 'm.yml')).rejects.toThrow(UsageError);
  });

  test('no private key gets into a row', async () => {
    const rows = await check(deployment(pki.bbs_server, pki.rep_server, garbled(pki.rep_server.privateKey)));
    const text = JSON.stringify(rows);
    const secret = pki.bbs_server.privateKey.split('\n')[2]!;
    expect(text).not.toContain(secret);
    expect(text).not.toContain('PRIVATE KEY');
  });
});

function garbled(pem: string): string {
  return pem.replace(/\n\w{20}/, '\nAAAAAAAAAAAAAAAAAAAA');
}
