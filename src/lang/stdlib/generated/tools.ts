// Made by gen/stdlib.ts from tools.bt.
import type { LibraryFile } from '../library-file.ts';

export const file: LibraryFile = {
  name: 'stdlib/tools.bt',
  macros: {
    wanted: [191],
    if_option: [535],
    tcp_state_name: [668],
  },
  text: `// What scripts with options and tables of lines have in common.

// Whether an option leaves \`value\` in: where the option has its default (0, or the empty text), and where it is that value.
macro wanted(option, value) {
  if comptime is_str(option) {
    option == "" || value == option
  } else {
    option == 0 || value == option
  }
}

// \`yes\` where the flag of this name was given, else \`no\`. The compile decides, so the two may be of different types, such as
// the formats and values of a column that is only there on demand.
macro if_option(name, yes, no) {
  if comptime getopt(name) { yes } else { no }
}

// Name of a state of TCP, such as "ESTABLISHED".
macro tcp_state_name(state) {
  $state = (uint64)state;
  let $name : string[16] = "UNKNOWN";
  if ($state == 1) { $name = "ESTABLISHED"; }
  else if ($state == 2) { $name = "SYN_SENT"; }
  else if ($state == 3) { $name = "SYN_RECV"; }
  else if ($state == 4) { $name = "FIN_WAIT1"; }
  else if ($state == 5) { $name = "FIN_WAIT2"; }
  else if ($state == 6) { $name = "TIME_WAIT"; }
  else if ($state == 7) { $name = "CLOSE"; }
  else if ($state == 8) { $name = "CLOSE_WAIT"; }
  else if ($state == 9) { $name = "LAST_ACK"; }
  else if ($state == 10) { $name = "LISTEN"; }
  else if ($state == 11) { $name = "CLOSING"; }
  else if ($state == 12) { $name = "NEW_SYN_RECV"; }
  $name
}
`,
};
