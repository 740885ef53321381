import type { LockRow } from '../foundation/locks-answer.ts';
import { defineRecord } from '../output/record.ts';

export const LOCK_RECORD = defineRecord<LockRow>({
  name: 'lock',
  plural: 'locks',
  id: 'key',
  columns: [
    {
      name: 'key',
      description: 'the name of the lock; the id of the cell for its presence',
      shorten: 'guid',
    },
    { name: 'type', description: 'lock or presence' },
    { name: 'owner', description: 'who holds it', shorten: 'guid' },
    { name: 'means', description: 'active BBS, active auctioneer, cell in a zone' },
    {
      name: 'ttl',
      description: 'seconds without a renewal until it expires',
      heading: 'TTL',
      text: ({ ttl }) => (ttl === null ? '-' : `${ttl}s`),
      align: 'right',
    },
    { name: 'modified_index', description: 'counts its changes', heading: 'INDEX' },
    { name: 'modified_id', description: 'the id of this holding', show: 'wide' },
    { name: 'type_code', description: "the type as Locket's number", show: 'hidden' },
    { name: 'value', description: 'what it holds; the JSON of a presence', show: 'hidden' },
  ],
});
