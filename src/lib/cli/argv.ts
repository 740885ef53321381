/**
 * Two things that the parser of oclif would not understand, put so that it does:
 *
 * - `cgdiego help cells` is `cgdiego cells --help`;
 * - `--sort -org_name,zone`: a value that begins with a minus and the letter of a flag (`-o`) would be taken for that flag,
 *   so it becomes `--sort org_name:desc,zone`.
 */
export function readableArgv(argv: readonly string[]): string[] {
  if (argv[0] === 'help') return [...argv.slice(1), '--help'];
  const result: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!;
    if (word === '--') return [...result, ...argv.slice(index)];
    const next = argv[index + 1];
    if (word === '--sort' && next !== undefined && SORT_VALUE.test(next)) {
      result.push(word, withoutMinus(next));
      index++;
    } else if (word.startsWith('--sort=')) {
      result.push('--sort', withoutMinus(word.slice('--sort='.length)));
    } else {
      result.push(word);
    }
  }
  return result;
}

// At least two characters after the minus: `-o` alone is the flag.
const SORT_VALUE = /^-[a-z][a-z0-9_]/u;

function withoutMinus(value: string): string {
  return value
    .split(',')
    .map((key) => key.trim().replace(/^-(.+)$/u, '$1:desc'))
    .join(',');
}
