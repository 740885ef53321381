import { UsageError } from '../../errors.ts';
import { readSource } from '../source.ts';
import { variablesOf } from '../vars-file.ts';
import { type ManifestSet, readSet } from './model.ts';
import type { CheckContext, Severity } from './rule.ts';
import { RULES } from './rules.ts';

/** Something to mend in a manifest, as `manifest check -o json` prints it. */
export interface Finding {
  severity: Severity;
  rule: string;
  file: string;
  line: number;
  column: number;
  /** The YAML path, such as `instance_groups[name=diego-api].jobs[name=bbs]`; empty for the whole document. */
  path: string;
  what: string;
  why: string;
  next: string;
  source: string;
}

export interface CheckOptions {
  census?: CheckContext['census'];
  addons: readonly string[];
  /** Rules that are not asked. */
  ignore?: readonly string[];
}

/** Reads the files that shall be checked together. */
export async function readManifestSet(
  files: readonly string[],
  varsFiles: readonly string[],
): Promise<ManifestSet> {
  const variables = variablesOf(await Promise.all(varsFiles.map(readSource)));
  const set = readSet(await Promise.all([...new Set(files)].map(readSource)), variables);
  const known =
    set.deployments.length +
      set.stubs.length +
      set.keyBlocks.length +
      set.opsFiles.length +
      set.addons.length >
      0 ||
    set.hasCloudConfig ||
    set.documents.some(
      (root) => root.get('database_connection_string').exists || root.get('properties').exists,
    );
  if (!known) {
    throw new UsageError(`${files.join(', ')}: no manifest was recognized.`, {
      why: 'There are neither instance_groups nor jobs, no property_overrides, no keys of the BBS and no operations.',
      next: 'Give a deployment manifest (bosh manifest), the spiff stubs, an ops file or a bbs.json.',
    });
  }
  return set;
}

/** Asks every rule. Errors first, then in the order of the files. */
export function checkManifests(set: ManifestSet, options: CheckOptions): Finding[] {
  const unknown = (options.ignore ?? []).find((id) => !RULES.some((rule) => rule.id === id));
  if (unknown !== undefined) {
    throw new UsageError(`There is no rule ${unknown}.`, {
      next: 'cgdiego manifest check --rules lists them.',
    });
  }
  const context: CheckContext = { set, census: options.census, addons: options.addons };
  const findings = RULES.filter(({ id }) => options.ignore?.includes(id) !== true).flatMap((rule) =>
    Array.from(rule.check(context), (hit): Finding => ({
      severity: rule.severity,
      rule: rule.id,
      file: hit.at.source.path,
      ...hit.at.position,
      path: hit.at.path,
      what: hit.what,
      why: hit.why ?? rule.why,
      next: hit.next ?? rule.next,
      source: rule.source,
    })),
  );
  const order = set.sources.map(({ path }) => path);
  return findings.toSorted(
    (a, b) =>
      Number(b.severity === 'error') - Number(a.severity === 'error') ||
      order.indexOf(a.file) - order.indexOf(b.file) ||
      a.line - b.line ||
      (a.rule < b.rule ? -1 : 1),
  );
}
