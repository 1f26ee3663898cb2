/** --test and --bench: probes that are run here and now, and what is reported of them. */
import { type ByteString, encodeText, jsonText } from '../output/index.ts';

export interface TestResult {
  readonly name: string;
  readonly durationNs: number;
  readonly passed: boolean;
  /** What it printed. */
  readonly output: ByteString;
}

export interface BenchmarkResult {
  readonly name: string;
  readonly averageNs: number;
  readonly iterations: number;
}

/** How results are told, line by line. */
export interface RunReport {
  testsBegin(count: number): ByteString;
  testBegins(name: string): ByteString;
  testEnded(result: TestResult): ByteString;
  testsEnd(results: readonly TestResult[]): ByteString;
  benchmarks(results: readonly BenchmarkResult[]): ByteString;
}

const GREEN = '\u001b[32m';
const RED = '\u001b[31m';
const PLAIN = '\u001b[0m';
const NAME_COLUMN = 41;
const TIME_COLUMN = 15;

const tests = (count: number): string => `${count} test${count === 1 ? '' : 's'}`;
const tagged = (colour: string, tag: string, text: string): string => `${colour}[${tag}]${PLAIN} ${text}\n`;

export const textReport: RunReport = {
  testsBegin: (count) => tagged(GREEN, '==========', `Running ${count} tests.`),
  testBegins: (name) => tagged(GREEN, ' RUN      ', name),
  testEnded({ name, durationNs, passed, output }) {
    const line = `${name} (${formatDuration(durationNs)})`;
    if (passed) return tagged(GREEN, '       OK ', line);
    const separate = output === '' || output.endsWith('\n') ? '' : '\n';
    return `${output}${separate}${tagged(RED, '  FAILED  ', line)}`;
  },
  testsEnd(results) {
    const failed = results.filter(({ passed }) => !passed);
    const lines = [
      tagged(GREEN, '==========', `${tests(results.length)} ran.`),
      tagged(GREEN, '  PASSED  ', `${tests(results.length - failed.length)}.`),
    ];
    if (failed.length > 0) lines.push(tagged(RED, '  FAILED  ', `${tests(failed.length)}, listed below:`));
    return [...lines, ...failed.map(({ name }) => tagged(RED, '  FAILED  ', name))].join('');
  },
  benchmarks(results) {
    const column = Math.max(NAME_COLUMN, ...results.map(({ name }) => name.length + 1));
    const row = (name: string, time: string, iterations: string): string =>
      `${name.padEnd(column)}${time.padEnd(TIME_COLUMN)}${iterations}\n`;
    const head = row('Benchmark', 'Time(ns)', 'Iterations');
    const rows = results.map(({ name, averageNs, iterations }) => row(name, String(averageNs), String(iterations)));
    return `${head}${'-'.repeat(head.length - 1)}\n${rows.join('')}`;
  },
};

export const jsonReport: RunReport = {
  testsBegin: () => '',
  testBegins: () => '',
  testEnded: ({ name, durationNs, passed, output }) =>
    jsonLine('test_result', name, `{"duration": ${durationNs}, "passed": ${passed}, "output": ${jsonText(output)}}`),
  testsEnd: () => '',
  benchmarks: (results) =>
    results
      .map(({ name, averageNs, iterations }) =>
        jsonLine('benchmark_result', name, `{"average": ${averageNs}, "iters": ${iterations}}`),
      )
      .join(''),
};

function jsonLine(type: string, name: string, result: string): string {
  return `{"type": "${type}", "data": {${jsonText(name)}: ${result}}}\n`;
}

/** In the largest unit that gives at least 1, cut to a whole number. */
function formatDuration(ns: number): string {
  if (ns < 1e3) return `${Math.floor(ns)} ns`;
  if (ns < 1e6) return `${Math.floor(ns / 1e3)} us`;
  return ns < 1e9 ? `${Math.floor(ns / 1e6)} ms` : `${Math.floor(ns / 1e9)} s`;
}

/** What a session lends for such runs. */
export interface MeasuredHost {
  /** Runs the program of a probe, then does what it asked for. */
  run(program: string): Promise<{ readonly returned: number; readonly durationNs: number }>;
  measure(program: string): Promise<Omit<BenchmarkResult, 'name'>>;
  /** What was printed since the last call. */
  takeOutput(): ByteString;
  /** Whether exit() was called with a status other than 0, or errorf(), since the last call. */
  takeFailure(): boolean;
  write(text: ByteString): void;
}

interface Labelled {
  readonly program: string;
  readonly label?: string;
}

/** Returns whether all passed. */
export async function runTests(probes: readonly Labelled[], host: MeasuredHost, report: RunReport): Promise<boolean> {
  const results: TestResult[] = [];
  host.write(report.testsBegin(probes.length));
  for (const { program, label } of probes) {
    const name = encodeText(label ?? '');
    host.write(report.testBegins(name));
    const { returned, durationNs } = await host.run(program);
    const passed = !host.takeFailure() && returned === 0;
    const result = { name, durationNs, passed, output: host.takeOutput() };
    results.push(result);
    host.write(report.testEnded(result));
  }
  host.write(report.testsEnd(results));
  return results.every(({ passed }) => passed);
}

export async function runBenchmarks(probes: readonly Labelled[], host: MeasuredHost, report: RunReport): Promise<void> {
  const results: BenchmarkResult[] = [];
  for (const { program, label } of probes)
    results.push({ name: encodeText(label ?? ''), ...(await host.measure(program)) });
  host.takeFailure();
  host.write(host.takeOutput() + report.benchmarks(results));
}
