import { cellRules } from './cells.ts';
import { keyRules } from './keys.ts';
import { operationRules } from './operations.ts';
import type { Rule } from './rule.ts';
import { storeRules } from './store.ts';
import { zoneRules } from './zones.ts';

/** All rules of `manifest check`, in the order in which they are listed. To add one, add a row to its family's table. */
export const RULES: readonly Rule[] = [
  ...keyRules,
  ...storeRules,
  ...zoneRules,
  ...cellRules,
  ...operationRules,
];
