import { findKeyBlocks, type KeyBlock } from '../key-blocks.ts';
import { asOpsFile, blocksInOps, type OpsFile } from '../ops-file.ts';
import type { Source } from '../source.ts';
import { roots, type Variables, type View } from '../view.ts';
import { groupsOf, type Group } from './groups.ts';

/** Files that are looked at together: manifests, cloud and runtime configs, stubs, ops files, a bbs.json. */
export interface ManifestSet {
  sources: Source[];
  documents: View[];
  /** Whole deployment manifests, of BOSH 2 (`instance_groups`) or older (`jobs`). */
  deployments: View[];
  /** The stubs of diego-release's spiff templates. */
  stubs: View[];
  keyBlocks: KeyBlock[];
  opsFiles: OpsFile[];
  groups: Group[];
  /** Every `properties` map: global, of a group, of a job. */
  properties: View[];
  /** Definitions by name, of manifests and cloud configs. */
  networks: Map<string, View>;
  azs: Map<string, View>;
  vmExtensions: Map<string, View>;
  /** The add-ons of manifests and runtime configs. */
  addons: View[];
  hasCloudConfig: boolean;
}

export function readSet(sources: Source[], variables?: Variables): ManifestSet {
  const documents = sources.flatMap((source) => roots(source, variables));
  const deployments = documents.filter(isDeployment);
  const stubs = documents.filter((root) =>
    ['property_overrides', 'instance_count_overrides', 'iaas_settings', 'sql_overrides'].some(
      (key) => root.get(key).exists,
    ),
  );
  const opsFiles = sources.flatMap((source) => asOpsFile(source, variables) ?? []);
  const named = (key: string): Map<string, View> =>
    new Map(
      documents.flatMap((root) =>
        root.get(key).items.flatMap((item) => {
          const name = item.get('name').text;
          return name === undefined ? [] : [[name, item] as const];
        }),
      ),
    );
  return {
    sources,
    documents,
    deployments,
    stubs,
    opsFiles,
    keyBlocks: [
      ...sources.flatMap((source) => findKeyBlocks(source, variables)),
      ...opsFiles.flatMap(blocksInOps),
      ...opsFiles.flatMap(addedKeys),
    ],
    groups: documents.flatMap((root) => groupsOf(root, documents)),
    properties: deployments.flatMap(propertiesOf),
    networks: named('networks'),
    azs: named('azs'),
    vmExtensions: named('vm_extensions'),
    addons: documents.flatMap((root) => root.get('addons').items),
    hasCloudConfig: documents.some((root) => root.get('azs').exists || root.get('vm_types').exists),
  };
}

/** The keys that an ops file adds one by one, as if they were a list. The rest of the list is in a manifest. */
function addedKeys({ list, operations }: OpsFile): KeyBlock[] {
  const added = operations.filter(({ target, type }) => target.kind === 'append' && type === 'replace');
  const [first] = added;
  if (first === undefined) return [];
  const bbs = list.items[first.index]!;
  const entries = added.map(({ value }, index) => ({
    label: value.get('label'),
    passphrase: value.get('passphrase'),
    index,
  }));
  return [
    {
      form: 'cf-deployment',
      bbs,
      active: bbs.get('active_key_label'),
      keys: first.value,
      entries,
      opsPath: first.bbs,
    },
  ];
}

function isDeployment(root: View): boolean {
  return root.get('instance_groups').seq !== undefined || root.get('jobs').items.some(isOldJob);
}

function isOldJob(job: View): boolean {
  return ['templates', 'resource_pool', 'instances', 'networks'].some((key) => job.get(key).exists);
}

function propertiesOf(root: View): View[] {
  const groups = [...root.get('instance_groups').items, ...root.get('jobs').items];
  const jobs = groups.flatMap((group) => [...group.get('jobs').items, ...group.get('templates').items]);
  return [root, ...groups, ...jobs]
    .map((owner) => owner.get('properties'))
    .filter(({ map }) => map !== undefined);
}
