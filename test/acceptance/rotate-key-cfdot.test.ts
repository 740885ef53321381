import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { openBlob } from '../../src/lib/bbs/blob.ts';
import {
  ActualLRPNetInfoSchema,
  DesiredLRPRunInfoSchema,
  TaskDefinitionSchema,
  VolumePlacementSchema,
} from '../../src/lib/bbs/gen/diego_pb.ts';
import { Keyring } from '../../src/lib/bbs/keyring.ts';
import { decodeJson, decodeMessage } from '../../src/lib/bbs/payload.ts';
import { createDatabase, PASSPHRASES, query } from '../support/database.ts';
import { NOVEMBER, rotateKey } from '../support/rotation.ts';

const keyring = Keyring.fromPassphrases(new Map([[NOVEMBER, PASSPHRASES[NOVEMBER]]]));
const plaintext = (blob: string) => openBlob(blob, keyring).plaintext;

type Json = Record<string, unknown>;

async function cfdot(name: string): Promise<Json[]> {
  const file = new URL(`../fixtures/foundation/cfdot/${name}.ndjson`, import.meta.url);
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Json);
}

const environment = (variables: readonly { name: string; value: string }[]) =>
  variables.map(({ name, value }) => ({ name, value }));

/**
 * What cfdot, through a real BBS, printed for the store before it was rotated is what the rotated store holds, read with nothing
 * but the new key.
 */
test('desired LRPs say what cfdot said', async () => {
  const url = await createDatabase('diego-key-2026-10');
  expect((await rotateKey(url)).code).toBe(0);
  const rows = await query<Record<string, string>>(url, 'SELECT * FROM public.desired_lrps');
  const byGuid = new Map(rows.map((row) => [row.process_guid!, row]));
  const captured = await cfdot('desired-lrps');
  expect(captured.length).toBe(byGuid.size);
  for (const lrp of captured) {
    const row = byGuid.get(lrp.process_guid as string)!;
    const runInfo = decodeMessage(DesiredLRPRunInfoSchema, plaintext(row.run_info!));
    const placement = decodeMessage(VolumePlacementSchema, plaintext(row.volume_placement!));
    const setup = runInfo.setup!.serialAction!.actions.map(({ downloadAction }) => downloadAction!.from);
    const said = lrp.setup as { serial: { actions: { download: { from: string } }[] } };
    expect({
      env: environment(runInfo.environmentVariables),
      setup,
      ports: runInfo.ports,
      cpu_weight: runInfo.cpuWeight,
      network: runInfo.network!.properties,
      certificate_properties: runInfo.certificateProperties!.organizationalUnit,
      image_password: runInfo.imagePassword,
      sidecars: runInfo.sidecars.length,
      drivers: placement.driverNames,
      routes: decodeJson(plaintext(row.routes!), 'object'),
      metric_tags: decodeJson(plaintext(row.metric_tags!), 'object'),
    }).toEqual({
      env: lrp.env,
      setup: said.serial.actions.map(({ download }) => download.from),
      ports: lrp.ports,
      cpu_weight: lrp.cpu_weight,
      network: (lrp.network as { properties: Json }).properties,
      certificate_properties: (lrp.certificate_properties as { organizational_unit: string[] })
        .organizational_unit,
      image_password: lrp.image_password ?? '',
      sidecars: ((lrp.sidecars ?? []) as unknown[]).length,
      drivers: ((lrp.volume_mounts ?? []) as { driver: string }[]).map(({ driver }) => driver),
      routes: lrp.routes,
      metric_tags: lrp.metric_tags,
    });
  }
});

test('actual LRPs and tasks say what cfdot said', async () => {
  const url = await createDatabase('diego-key-2026-10');
  expect((await rotateKey(url)).code).toBe(0);
  const rows = await query<Record<string, string>>(url, 'SELECT * FROM public.actual_lrps');
  const byKey = new Map(rows.map((row) => [`${row.process_guid!}/${row.instance_index!}`, row]));
  const captured = await cfdot('actual-lrps');
  expect(captured.length).toBe(byKey.size);
  for (const lrp of captured) {
    const row = byKey.get(`${String(lrp.process_guid)}/${String(lrp.index)}`)!;
    const netInfo = decodeMessage(ActualLRPNetInfoSchema, plaintext(row.net_info!));
    expect({
      address: netInfo.address,
      instance_address: netInfo.instanceAddress,
      ports: netInfo.ports.map((port) => [
        port.containerPort,
        port.hostPort,
        port.containerTlsProxyPort,
        port.hostTlsProxyPort,
      ]),
      routes: decodeJson(plaintext(row.internal_routes!), 'array') ?? [],
      metric_tags: decodeJson(plaintext(row.metric_tags!), 'object') ?? {},
    }).toEqual({
      address: lrp.address,
      instance_address: lrp.instance_address ?? '',
      ports: ((lrp.ports ?? []) as Record<string, number>[]).map((port) => [
        port.container_port,
        port.host_port,
        port.container_tls_proxy_port,
        port.host_tls_proxy_port,
      ]),
      routes: lrp.actual_lrp_internal_routes ?? [],
      metric_tags: lrp.metric_tags ?? {},
    });
  }

  const tasks = await query<{ guid: string; task_definition: string }>(url, 'SELECT * FROM public.tasks');
  const byGuid = new Map(tasks.map((task) => [task.guid, task.task_definition]));
  for (const task of await cfdot('tasks')) {
    const definition = decodeMessage(TaskDefinitionSchema, plaintext(byGuid.get(task.task_guid as string)!));
    expect({
      rootfs: definition.rootFs,
      env: environment(definition.environmentVariables),
      memory_mb: definition.memoryMb,
      path: definition.action!.runAction!.path,
      annotation: definition.annotation,
    }).toEqual({
      rootfs: task.rootfs,
      env: task.env,
      memory_mb: task.memory_mb,
      path: (task.action as { run: { path: string } }).run.path,
      annotation: task.annotation,
    });
  }
});
