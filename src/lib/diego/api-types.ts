import { MessageType, type FieldKind, type MessageField } from '../bbs/message-json.ts';
import {
  ACTION,
  CACHED_DEPENDENCY,
  CERTIFICATE_PROPERTIES,
  CHECK_DEFINITION,
  ENVIRONMENT_VARIABLE,
  FILE,
  IMAGE_LAYER,
  LOG_RATE_LIMIT,
  METRIC_TAG_VALUE,
  NETWORK,
  SECURITY_GROUP_RULE,
  SIDECAR,
  TASK_DEFINITION,
  VOLUME_MOUNT,
} from '../bbs/message-types.ts';

/**
 * The messages of the API around those of the encrypted columns, with the JSON names of the jsontags in bbs/models/*.proto. Members
 * that Go embeds or writes in a way of its own (routes, net info, keys, routable) are left to `api-json.ts`.
 */

const string: FieldKind = { kind: 'string' };
const signed: FieldKind = { kind: 'signed' };
const unsigned: FieldKind = { kind: 'unsigned' };
const bool: FieldKind = { kind: 'bool' };
const message = (type: MessageType): FieldKind => ({ kind: 'message', type: () => type });

const field = (number: number, name: string, type: FieldKind): MessageField => ({ number, name, type });
const always = (number: number, name: string, type: FieldKind): MessageField => ({
  ...field(number, name, type),
  always: true,
});
const list = (number: number, name: string, type: FieldKind): MessageField => ({
  ...field(number, name, type),
  repeated: true,
});

const MODIFICATION_TAG = new MessageType('ModificationTag', [
  always(1, 'epoch', string),
  always(2, 'index', unsigned),
]);

export const DESIRED_LRP = new MessageType('DesiredLRP', [
  always(1, 'process_guid', string),
  always(2, 'domain', string),
  always(3, 'rootfs', string),
  always(4, 'instances', signed),
  list(5, 'env', message(ENVIRONMENT_VARIABLE)),
  field(6, 'setup', message(ACTION)),
  field(7, 'action', message(ACTION)),
  field(8, 'deprecated_timeout_ns', unsigned),
  field(9, 'monitor', message(ACTION)),
  always(10, 'disk_mb', signed),
  always(11, 'memory_mb', signed),
  always(12, 'cpu_weight', unsigned),
  always(13, 'privileged', bool),
  list(14, 'ports', unsigned),
  always(16, 'log_source', string),
  always(17, 'log_guid', string),
  always(18, 'metrics_guid', string),
  always(19, 'annotation', string),
  list(20, 'egress_rules', message(SECURITY_GROUP_RULE)),
  field(21, 'modification_tag', message(MODIFICATION_TAG)),
  list(22, 'cached_dependencies', message(CACHED_DEPENDENCY)),
  field(23, 'legacy_download_user', string),
  field(24, 'trusted_system_certificates_path', string),
  list(25, 'volume_mounts', message(VOLUME_MOUNT)),
  field(26, 'network', message(NETWORK)),
  always(27, 'start_timeout_ms', signed),
  list(28, 'placement_tags', string),
  always(29, 'max_pids', signed),
  field(30, 'certificate_properties', message(CERTIFICATE_PROPERTIES)),
  field(31, 'image_username', string),
  field(32, 'image_password', { kind: 'secret' }),
  field(33, 'check_definition', message(CHECK_DEFINITION)),
  list(34, 'image_layers', message(IMAGE_LAYER)),
  field(35, 'metric_tags', { kind: 'map', value: message(METRIC_TAG_VALUE) }),
  list(36, 'sidecars', message(SIDECAR)),
  field(37, 'log_rate_limit', message(LOG_RATE_LIMIT)),
  list(38, 'volume_mounted_files', message(FILE)),
  field(39, 'update_strategy', { kind: 'enum', names: ['ROLLING', 'RECREATE'] }),
]);

export const ACTUAL_LRP_KEY = new MessageType('ActualLRPKey', [
  always(1, 'process_guid', string),
  always(2, 'index', signed),
  always(3, 'domain', string),
]);

export const ACTUAL_LRP_INSTANCE_KEY = new MessageType('ActualLRPInstanceKey', [
  always(1, 'instance_guid', string),
  always(2, 'cell_id', string),
]);

const PRESENCE: FieldKind = { kind: 'enum', names: ['ORDINARY', 'EVACUATING', 'SUSPECT'] };

const STATE_FIELDS: readonly MessageField[] = [
  always(4, 'crash_count', signed),
  field(5, 'crash_reason', string),
  always(6, 'state', string),
  field(7, 'placement_error', string),
  always(8, 'since', signed),
  always(9, 'modification_tag', message(MODIFICATION_TAG)),
  always(10, 'presence', PRESENCE),
];

export const ACTUAL_LRP = new MessageType('ActualLRP', [
  ...STATE_FIELDS,
  list(
    11,
    'actual_lrp_internal_routes',
    message(new MessageType('ActualLRPInternalRoute', [always(1, 'hostname', string)])),
  ),
  field(12, 'metric_tags', { kind: 'map', value: string }),
  always(14, 'availability_zone', string),
]);

export const ACTUAL_LRP_INFO = new MessageType('ActualLRPInfo', [
  ...STATE_FIELDS,
  always(12, 'availability_zone', string),
]);

export const ACTUAL_LRP_CRASHED = new MessageType('ActualLRPCrashedEvent', [
  always(3, 'crash_count', signed),
  field(4, 'crash_reason', string),
  always(5, 'since', signed),
]);

/** The API leaves out empty placement tags. */
export const API_TASK_DEFINITION = new MessageType(
  'TaskDefinition',
  TASK_DEFINITION.fields.map((one) => (one.name === 'placement_tags' ? { ...one, always: false } : one)),
);

export const TASK = new MessageType('Task', [
  always(2, 'task_guid', string),
  always(3, 'domain', string),
  always(4, 'created_at', signed),
  always(5, 'updated_at', signed),
  always(6, 'first_completed_at', signed),
  always(7, 'state', { kind: 'enum', names: ['Invalid', 'Pending', 'Running', 'Completed', 'Resolving'] }),
  always(8, 'cell_id', string),
  always(9, 'result', string),
  always(10, 'failed', bool),
  always(11, 'failure_reason', string),
  always(12, 'rejection_count', signed),
  always(13, 'rejection_reason', string),
]);
