import type { StatusReport } from '../cli/rotation-status.ts';
import type { KeyAge } from '../rotation/key-age.ts';
import { TextBuilder } from '../output/sections.ts';
import type { Terminal } from '../output/terminal.ts';

/** `rotate-key status` for people. */
export function renderStatus(report: StatusReport, terminal: Terminal): string {
  const text = new TextBuilder(terminal);
  const counts = Object.entries(report.blobs).map(([label, count]) => `${label} (${count} blobs)`);
  text.keyValues([
    ...report.manifests.map(
      ({ place, active_label, labels }) =>
        [place, `keys ${labels.join(', ') || 'none'}; active ${active_label ?? 'none'}`] as const,
    ),
    ['stored label', report.stored_label ?? 'none'],
    ['rows are under', counts.join(', ') || 'no key'],
    ['active BBS', report.active_bbs ?? 'not known'],
  ]);
  text.heading('Where you stand').text(report.says, levelOf(report));
  text.heading('Next').text(report.next);
  if (report.command !== null) text.text(`  ${report.command}`);
  return text.toString();
}

function levelOf({ stage }: StatusReport): 'good' | 'warn' | 'bad' {
  if (stage === 'invalid' || stage === 'key-missing') return 'bad';
  return stage === 'idle' ? 'good' : 'warn';
}

/** `keys age` for people. */
export function renderAge(age: KeyAge, terminal: Terminal): string {
  const text = new TextBuilder(terminal);
  const source = { record: 'the record of its rotation', label: 'the date in its label', unknown: 'nothing' };
  const level = { ok: 'good', due: 'bad', unknown: 'warn' } as const;
  const verdict = {
    ok: `not due before ${age.due_on ?? ''}`,
    due: `due since ${age.due_on ?? ''}: rotate it`,
    unknown: 'its age is not known',
  };
  return text
    .keyValues([
      ['active key', age.label],
      [
        'in use since',
        age.since === null ? 'not known' : `${age.since.slice(0, 10)}, by ${source[age.source]}`,
      ],
      ['age', age.age_days === null ? 'not known' : `${age.age_days} days of ${age.max_age_days}`],
      ['verdict', verdict[age.verdict], level[age.verdict]],
    ])
    .toString();
}
