import type { Finding } from '../manifest/check/check.ts';
import type { Rule } from '../manifest/check/rule.ts';
import type { Area, Change } from '../manifest/diff/diff.ts';
import { defineRecord } from '../output/record.ts';
import { TextBuilder } from '../output/sections.ts';
import type { Terminal } from '../output/terminal.ts';
import { plural } from '../output/units.ts';

export const FINDINGS = defineRecord<Finding>({
  name: 'finding',
  plural: 'findings',
  id: ({ file, line, rule }) => `${file}:${line} ${rule}`,
  columns: [
    {
      name: 'severity',
      description: 'error or warn',
      level: ({ severity }) => (severity === 'error' ? 'bad' : 'warn'),
    },
    { name: 'rule', description: 'the rule, as --rules lists it' },
    { name: 'file', description: 'the file' },
    { name: 'line', description: 'the line in it, from 1', align: 'right' },
    { name: 'column', description: 'the column, from 1', align: 'right', show: 'wide' },
    { name: 'path', description: 'the YAML path', show: 'wide' },
    { name: 'what', description: 'what was found' },
    { name: 'why', description: 'why it matters', show: 'hidden' },
    { name: 'next', description: 'what to do', show: 'hidden' },
    { name: 'source', description: 'where the rule comes from', show: 'hidden' },
  ],
});

/** A rule of the table, without its function. */
export type RuleRow = Omit<Rule, 'check'>;

export const RULE_ROWS = defineRecord<RuleRow>({
  name: 'rule',
  plural: 'rules',
  id: 'id',
  columns: [
    { name: 'id', description: 'family and name', heading: 'RULE' },
    { name: 'severity', description: 'error or warn' },
    { name: 'what', description: 'what it looks for' },
    { name: 'why', description: 'why it matters', show: 'wide' },
    { name: 'next', description: 'what to do', show: 'wide' },
    { name: 'source', description: 'where it comes from', show: 'wide' },
  ],
});

/** Findings for people: place, what, why and what to do, one after the other. */
export function renderFindings(
  findings: readonly Finding[],
  files: readonly string[],
  terminal: Terminal,
): string {
  const text = new TextBuilder(terminal);
  for (const { severity, rule, file, line, path, what, why, next } of findings) {
    text.heading(`${file}:${line}  ${severity}  ${rule}`);
    text.text(`  ${what}`, severity === 'error' ? 'bad' : 'warn');
    if (path !== '') text.text(`  At: ${path}`);
    text.text(`  Why: ${why}`).text(`  Do: ${next}`);
  }
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  if (findings.length > 0) text.raw('\n');
  return text
    .text(
      findings.length === 0
        ? `Nothing found in ${files.join(', ')}.`
        : `${plural(errors, 'error')}, ${plural(warnings, 'warning')}.`,
    )
    .toString();
}

const AREAS: [Area, string][] = [
  ['keys', 'Keys'],
  ['bbs', 'BBS'],
  ['store', 'Store'],
  ['cells', 'Cells'],
  ['zones', 'Zones and VMs'],
  ['releases', 'Releases'],
  ['other', 'Other'],
];

const MARK = { bad: '!', warn: '*', none: ' ' } as const;

/** The changes for people, by what they are about. */
export function renderChanges(changes: readonly Change[], terminal: Terminal): string {
  const text = new TextBuilder(terminal);
  if (changes.length === 0)
    return text.text('Nothing changes for the BBS, the cells and the zones.').toString();
  for (const [area, heading] of AREAS) {
    const own = changes.filter((change) => change.area === area);
    if (own.length === 0) continue;
    text.heading(heading);
    for (const { what, level } of own) text.text(`${MARK[level ?? 'none']} ${what}`, level);
  }
  if (changes.some(({ level }) => level !== undefined)) {
    text.raw('\n').text('! loses data or the BBS; * look at it before you deploy');
  }
  return text.toString();
}
