/**
 * The columns that the BBS encrypts (bbs/db/sqldb/encryption_db.go) and how their plaintext is encoded. Which of them a store
 * has depends on its release: ask the catalogue.
 */

/** `message`: an envelope around a protobuf message. `json`: JSON text without an envelope. */
export type Payload =
  | {
      kind: 'message';
      message: 'DesiredLRPRunInfo' | 'VolumePlacement' | 'ActualLRPNetInfo' | 'TaskDefinition';
    }
  | { kind: 'json'; shape: 'object' | 'array' };

export interface EncryptedColumn {
  readonly name: string;
  readonly payload: Payload;
}

export interface PrimaryKeyColumn {
  readonly name: string;
  readonly type: 'text' | 'integer' | 'boolean';
}

export interface EncryptedTable {
  readonly name: 'desired_lrps' | 'actual_lrps' | 'tasks';
  readonly primaryKey: readonly PrimaryKeyColumn[];
  readonly columns: readonly EncryptedColumn[];
}

export const ENCRYPTED_TABLES: readonly EncryptedTable[] = [
  {
    name: 'desired_lrps',
    primaryKey: [{ name: 'process_guid', type: 'text' }],
    columns: [
      { name: 'run_info', payload: { kind: 'message', message: 'DesiredLRPRunInfo' } },
      { name: 'volume_placement', payload: { kind: 'message', message: 'VolumePlacement' } },
      { name: 'routes', payload: { kind: 'json', shape: 'object' } },
      { name: 'metric_tags', payload: { kind: 'json', shape: 'object' } },
    ],
  },
  {
    name: 'actual_lrps',
    primaryKey: [
      { name: 'process_guid', type: 'text' },
      { name: 'instance_index', type: 'integer' },
      { name: 'presence', type: 'integer' },
    ],
    columns: [
      { name: 'net_info', payload: { kind: 'message', message: 'ActualLRPNetInfo' } },
      { name: 'internal_routes', payload: { kind: 'json', shape: 'array' } },
      { name: 'metric_tags', payload: { kind: 'json', shape: 'object' } },
    ],
  },
  {
    name: 'tasks',
    primaryKey: [{ name: 'guid', type: 'text' }],
    columns: [{ name: 'task_definition', payload: { kind: 'message', message: 'TaskDefinition' } }],
  },
];
