import type { Completes, CompletionCommand, CompletionModel } from './model.ts';

/** The completion for zsh, with descriptions: a file `_cgdiego` in a directory of `fpath`, or sourced after `compinit`. */
export function zshScript({ bin, commands, topics }: CompletionModel): string {
  const next = [...topics].map(([topic, entries]) => {
    const items = entries.map(({ word, summary }) => quote(`${word.replaceAll(':', '\\:')}:${summary}`));
    return `    (${quote(topic)}) entries=(${items.join(' ')}) ;;`;
  });
  return `#compdef ${bin}
# zsh completion for ${bin}. Write it to a file _${bin} in a directory of your fpath, or load it after compinit with:
#   source <(${bin} completion zsh)
# _arguments calls these with options for compadd first and the question last.
_${bin}_ask() {
  local -a answers
  answers=(\${(f)"$(${bin} __complete "$argv[-1]" "$_${bin}_command" 2>/dev/null)"})
  compadd "\${(@)argv[1,-2]}" -a answers
}
_${bin}_ask_list() {
  local -a answers
  answers=(\${(f)"$(${bin} __complete "$argv[-1]" "$_${bin}_command" 2>/dev/null)"})
  compset -P '*,'
  compset -P '-'
  compadd "\${(@)argv[1,-2]}" -q -S , -a answers
}
_${bin}_next() {
  local -a entries
  case $1 in
${next.join('\n')}
  esac
  (( $#entries )) && _describe -t commands command entries
}
_${bin}_is_command() {
  case "$1" in
    (${[...new Set([...commands.map(({ words }) => words), ...topics.keys()])]
      .filter((words) => words !== '')
      .map(quote)
      .join(' | ')}) return 0 ;;
  esac
  return 1
}
_${bin}() {
  local _${bin}_command='' curcontext=$curcontext state line
  local -i at=2
  typeset -A opt_args
  while (( at < CURRENT )) && _${bin}_is_command "\${_${bin}_command:+$_${bin}_command }\${words[at]}"; do
    _${bin}_command="\${_${bin}_command:+$_${bin}_command }\${words[at]}"
    (( at++ ))
  done
  if (( at == CURRENT )) && [[ \${words[at]} != -* ]]; then _${bin}_next "$_${bin}_command"; fi
  # The arguments count from the command's last word.
  words=("\${(@)words[at-1,-1]}")
  (( CURRENT -= at - 2 ))
  case $_${bin}_command in
${commands.map(commandCase(bin)).join('\n')}
  esac
}
if [[ \${zsh_eval_context[-1]} == loadautofunc ]]; then
  _${bin} "$@"
else
  compdef _${bin} ${bin}
fi
`;
}

function commandCase(bin: string): (command: CompletionCommand) => string {
  return ({ words, flags, args }) => {
    const specs = flags.map(({ name, char, summary, value, multiple }) => {
      const names = [`--${name}`, ...(char === undefined ? [] : [`-${char}`])];
      const help = `[${escape(summary)}]`;
      const action = value === undefined ? '' : `:${escape(name)}:${actionOf(bin, value)}`;
      // A flag excludes its own other name, unless it may be repeated.
      const first = multiple ? '*' : names.length > 1 ? `(${names.join(' ')})` : '';
      return names
        .map((flag) =>
          quote(
            `${first}${flag}${value === undefined ? '' : flag.startsWith('--') ? '=' : '+'}${help}${action}`,
          ),
        )
        .join(' ');
    });
    const positions = args.map(({ name, value }, index) =>
      quote(`${index + 1}::${escape(name)}:${actionOf(bin, value)}`),
    );
    return `    (${quote(words)})\n      _arguments -s -S \\\n        ${[...specs, ...positions].join(' \\\n        ')}\n      ;;`;
  };
}

function actionOf(bin: string, value: Completes): string {
  switch (value.kind) {
    case 'values':
      return `(${value.values.join(' ')})`;
    case 'ask':
      return `_${bin}_ask${value.list ? '_list' : ''} ${value.what}`;
    case 'file':
      return '_files';
    case 'dir':
      return '_files -/';
    case 'none':
      return ' ';
  }
}

/** For the inside of an `_arguments` specification. */
function escape(text: string): string {
  return text.replace(/[\\:[\]]/gu, '\\$&');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
