/** Prints the names of a process's addresses as JSON: for a test that has to look with other privileges. */
import { UserSymbols } from '../index.ts';

const [pid, ...addresses] = process.argv.slice(2);
using symbols = new UserSymbols();
process.stdout.write(
  JSON.stringify(addresses.map((address) => symbols.resolve(Number(pid), BigInt(address)).name ?? null)),
);
