import process from 'node:process';
import { hasLibpqEnvironment } from '../store/libpq.ts';
import type { ConnectionFlags } from './connection-flags.ts';

/** Whether the command line or the environment names a store, for commands that can do without. */
export function namesStore(flags: ConnectionFlags, env = process.env): boolean {
  return flags['database-url'] !== undefined || flags['bbs-config'] !== undefined || hasLibpqEnvironment(env);
}
