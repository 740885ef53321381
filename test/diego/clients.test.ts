import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DesiredLRPResponseSchema, Error_Type } from '../../src/lib/bbs/gen/diego_pb.ts';
import { createDevCertificates, type DevCertificates } from '../../src/lib/certificates/dev.ts';
import { BbsClient, BbsError } from '../../src/lib/diego/bbs-client.ts';
import { requireBbs, requireRepTls, resolveBbs } from '../../src/lib/diego/endpoint.ts';
import { RepClient, type RepTarget } from '../../src/lib/diego/rep-client.ts';
import { skipCertVerify, type MutualTls } from '../../src/lib/diego/tls.ts';
import { InterruptedError, UsageError } from '../../src/lib/errors.ts';
import { repState } from '../../src/lib/foundation/rep-state.ts';
import { startFakeBbs } from '../support/fake-bbs.ts';
import { type FakeRepAnswer, type FakeRepOptions, startFakeRep } from '../support/fake-rep.ts';

const FIXTURES = new URL('../fixtures/foundation/', import.meta.url);
const GET = '/v1/desired_lrps/get_by_process_guid.r3';

let dir: string;
let pki: DevCertificates;
let stranger: DevCertificates;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cgdiego-clients-'));
  [pki, stranger] = await Promise.all([
    createDevCertificates(join(dir, 'pki'), { wrongName: ['locket_server'], expired: ['rep_client'] }),
    createDevCertificates(join(dir, 'stranger'), { expired: ['rep_server'] }),
  ]);
});
afterAll(() => rm(dir, { recursive: true }));

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

function tlsOf(certificates: DevCertificates, name: 'client' | 'rep_client' = 'client'): MutualTls {
  const { certificate, privateKey } = certificates[name];
  return { ca: certificates.ca.certificate, cert: certificate, key: privateKey };
}

async function fakeBbs(options?: Parameters<typeof startFakeBbs>[1]) {
  const bbs = await startFakeBbs(pki, options);
  closers.push(() => bbs.close());
  return bbs;
}

async function cfdot<T>(name: string): Promise<T[]> {
  const text = await readFile(new URL(`cfdot/${name}.ndjson`, FIXTURES), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

describe('BbsClient', () => {
  test('reads everything that cfdot listed', async () => {
    const bbs = await fakeBbs();
    const client = new BbsClient({ url: new URL(bbs.url), tls: tlsOf(pki) });
    expect(await client.ping()).toBe(true);
    expect(await client.domains()).toEqual(await cfdot('domains'));

    const cells = await cfdot<{ cell_id: string }>('cells');
    expect((await client.cells()).map(({ cellId }) => cellId).sort()).toEqual(
      cells.map((one) => one.cell_id).sort(),
    );
    const desired = await cfdot<{ process_guid: string; memory_mb: number }>('desired-lrps');
    expect((await client.desiredLrps()).map((one) => [one.processGuid, one.memoryMb]).sort()).toEqual(
      desired.map((one) => [one.process_guid, one.memory_mb]).sort(),
    );
    const infos = await cfdot<{ process_guid: string }>('desired-lrp-scheduling-infos');
    expect(await client.desiredLrpSchedulingInfos()).toHaveLength(infos.length);
    const actual = await cfdot<{ instance_guid: string; state: string }>('actual-lrps');
    expect(
      (await client.actualLrps()).map((one) => [one.actualLrpInstanceKey?.instanceGuid, one.state]).sort(),
    ).toEqual(actual.map((one) => [one.instance_guid, one.state]).sort());
    const tasks = await cfdot<{ task_guid: string }>('tasks');
    expect((await client.tasks()).map(({ taskGuid }) => taskGuid).sort()).toEqual(
      tasks.map((one) => one.task_guid).sort(),
    );
    expect(bbs.requests.every(({ client: name }) => name === 'cgdiego')).toBe(true);
  });

  test("one desired LRP: found, or the BBS's own error with its type", async () => {
    const bbs = await fakeBbs();
    const client = new BbsClient({ url: new URL(bbs.url), tls: tlsOf(pki) });
    bbs.answers.set(GET, (_, before) =>
      toBinary(
        DesiredLRPResponseSchema,
        create(
          DesiredLRPResponseSchema,
          before === 0
            ? { desiredLrp: { processGuid: 'guid' } }
            : { error: { type: Error_Type.UnknownError, message: 'Key with label "k" was not found' } },
        ),
      ),
    );
    expect(await client.desiredLrpByProcessGuid('guid')).toMatchObject({ processGuid: 'guid' });
    expect(bbs.requests[0]!.body).toEqual(Buffer.from('\n\u0004guid'));
    const failure: unknown = await client.desiredLrpByProcessGuid('guid').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BbsError);
    expect(failure).toMatchObject({ type: 'UnknownError', why: 'Key with label "k" was not found' });
  });

  test.each<[string, () => Promise<BbsClient>, RegExp]>([
    [
      'nobody listens',
      () => Promise.resolve(clientFor('https://127.0.0.1:1')),
      /nobody listens at 127.0.0.1:1/,
    ],
    [
      'its certificate is for other names',
      async () => clientFor((await fakeBbs({ certificate: 'locket_server' })).url),
      /for other names/,
    ],
    [
      'it is signed by another CA',
      async () => clientFor((await fakeBbs()).url, { ...tlsOf(pki), ca: stranger.ca.certificate }),
      /not signed by the CA/,
    ],
    [
      'it refuses our certificate',
      async () => clientFor((await fakeBbs()).url, { ...tlsOf(stranger), ca: pki.ca.certificate }),
      /refused the client certificate|closed the connection/,
    ],
    [
      'it does not answer',
      async () => clientFor((await hanging()).url, tlsOf(pki), 50),
      /no answer from .* within/,
    ],
    [
      'it is something else',
      async () => clientFor((await answering({ status: 502 })).url),
      /answered \/v1\/ping with 502/,
    ],
    [
      'it talks nonsense',
      async () => clientFor((await answering(Buffer.from('nonsense'))).url),
      /is not a PingResponse/,
    ],
  ])('says so when %s', async (_, make, why) => {
    const client = await make();
    await expect(client.ping()).rejects.toMatchObject({
      exitCode: 1,
      why: expect.stringMatching(why) as string,
    });
  });

  function clientFor(url: string, tls = tlsOf(pki), timeoutMs = 30_000): BbsClient {
    return new BbsClient({ url: new URL(url), tls }, { timeoutMs });
  }

  async function answering(answer: Uint8Array | { status: number } | { hang: true }) {
    const bbs = await fakeBbs();
    bbs.answers.set('/v1/ping', () => answer);
    return bbs;
  }

  const hanging = () => answering({ hang: true });

  test('believes whoever answers when nothing is to be verified, as cfdot does', async () => {
    const bbs = await fakeBbs({ certificate: 'locket_server' });
    const client = clientFor(bbs.url, { ...tlsOf(pki), ca: undefined, skipVerify: true });
    expect(await client.ping()).toBe(true);
  });

  test('can be interrupted', async () => {
    const abort = new AbortController();
    const client = new BbsClient({ url: new URL((await hanging()).url), tls: tlsOf(pki) }, abort.signal);
    const asking = client.ping();
    abort.abort(new InterruptedError());
    await expect(asking).rejects.toThrow(InterruptedError);
  });
});

describe('RepClient', () => {
  async function fakeRep(options: FakeRepOptions, certificates = pki): Promise<RepTarget> {
    const rep = await startFakeRep(certificates, options);
    closers.push(() => rep.close());
    return rep;
  }

  test('asks every cell; those that fail are answers, too', async () => {
    const names = (await readdir(new URL('rep-state/', FIXTURES))).sort();
    const bodies = await Promise.all(
      names.map((name) => readFile(new URL(`rep-state/${name}`, FIXTURES), 'utf8')),
    );
    const cells = bodies.map((body) => JSON.parse(body) as { cell_id: string });
    const good = await Promise.all(
      cells.map((cell, index) => fakeRep({ cellId: cell.cell_id, answers: { '/state': bodies[index]! } })),
    );
    const bad = (answer: FakeRepAnswer) => fakeRep({ cellId: 'cell', answers: { '/state': answer } });
    const targets: [RepTarget, RegExp][] = [
      [await bad({ status: 503 }), /answered \/state with 503/],
      [await bad('<html>'), /not JSON/],
      [await bad('{"cell_id":"cell"}'), /as a rep does/],
      [await bad(bodies[0]!), /another cell answered there/],
      [await fakeRep({ cellId: 'cell', answers: {} }, stranger), /expired|not signed by the CA/],
      [await fakeRep({ cellId: 'cell', answers: {}, certificate: 'locket_server' }), /for other names/],
      [{ cell_id: 'cell', rep_url: 'https://127.0.0.1:1', rep_address: '' }, /nobody listens/],
      [{ cell_id: 'cell', rep_url: '', rep_address: '' }, /no usable address/],
    ];
    const client = new RepClient(tlsOf(pki), { timeoutMs: 60_000, concurrency: 4 });
    const answers = await client.states([...good, ...targets.map(([target]) => target)]);
    const states = answers.slice(0, good.length);
    expect(states.map((answer) => answer.ok && answer.value)).toEqual(cells);
    for (const [index, [target, why]] of targets.entries()) {
      expect(answers[good.length + index]).toMatchObject({
        target,
        ok: false,
        error: expect.stringMatching(why) as string,
      });
    }
  });

  test('a cell that hangs is given up, and said so', async () => {
    const rep = await fakeRep({ cellId: 'cell', answers: { '/state': { hang: true } } });
    const [answer] = await new RepClient(tlsOf(pki), { timeoutMs: 100 }).states([rep]);
    expect(answer).toMatchObject({
      ok: false,
      error: expect.stringMatching(/no answer from .* within 100ms/) as string,
    });
  });

  test('an expired certificate of a rep is named as such', async () => {
    const rep = await fakeRep({ cellId: 'cell', answers: {} }, stranger);
    const [answer] = await new RepClient(tlsOf(stranger)).states([rep]);
    expect(answer).toMatchObject({ ok: false, error: expect.stringContaining('has expired') as string });
  });

  test('reads what containers use, and large answers', async () => {
    const lrps = Array.from({ length: 20_000 }, (_, index) => ({
      instance_guid: `instance-${index}`,
      process_guid: 'process',
      index,
      metric_guid: 'app',
      cpu_usage_fraction: 0.25,
      disk_usage_bytes: 1,
      disk_quota_bytes: 2,
      memory_usage_bytes: 3,
      memory_quota_bytes: 4,
    }));
    const body = JSON.stringify({ cell_id: 'cell', lrps, tasks: null });
    const rep = await fakeRep({ cellId: 'cell', answers: { '/container_metrics': body } });
    const [answer] = await new RepClient(tlsOf(pki)).containerMetrics([rep]);
    expect(answer).toMatchObject({ ok: true, value: { tasks: null } });
    expect(answer?.ok === true && answer.value.lrps).toHaveLength(20_000);
  });

  test('finds a cell by its address where BOSH DNS is missing, and still checks its name', async () => {
    const rep = await startFakeRep(pki, { cellId: 'cell', answers: { '/state': { status: 503 } } });
    closers.push(() => rep.close());
    const named = (name: string): RepTarget => ({ ...rep, rep_url: `https://${name}:${rep.port}` });
    const client = new RepClient(tlsOf(pki));
    const [known, other] = await client.states([
      named('c1.cell.service.cf.internal'),
      named('elsewhere.invalid'),
    ]);
    expect(known).toMatchObject({ ok: false, error: expect.stringContaining('with 503') as string });
    expect(other).toMatchObject({ ok: false, error: expect.stringContaining('for other names') as string });
  });

  test('an interruption ends it', async () => {
    const abort = new AbortController();
    const rep = await fakeRep({ cellId: 'cell', answers: { '/state': { hang: true } } });
    const asking = new RepClient(tlsOf(pki), { signal: abort.signal }).states([rep]);
    abort.abort(new InterruptedError());
    await expect(asking).rejects.toThrow(InterruptedError);
  });

  test('a state becomes what the snapshot says of a live cell', async () => {
    const body = await readFile(new URL('rep-state/cell-22010.json', FIXTURES), 'utf8');
    expect(repState(JSON.parse(body) as Parameters<typeof repState>[0])).toEqual({
      available: { memory_mb: 0, disk_mb: 131072, containers: 180 },
      total: { memory_mb: 65536, disk_mb: 262144, containers: 249 },
      starting_container_count: 0,
      evacuating: false,
      proxy_memory_mb: 0,
      lrps: 69,
      tasks: 0,
    });
  });
});

describe('who we are', () => {
  test("cfdot's environment wins over bbs.json, and a certificate never comes with another one's key", async () => {
    const config = join(dir, 'pki', 'bbs.json');
    await writeFile(
      config,
      JSON.stringify({
        listen_address: '0.0.0.0:8890',
        ca_file: 'ca.crt',
        cert_file: 'bbs_server.crt',
        key_file: 'bbs_server.key',
        rep_ca_cert: 'ca.crt',
        rep_client_cert: 'rep_client.crt',
        rep_client_key: 'rep_client.key',
      }),
    );
    const fromConfig = await requireBbs({ bbsConfig: config });
    expect(fromConfig.url.href).toBe('https://bbs.service.cf.internal:8890/');
    expect(fromConfig.tls).toMatchObject({
      cert: pki.bbs_server.certificate,
      key: pki.bbs_server.privateKey,
    });
    expect(await requireRepTls({ bbsConfig: config })).toMatchObject({
      ca: pki.ca.certificate,
      cert: pki.rep_client.certificate,
      key: pki.rep_client.privateKey,
      skipVerify: false,
    });
    const mixed = requireRepTls({ bbsConfig: config, certFile: pki.client.certificateFile });
    await expect(mixed).rejects.toThrow(/its key \(CLIENT_KEY_FILE\)/);
    const given = { certFile: pki.client.certificateFile, keyFile: pki.client.privateKeyFile };
    expect(await requireRepTls({ bbsConfig: config, ...given })).toMatchObject({
      cert: pki.client.certificate,
    });
  });

  test.each([
    ['nothing is said', {}, /Nobody said where the BBS is/],
    ['there are no certificates', { url: 'https://bbs:8889' }, /a CA \(CA_CERT_FILE\), a client certificate/],
    ['the URL is none', { url: 'bbs:port' }, /not valid/],
    ['a file is missing', { url: 'https://bbs:8889', caFile: '/nonexistent' }, /cannot be read/],
    [
      'SKIP_CERT_VERIFY is strange',
      { url: 'https://bbs:8889', skipCertVerify: 'perhaps' },
      /SKIP_CERT_VERIFY/,
    ],
  ])('is a usage error when %s', async (_, location, message) => {
    await expect(requireBbs(location)).rejects.toThrow(UsageError);
    await expect(requireBbs(location)).rejects.toThrow(message);
  });

  test('without a word about the BBS there is no endpoint', async () => {
    expect(await resolveBbs({ caFile: pki.ca.certificateFile })).toBeUndefined();
  });

  test('a key of another certificate is a usage error', () => {
    const tls = { ...tlsOf(pki), key: pki.rep_client.privateKey };
    expect(() => new RepClient(tls)).toThrow(UsageError);
  });

  test.each([
    ['true', true],
    ['1', true],
    ['T', true],
    ['FALSE', false],
    ['', false],
    [undefined, false],
  ])('SKIP_CERT_VERIFY=%s is %s', (value, expected) => {
    expect(skipCertVerify(value)).toBe(expected);
  });
});
