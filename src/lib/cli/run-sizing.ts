import { readFile } from 'node:fs/promises';
import { ExitCode, messageOf, throwIfAborted, UsageError } from '../errors.ts';
import type { Foundation } from '../foundation/types.ts';
import type { Format } from '../output/formats.ts';
import type { RecordType } from '../output/record.ts';
import { writeOne } from '../output/one.ts';
import { splitNames } from '../output/select.ts';
import type { Terminal } from '../output/terminal.ts';
import { parseCellSize, parseGrowth, parsePercent, parseSize } from '../sizing/question.ts';
import { sizing, type SizingQuestion, type SizingReport } from '../sizing/sizing.ts';
import { readWhatIf } from '../sizing/what-if.ts';
import type { FoundationFlags } from './foundation-flags.ts';
import { loadFoundation } from './load-foundation.ts';
import type { OpenContext } from './open.ts';
import type { SizingFlags } from './sizing-flags.ts';

/** With more instances than this a simulation takes long enough to say what is going on. */
const MANY_INSTANCES = 20_000;

/** `cgdiego sizing`: 0 when everything that was asked finds a place, 3 when not. */
export async function runSizing(
  flags: SizingFlags & FoundationFlags,
  format: Format,
  context: OpenContext & { terminal: Terminal },
): Promise<ExitCode> {
  // The question is checked before anything is read.
  const asked = questionOf(flags);
  const { foundation, proxyMemoryMb } = await load(flags, asked, context);
  const question = { ...asked, proxyMemoryMb };
  const talks = foundation.actual_lrps.length > MANY_INSTANCES;
  const report = await sizing(foundation, question, Date.now(), {
    onProgress: (what) => {
      if (talks) context.say(`Simulating: ${what}.`);
    },
    pause: async () => {
      // Lets Ctrl-C through.
      await new Promise((resolve) => setImmediate(resolve));
      throwIfAborted(context.signal);
    },
  });
  if (format === 'csv') await writeCsv(report, context.terminal);
  else {
    const { renderSizing } = await import('../views/sizing.ts');
    const options = { explain: flags.explain, wide: format === 'wide' };
    const text = (terminal: Terminal) => renderSizing(report, options, terminal);
    await writeOne(context.terminal, report, text, { format });
  }
  return exitCodeOf(report);
}

function exitCodeOf(report: SizingReport): ExitCode {
  const placed = report.without_place === 0 && report.placement?.fits !== false;
  return report.survivable === false || !placed ? ExitCode.found : ExitCode.ok;
}

async function writeCsv(report: SizingReport, terminal: Terminal): Promise<void> {
  const [{ sizingRows }, { writeList }] = await Promise.all([
    import('../views/sizing-rows.ts'),
    import('../output/list.ts'),
  ]);
  const { type, rows } = sizingRows(report);
  await writeList(terminal, type as RecordType<object>, rows, { format: 'csv' });
}

async function load(
  flags: SizingFlags & FoundationFlags,
  question: SizingQuestion,
  context: OpenContext,
): Promise<{ foundation: Foundation; proxyMemoryMb: number | undefined }> {
  const path = flags['what-if'];
  if (path === undefined) {
    return { foundation: await loadFoundation(flags, context), proxyMemoryMb: flags['proxy-memory'] };
  }
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`The file ${path} cannot be read.`, { why: messageOf(error), cause: error });
  }
  return readWhatIf(text, path, new Date().toISOString(), {
    settings: question.settings,
    proxyMemoryMb: flags['proxy-memory'],
  });
}

function questionOf(flags: SizingFlags): SizingQuestion {
  const headroomSize = parseSize(flags['headroom-task-size'], '--headroom-task-size', undefined, '1G:4G');
  if (
    flags.growth !== undefined &&
    !flags['az-loss'] &&
    flags.zone === undefined &&
    flags.cell === undefined &&
    flags.drain === 0
  ) {
    throw new UsageError('--growth needs a loss to ask about.', {
      next: 'Give --az-loss, --zone or --cell with it.',
    });
  }
  if (flags['presence-refresh'] > flags['presence-ttl']) {
    throw new UsageError('--presence-refresh is longer than --presence-ttl.', {
      why: 'A presence that is renewed too late expires while its cell is well.',
      next: 'Give both as Locket and the reps have them, for example --presence-ttl 15s --presence-refresh 5s.',
    });
  }
  if (flags.growth !== undefined) parseGrowth(flags.growth);
  if (flags['scale-apps'] !== undefined) parsePercent(flags['scale-apps'], '--scale-apps');
  if (flags['cell-size'] !== undefined) parseCellSize(flags['cell-size']);
  const seconds = (milliseconds: number) => milliseconds / 1000;
  const both = ([best, worst]: readonly [number, number]) => [seconds(best), seconds(worst)] as const;
  return {
    azLoss: flags['az-loss'],
    zones: flags.zone ?? [],
    cells: flags.cell ?? [],
    drain: flags.drain,
    headroom: {
      tasksPerZone: flags['headroom-tasks'],
      memoryMb: headroomSize.memoryMb,
      diskMb: headroomSize.diskMb,
    },
    add: flags.add ?? [],
    remove: flags.remove ?? [],
    scaleApps: flags['scale-apps'],
    cellSize: flags['cell-size'],
    proxyMemoryMb: flags['proxy-memory'],
    seeds: flags.seeds,
    growth: flags.growth,
    search: flags.search,
    newApp: newApp(flags),
    settings: {
      startingContainerWeight: weight(flags['starting-container-weight'], '--starting-container-weight'),
      binPackFirstFitWeight: weight(flags['bin-pack-first-fit-weight'], '--bin-pack-first-fit-weight'),
      maxInflight: flags['starting-container-count-maximum'],
    },
    recovery: {
      presenceTtlSeconds: seconds(flags['presence-ttl']),
      presenceRefreshSeconds: seconds(flags['presence-refresh']),
      presenceCheckSeconds: seconds(flags['presence-check']),
      convergenceSeconds: seconds(flags['convergence-interval']),
      lockTtlSeconds: seconds(flags['lock-ttl']),
      lockRetrySeconds: seconds(flags['lock-retry']),
      cellStateSeconds: seconds(flags['cell-state-timeout']),
      downloadsAtOnce: flags.downloads,
      creationsAtOnce: flags.creations,
      downloadSeconds: both(flags['download-time']),
      creationSeconds: both(flags['creation-time']),
      startSeconds: both(flags['start-time']),
      roundSeconds: both(flags['round-time']),
    },
  };
}

function newApp(flags: SizingFlags): SizingQuestion['newApp'] {
  const text = flags['simulate-placement'];
  if (text === undefined) return undefined;
  const size = parseSize(text, '--simulate-placement', 'INSTANCES', '1G:4G:3');
  const { stack = 'cflinuxfs4' } = flags;
  return {
    memoryMb: size.memoryMb,
    diskMb: size.diskMb,
    instances: size.third ?? 1,
    rootfs: /^[A-Za-z][A-Za-z0-9+.-]*:/.test(stack) ? stack : `preloaded:${stack}`,
    placementTags: flags.tags === undefined ? [] : splitNames(flags.tags, '--tags'),
    volumeDrivers:
      flags['volume-drivers'] === undefined ? [] : splitNames(flags['volume-drivers'], '--volume-drivers'),
  };
}

function weight(text: string, flag: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0 && value <= 1_000_000) return value;
  throw new UsageError(`${flag} ${JSON.stringify(text)} is not a weight.`, {
    next: 'It must be a number from 0 to 1,000,000.',
  });
}
