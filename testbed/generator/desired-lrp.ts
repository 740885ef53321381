import { create } from '@bufbuild/protobuf';
import {
  DesiredLRPRunInfoSchema,
  VolumePlacementSchema,
  type DesiredLRPRunInfo,
} from '../../src/lib/bbs/gen/diego_pb.ts';
import { encodeMessage } from '../../src/lib/bbs/payload.ts';
import type { App } from './app.ts';
import { ISOLATED_TAG, NFS_DRIVER } from './cells.ts';
import type { Field } from './copy.ts';
import type { Random } from './random.ts';
import { damage, type Sealer } from './sealer.ts';

export const DESIRED_LRP_COLUMNS = [
  'process_guid',
  'domain',
  'log_guid',
  'annotation',
  'instances',
  'memory_mb',
  'disk_mb',
  'rootfs',
  'routes',
  'volume_placement',
  'modification_tag_epoch',
  'modification_tag_index',
  'run_info',
  'placement_tags',
  'max_pids',
  'metric_tags',
] as const;

const NO_VOLUMES = encodeMessage(VolumePlacementSchema, create(VolumePlacementSchema));
const NFS_VOLUMES = encodeMessage(
  VolumePlacementSchema,
  create(VolumePlacementSchema, { driverNames: [NFS_DRIVER] }),
);

export interface DesiredLrpFaults {
  isDamaged: boolean;
  hasNulls: boolean;
}

/** A row of `desired_lrps`, in the order of {@link DESIRED_LRP_COLUMNS}. */
export function desiredLrpRow(app: App, random: Random, sealer: Sealer, faults: DesiredLrpFaults): Field[] {
  const runInfo = sealer.seal(encodeMessage(DesiredLRPRunInfoSchema, makeRunInfo(app, random)));
  return [
    app.processGuid,
    'cf-apps',
    app.appGuid,
    `${app.createdAt / 1_000_000_000n}.0`,
    app.instances,
    app.memoryMb,
    app.diskMb,
    app.rootfs,
    sealer.seal(routes(app, random)),
    sealer.seal(app.nfs ? NFS_VOLUMES : NO_VOLUMES),
    random.guid(),
    0,
    faults.isDamaged ? damage(runInfo) : runInfo,
    app.isolated ? `["${ISOLATED_TAG}"]` : 'null',
    1024,
    faults.hasNulls ? null : sealer.seal(metricTags(app)),
  ];
}

/** As long as a private key of 2048 bits, so that the blobs have the size that they have in production. */
const PRIVATE_KEY = `-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQ${'k'.repeat(800)}\n-----END RSA PRIVATE KEY-----\n`;

function routes(app: App, random: Random): string {
  return JSON.stringify({
    'cf-router': [
      {
        hostnames: [`${app.name}.app.cloud.gov`],
        port: 8080,
        route_service_url: null,
        isolation_segment: app.isolated ? ISOLATED_TAG : null,
      },
    ],
    'diego-ssh': { container_port: 2222, private_key: PRIVATE_KEY, host_fingerprint: random.guid() },
    ...(app.internalHostname !== undefined && { 'internal-router': [{ hostname: app.internalHostname }] }),
    ...(app.number % 43 === 0 && {
      'tcp-router': [
        {
          router_group_guid: random.guid(),
          external_port: 40_000 + (app.number % 1_000),
          container_port: 8080,
        },
      ],
    }),
  });
}

function metricTags(app: App): string {
  return JSON.stringify({
    app_name: { static: app.name },
    instance_id: { dynamic: 'INDEX' },
    organization_name: { static: app.organization },
    source_id: { static: app.appGuid },
    space_name: { static: 'prod' },
  });
}

function makeRunInfo(app: App, random: Random): DesiredLRPRunInfo {
  const { appGuid, processGuid, number } = app;
  return create(DesiredLRPRunInfoSchema, {
    desiredLrpKey: { processGuid, domain: 'cf-apps', logGuid: appGuid },
    environmentVariables: [
      { name: 'VCAP_SERVICES', value: vcapServices(number, random) },
      {
        name: 'VCAP_APPLICATION',
        value: JSON.stringify({
          application_id: appGuid,
          application_name: app.name,
          organization_name: app.organization,
          space_name: 'prod',
        }),
      },
      { name: 'LANG', value: 'en_US.UTF-8' },
      { name: 'PORT', value: '8080' },
      { name: 'MEMORY_LIMIT', value: `${app.memoryMb}m` },
    ],
    setup: {
      serialAction: {
        actions: [
          {
            downloadAction: {
              from: `https://cloud-controller-ng.service.cf.internal:9023/internal/v4/droplets/${appGuid}/${random.guid()}/download`,
              to: '.',
              cacheKey: `droplets-${processGuid}`,
              user: 'vcap',
              checksumAlgorithm: 'sha256',
              checksumValue: random.guid(),
            },
          },
        ],
      },
    },
    action: {
      codependentAction: {
        actions: [
          {
            runAction: {
              path: '/tmp/lifecycle/launcher',
              args: ['app', 'bundle exec rackup config.ru -p $PORT', '{}'],
              env: [{ name: 'PORT', value: '8080' }],
              resourceLimits: {},
              user: 'vcap',
              logSource: 'APP/PROC/WEB',
            },
          },
          {
            runAction: {
              path: '/tmp/lifecycle/diego-sshd',
              args: ['-address=0.0.0.0:2222', '-hostKey=x', '-inheritDaemonEnv=false'],
              resourceLimits: {},
              user: 'vcap',
            },
          },
        ],
      },
    },
    monitor: {
      timeoutAction: {
        action: {
          parallelAction: {
            actions: [
              {
                runAction: {
                  path: '/tmp/lifecycle/healthcheck',
                  args: ['-port=8080'],
                  user: 'vcap',
                  logSource: 'HEALTH',
                  suppressLogOutput: true,
                },
              },
            ],
          },
        },
        timeoutMs: 600_000n,
      },
    },
    cpuWeight: app.cpuWeight,
    ports: [8080, 2222],
    egressRules: [
      {
        protocol: 'tcp',
        destinations: ['0.0.0.0-169.253.255.255', '169.255.0.0-172.15.255.255'],
        ports: [53, 443],
      },
      { protocol: 'udp', destinations: ['0.0.0.0/0'], ports: [53] },
      { protocol: 'all', destinations: ['10.10.0.0/16'], log: true },
    ],
    logSource: 'CELL',
    metricsGuid: appGuid,
    createdAt: app.createdAt,
    cachedDependencies: [
      {
        from: 'https://file-server.service.cf.internal:8447/v1/static/buildpack_app_lifecycle/buildpack_app_lifecycle.tgz',
        to: '/tmp/lifecycle',
        cacheKey: 'buildpack-cflinuxfs4-lifecycle',
      },
    ],
    legacyDownloadUser: 'vcap',
    trustedSystemCertificatesPath: '/etc/cf-system-certificates',
    volumeMounts: app.nfs
      ? [
          {
            driver: NFS_DRIVER,
            containerDir: `/var/vcap/data/${random.guid()}`,
            mode: 'rw',
            shared: {
              volumeId: random.guid(),
              mountConfig: '{"source":"nfs://10.0.0.9/export/vol1","uid":"1000","gid":"1000"}',
            },
          },
        ]
      : [],
    network: {
      properties: {
        app_id: appGuid,
        org_id: random.guid(),
        policy_group_id: appGuid,
        ports: '8080',
        space_id: random.guid(),
      },
    },
    startTimeoutMs: 60_000n,
    certificateProperties: {
      organizationalUnit: [`organization:${random.guid()}`, `space:${random.guid()}`, `app:${appGuid}`],
    },
    ...(app.isDocker && { imageUsername: 'robot', imagePassword: `dckr_pat_${random.guid()}` }),
    checkDefinition: { checks: [{ tcpCheck: { port: 8080 } }], logSource: 'HEALTH' },
    sidecars: app.hasSidecar
      ? [{ action: { runAction: { path: '/bin/envoy-sidecar', user: 'vcap' } }, diskMb: 128, memoryMb: 64 }]
      : [],
    logRateLimit: { bytesPerSecond: 16_384n },
  });
}

function vcapServices(number: number, random: Random): string {
  return JSON.stringify({
    'aws-rds': [
      {
        name: `db-${number}`,
        credentials: {
          uri: `postgres://u${number}:${random.guid()}@db.internal:5432/cg${number}`,
          password: random.guid(),
        },
      },
    ],
  });
}
