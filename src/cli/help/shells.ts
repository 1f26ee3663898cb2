/**
 * What `sonde completion SHELL` prints: a function that asks Sonde itself for the words that fit, so that it never is older
 * than the commands, tools and kernel it speaks of.
 */

const BASH = `# Completion of sonde for bash. In ~/.bashrc:  source <(sonde completion bash)
_sonde() {
  local line=\${COMP_LINE:0:COMP_POINT} words current kept word
  # Not COMP_WORDS: bash cuts words at colons, which names of probes are full of.
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current=\${words[-1]}
  if [[ $current == [\\'\\"]* ]]; then
    words[-1]=\${current:1}
  else
    # What bash leaves in place, up to the last colon, must not be given again.
    kept=\${current%"\${current##*:}"}
  fi
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    COMPREPLY+=("\${word#"$kept"}")
  done < <("\${words[0]}" completion words -- "\${words[@]:1}" 2>/dev/null)
  # No blank behind what goes on: the type of a probe, a folder.
  [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == *: ]] && compopt -o nospace
  return 0
}
complete -o default -F _sonde sonde
`;

const ZSH = `#compdef sonde
# Completion of sonde for zsh. In ~/.zshrc, behind compinit:  source <(sonde completion zsh)
# Or as a file _sonde in a folder of $fpath.
_sonde() {
  local -a told plain open
  local word text
  # Of the word at the cursor what stands before the cursor, without the quote that it may begin with.
  while IFS=$'\\t' read -r word text; do
    if [[ $word == *: ]]; then open+=("$word")
    elif [[ -n $text ]]; then told+=("\${word//:/\\\\:}:$text")
    else plain+=("$word"); fi
  done < <(\${(Q)words[1]} completion words -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)
  # No blank behind what goes on: the type of a probe, a group of tracepoints.
  (( $#open )) && compadd -V open -S '' -a open
  (( $#plain )) && compadd -V plain -a plain
  (( $#told )) && _describe -V sonde told
  (( $#open + $#plain + $#told )) || _files
}
if [[ \${funcstack[1]-} == _sonde ]]; then _sonde "$@"; else compdef _sonde sonde; fi
`;

const FISH = `# Completion of sonde for fish:  sonde completion fish >~/.config/fish/completions/sonde.fish
function __sonde_words
    set -l words (commandline -opc)
    # Without the quote that it may begin with: fish puts it before what it is given.
    set -l current (commandline -ct | string replace -r '^["\\']' '')
    set -l found (command $words[1] completion words -- $words[2..-1] "$current" 2>/dev/null)
    if set -q found[1]
        printf '%s\\n' $found
    else
        __fish_complete_path "$current"
    end
end
complete -c sonde -f -k -a '(__sonde_words)'
`;

export const SHELLS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
