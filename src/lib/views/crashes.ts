import { idOfRecord, type CrashGroup } from '../crashes/groups.ts';
import type { CrashPattern } from '../crashes/patterns.ts';
import type { CrashRecord } from '../crashes/records.ts';
import { defineRecord, type RecordType } from '../output/record.ts';
import { oneLine } from '../output/text.ts';
import { formatCount, formatSince } from '../output/units.ts';

/** Longer texts are cut in tables; `-o wide` and the data formats have them whole. */
const EXAMPLE_WIDTH = 100;

function shortText(text: string): string {
  if (text === '') return '(empty text)';
  const line = oneLine(text);
  return line.length <= EXAMPLE_WIDTH ? line : `${line.slice(0, EXAMPLE_WIDTH - 3)}...`;
}

/** The rows of `cgdiego crashes`, grouped. `now` in Unix milliseconds, for ages. */
export function crashGroupType(by: string, now: number): RecordType<CrashGroup> {
  return defineRecord<CrashGroup>({
    name: 'group',
    plural: 'groups',
    id: 'group',
    columns: [
      { name: 'group', description: `the ${by}`, heading: by.toUpperCase() },
      {
        name: 'count',
        description: 'instances, placement errors and tasks',
        align: 'right',
        text: ({ count }) => formatCount(count),
      },
      { name: 'apps', description: 'different apps', align: 'right' },
      {
        name: 'crashes',
        description: 'how often its instances crashed',
        align: 'right',
        text: ({ crashes }) => formatCount(crashes),
      },
      {
        name: 'recovered',
        description: 'how many of them run again; their text is of an earlier crash',
        heading: 'RECOVERED',
        align: 'right',
      },
      {
        name: 'crashing_since',
        description: 'the longest-crashing one has been at it since then at the latest (RFC 3339)',
        heading: 'FOR',
        align: 'right',
        text: ({ crashing_since }) => formatSince(crashing_since, now),
      },
      {
        name: 'last_at',
        description: 'when the newest one changed its state (RFC 3339)',
        heading: 'LAST',
        align: 'right',
        text: ({ last_at }) => formatSince(last_at, now),
        show: 'wide',
      },
      {
        name: 'causes',
        description: 'classes of its texts, the most frequent first',
        show: by === 'cause' ? 'hidden' : 'always',
      },
      {
        name: 'who',
        description: 'who can end it: app, platform, sizing',
        text: ({ who }) => who.join(' or '),
      },
      { name: 'cause', description: 'what happened, of the most frequent class', show: 'wide' },
      { name: 'todo', description: 'what to do', show: 'wide' },
      {
        name: 'example',
        description: 'one text, of the longest-crashing one; secrets masked',
        text: ({ example }) => shortText(example),
      },
      {
        name: 'example_id',
        description: 'whose text it is: process_guid/index or task guid',
        show: 'wide',
      },
    ],
  });
}

/** The rows of `cgdiego crashes --by instance` and of `--follow`. */
export function crashRecordType(now: number): RecordType<CrashRecord> {
  return defineRecord<CrashRecord>({
    name: 'crash',
    plural: 'crashes',
    id: idOfRecord,
    columns: [
      { name: 'kind', description: 'crash, placement, task-failed, task-rejected' },
      { name: 'process_guid', description: 'process, or task', heading: 'PROCESS', shorten: 'guid' },
      { name: 'index', description: 'instance index; null for tasks', align: 'right' },
      { name: 'domain', description: 'domain', show: 'wide' },
      { name: 'app_guid', description: 'app', show: 'hidden', shorten: 'guid' },
      { name: 'app_name', description: 'app name (needs keys)', heading: 'APP' },
      { name: 'org_name', description: 'organisation (needs keys)', heading: 'ORG', show: 'wide' },
      { name: 'space_name', description: 'space (needs keys)', heading: 'SPACE', show: 'wide' },
      {
        name: 'cell_id',
        description: 'cell on which it failed, from events and logs',
        heading: 'CELL',
        shorten: 'guid',
      },
      { name: 'zone', description: 'zone' },
      {
        name: 'state',
        description: 'state now',
        level: ({ recovered }) => (recovered ? 'good' : 'bad'),
      },
      { name: 'recovered', description: 'runs again; the text is of an earlier crash', show: 'hidden' },
      { name: 'crash_count', description: 'how often it crashed', heading: 'CRASHES', align: 'right' },
      {
        name: 'since',
        description: 'when it entered its state (RFC 3339)',
        align: 'right',
        text: ({ since }) => formatSince(since, now),
      },
      {
        name: 'crashing_since',
        description: 'crashing since then at the latest (RFC 3339)',
        heading: 'FOR',
        align: 'right',
        text: ({ crashing_since }) => formatSince(crashing_since, now),
      },
      { name: 'class', description: 'what went wrong' },
      { name: 'pattern', description: 'which pattern knew the text', show: 'wide' },
      { name: 'who', description: 'who can end it', text: ({ who }) => who.join(' or ') },
      { name: 'cause', description: 'what happened', show: 'wide' },
      { name: 'todo', description: 'what to do', show: 'wide' },
      { name: 'text', description: 'the text; secrets masked', text: ({ text }) => shortText(text) },
    ],
  });
}

/** One line of `--follow` on a terminal. */
export function crashLine(record: CrashRecord): string {
  const name = record.app_name ?? record.process_guid;
  const where = record.cell_id === null ? '' : ` on ${record.cell_id}`;
  const count = record.crash_count > 0 ? `, crash ${record.crash_count}` : '';
  const index = record.index === null ? '' : `/${record.index}`;
  return `${record.since ?? '-'}  ${record.class}  ${oneLine(name)}${index}${where}${count}: ${shortText(record.text)}`;
}

/** A pattern as a row. */
export interface PatternRow {
  id: string;
  class: string;
  pattern: string;
  cause: string;
  who: string[];
  todo: string;
  source: string;
}

export function patternRow(pattern: CrashPattern): PatternRow {
  return { ...pattern, pattern: pattern.pattern.source, who: [...pattern.who] };
}

export const PATTERN_TYPE = defineRecord<PatternRow>({
  name: 'pattern',
  plural: 'patterns',
  id: 'id',
  columns: [
    { name: 'id', description: 'name of the pattern' },
    { name: 'class', description: 'what went wrong' },
    { name: 'who', description: 'who can end it', text: ({ who }) => who.join(' or ') },
    { name: 'cause', description: 'what happened' },
    { name: 'todo', description: 'what to do', show: 'wide' },
    { name: 'pattern', description: 'regular expression, tried without regard to case', show: 'wide' },
    { name: 'source', description: 'where the text comes from', show: 'wide' },
  ],
});

/** A text and what it means, for `cgdiego crashes patterns --classify`. */
export interface ClassifiedRow {
  text: string;
  pattern: string;
  class: string;
  who: readonly string[];
  cause: string;
  todo: string;
}

export const CLASSIFIED_TYPE = defineRecord<ClassifiedRow>({
  name: 'text',
  plural: 'texts',
  id: 'class',
  columns: [
    { name: 'class', description: 'what went wrong' },
    { name: 'pattern', description: 'which pattern knew the text' },
    { name: 'who', description: 'who can end it', text: ({ who }) => who.join(' or ') },
    { name: 'cause', description: 'what happened' },
    { name: 'todo', description: 'what to do', show: 'wide' },
    { name: 'text', description: 'the text; secrets masked', text: ({ text }) => shortText(text) },
  ],
});
