import { TextBuilder } from '../output/sections.ts';
import type { Terminal } from '../output/terminal.ts';
import { formatCount, formatDuration, plural } from '../output/units.ts';
import type { SizingReport } from '../sizing/sizing.ts';
import { capacitySections } from './sizing-capacity.ts';
import { explanation } from './sizing-explained.ts';
import { lossSections } from './sizing-loss.ts';
import { placementSection } from './sizing-placement.ts';

export interface SizingViewOptions {
  explain: boolean;
  /** Every cell, and nothing cut. */
  wide: boolean;
}

/** `cgdiego sizing` for people: the answer first, then what it rests on. */
export function renderSizing(report: SizingReport, options: SizingViewOptions, screen: Terminal): string {
  const terminal = options.wide ? { ...screen, width: undefined } : screen;
  const builder = new TextBuilder(terminal);
  builder.text(headline(report));
  if (report.changes !== null) changesLines(builder, report.changes);
  if (report.without_place > 0) {
    builder.text(`Without a place even before a loss: ${plural(report.without_place, 'instance')}.`, 'bad');
  }
  if (report.placement !== null) placementSection(builder, report.placement);
  if (report.losses !== null) lossSections(builder, report, report.losses, { ...options, terminal });
  if (report.losses === null && report.placement === null) capacitySections(builder, report, terminal);
  if (options.explain) builder.heading('Why').list(explanation(report));
  if (report.notes.length > 0) builder.heading('Notes').list(report.notes);
  builder.heading('Not in this answer').list([...report.not_modelled]);
  return builder.toString();
}

const SOURCES = {
  store: 'the store',
  live: 'the store and live reps',
  api: 'the BBS',
  'what-if': 'a what-if file',
};

const PROXY = {
  flag: 'as given',
  reps: 'as the reps say',
  assumed: 'assumed',
  concluded: 'as the store lets conclude',
};

function headline(report: SizingReport): string {
  const { memory_mb, known_by } = report.proxy_memory;
  const age = report.age_seconds === 0 ? 'just now' : `${formatDuration(report.age_seconds * 1000)} ago`;
  const when = report.source === 'what-if' ? '' : ` ${age} (${report.taken_at})`;
  return [
    `${plural(report.instances, 'instance')} on ${plural(report.cells, 'cell')} in ${plural(report.zones.length, 'zone')}, from ${SOURCES[report.source]}${when}.`,
    memory_mb === null
      ? 'Proxy memory of an instance: as each rep says.'
      : `Proxy memory of an instance: ${memory_mb} MB (${PROXY[known_by]}).`,
  ].join('\n');
}

function changesLines(builder: TextBuilder, changes: NonNullable<SizingReport['changes']>): void {
  const parts = [
    ...(changes.added > 0 ? [`${plural(changes.added, 'cell')} added`] : []),
    ...(changes.removed.length > 0
      ? [
          `${plural(changes.removed.length, 'cell')} removed, ${formatCount(changes.removed_without_place)} of the instances there without a place`,
        ]
      : []),
    ...(changes.scale_percent !== 0
      ? [
          `apps scaled by ${changes.scale_percent}%: ${plural(Math.abs(changes.scaled_instances), 'instance')} ${changes.scaled_instances < 0 ? 'fewer' : 'more'}, ${formatCount(changes.scaled_without_place)} without a place`,
        ]
      : []),
  ];
  builder.text(`Changed on paper: ${parts.join('; ')}.`);
  for (const each of changes.fewer_would_place_more) {
    const loss = each.for_loss_of === null ? 'the loss' : `the loss of ${each.for_loss_of}`;
    const fewer =
      each.without === null
        ? 'without any of the added cells'
        : `with one cell fewer of ${each.without.pool} in ${each.without.zone}`;
    builder.text(
      `The auction is greedy: after ${loss} ${formatCount(each.placed)} instances find a place, ${fewer} ${formatCount(each.placed_without)} do.`,
      'warn',
    );
  }
}
