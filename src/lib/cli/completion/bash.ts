import type { Completes, CompletionCommand, CompletionModel } from './model.ts';

/**
 * The completion for bash. Works with bash 3.2 (macOS) and without the package bash-completion: no associative arrays, no
 * `_init_completion`.
 */
export function bashScript({ bin, commands, topics }: CompletionModel): string {
  const names = [...topics].map(
    ([topic, next]) => `    ${quote(topic)}) echo ${quote(next.map(({ word }) => word).join(' '))} ;;`,
  );
  const flags = commands.map(
    ({ words, flags: list }) =>
      `    ${quote(words)}) echo ${quote(list.flatMap(({ name, char }) => [`--${name}`, ...(char === undefined ? [] : [`-${char}`])]).join(' '))} ;;`,
  );
  return `# bash completion for ${bin}. Load it with: source <(${bin} completion bash)
_${bin}_next() {
  case "$1" in
${names.join('\n')}
  esac
}
_${bin}_flags() {
  case "$1" in
${flags.join('\n')}
  esac
}
# What the value of a flag (or the argument of that number) is: values:..., ask:..., list:..., file, dir, none;
# nothing for a switch.
_${bin}_value() {
  case "$1 $2" in
${commands.flatMap(valueCases).join('\n')}
  esac
}
_${bin}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} command='' word='' flag='' value='' skip='' count=0 i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    # bash splits --flag=value at the equals sign.
    if [[ $word == '=' ]]; then continue; fi
    if [[ -n $flag ]]; then flag=''; continue; fi
    case $word in
      --) ;;
      -*)
        if [[ -n $(_${bin}_value "$command" "$word") ]]; then flag=$word; fi
        ;;
      *)
        if [[ " $(_${bin}_next "$command") " == *" $word "* ]]; then
          command=\${command:+$command }$word
        else
          count=$((count + 1))
        fi
        ;;
    esac
  done
  if [[ $cur == '=' ]]; then cur=''; fi
  if [[ -n $flag ]]; then
    value=$(_${bin}_value "$command" "$flag")
  elif [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$(_${bin}_flags "$command")" -- "$cur"))
    return
  else
    value=$(_${bin}_value "$command" "$count")
    if [[ $count -eq 0 ]]; then
      COMPREPLY=($(compgen -W "$(_${bin}_next "$command")" -- "$cur"))
    fi
  fi
  case $value in
    values:*)
      COMPREPLY+=($(compgen -W "\${value#values:}" -- "$cur"))
      ;;
    ask:*)
      COMPREPLY+=($(compgen -W "$(${bin} __complete "\${value#ask:}" "$command" 2>/dev/null)" -- "$cur"))
      ;;
    list:*)
      local before=''
      if [[ $cur == *,* ]]; then before=\${cur%,*},; fi
      # A minus before a column of --sort means the other direction.
      local last=\${cur##*,}
      if [[ $last == -* ]]; then before=$before-; last=\${last#-}; fi
      COMPREPLY+=($(compgen -P "$before" -W "$(${bin} __complete "\${value#list:}" "$command" 2>/dev/null)" -- "$last"))
      compopt -o nospace 2>/dev/null
      ;;
    file)
      COMPREPLY+=($(compgen -f -- "$cur"))
      compopt -o filenames 2>/dev/null
      ;;
    dir)
      COMPREPLY+=($(compgen -d -- "$cur"))
      compopt -o filenames 2>/dev/null
      ;;
  esac
}
complete -F _${bin} ${bin}
`;
}

function valueCases({ words, flags, args }: CompletionCommand): string[] {
  const ofFlags = flags.flatMap(({ name, char, value }) => {
    if (value === undefined) return [];
    const patterns = [`--${name}`, ...(char === undefined ? [] : [`-${char}`])].map((flag) =>
      quote(`${words} ${flag}`),
    );
    return [`    ${patterns.join(' | ')}) echo ${quote(encode(value))} ;;`];
  });
  const ofArgs = args.map(
    ({ value }, index) => `    ${quote(`${words} ${index}`)}) echo ${quote(encode(value))} ;;`,
  );
  return [...ofFlags, ...ofArgs];
}

function encode(value: Completes): string {
  switch (value.kind) {
    case 'values':
      return `values:${value.values.join(' ')}`;
    case 'ask':
      return `${value.list ? 'list' : 'ask'}:${value.what}`;
    case 'file':
    case 'dir':
    case 'none':
      return value.kind;
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
