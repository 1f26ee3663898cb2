// Made by gen/stdlib.ts from base.bt.
import type { LibraryFile } from '../library-file.ts';

export const file: LibraryFile = {
  name: 'stdlib/base.bt',
  macros: {
    assert: [268],
    assert_str: [442, 625],
    static_assert: [813],
    is_err: [1003],
    default_str_length: [1159],
    percpu_kaddr: [1308, 1453],
  },
  text: `// The foundations: checks that scripts make of themselves, and of what they pass to macros.

// Ends the script with status 1 unless \`cond\` holds, and says why on the error stream. \`msg\` is a string. The rest of
// the probe still runs, but nothing of it is printed.
macro assert(cond, msg) {
  if (!cond) {
    errorf("assert failed: %s", msg);
    exit(1);
  }
}

// Refuses the script unless \`text\` is a string: for macros that take one.
macro assert_str(text) {
  if comptime !is_str(text) {
    fail("a string is expected here");
  }
}

// Ends the script with status 1 if the string \`text\` is empty, as \`assert\` does.
macro assert_str(text, msg) {
  assert_str(text);
  assert(text != "", msg);
}

// Refuses the script unless \`cond\`, which must be known at compile time, holds. \`msg\` is a string literal.
macro static_assert(cond, msg) {
  if comptime !cond {
    fail("static assertion failed: %s", msg);
  }
}

// Whether a pointer that the kernel returned is in truth a negated error number.
macro is_err(pointer) {
  (uint64)pointer >= 0xfffffffffffff001
}

// Bytes that a string takes where nothing else says how many: the setting \`max_strlen\`.
macro default_str_length() {
  sizeof(string)
}

// Address of this CPU's copy of a variable that each CPU has one of. \`symbol\` is a string literal.
macro percpu_kaddr(symbol) {
  percpu_kaddr(symbol, cpu)
}

// Address of the copy of the CPU with this number, or 0 where there is no such CPU.
macro percpu_kaddr(symbol, number) {
  let $number : uint64 = number;
  let $address : uint64 = 0;
  if ($number < ncpus) {
    $address = kaddr(symbol) + *(uint64*)kptr(kaddr("__per_cpu_offset") + 8 * $number);
  }
  $address
}
`,
};
