import type { Completes, CompletionCommand, CompletionModel } from './model.ts';

/** The completion for fish, with descriptions. */
export function fishScript({ bin, commands, topics }: CompletionModel): string {
  const words = [...topics].flatMap(([topic, entries]) =>
    entries.map(
      ({ word, summary }) =>
        `complete -c ${bin} -n ${quote(`__${bin}_at ${quote(topic)}`)} -a ${quote(word)} -d ${quote(summary)}`,
    ),
  );
  const known = [...new Set([...commands.map((command) => command.words), ...topics.keys()])].filter(
    (name) => name !== '',
  );
  return `# fish completion for ${bin}. Load it with: ${bin} completion fish | source
# The command that was typed so far, such as "certs dev".
function __${bin}_command
  set -l command
  for word in (commandline -opc)[2..-1]
    set -l longer "$command $word"
    if test -z "$command"
      set longer $word
    end
    if contains -- $longer ${known.map(quote).join(' ')}
      set command $longer
    else
      break
    end
  end
  echo -- $command
end
# Whether nothing but the words of this topic or command was typed so far.
function __${bin}_at
  set -l typed (commandline -opc)[2..-1]
  test "$typed" = "$argv[1]"
end
function __${bin}_in
  set -l command (__${bin}_command)
  test "$command" = "$argv[1]"
end
function __${bin}_ask
  ${bin} __complete $argv[1] (__${bin}_command) 2>/dev/null
end
# Names separated by commas, each perhaps with a minus before it.
function __${bin}_ask_list
  set -l before (string match -r -- '^(?:.*,)?-?' (commandline -ct | string replace -r -- '^--[a-z-]+=' ''))
  for answer in (__${bin}_ask $argv[1])
    echo $before$answer
  end
end
complete -c ${bin} -f
${words.join('\n')}
${commands.flatMap(commandLines(bin)).join('\n')}
`;
}

function commandLines(bin: string): (command: CompletionCommand) => string[] {
  return ({ words, flags, args }) => {
    const condition = `-n ${quote(`__${bin}_in ${quote(words)}`)}`;
    const ofFlags = flags.map(({ name, char, summary, value }) => {
      const short = char === undefined ? '' : ` -s ${char}`;
      const argument = value === undefined ? '' : ` ${argumentOf(bin, value, true)}`;
      return `complete -c ${bin} ${condition} -l ${name}${short} -d ${quote(summary)}${argument}`;
    });
    const ofArgs = args
      .filter(({ value }) => value.kind !== 'none')
      .map(({ value }) => `complete -c ${bin} ${condition} ${argumentOf(bin, value, false)}`);
    return [...ofFlags, ...ofArgs];
  };
}

function argumentOf(bin: string, value: Completes, required: boolean): string {
  const exclusive = required ? '-x' : '-f';
  switch (value.kind) {
    case 'values':
      return `${exclusive} -a ${quote(value.values.join(' '))}`;
    case 'ask':
      return `${exclusive} -a ${quote(`(__${bin}_ask${value.list ? '_list' : ''} ${value.what})`)}`;
    case 'file':
      return required ? '-r -F' : '-F';
    case 'dir':
      return `${exclusive} -a ${quote('(__fish_complete_directories)')}`;
    case 'none':
      return exclusive;
  }
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
