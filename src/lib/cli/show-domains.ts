import { domainRows } from '../foundation/domain-rows.ts';
import { domainOf } from '../foundation/rows.ts';
import type { Domain, Gap } from '../foundation/types.ts';
import { prepareList, type ListOptions } from '../output/list.ts';
import { readDomains } from '../store/domains.ts';
import { DOMAIN_RECORD } from '../views/domains.ts';
import type { SourceFlags } from './foundation-flags.ts';
import { openApi, readsStore, sayGaps, withFoundation, withStoreAlone } from './load-foundation.ts';
import type { ShowContext } from './show-cells.ts';

/** `cgdiego domains`. */
export async function showDomains(
  flags: SourceFlags,
  options: ListOptions,
  context: ShowContext,
): Promise<void> {
  const list = prepareList(context.terminal, DOMAIN_RECORD, options);
  const now = Date.now();
  const domains = await readAll(flags, now, context);
  await list.write(domainRows(domains, now));
}

async function readAll(flags: SourceFlags, now: number, context: ShowContext): Promise<Domain[]> {
  if (!readsStore(flags)) {
    const { domains, gaps } = await elsewhere(flags, context);
    sayGaps(
      gaps.filter(({ what }) => what === 'domains'),
      context,
    );
    return domains;
  }
  return withStoreAlone(flags, context, async ({ store }) =>
    (await store.readOnly(readDomains)).map((row) => domainOf(row, now)),
  );
}

async function elsewhere(
  flags: SourceFlags,
  context: ShowContext,
): Promise<{ domains: Domain[]; gaps: Gap[] }> {
  if (flags.from !== undefined) return withFoundation(flags, context);
  const { domainsFromApi } = await import('../foundation/from-api.ts');
  return domainsFromApi(await openApi(flags, context));
}
