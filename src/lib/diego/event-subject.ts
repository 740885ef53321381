import type { ActualLRP, DesiredLRP, Task } from '../bbs/gen/diego_pb.ts';
import type { BbsEvent } from './event-types.ts';

/** What an event is about; empty where it does not say. */
export interface EventSubject {
  processGuid: string;
  /** `null` for events about a desired LRP or a task. */
  index: number | null;
  taskGuid: string;
  /** The cells that it concerns: before and after the change. */
  cellIds: string[];
}

export function subjectOf({ contents }: BbsEvent): EventSubject {
  const { actualLrpKey, actualLrpInstanceKey, actualLrpGroup } = contents;
  const actual = [contents.actualLrp, actualLrpGroup?.instance, actualLrpGroup?.evacuating];
  const desired: (DesiredLRP | undefined)[] = [contents.desiredLrp];
  const tasks: (Task | undefined)[] = [contents.task];
  for (const side of [contents.before, contents.after]) {
    if (side?.$typeName === 'models.DesiredLRP') desired.push(side);
    else if (side?.$typeName === 'models.Task') tasks.push(side);
    else if (side?.$typeName === 'models.ActualLRPGroup') actual.push(side.instance, side.evacuating);
  }
  const instances = actual.filter((one): one is ActualLRP => one !== undefined);
  const key = actualLrpKey ?? instances[0]?.actualLrpKey;
  const cells = [
    actualLrpInstanceKey?.cellId,
    ...instances.map(({ actualLrpInstanceKey: instance }) => instance?.cellId),
    ...tasks.map((task) => task?.cellId),
  ];
  return {
    processGuid: key?.processGuid ?? desired.find((one) => one !== undefined)?.processGuid ?? '',
    index: key?.index ?? null,
    taskGuid: tasks.find((one) => one !== undefined)?.taskGuid ?? '',
    cellIds: [...new Set(cells.filter((cell) => cell !== undefined && cell !== ''))] as string[],
  };
}

export interface EventFilter {
  /** The whole id of a cell, or its beginning. */
  cell?: string | undefined;
  /** A process guid or its beginning: an app guid. */
  process?: string | undefined;
}

export function matchesEvent(event: BbsEvent, { cell, process }: EventFilter): boolean {
  const { cellIds, processGuid } = subjectOf(event);
  if (cell !== undefined && !cellIds.some((id) => id.startsWith(cell))) return false;
  return process === undefined || (processGuid !== '' && processGuid.startsWith(process));
}
