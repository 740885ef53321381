import type { RotationRecord } from './record.ts';

/**
 * What the operator does after a rotation, in words.
 * @param others blobs of known columns that are not under the target
 */
export function nextSteps(record: RotationRecord, others: number): string[] {
  const target = record.target_label;
  const steps: string[] = [];
  switch (record.outcome) {
    case 'planned':
      if (record.evidence?.kind === 'none')
        steps.push('A real run would be refused: there is no evidence yet that the BBS has the key.');
      else steps.push('Run it again without --dry-run.');
      break;
    case 'rotated':
    case 'nothing-to-do':
      if (record.outcome === 'rotated') {
        steps.push(
          `Deploy the manifest with active_key_label: ${target}, if that is not deployed yet; then run cgdiego keys audit once more.`,
        );
      }
      for (const label of record.removable_labels) {
        steps.push(
          `The key ${label} can leave the manifest once cgdiego keys audit --removable ${label} still says so after that deployment.`,
        );
      }
      if (record.stored_label_before !== null && record.stored_label_before !== target) {
        steps.push(`To roll back, rotate to ${record.stored_label_before} again.`);
      }
      break;
    case 'leftovers':
      if (record.undecryptable > 0) {
        steps.push(
          'The blobs named above open under no key: the BBS deletes their rows when it lists them. Push or restage their apps, or find the right passphrase.',
        );
      }
      if (others > record.undecryptable) {
        steps.push(
          `A BBS still writes under another label. Deploy the manifest with active_key_label: ${target}, then run this again.`,
        );
      }
      for (const { table, column, known } of record.census_after?.columns ?? []) {
        if (!known)
          steps.push(
            `${table}.${column} looks encrypted and cgdiego does not know it: rotate it by the BBS's own means.`,
          );
      }
      steps.push('Keep every key in the manifest until cgdiego keys audit shows no blob under it.');
      break;
    case 'interrupted':
    case 'failed':
      steps.push(
        'Nothing is lost: every committed row is readable under its own label. Run the same command again to finish.',
      );
      break;
  }
  return steps;
}
