import { appKey, stackOf, type DiskEvidence } from './evidence.ts';
import { VERDICTS, type DiskFinding, type Verdict } from './disk-findings.ts';

export interface SummaryCount {
  name: string;
  /** Apps with a finding. */
  apps: number;
  findings: number;
  recovered: number;
  /** Apps in all, where that is known: of stacks. */
  of_apps: number | null;
}

export interface DiskSummary {
  taken_at: string;
  apps: number;
  findings: number;
  recovered: number;
  by_verdict: SummaryCount[];
  /** Cells that failures name; what has no known cell is not in it. */
  by_cell: SummaryCount[];
  by_stack: SummaryCount[];
  /** Findings of which no failing cell is known. */
  without_cell: number;
  points_at: { kind: 'nothing' | 'cell' | 'stack' | 'apps' | 'unclear'; names: string[]; why: string };
}

/** A cell or stack must have so many of the apps that fail before it is blamed. */
const SHARE = 0.6;
const LEAST_APPS = 3;

/** How many apps fail for disk, in which way, and whether that points at cells, a stack, or the apps themselves. */
export function summarizeDisk(findings: readonly DiskFinding[], evidence: DiskEvidence): DiskSummary {
  const current = findings.filter(({ recovered }) => !recovered);
  const stacks = new Map<string, Set<string>>();
  for (const process of evidence.processes.filter(({ kind }) => kind === 'lrp')) {
    const stack = stackOf(process.rootfs);
    const apps = stacks.get(stack) ?? new Set<string>();
    apps.add(appKey(process));
    stacks.set(stack, apps);
  }
  const order = (verdict: string) => VERDICTS.indexOf(verdict as Verdict);
  const summary: Omit<DiskSummary, 'points_at'> = {
    taken_at: evidence.taken_at,
    apps: appsOf(findings),
    findings: findings.length,
    recovered: findings.length - current.length,
    by_verdict: counted(findings, ({ verdict }) => [verdict]).sort((a, b) => order(a.name) - order(b.name)),
    by_cell: counted(findings, ({ cells }) => cells),
    by_stack: counted(findings, ({ stack }) => [stack]).map((count) => ({
      ...count,
      of_apps: evidence.given.store ? (stacks.get(count.name)?.size ?? null) : null,
    })),
    without_cell: findings.filter(({ cells }) => cells.length === 0).length,
  };
  const allApps = [...stacks.values()].reduce((sum, apps) => sum + apps.size, 0);
  return {
    ...summary,
    points_at: pointsAt(summary, current.length > 0 ? current : findings, allApps),
  };
}

function counted(findings: readonly DiskFinding[], keys: (finding: DiskFinding) => string[]): SummaryCount[] {
  const groups = new Map<string, DiskFinding[]>();
  for (const finding of findings) {
    for (const key of keys(finding)) groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups]
    .map(([name, members]) => ({
      name,
      apps: appsOf(members),
      findings: members.length,
      recovered: members.filter(({ recovered }) => recovered).length,
      of_apps: null,
    }))
    .sort((a, b) => b.apps - a.apps || (a.name < b.name ? -1 : 1));
}

function appsOf(findings: readonly DiskFinding[]): number {
  return new Set(findings.map(appKey)).size;
}

function pointsAt(
  summary: Omit<DiskSummary, 'points_at'>,
  findings: readonly DiskFinding[],
  allApps: number,
): DiskSummary['points_at'] {
  if (findings.length === 0) return { kind: 'nothing', names: [], why: 'Nothing fails for disk.' };
  const full = [
    ...new Set(findings.filter(({ verdict }) => verdict === 'host-disk-full').flatMap(({ cells }) => cells)),
  ];
  const onFull = appsOf(findings.filter(({ verdict }) => verdict === 'host-disk-full'));
  const strict = findings.filter(({ verdict }) => verdict === 'over-enforcement');
  const strictCells = [...new Set(strict.flatMap(({ cells }) => cells))];
  const apps = appsOf(findings);
  if (full.length > 0 && onFull >= apps * SHARE) {
    return {
      kind: 'cell',
      names: full,
      why: `${onFull} of ${apps} apps fail because the disk of a cell is full.`,
    };
  }
  const busiest = counted(findings, ({ cells }) => cells)[0];
  if (busiest !== undefined && busiest.apps >= LEAST_APPS && busiest.apps >= apps * SHARE) {
    return { kind: 'cell', names: [busiest.name], why: `${busiest.apps} of ${apps} apps fail on this cell.` };
  }
  if (strictCells.length > 0 && appsOf(strict) >= apps * SHARE) {
    return {
      kind: 'cell',
      names: strictCells,
      why: `${appsOf(strict)} of ${apps} apps run well elsewhere and fail on ${strictCells.length === 1 ? 'this cell' : 'these cells'} only.`,
    };
  }
  const stack = summary.by_stack[0]!;
  const others = summary.by_stack.slice(1).reduce((sum, count) => sum + count.apps, 0);
  if (stack.apps >= LEAST_APPS && stack.apps >= apps * 0.9 && isUneven(stack, others, allApps)) {
    return {
      kind: 'stack',
      names: [stack.name],
      why: `${stack.apps} of ${apps} apps that fail have this stack.`,
    };
  }
  const known = findings.filter(({ verdict }) => verdict !== 'undetermined');
  if (appsOf(known) < apps / 2) {
    return {
      kind: 'unclear',
      names: [],
      why: `${apps - appsOf(known)} of ${apps} apps cannot be told: see what evidence is missing.`,
    };
  }
  return {
    kind: 'apps',
    names: [],
    why: 'The failures are spread over cells and stacks: they have to do with the apps and their quotas.',
  };
}

/** More of this stack's apps fail than their share of all apps explains. With one stack only there is nothing to compare with. */
function isUneven(stack: SummaryCount, failingOthers: number, allApps: number): boolean {
  if (stack.of_apps === null) return false;
  const others = allApps - stack.of_apps;
  return others > 0 && stack.apps / stack.of_apps >= 3 * (failingOthers / others);
}
