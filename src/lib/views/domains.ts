import type { DomainRow } from '../foundation/domain-rows.ts';
import { defineRecord } from '../output/record.ts';
import { formatDuration } from '../output/units.ts';

export const DOMAIN_RECORD = defineRecord<DomainRow>({
  name: 'domain',
  plural: 'domains',
  id: 'domain',
  columns: [
    { name: 'domain', description: 'the domain' },
    {
      name: 'fresh',
      description: 'whether its client has confirmed it lately; in a stale one nothing is stopped or removed',
      heading: 'STATE',
      text: ({ fresh }) => (fresh ? 'fresh' : 'stale'),
      level: ({ fresh }) => (fresh ? 'good' : 'bad'),
    },
    {
      name: 'expires_at',
      description: 'until when it is fresh, RFC 3339; nothing if for ever',
      show: 'wide',
    },
    {
      name: 'expires_in_seconds',
      description: 'seconds until it expires, negative since it did; nothing if never',
      heading: 'EXPIRES',
      align: 'right',
      text: ({ expires_in_seconds: seconds }) => {
        if (seconds === undefined) return '-';
        if (seconds === null) return 'never';
        return seconds >= 0
          ? `in ${formatDuration(seconds * 1000)}`
          : `${formatDuration(-seconds * 1000)} ago`;
      },
    },
  ],
});
