import { CppPrinter, DemangleError } from './cpp-nodes.ts';
import { CppParser } from './cpp-parser.ts';
import { demangleRustLegacy } from './rust-legacy.ts';
import { demangleRust } from './rust.ts';

/** A longer name is shown as it is. */
const longestName = 32 * 1024;

/**
 * A C++ (Itanium ABI) or Rust (both schemes) symbol as its source would say it; anything else comes back
 * unchanged. Never throws; time and length of the result are bounded.
 */
export function demangle(symbol: string): string {
  if (symbol.length > longestName) return symbol;
  try {
    if (symbol.startsWith('_R')) return demangleRust(symbol) ?? symbol;
    if (symbol.startsWith('_Z')) return demangleRustLegacy(symbol) ?? CppPrinter.print(CppParser.parse(symbol));
  } catch (error) {
    // RangeError: nested deeper than the stack allows, which only a made-up name is.
    if (!(error instanceof DemangleError || error instanceof RangeError)) throw error;
  }
  return symbol;
}
