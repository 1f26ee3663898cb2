/** The launcher turned V8's optimising compilers off: a start is over before they pay. */

/** The better one is the slower, and waits until it is worth it. */
const COMPILERS = [
  { flag: '--maglev', afterMs: 20 },
  { flag: '--opt', afterMs: 300 },
];

/** A script that runs for a while and formats records earns them back. */
export function optimizeLater(): Disposable {
  const timers = COMPILERS.map(({ flag, afterMs }) => setTimeout(() => turnOn(flag), afterMs).unref());
  return { [Symbol.dispose]: () => timers.forEach((timer) => clearTimeout(timer)) };
}

/** For long loops. */
export function optimizeNow(): void {
  for (const { flag } of COMPILERS) turnOn(flag);
}

function turnOn(flag: string): void {
  process.getBuiltinModule('node:v8').setFlagsFromString(flag);
}
