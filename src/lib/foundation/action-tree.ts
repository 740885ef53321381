/** Actions as Diego's JSON has them (bbs/models Action), as a tree of lines that can be read. */

export interface ActionNode {
  label: string;
  children: ActionNode[];
}

interface ActionJson {
  download?: { artifact?: string; from: string; to: string; user: string; checksum_algorithm?: string };
  upload?: { artifact?: string; from: string; to: string; user: string };
  run?: RunJson;
  timeout?: { action?: ActionJson; timeout_ms: number };
  emit_progress?: { action?: ActionJson; start_message: string };
  try?: { action?: ActionJson };
  parallel?: { actions?: ActionJson[] };
  serial?: { actions?: ActionJson[] };
  codependent?: { actions?: ActionJson[] };
}

interface RunJson {
  path: string;
  args?: string[];
  dir?: string;
  env?: { name: string; value: string }[];
  user: string;
  log_source?: string;
  resource_limits?: { nofile?: number; nproc?: number };
}

/** @param action `setup`, `action` or `monitor` of a desired LRP, or `action` of a task */
export function actionTree(action: unknown): ActionNode {
  const json = (action ?? {}) as ActionJson;
  if (json.download) {
    const { from, to, user, artifact, checksum_algorithm: checksum } = json.download;
    return leaf(
      `download${artifact === undefined ? '' : ` ${artifact}`} ${from} to ${to}${as(user)}${checksum === undefined ? '' : `, checked by ${checksum}`}`,
    );
  }
  if (json.upload) return leaf(`upload ${json.upload.from} to ${json.upload.to}${as(json.upload.user)}`);
  if (json.run) return runNode(json.run);
  if (json.timeout) return node(`timeout after ${seconds(json.timeout.timeout_ms)}`, [json.timeout.action]);
  if (json.emit_progress) {
    const { start_message: message, action: inner } = json.emit_progress;
    return node(message === '' ? 'emit progress' : `emit progress: ${message}`, [inner]);
  }
  if (json.try) return node('try, whatever comes of it', [json.try.action]);
  if (json.serial) return node('one after the other', json.serial.actions);
  if (json.parallel) return node('all at once', json.parallel.actions);
  if (json.codependent) return node('all at once; when one ends, all end', json.codependent.actions);
  return leaf('nothing');
}

function runNode(run: RunJson): ActionNode {
  const command = [run.path, ...(run.args ?? [])].map(shellWord).join(' ');
  const notes = [
    run.log_source === undefined ? '' : `log source ${run.log_source}`,
    run.dir === undefined || run.dir === '' ? '' : `in ${run.dir}`,
    run.resource_limits?.nofile === undefined ? '' : `nofile ${run.resource_limits.nofile}`,
    run.resource_limits?.nproc === undefined ? '' : `nproc ${run.resource_limits.nproc}`,
  ].filter((note) => note !== '');
  return {
    label: `run ${command}${as(run.user)}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`,
    children: (run.env ?? []).map(({ name, value }) => leaf(`env ${name}=${value}`)),
  };
}

function node(label: string, actions: readonly (ActionJson | undefined)[] | undefined): ActionNode {
  return { label, children: (actions ?? []).filter((action) => action !== undefined).map(actionTree) };
}

function leaf(label: string): ActionNode {
  return { label, children: [] };
}

function as(user: string): string {
  return user === '' ? '' : ` as ${user}`;
}

function seconds(milliseconds: number): string {
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;
}

/** Quoted as a shell would need it, so that where an argument ends can be seen. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
