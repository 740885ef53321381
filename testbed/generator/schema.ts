/**
 * The tables of the BBS and of Locket as their migrations leave them (diego-release of 2024-10), the same as in the captured
 * dumps. Tables first, so that a load need not maintain the indexes.
 */
export const BBS_TABLES = `
CREATE TABLE actual_lrps (
  process_guid varchar(255) NOT NULL,
  instance_index integer NOT NULL,
  evacuating boolean DEFAULT false NOT NULL,
  domain varchar(255) NOT NULL,
  state varchar(255) NOT NULL,
  instance_guid varchar(255) DEFAULT '' NOT NULL,
  cell_id varchar(255) DEFAULT '' NOT NULL,
  placement_error varchar(1024) DEFAULT '' NOT NULL,
  since bigint DEFAULT 0,
  net_info text NOT NULL,
  modification_tag_epoch varchar(255) NOT NULL,
  modification_tag_index integer,
  crash_count integer DEFAULT 0 NOT NULL,
  crash_reason varchar(1024) DEFAULT '' NOT NULL,
  expire_time bigint DEFAULT 0,
  presence integer DEFAULT 0 NOT NULL,
  internal_routes text,
  metric_tags text,
  routable boolean DEFAULT false,
  availability_zone varchar(255) DEFAULT '' NOT NULL
);
CREATE TABLE configurations (
  id varchar(255) NOT NULL,
  value varchar(255)
);
CREATE TABLE desired_lrps (
  process_guid varchar(255) NOT NULL,
  domain varchar(255) NOT NULL,
  log_guid varchar(255) NOT NULL,
  annotation text,
  instances integer NOT NULL,
  memory_mb integer NOT NULL,
  disk_mb integer NOT NULL,
  rootfs varchar(1024) NOT NULL,
  routes text NOT NULL,
  volume_placement text NOT NULL,
  modification_tag_epoch varchar(255) NOT NULL,
  modification_tag_index integer,
  run_info text NOT NULL,
  placement_tags text,
  max_pids integer DEFAULT 0,
  metric_tags text
);
CREATE TABLE domains (
  domain varchar(255) NOT NULL,
  expire_time bigint DEFAULT 0
);
CREATE TABLE tasks (
  guid varchar(255) NOT NULL,
  domain varchar(255) NOT NULL,
  updated_at bigint DEFAULT 0,
  created_at bigint DEFAULT 0,
  first_completed_at bigint DEFAULT 0,
  state integer,
  cell_id varchar(255) DEFAULT '' NOT NULL,
  result text,
  failed boolean DEFAULT false,
  failure_reason varchar(1024) DEFAULT '' NOT NULL,
  task_definition text NOT NULL,
  rejection_count integer DEFAULT 0 NOT NULL,
  rejection_reason varchar(1024) DEFAULT '' NOT NULL
);
`;

export const BBS_INDEXES = `
ALTER TABLE actual_lrps ADD CONSTRAINT actual_lrps_pkey PRIMARY KEY (process_guid, instance_index, presence);
ALTER TABLE configurations ADD CONSTRAINT configurations_pkey PRIMARY KEY (id);
ALTER TABLE desired_lrps ADD CONSTRAINT desired_lrps_pkey PRIMARY KEY (process_guid);
ALTER TABLE domains ADD CONSTRAINT domains_pkey PRIMARY KEY (domain);
ALTER TABLE tasks ADD CONSTRAINT tasks_pkey PRIMARY KEY (guid);
CREATE INDEX actual_lrps_cell_id_idx ON actual_lrps (cell_id);
CREATE INDEX actual_lrps_domain_idx ON actual_lrps (domain);
CREATE INDEX actual_lrps_expire_time_idx ON actual_lrps (expire_time);
CREATE INDEX actual_lrps_since_idx ON actual_lrps (since);
CREATE INDEX actual_lrps_state_idx ON actual_lrps (state);
CREATE INDEX desired_lrps_domain_idx ON desired_lrps (domain);
CREATE INDEX domains_expire_time_idx ON domains (expire_time);
CREATE INDEX tasks_cell_id_idx ON tasks (cell_id);
CREATE INDEX tasks_created_at_idx ON tasks (created_at);
CREATE INDEX tasks_domain_idx ON tasks (domain);
CREATE INDEX tasks_first_completed_at_idx ON tasks (first_completed_at);
CREATE INDEX tasks_state_idx ON tasks (state);
CREATE INDEX tasks_updated_at_idx ON tasks (updated_at);
ANALYZE;
`;

export const LOCKET_TABLES = `
CREATE TABLE locks (
  path varchar(255) NOT NULL PRIMARY KEY,
  owner varchar(255),
  value varchar(4096),
  type varchar(255) DEFAULT '',
  modified_index bigint DEFAULT 0,
  modified_id varchar(255) DEFAULT '',
  ttl bigint DEFAULT 0
);
`;
