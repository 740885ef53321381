import {
  create,
  toBinary,
  type DescField,
  type DescMessage,
  type MessageInitShape,
} from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PayloadError } from '../../src/lib/bbs/envelope.ts';
import {
  ActionSchema,
  ActualLRPNetInfoSchema,
  DesiredLRPRunInfoSchema,
  TaskDefinitionSchema,
  VolumePlacementSchema,
} from '../../src/lib/bbs/gen/diego_pb.ts';
import { JsonBuffer } from '../../src/lib/bbs/json-buffer.ts';
import { writeMembers, type FieldKind, type MessageType } from '../../src/lib/bbs/message-json.ts';
import {
  ACTION,
  NET_INFO,
  RUN_INFO,
  RUN_INFO_WITH_METRIC_TAGS,
  TASK_DEFINITION,
  VOLUME_PLACEMENT,
} from '../../src/lib/bbs/message-types.ts';
import { rfc3339 } from '../../src/lib/bbs/timestamps.ts';

function json(type: MessageType, bytes: Uint8Array, mask = false): unknown {
  const out = new JsonBuffer(16);
  out.ascii('{');
  writeMembers(out, type, Buffer.from(bytes), 0, bytes.length, mask);
  out.ascii('}');
  return JSON.parse(out.take().toString('utf8'));
}

const ROOTS: [MessageType, DescMessage][] = [
  [RUN_INFO_WITH_METRIC_TAGS, DesiredLRPRunInfoSchema],
  [TASK_DEFINITION, TaskDefinitionSchema],
  [NET_INFO, ActualLRPNetInfoSchema],
  [VOLUME_PLACEMENT, VolumePlacementSchema],
];

describe('the tables of messages', () => {
  it.each(ROOTS)('of %o know every field of the .proto, with its type', (root, schema) => {
    const seen = new Set<MessageType>();
    compare(root, schema, seen);
    expect(seen.size).toBeGreaterThan(0);
  });

  function compare(type: MessageType, schema: DescMessage, seen: Set<MessageType>): void {
    if (seen.has(type)) return;
    seen.add(type);
    expect(type.name).toBe(schema.name);
    // The key of a run_info repeats the row's own columns.
    const expected = schema.fields.filter(({ number }) => type.name !== 'DesiredLRPRunInfo' || number !== 1);
    expect(type.fields.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual(
      expected.map(({ number }) => number),
    );
    for (const field of expected) {
      const ours = type.byNumber[field.number]!;
      expect(shape(ours.type, ours.repeated === true), `${schema.name}.${field.name}`).toBe(shapeOf(field));
      const [inner, message] =
        ours.type.kind === 'map'
          ? [ours.type.value, field.fieldKind === 'map' ? field.message : undefined]
          : [ours.type, field.message];
      if (inner.kind === 'message') compare(inner.type(), message!, seen);
    }
  }

  function shape(kind: FieldKind, repeated: boolean): string {
    if (kind.kind === 'map') return `map of ${shape(kind.value, false)}`;
    const scalar: Record<string, string> = { secret: 'string', config: 'string', time: 'signed' };
    const name = kind.kind === 'enum' ? `enum ${kind.names.join(' ')}` : (scalar[kind.kind] ?? kind.kind);
    return repeated ? `list of ${name}` : name;
  }

  function shapeOf(field: DescField): string {
    // Numbers of google.protobuf.FieldDescriptorProto.Type.
    const scalars: Record<number, string> = {
      3: 'signed',
      5: 'signed',
      4: 'unsigned',
      13: 'unsigned',
      8: 'bool',
      9: 'string',
    };
    switch (field.fieldKind) {
      case 'scalar':
        return scalars[field.scalar]!;
      case 'enum':
        return `enum ${field.enum.values.map(({ name }) => name).join(' ')}`;
      case 'message':
        return 'message';
      case 'list':
        return `list of ${field.listKind === 'scalar' ? scalars[field.scalar]! : field.listKind}`;
      case 'map':
        return `map of ${field.mapKind === 'scalar' ? scalars[field.scalar]! : field.mapKind}`;
    }
  }
});

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '\u007f', '\u009b', '"', '\\', '\n'),
);
const unsigned = fc.integer({ min: 1, max: 2 ** 32 - 1 });

const portMapping = fc.record({
  containerPort: unsigned,
  hostPort: unsigned,
  containerTlsProxyPort: unsigned,
  hostTlsProxyPort: unsigned,
});

describe('protobuf as JSON', () => {
  it('writes what @bufbuild wrote, whatever the texts hold', () => {
    fc.assert(
      fc.property(
        fc.record({
          address: text,
          ports: fc.array(portMapping),
          instanceAddress: text,
          preferredAddress: fc.constantFrom(0, 1, 2),
        }),
        (netInfo) => {
          const written = json(
            NET_INFO,
            toBinary(ActualLRPNetInfoSchema, create(ActualLRPNetInfoSchema, netInfo)),
          );
          expect(written).toEqual({
            address: netInfo.address,
            ports: netInfo.ports.map((port) => ({
              container_port: port.containerPort,
              host_port: port.hostPort,
              container_tls_proxy_port: port.containerTlsProxyPort,
              host_tls_proxy_port: port.hostTlsProxyPort,
            })),
            instance_address: netInfo.instanceAddress,
            preferred_address: ['UNKNOWN', 'INSTANCE', 'HOST'][netInfo.preferredAddress],
          });
        },
      ),
    );
  });

  it('keeps every digit of 64 bits, and signs', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const bytes = toBinary(ActionSchema, create(ActionSchema, { timeoutAction: { timeoutMs: value } }));
        const out = new JsonBuffer();
        writeMembers(out, ACTION, Buffer.from(bytes), 0, bytes.length, false);
        expect(out.take().toString()).toBe(`"timeout":{"timeout_ms":${value}}`);
      }),
    );
    const created = create(DesiredLRPRunInfoSchema, { createdAt: 1_795_363_519_505_655_293n });
    expect(json(RUN_INFO, toBinary(DesiredLRPRunInfoSchema, created))).toMatchObject({
      created_at: rfc3339('1795363519505655293'),
    });
  });

  it('nests actions as Diego does, with its names', () => {
    const action: MessageInitShape<typeof ActionSchema> = {
      timeoutAction: {
        timeoutMs: 5n,
        action: {
          serialAction: {
            actions: [
              { tryAction: { action: { runAction: { path: '/bin/a', args: ['-x', ''], user: 'vcap' } } } },
              { emitProgressAction: { startMessage: 's', action: { downloadAction: { from: 'f' } } } },
              { codependentAction: { actions: [] } },
            ],
          },
        },
      },
    };
    expect(json(ACTION, toBinary(ActionSchema, create(ActionSchema, action)))).toEqual({
      timeout: {
        timeout_ms: 5,
        action: {
          serial: {
            actions: [
              {
                try: {
                  action: {
                    run: { path: '/bin/a', args: ['-x', ''], user: 'vcap', suppress_log_output: false },
                  },
                },
              },
              {
                emit_progress: {
                  action: { download: { from: 'f', to: '', cache_key: '', user: '' } },
                  start_message: 's',
                  success_message: '',
                  failure_message_prefix: '',
                },
              },
              { codependent: {} },
            ],
          },
        },
      },
    });
  });

  it('takes fields in any order, split, packed and unknown ones, as protobuf demands', () => {
    const written = new BinaryWriter()
      .tag(9, WireType.LengthDelimited)
      .bytes(Uint8Array.of(8, 144, 1))
      .tag(99, WireType.Varint)
      .uint32(7)
      .tag(98, WireType.Bit64)
      .fixed64(1n)
      .tag(97, WireType.Bit32)
      .fixed32(1)
      .tag(8, WireType.Varint)
      .uint32(3)
      .tag(9, WireType.Varint)
      .uint32(2222)
      .tag(8, WireType.Varint)
      .uint32(4)
      .tag(27, WireType.LengthDelimited)
      .bytes(new Uint8Array())
      .tag(27, WireType.LengthDelimited)
      .bytes(Uint8Array.of(8, 5))
      .finish();
    expect(json(RUN_INFO, written)).toMatchObject({
      ports: [8, 144, 2222],
      cpu_weight: 4,
      log_rate_limit: { bytes_per_second: 5 },
    });
  });

  it('answers damage with an error and takes back what it wrote', () => {
    const sound = toBinary(
      DesiredLRPRunInfoSchema,
      create(DesiredLRPRunInfoSchema, {
        logSource: 'CELL',
        environmentVariables: [{ name: 'A', value: 'b' }],
        action: { runAction: { path: 'p' } },
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(sound.length), (noise, cut) => {
        const bytes = Buffer.concat([sound.subarray(0, cut), noise]);
        const out = new JsonBuffer();
        out.ascii('{');
        try {
          writeMembers(out, RUN_INFO, bytes, 0, bytes.length, false);
          JSON.parse(`${out.take().toString()}}`);
        } catch (error) {
          expect(error).toBeInstanceOf(PayloadError);
          expect(out.length).toBe(1);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('masking', () => {
  const PEM = '-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQ\n-----END RSA PRIVATE KEY-----\n';
  const bytes = toBinary(
    DesiredLRPRunInfoSchema,
    create(DesiredLRPRunInfoSchema, {
      environmentVariables: [{ name: 'TOKEN', value: 'hush-1' }],
      imageUsername: 'robot',
      imagePassword: 'hush-2',
      action: {
        runAction: {
          path: '/diego-sshd',
          args: [`-hostKey=${PEM}`, '-x=https://me:hush-3@blobs.example/d'],
          env: [{ name: 'B', value: 'hush-4' }],
          volumeMountedFiles: [{ path: 'p', content: 'hush-5' }],
        },
      },
      setup: { downloadAction: { from: 'https://internal_user:hush-6@cc.example:9023/d' } },
      volumeMounts: [
        {
          driver: 'smbdriver',
          shared: { volumeId: 'v', mountConfig: '{"source":"//s/x","password":"hush-7"}' },
        },
        { driver: 'other', shared: { volumeId: 'w', mountConfig: 'user:hush-8' } },
      ],
    }),
  );

  it('leaves no secret, and everything else', () => {
    const masked = JSON.stringify(json(RUN_INFO, bytes, true));
    expect(masked).not.toContain('hush');
    expect(masked).not.toContain('MIIE');
    expect(json(RUN_INFO, bytes, true)).toMatchObject({
      env: [{ name: 'TOKEN', value: '***' }],
      image_username: 'robot',
      image_password: '***',
      action: {
        run: {
          args: ['-hostKey=***', '-x=https://me:***@blobs.example/d'],
          env: [{ name: 'B', value: '***' }],
        },
      },
      setup: { download: { from: 'https://internal_user:***@cc.example:9023/d' } },
      volume_mounts: [
        { shared: { mount_config: '{"source":"//s/x","password":"***"}' } },
        { shared: { mount_config: '***' } },
      ],
    });
  });

  it('is off when secrets are revealed', () => {
    const revealed = JSON.stringify(json(RUN_INFO, bytes, false));
    for (let i = 1; i <= 8; i++) expect(revealed).toContain(`hush-${i}`);
    expect(revealed).toContain('MIIE');
  });
});
