import { BbsClient, BbsError } from '../diego/bbs-client.ts';
import type { BbsEndpoint } from '../diego/endpoint.ts';
import { CgdiegoError } from '../errors.ts';
import type { AskBbs } from './canary.ts';

/** Asks a running BBS for one desired LRP, for the canary. */
export function askBbsAt(endpoint: BbsEndpoint, signal: AbortSignal): AskBbs {
  const client = new BbsClient(endpoint, signal);
  return async (processGuid) => {
    try {
      await client.desiredLrpByProcessGuid(processGuid);
      return { kind: 'found' };
    } catch (error) {
      if (error instanceof BbsError) return { kind: 'error', type: error.type, message: error.why ?? '' };
      if (error instanceof CgdiegoError)
        return { kind: 'unreachable', why: `${error.message} ${error.why ?? ''}` };
      throw error;
    }
  };
}
