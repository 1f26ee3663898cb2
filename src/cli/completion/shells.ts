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
_sonde() {
  local -a found plain
  local word text
  while IFS=$'\\t' read -r word text; do
    if [[ $word == *: ]]; then plain+=("$word"); else found+=("\${word//:/\\\\:}:$text"); fi
  done < <($words[1] completion words -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  (( $#plain )) && compadd -S '' -a plain
  if (( $#found )); then _describe sonde found; elif (( ! $#plain )); then _files; fi
}
compdef _sonde sonde
`;

const FISH = `# Completion of sonde for fish:  sonde completion fish >~/.config/fish/completions/sonde.fish
function __sonde_words
    set -l words (commandline -opc) (commandline -ct)
    command $words[1] completion words -- $words[2..-1] 2>/dev/null
end
complete -c sonde -a '(__sonde_words)'
`;

export const SHELLS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
