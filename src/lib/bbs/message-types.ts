import { MessageType, type FieldKind, type MessageField } from './message-json.ts';

/**
 * The messages of the encrypted columns as `message-json.ts` writes them. Numbers and types are those of `diego.proto` (a test compares them);
 * names and what is always written are those of the jsontags in bbs/models/*.proto, which is what cfdot prints.
 */

const string: FieldKind = { kind: 'string' };
const secret: FieldKind = { kind: 'secret' };
const config: FieldKind = { kind: 'config' };
const bool: FieldKind = { kind: 'bool' };
const signed: FieldKind = { kind: 'signed' };
const unsigned: FieldKind = { kind: 'unsigned' };
const time: FieldKind = { kind: 'time' };
const oneOf = (...names: string[]): FieldKind => ({ kind: 'enum', names });
const message = (type: () => MessageType): FieldKind => ({ kind: 'message', type });
const mapOf = (value: FieldKind): FieldKind => ({ kind: 'map', value });

const field = (number: number, name: string, type: FieldKind): MessageField => ({ number, name, type });
const always = (number: number, name: string, type: FieldKind): MessageField => ({
  number,
  name,
  type,
  always: true,
});
const list = (number: number, name: string, type: FieldKind): MessageField => ({
  number,
  name,
  type,
  repeated: true,
});

const one = (number: number, name: string, type: () => MessageType): MessageField =>
  field(number, name, message(type));
const many = (number: number, name: string, type: () => MessageType): MessageField =>
  list(number, name, message(type));

export const ENVIRONMENT_VARIABLE = new MessageType('EnvironmentVariable', [
  always(1, 'name', string),
  always(2, 'value', secret),
]);

export const FILE = new MessageType('File', [always(1, 'path', string), always(2, 'content', secret)]);

export const RESOURCE_LIMITS = new MessageType('ResourceLimits', [
  field(1, 'nofile', unsigned),
  field(2, 'nproc', unsigned),
]);

export const DOWNLOAD_ACTION = new MessageType('DownloadAction', [
  field(1, 'artifact', string),
  always(2, 'from', string),
  always(3, 'to', string),
  always(4, 'cache_key', string),
  field(5, 'log_source', string),
  always(6, 'user', string),
  field(7, 'checksum_algorithm', string),
  field(8, 'checksum_value', string),
]);

export const UPLOAD_ACTION = new MessageType('UploadAction', [
  field(1, 'artifact', string),
  always(2, 'from', string),
  always(3, 'to', string),
  field(4, 'log_source', string),
  always(5, 'user', string),
]);

export const RUN_ACTION = new MessageType('RunAction', [
  always(1, 'path', string),
  list(2, 'args', string),
  field(3, 'dir', string),
  many(4, 'env', () => ENVIRONMENT_VARIABLE),
  one(5, 'resource_limits', () => RESOURCE_LIMITS),
  always(6, 'user', string),
  field(7, 'log_source', string),
  always(8, 'suppress_log_output', bool),
  many(9, 'volume_mounted_files', () => FILE),
]);

const action = message(() => ACTION);

export const TIMEOUT_ACTION = new MessageType('TimeoutAction', [
  field(1, 'action', action),
  field(2, 'timeout', signed),
  field(3, 'log_source', string),
  always(4, 'timeout_ms', signed),
]);

export const EMIT_PROGRESS_ACTION = new MessageType('EmitProgressAction', [
  field(1, 'action', action),
  always(2, 'start_message', string),
  always(3, 'success_message', string),
  always(4, 'failure_message_prefix', string),
  field(5, 'log_source', string),
]);

export const TRY_ACTION = new MessageType('TryAction', [
  field(1, 'action', action),
  field(2, 'log_source', string),
]);

const several = (name: string) =>
  new MessageType(name, [list(1, 'actions', action), field(2, 'log_source', string)]);

export const PARALLEL_ACTION = several('ParallelAction');
export const SERIAL_ACTION = several('SerialAction');
export const CODEPENDENT_ACTION = several('CodependentAction');

export const ACTION: MessageType = new MessageType('Action', [
  one(1, 'download', () => DOWNLOAD_ACTION),
  one(2, 'upload', () => UPLOAD_ACTION),
  one(3, 'run', () => RUN_ACTION),
  one(4, 'timeout', () => TIMEOUT_ACTION),
  one(5, 'emit_progress', () => EMIT_PROGRESS_ACTION),
  one(6, 'try', () => TRY_ACTION),
  one(7, 'parallel', () => PARALLEL_ACTION),
  one(8, 'serial', () => SERIAL_ACTION),
  one(9, 'codependent', () => CODEPENDENT_ACTION),
]);

export const PORT_RANGE = new MessageType('PortRange', [
  always(1, 'start', unsigned),
  always(2, 'end', unsigned),
]);

export const ICMP_INFO = new MessageType('ICMPInfo', [always(1, 'type', signed), always(2, 'code', signed)]);

export const SECURITY_GROUP_RULE = new MessageType('SecurityGroupRule', [
  field(1, 'protocol', string),
  list(2, 'destinations', string),
  list(3, 'ports', unsigned),
  one(4, 'port_range', () => PORT_RANGE),
  one(5, 'icmp_info', () => ICMP_INFO),
  always(6, 'log', bool),
  list(7, 'annotations', string),
]);

export const CACHED_DEPENDENCY = new MessageType('CachedDependency', [
  always(1, 'name', string),
  always(2, 'from', string),
  always(3, 'to', string),
  always(4, 'cache_key', string),
  always(5, 'log_source', string),
  field(6, 'checksum_algorithm', string),
  field(7, 'checksum_value', string),
]);

export const SHARED_DEVICE = new MessageType('SharedDevice', [
  always(1, 'volume_id', string),
  always(2, 'mount_config', config),
]);

export const DEDICATED_DEVICE = new MessageType('DedicatedDevice', [
  always(1, 'mounter_id', string),
  always(2, 'mount_config', config),
  always(3, 'device_config', config),
]);

export const VOLUME_MOUNT = new MessageType('VolumeMount', [
  always(1, 'driver', string),
  always(3, 'container_dir', string),
  always(6, 'mode', string),
  one(7, 'shared', () => SHARED_DEVICE),
  one(8, 'dedicated', () => DEDICATED_DEVICE),
]);

export const NETWORK = new MessageType('Network', [field(1, 'properties', mapOf(string))]);

export const CERTIFICATE_PROPERTIES = new MessageType('CertificateProperties', [
  list(1, 'organizational_unit', string),
]);

export const TCP_CHECK = new MessageType('TCPCheck', [
  always(1, 'port', unsigned),
  field(2, 'connect_timeout_ms', unsigned),
  field(3, 'interval_ms', unsigned),
]);

export const HTTP_CHECK = new MessageType('HTTPCheck', [
  always(1, 'port', unsigned),
  field(2, 'request_timeout_ms', unsigned),
  always(3, 'path', string),
  field(4, 'interval_ms', unsigned),
]);

export const CHECK = new MessageType('Check', [
  one(1, 'tcp_check', () => TCP_CHECK),
  one(2, 'http_check', () => HTTP_CHECK),
]);

export const CHECK_DEFINITION = new MessageType('CheckDefinition', [
  many(1, 'checks', () => CHECK),
  always(2, 'log_source', string),
  many(3, 'readiness_checks', () => CHECK),
]);

export const IMAGE_LAYER = new MessageType('ImageLayer', [
  field(1, 'name', string),
  always(2, 'url', string),
  always(3, 'destination_path', string),
  always(4, 'layer_type', oneOf('LayerTypeInvalid', 'SHARED', 'EXCLUSIVE')),
  always(5, 'media_type', oneOf('MediaTypeInvalid', 'TGZ', 'TAR', 'ZIP')),
  field(6, 'digest_algorithm', oneOf('DigestAlgorithmInvalid', 'SHA256', 'SHA512')),
  field(7, 'digest_value', string),
]);

export const METRIC_TAG_VALUE = new MessageType('MetricTagValue', [
  field(1, 'static', string),
  field(2, 'dynamic', oneOf('DynamicValueInvalid', 'INDEX', 'INSTANCE_GUID')),
]);

export const SIDECAR = new MessageType('Sidecar', [
  field(1, 'action', action),
  always(2, 'disk_mb', signed),
  always(3, 'memory_mb', signed),
]);

export const LOG_RATE_LIMIT = new MessageType('LogRateLimit', [always(1, 'bytes_per_second', signed)]);

const metricTags = mapOf(message(() => METRIC_TAG_VALUE));

/** Field 1, the key, repeats what the row's own columns say. */
const RUN_INFO_FIELDS: readonly MessageField[] = [
  many(2, 'env', () => ENVIRONMENT_VARIABLE),
  field(3, 'setup', action),
  field(4, 'action', action),
  field(5, 'monitor', action),
  field(6, 'deprecated_start_timeout_s', unsigned),
  always(7, 'privileged', bool),
  always(8, 'cpu_weight', unsigned),
  { ...list(9, 'ports', unsigned), always: true },
  many(10, 'egress_rules', () => SECURITY_GROUP_RULE),
  always(11, 'log_source', string),
  always(12, 'metrics_guid', string),
  always(13, 'created_at', time),
  many(14, 'cached_dependencies', () => CACHED_DEPENDENCY),
  field(15, 'legacy_download_user', string),
  field(16, 'trusted_system_certificates_path', string),
  many(17, 'volume_mounts', () => VOLUME_MOUNT),
  one(18, 'network', () => NETWORK),
  always(19, 'start_timeout_ms', signed),
  one(20, 'certificate_properties', () => CERTIFICATE_PROPERTIES),
  field(21, 'image_username', string),
  field(22, 'image_password', secret),
  one(23, 'check_definition', () => CHECK_DEFINITION),
  many(24, 'image_layers', () => IMAGE_LAYER),
];

const RUN_INFO_TAIL: readonly MessageField[] = [
  many(26, 'sidecars', () => SIDECAR),
  one(27, 'log_rate_limit', () => LOG_RATE_LIMIT),
  many(28, 'volume_mounted_files', () => FILE),
];

/** Without its metric tags, which have a column of their own. */
export const RUN_INFO = new MessageType('DesiredLRPRunInfo', [...RUN_INFO_FIELDS, ...RUN_INFO_TAIL]);

/** For stores of before `desired_lrps.metric_tags`. */
export const RUN_INFO_WITH_METRIC_TAGS = new MessageType('DesiredLRPRunInfo', [
  ...RUN_INFO_FIELDS,
  field(25, 'metric_tags', metricTags),
  ...RUN_INFO_TAIL,
]);

export const VOLUME_PLACEMENT = new MessageType('VolumePlacement', [
  { ...list(1, 'driver_names', string), always: true },
]);

export const PORT_MAPPING = new MessageType('PortMapping', [
  always(1, 'container_port', unsigned),
  always(2, 'host_port', unsigned),
  always(3, 'container_tls_proxy_port', unsigned),
  always(4, 'host_tls_proxy_port', unsigned),
]);

export const NET_INFO = new MessageType('ActualLRPNetInfo', [
  always(1, 'address', string),
  {
    ...many(2, 'ports', () => PORT_MAPPING),
    always: true,
  },
  always(3, 'instance_address', string),
  always(4, 'preferred_address', oneOf('UNKNOWN', 'INSTANCE', 'HOST')),
  field(5, 'instance_ipv6_address', string),
]);

export const TASK_DEFINITION = new MessageType('TaskDefinition', [
  always(1, 'rootfs', string),
  many(2, 'env', () => ENVIRONMENT_VARIABLE),
  field(3, 'action', action),
  always(4, 'disk_mb', signed),
  always(5, 'memory_mb', signed),
  always(6, 'cpu_weight', unsigned),
  always(7, 'privileged', bool),
  always(8, 'log_source', string),
  always(9, 'log_guid', string),
  always(10, 'metrics_guid', string),
  always(11, 'result_file', string),
  field(12, 'completion_callback_url', string),
  field(13, 'annotation', string),
  many(14, 'egress_rules', () => SECURITY_GROUP_RULE),
  many(15, 'cached_dependencies', () => CACHED_DEPENDENCY),
  field(16, 'legacy_download_user', string),
  field(17, 'trusted_system_certificates_path', string),
  many(18, 'volume_mounts', () => VOLUME_MOUNT),
  one(19, 'network', () => NETWORK),
  { ...list(20, 'placement_tags', string), always: true },
  always(21, 'max_pids', signed),
  one(22, 'certificate_properties', () => CERTIFICATE_PROPERTIES),
  always(23, 'image_username', string),
  always(24, 'image_password', secret),
  many(25, 'image_layers', () => IMAGE_LAYER),
  one(26, 'log_rate_limit', () => LOG_RATE_LIMIT),
  field(27, 'metric_tags', metricTags),
  many(28, 'volume_mounted_files', () => FILE),
]);
