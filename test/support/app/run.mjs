// Commands that do what a test needs, run by the built `main` and `BaseCommand` as cgdiego's own are.
import { main } from '../../../dist/lib/cli/main.js';

await main(process.argv.slice(2), import.meta.url);
