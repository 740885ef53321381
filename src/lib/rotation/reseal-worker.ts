import { parentPort, workerData } from 'node:worker_threads';
import type { Key } from '../bbs/keyring.ts';
import { Resealer, type ResealRequest } from './reseal.ts';

/** What the thread is given when it starts. KeyObjects travel between threads without showing their bytes. */
export interface ResealWorkerData {
  keys: Key[];
  target: string;
}

const { keys, target } = workerData as ResealWorkerData;
const resealer = new Resealer(
  keys,
  keys.find(({ label }) => label === target)!,
);

parentPort!.on('message', ({ id, request }: { id: number; request: ResealRequest }) => {
  const page = resealer.page(request);
  const buffers = page.columns.flatMap((column) => (column === null ? [] : [column.buffer as ArrayBuffer]));
  parentPort!.postMessage({ id, page }, buffers);
});
