import { randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { sealBlob } from '../bbs/blob.ts';
import { DesiredLRPRunInfoSchema, VolumePlacementSchema } from '../bbs/gen/diego_pb.ts';
import type { Key } from '../bbs/keyring.ts';
import { encodeMessage } from '../bbs/payload.ts';
import { deleteCanaries, CANARY_DOMAIN, insertCanary } from '../store/canary.ts';
import type { Database } from '../store/database.ts';

/** What the BBS answered when it was asked for one desired LRP by its guid. */
export type BbsAnswer =
  | { kind: 'found' }
  /** bbs/models Error: its type's name and its message. */
  | { kind: 'error'; type: string; message: string }
  | { kind: 'unreachable'; why: string };

export type AskBbs = (processGuid: string) => Promise<BbsAnswer>;

export type CanaryVerdict =
  { kind: 'knows' } | { kind: 'lacks'; why: string } | { kind: 'inconclusive'; why: string };

/**
 * Asks the running BBS whether it can read what is sealed under the target: a row of its own, with no instances, whose run_info is
 * under the target and all else under a key that the BBS is known to hold. The row is removed whatever happens.
 */
export async function tryCanary(
  store: Database,
  target: Key,
  known: Key,
  ask: AskBbs,
): Promise<CanaryVerdict> {
  const guid = `cgdiego-canary-${randomUUID()}`;
  const runInfo = create(DesiredLRPRunInfoSchema, {
    desiredLrpKey: { processGuid: guid, domain: CANARY_DOMAIN, logGuid: guid },
    action: { runAction: { path: 'true', user: 'vcap' } },
  });
  const placement = create(VolumePlacementSchema);
  try {
    await store.readWrite((transaction) =>
      insertCanary(transaction, guid, {
        run_info: sealBlob(encodeMessage(DesiredLRPRunInfoSchema, runInfo), target),
        volume_placement: sealBlob(encodeMessage(VolumePlacementSchema, placement), known),
        routes: sealBlob(Buffer.from('{}'), known),
        metric_tags: sealBlob(Buffer.from('{}'), known),
      }),
    );
    return judge(await ask(guid), target.label);
  } finally {
    await store.readWrite((transaction) => deleteCanaries(transaction, guid), { evenIfAborted: true });
  }
}

function judge(answer: BbsAnswer, label: string): CanaryVerdict {
  if (answer.kind === 'found') return { kind: 'knows' };
  if (answer.kind === 'unreachable')
    return { kind: 'inconclusive', why: `The BBS could not be asked: ${answer.why}` };
  // bbs/encryption/crypt.go names the label; releases that hide it answer with a Deserialize error.
  if (/Key with label .* was not found/.test(answer.message)) {
    return { kind: 'lacks', why: `The running BBS answered: ${answer.message}` };
  }
  if (answer.message.includes('message authentication failed') || answer.type === 'Deserialize') {
    return {
      kind: 'lacks',
      why: `The running BBS cannot read what is sealed under ${JSON.stringify(label)} (${answer.message}): it lacks the key, or has another passphrase for it.`,
    };
  }
  if (answer.type === 'ResourceNotFound') {
    return {
      kind: 'inconclusive',
      why: 'The BBS that answered does not see this database: it uses another store.',
    };
  }
  return { kind: 'inconclusive', why: `The BBS answered ${answer.type}: ${answer.message}` };
}
