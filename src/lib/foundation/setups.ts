import { RUN_INFO, TASK_DEFINITION } from '../bbs/message-types.ts';
import type { SetupEvidence } from '../crashes/evidence.ts';
import { maskSecrets } from '../crashes/mask.ts';
import { desiredLrpStatement, DESIRED_LRP_PLAIN, type DesiredLrpTuple } from '../store/desired-lrps.ts';
import { taskStatement } from '../store/tasks.ts';
import type { StoreSource } from './from-store.ts';
import { Gaps } from './gaps.ts';
import { ValueOpener } from './open-values.ts';
import type { Gap } from './types.ts';

type Json = Record<string, unknown>;

/**
 * What is put into the containers of the given processes and tasks before their app starts, by process or task guid: setup downloads, image
 * layers and cached dependencies out of `run_info` and `task_definition`. URLs without their secrets.
 */
export async function readSetups(
  source: Pick<StoreSource, 'store' | 'keyring'>,
  guids: readonly string[],
): Promise<{ setups: Map<string, SetupEvidence>; gaps: Gap[] }> {
  const gaps = new Gaps();
  const setups = new Map<string, SetupEvidence>();
  if (source.keyring === undefined || guids.length === 0) return { setups, gaps: [] };
  const opener = new ValueOpener(source.keyring, gaps);
  await source.store.readOnly(async (transaction) => {
    const lrps = await desiredLrpStatement(transaction, { processGuids: guids }, ['run_info']);
    for await (const batch of transaction.stream(lrps.sql, lrps.values)) {
      const rows = batch as DesiredLrpTuple[];
      const texts = rows.map((row) => row[DESIRED_LRP_PLAIN] as string | null);
      opener.messages('desired_lrps.run_info', RUN_INFO, texts, true).forEach((info, i) => {
        if (info) setups.set(rows[i]![0], setupOf(info as Json, (info as Json).setup));
      });
    }
    const tasks = await taskStatement(transaction, { taskGuids: guids });
    for await (const rows of transaction.stream(tasks.sql, tasks.values)) {
      const texts = rows.map((row) => row[12] as string | null);
      opener.messages('tasks.task_definition', TASK_DEFINITION, texts, true).forEach((definition, i) => {
        if (definition) {
          setups.set(rows[i]![0] as string, setupOf(definition as Json, (definition as Json).action));
        }
      });
    }
  });
  return { setups, gaps: gaps.list() };
}

function setupOf(message: Json, action: unknown): SetupEvidence {
  const downloads: SetupEvidence['downloads'] = [];
  collectDownloads(action, downloads);
  return {
    downloads,
    image_layers: list(message.image_layers).map((layer) => ({
      name: text(layer.name),
      url: maskSecrets(text(layer.url)),
      destination: text(layer.destination_path),
      layer_type: text(layer.layer_type),
      digest: checksum(layer.digest_algorithm, layer.digest_value),
    })),
    cached_dependencies: list(message.cached_dependencies).map((dependency) => ({
      name: text(dependency.name),
      from: maskSecrets(text(dependency.from)),
      to: text(dependency.to),
      cache_key: text(dependency.cache_key),
      checksum: checksum(dependency.checksum_algorithm, dependency.checksum_value),
    })),
  };
}

/** Downloads at any depth of serial, parallel, timeout and other wrapping actions. */
function collectDownloads(action: unknown, into: SetupEvidence['downloads']): void {
  if (Array.isArray(action)) {
    for (const element of action) collectDownloads(element, into);
    return;
  }
  if (typeof action !== 'object' || action === null) return;
  for (const [name, value] of Object.entries(action as Json)) {
    if (name === 'download' && typeof value === 'object' && value !== null) {
      const download = value as Json;
      into.push({
        artifact: text(download.artifact),
        from: maskSecrets(text(download.from)),
        to: text(download.to),
        cache_key: text(download.cache_key),
        checksum: checksum(download.checksum_algorithm, download.checksum_value),
      });
    } else {
      collectDownloads(value, into);
    }
  }
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? (value as Json[]) : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function checksum(algorithm: unknown, value: unknown): string {
  return text(value) === '' ? '' : `${text(algorithm).toLowerCase()}:${text(value)}`;
}
