import { Task_State, type DesiredLRP, type Task } from '../bbs/gen/diego_pb.ts';
import { maskText } from '../bbs/mask.ts';
import { subjectOf } from '../diego/event-subject.ts';
import type { BbsEvent } from '../diego/event-types.ts';
import type { StreamNotice } from '../diego/events.ts';
import { createStyle } from '../output/style.ts';
import type { Level } from '../output/record.ts';
import type { Terminal } from '../output/terminal.ts';
import { oneLine } from '../output/text.ts';
import { formatDuration, formatMib, plural } from '../output/units.ts';

/** An event as one line for a person: when it came, what, whom, and what is new. No secrets but what reasons may hold, which is masked. */
export function eventLine(event: BbsEvent, receivedAt: Date, terminal: Terminal): string {
  const { processGuid, index, taskGuid } = subjectOf(event);
  const who = taskGuid !== '' ? taskGuid : index === null ? processGuid : `${processGuid}/${index}`;
  const { level, text } = told(event);
  const style = createStyle(terminal.color);
  const type = style.level(level, event.type.padEnd(27));
  return `${receivedAt.toISOString().slice(11, 19)}  ${type}  ${oneLine(who)}  ${oneLine(maskText(text))}`.trimEnd();
}

interface Told {
  text: string;
  level?: Level;
}

function told({ type, contents }: BbsEvent): Told {
  const { actualLrp, before, after, desiredLrp, task } = contents;
  switch (type) {
    case 'desired_lrp_created':
      return { text: desiredLrp === undefined ? '' : wanted(desiredLrp), level: 'good' };
    case 'desired_lrp_removed':
      return { text: desiredLrp === undefined ? '' : wanted(desiredLrp) };
    case 'desired_lrp_changed':
      return { text: desiredChange(before, after) };
    case 'actual_lrp_crashed': {
      const { crashCount = 0, crashReason = '' } = contents;
      return { text: `crashed ${plural(crashCount, 'time')}: ${crashReason}`, level: 'bad' };
    }
    case 'actual_lrp_instance_created':
    case 'actual_lrp_instance_removed':
      return { text: placed(actualLrp?.state, contents, actualLrp?.availabilityZone) };
    case 'actual_lrp_instance_changed':
      return instanceChange(contents);
    case 'task_created':
    case 'task_removed':
      return task === undefined ? { text: '' } : taskState(task);
    case 'task_changed': {
      if (before?.$typeName !== 'models.Task' || after?.$typeName !== 'models.Task') return { text: '' };
      const now = taskState(after);
      return { ...now, text: `${Task_State[before.state]} -> ${now.text}` };
    }
    case 'actual_lrp_created':
    case 'actual_lrp_changed':
    case 'actual_lrp_removed':
      return { text: '(deprecated)' };
  }
}

function wanted({ instances, memoryMb, diskMb }: DesiredLRP): string {
  return `${plural(instances, 'instance')}, ${formatMib(memoryMb)} memory, ${formatMib(diskMb)} disk`;
}

function desiredChange(before: BbsEvent['contents']['before'], after: BbsEvent['contents']['after']): string {
  if (before?.$typeName !== 'models.DesiredLRP' || after?.$typeName !== 'models.DesiredLRP') return '';
  const changes: string[] = [];
  if (before.instances !== after.instances)
    changes.push(`instances ${before.instances} -> ${after.instances}`);
  if (before.annotation !== after.annotation) changes.push('annotation');
  if (JSON.stringify(routesOf(before)) !== JSON.stringify(routesOf(after))) changes.push('routes');
  if (JSON.stringify(before.metricTags) !== JSON.stringify(after.metricTags)) changes.push('metric tags');
  return changes.length === 0 ? `modified (${after.modificationTag?.index ?? 0})` : changes.join(', ');
}

function routesOf({ routes }: DesiredLRP): [string, string][] {
  return Object.entries(routes?.routes ?? {})
    .map(([name, bytes]): [string, string] => [name, Buffer.from(bytes).toString('latin1')])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function instanceChange(contents: BbsEvent['contents']): Told {
  const { before, after } = contents;
  if (before?.$typeName !== 'models.ActualLRPInfo' || after?.$typeName !== 'models.ActualLRPInfo') {
    return { text: '' };
  }
  const state = before.state === after.state ? after.state : `${before.state} -> ${after.state}`;
  const problem = after.placementError || (after.state === 'CRASHED' ? after.crashReason : '');
  const text = [placed(state, contents, after.availabilityZone), problem].filter((part) => part !== '');
  return {
    text: text.join(': '),
    ...(after.state === 'CRASHED' || after.placementError !== ''
      ? { level: 'bad' as const }
      : after.state === 'RUNNING' && before.state !== 'RUNNING'
        ? { level: 'good' as const }
        : {}),
  };
}

function placed(state = '', contents: BbsEvent['contents'], zone = ''): string {
  const key = contents.actualLrpInstanceKey ?? contents.actualLrp?.actualLrpInstanceKey;
  if (key === undefined || key.cellId === '') return state;
  return `${state} on ${key.cellId}${zone === '' ? '' : ` (${zone})`}`;
}

function taskState({ state, failed, failureReason, cellId, rejectionReason }: Task): Told {
  const name = Task_State[state];
  if (failed) return { text: `${name}, failed: ${failureReason}`, level: 'bad' };
  if (rejectionReason !== '') return { text: `${name}, rejected: ${rejectionReason}`, level: 'warn' };
  return { text: cellId === '' ? name : `${name} on ${cellId}` };
}

/** What happens with the connection, for stderr. */
export function noticeLine(notice: StreamNotice): string {
  switch (notice.kind) {
    case 'connected':
      return notice.again
        ? 'Connected to the BBS again; what happened in between is lost.'
        : 'Connected to the BBS; events are shown as they happen. Ctrl-C ends it.';
    case 'lost':
      return `The connection is gone: ${oneLine(notice.why)}. Trying again in ${formatDuration(notice.retryInMs)}.`;
    case 'skipped':
      return `Skipped an event of type ${oneLine(notice.name)}: ${oneLine(notice.why)}.`;
  }
}
