import { BaseCommand } from '../lib/cli/base-command.ts';
import { sourceFlags } from '../lib/cli/foundation-flags.ts';
import { listFlags, listOptionsOf } from '../lib/cli/output-flags.ts';

export default class Domains extends BaseCommand<typeof Domains> {
  static override summary = 'show the domains: fresh or stale, and since when';
  static override description = `A domain is fresh while its client (the Cloud Controller) confirms it. In a stale domain Diego starts what is missing but stops and
removes nothing.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -o json',
  ];
  static override records = { '': async () => (await import('../lib/views/domains.ts')).DOMAIN_RECORD };
  static override flags = { ...sourceFlags, ...listFlags() };

  protected async execute(): Promise<undefined> {
    const { showDomains } = await import('../lib/cli/show-domains.ts');
    await showDomains(this.flags, listOptionsOf(this.flags), { ...this.context, terminal: this.terminal });
  }
}
