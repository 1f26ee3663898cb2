import { SondeError } from '../base/index.ts';
import {
  ByteBuffer,
  type ByteString,
  byteStringOf,
  decodeText,
  escapeControls,
  type FormatOptions,
} from '../output/index.ts';
import type { CollectionSpec, PlannedPoint, PlannedProbe, ProbePhase, ScriptPlan } from '../spec/index.ts';
import { type Backend, type MessageSink, type OutputSink, type RecordVisitor, type SessionClock } from './backend.ts';
import { Counters } from './counters.ts';
import { JsonPresenter, type JsonPresenterOptions } from './json-presenter.ts';
import { jsonReport, type MeasuredHost, runBenchmarks, runTests, textReport } from './measured-runs.ts';
import { PollTimer } from './poll-timer.ts';
import type { Presenter } from './presenter.ts';
import { Rates } from './rates.ts';
import { createRecordVisitor, FLUSH_BYTES } from './record-actions.ts';
import { Reporter } from './reporter.ts';
import { isEmptySnapshot, ScriptMaps } from './script-maps.ts';
import { TextPresenter } from './text-presenter.ts';

export interface SessionOptions {
  readonly collection: CollectionSpec;
  readonly plan: ScriptPlan;
  readonly backend: Backend;
  readonly output: OutputSink;
  readonly messages: MessageSink;
  readonly format?: 'text' | 'json';
  /** In JSON: records with named fields instead of printf's texts. */
  readonly nameRows?: JsonPresenterOptions['nameRows'];
  /** In JSON: keys of maps as values, instead of as texts. */
  readonly structuredKeys?: boolean | undefined;
  /** The output is a terminal: control bytes of data are escaped. */
  readonly outputIsTerminal?: boolean;
  /** The same for messages. */
  readonly messagesAreTerminal?: boolean;
  /** Colour in messages. */
  readonly colour?: boolean;
  /** No attach message. */
  readonly quiet?: boolean;
  /** Instead of tracing: runs the probes of tests or benchmarks and reports on them. */
  readonly runs?: 'test' | 'bench' | undefined;
  /** Says what is attached, and which programs missed events. */
  readonly verbose?: boolean;
  /** Run-time warnings: 0 none, 1 the usual, 2 also failing reads and look-ups. */
  readonly warningLevel?: 0 | 1 | 2;
  /** Write when the buffer is full and at the end only, not at every look into the ring. */
  readonly fullBuffering?: boolean;
  readonly clock: SessionClock;
  /** Called when everything is attached: the moment to let a child run. */
  readonly onAttached?: () => void;
}

export interface SessionResult {
  /** What the last exit() gave, else 0; 1 where a test failed. */
  readonly exitCode: number;
  /** Records that did not fit into the ring. */
  readonly lostEvents: number;
  /** Events that programs missed because one ran inside another. */
  readonly missedEvents: number;
}

/** A point could not be attached and the script wants all of them. `cause` says why. */
export class AttachError extends SondeError {
  readonly point: PlannedPoint;
  constructor(point: PlannedPoint, cause: unknown) {
    super(
      `Unable to attach probe: ${point.name}. If this is expected, set the 'missing_probes' config variable to 'warn'.`,
      { cause },
    );
    this.point = point;
  }
}

/** Steps of a walk before signals are looked for. */
const STEPS_AT_ONCE = 64;

/** errno of a stack map whose slot is taken by another stack. */
const EEXIST = 17;

/**
 * One run of a script: load, begin programs, attach, look into the ring until something ends it, detach, end
 * programs, maps. `run` is called once.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #plan: ScriptPlan;
  readonly #backend: Backend;
  readonly #clock: SessionClock;
  readonly #out = new ByteBuffer();
  /** On a terminal, output that came before a message must stand before it. */
  readonly #messages: MessageSink = {
    write: (text) => {
      if (this.#options.fullBuffering !== true) this.#flush();
      this.#options.messages.write(text);
    },
  };
  readonly #maps: ScriptMaps;
  #presenter: Presenter;
  readonly #counters: Counters;
  readonly #reporter: Reporter;
  readonly #timer: PollTimer;
  readonly #warningLevel: 0 | 1 | 2;
  readonly #giveUp = Promise.withResolvers<void>();
  #visit: RecordVisitor = () => true;
  #stops = 0;
  /** There is nothing left to trace. */
  #isOver = false;
  #phase: ProbePhase = 'begin';
  /** An exit record was met: what comes after it is dropped until the end programs run. */
  #isExiting = false;
  /** Something is attached that may still send records. */
  #isTracing = false;
  /** Output is kept back, to be shown or not when a test has ended. */
  #isCapturing = false;
  readonly #missing = new Set<PlannedProbe>();
  #errors = 0;
  #testsFailed = false;
  /** Signals to the tracer whose programs haven't run yet. */
  #signals = 0;
  /** What must be done before more records are taken. */
  #pending: Promise<void> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#plan = options.plan;
    this.#backend = options.backend;
    this.#clock = options.clock;
    this.#warningLevel = options.warningLevel ?? 1;
    this.#maps = new ScriptMaps(options.plan, options.backend);
    this.#counters = new Counters(options.plan.data, () => options.backend.data);
    this.#timer = new PollTimer(this.#clock, options.plan.ring?.sizeBytes, (maxMs) => this.#backend.sleep?.(maxMs));
    this.#presenter = this.#createPresenter();
    this.#reporter = new Reporter({
      ...options,
      messages: this.#messages,
      counters: this.#counters,
      presenter: this.#presenter,
      clock: this.#clock,
      warningLevel: this.#warningLevel,
      verbose: options.verbose === true,
    });
  }

  /** Throws what the backend throws, and AttachError; everything is detached and closed then too. */
  async run(): Promise<SessionResult> {
    try {
      await this.#backend.open(this.#options.collection, this.#plan);
      if (this.#options.runs !== undefined) await this.#runMeasured(this.#options.runs);
      else await this.#trace();
      await this.#backend.detachAll();
      await this.#end();
      return this.#result();
    } finally {
      await this.#backend.close();
    }
  }

  async #trace(): Promise<void> {
    this.#visit = this.#createVisitor();
    this.#presenter.attaching(this.#plan.probes.reduce((sum, { pointCount }) => sum + pointCount, 0));
    await this.#runPrograms('begin');
    const attached = await this.#attachAll();
    this.#presenter.attached(attached);
    this.#flush();
    this.#options.onAttached?.();
    await this.#iterate();
    await this.#watch();
  }

  /** begin's output counts as the first test's; what is reported later comes through the presenter of the format. */
  async #runMeasured(runs: 'test' | 'bench'): Promise<void> {
    const report = this.#options.format === 'json' ? jsonReport : textReport;
    const presenter = this.#presenter;
    this.#presenter = this.#createPresenter('text');
    this.#visit = this.#createVisitor();
    this.#isCapturing = true;
    await this.#runPrograms('begin');
    await this.#drain();
    const probes = this.#plan.probes.filter(({ phase }) => phase === runs);
    if (runs === 'test') this.#testsFailed = !(await runTests(probes, this.#measuredHost(), report));
    else await runBenchmarks(probes, this.#measuredHost(), report);
    this.#isCapturing = false;
    this.#presenter = presenter;
    this.#visit = this.#createVisitor();
  }

  #measuredHost(): MeasuredHost {
    return {
      run: async (program) => {
        this.#isExiting = false;
        const start = this.#clock.nowMs();
        const returned = await this.#backend.runOnce(program);
        const durationNs = Math.round((this.#clock.nowMs() - start) * 1e6);
        await this.#drain();
        return { returned, durationNs };
      },
      measure: async (program) => await this.#backend.measure(program),
      takeOutput: () => {
        const output = byteStringOf(this.#out.contents(), 0, undefined);
        this.#out.clear();
        return output;
      },
      takeFailure: () => {
        // Taken in any case: else it would be the next one's.
        const failed = this.#counters.takeExitStatus() > 0 || this.#errors > 0;
        this.#errors = 0;
        return failed;
      },
      write: (text) => {
        const kept = byteStringOf(this.#out.contents(), 0, undefined);
        this.#out.clear();
        this.#out.append(text);
        this.#isCapturing = false;
        this.#flush();
        this.#isCapturing = true;
        this.#out.append(kept);
      },
    };
  }

  /** SIGUSR1 came: runs the probes for it. */
  signal(): void {
    this.#signals++;
    this.#timer.wake();
  }

  /**
   * Ends tracing at a signal. The second call, while the end programs and the last records are on their way, leaves those
   * records and goes on to the maps.
   */
  stop(): void {
    this.#stops++;
    this.#timer.wake();
    if (this.#stops > 1) this.#giveUp.resolve();
  }

  /** Ends tracing because there is nothing left to trace. It is no call of `stop`: a Ctrl-C that ends the traced command too is one signal. */
  finish(): void {
    this.#isOver = true;
    this.#timer.wake();
  }

  async #runPrograms(phase: 'begin' | 'end'): Promise<void> {
    this.#phase = phase;
    for (const probe of this.#plan.probes) {
      if (probe.phase !== phase) continue;
      this.#say(`Attaching '${probe.title}' probe`);
      await this.#backend.runOnce(probe.program);
    }
  }

  /** The number of attach points of the script that are in place; begin and end count. */
  async #attachAll(): Promise<number> {
    this.#phase = 'run';
    let count = 0;
    for (const probe of this.#plan.probes) {
      if (probe.phase !== 'run' && probe.phase !== 'iterate') {
        count += probe.pointCount;
        this.#isTracing ||= probe.phase === 'signal';
      } else {
        const attached = await this.#attach(probe);
        this.#isTracing ||= attached > 0 && probe.phase === 'run';
        count += attached;
      }
    }
    if (count === 0 && !this.#isEnding()) throw new SondeError('No probes to attach');
    return count;
  }

  async #attach(probe: PlannedProbe): Promise<number> {
    if (this.#isEnding()) return 0;
    for (const point of probe.points) this.#say(`Trying to attach probe: ${point.name}`);
    const { failures, by } = await this.#backend.attach(probe);
    if (by !== undefined) {
      const [point] = probe.points;
      this.#say(`Attached by ${by}: ${probe.points.length === 1 ? point!.name : probe.title}`);
    }
    const [first] = failures;
    if (first === undefined) return probe.pointCount;
    const policy = this.#plan.config.missingProbes;
    if (policy === 'error') throw new AttachError(first.point, first.error);
    if (policy === 'warn') {
      for (const { point, error } of failures) {
        this.#message(`WARNING: ${error.message}`);
        this.#message(`WARNING: Unable to attach probe: ${point.name}. Skipping.`);
        if (error.advice !== undefined) this.#message(`HINT: ${error.advice}`);
      }
    }
    if (failures.length >= probe.points.length) this.#missing.add(probe);
    return failures.length >= probe.points.length ? 0 : probe.pointCount - failures.length;
  }

  /** Until the script's exit(), a stop, or (where only begin and end are in place) the end of what begin sent. */
  async #watch(): Promise<void> {
    while (true) {
      await this.#runSignalled();
      const taken = await this.#look();
      if (!this.#isTracing || this.#isEnding() || this.#isExiting || this.#counters.exitStatus() !== undefined) return;
      await this.#timer.wait(taken);
    }
  }

  /** Goes through everything that there is, one probe after another. What was pinned is for others to read. */
  async #iterate(): Promise<void> {
    // What begin sent stands before it.
    await this.#drain();
    for (const probe of this.#plan.probes) {
      const pin = probe.phase === 'iterate' ? pinOf(probe) : undefined;
      if (probe.phase !== 'iterate' || this.#missing.has(probe)) continue;
      if (pin === undefined) await this.#walk(probe);
      else this.#message(`Program pinned to ${pin}`);
    }
  }

  async #walk(probe: PlannedProbe): Promise<void> {
    const walk = this.#backend.iterate(probe.program);
    try {
      for (let steps = 1; !this.#isEnding() && walk.step(this.#visit); steps++) {
        if (this.#options.fullBuffering !== true) this.#flush();
        await this.#settle();
        // A signal must find a way in.
        if (steps % STEPS_AT_ONCE === 0) await new Promise<void>((resume) => this.#clock.after(0, resume));
      }
    } finally {
      walk.close();
    }
  }

  async #runSignalled(): Promise<void> {
    for (; this.#signals > 0; this.#signals--) {
      for (const { phase, program } of this.#plan.probes) if (phase === 'signal') await this.#backend.runOnce(program);
    }
  }

  /** One look at everything that programs left for us. Returns the bytes taken from the ring. */
  async #look(): Promise<number> {
    const taken = await this.#drain();
    this.#reporter.report();
    if (this.#options.fullBuffering !== true && !this.#flush()) await this.#settle();
    return taken;
  }

  async #drain(): Promise<number> {
    if (this.#plan.ring === undefined) return 0;
    let taken = 0;
    do {
      await this.#settle();
      if (this.#isSkipping()) break;
      taken += this.#backend.drain(this.#visit);
    } while (this.#pending !== undefined);
    return taken;
  }

  /** Waits for what is pending, unless the user has lost patience. */
  async #settle(): Promise<void> {
    while (this.#pending !== undefined && !this.#isSkipping()) {
      const pending = this.#pending;
      this.#pending = undefined;
      await Promise.race([pending, this.#giveUp.promise]);
    }
  }

  #isEnding(): boolean {
    return this.#isOver || this.#stops > 0;
  }

  #isSkipping(): boolean {
    return this.#stops > 1;
  }

  async #end(): Promise<void> {
    await this.#drain();
    this.#isExiting = false;
    await this.#runPrograms('end');
    await this.#drain();
    this.#reporter.reportLast();
    this.#presenter.endOfRun();
    if (this.#plan.config.printMapsOnExit) await this.#dumpMaps();
    this.#flush();
    await this.#settle();
    this.#reporter.reportTotals();
  }

  async #dumpMaps(): Promise<void> {
    for (const name of this.#maps.names()) {
      const snapshot = this.#maps.snapshot(name);
      if (!isEmptySnapshot(snapshot)) this.#presenter.map(snapshot, {});
      if (this.#out.length >= FLUSH_BYTES && !this.#flush()) await this.#settle();
    }
  }

  #result(): SessionResult {
    return {
      exitCode: this.#testsFailed ? 1 : (this.#counters.exitStatus() ?? 0),
      lostEvents: this.#counters.lost,
      missedEvents: this.#reporter.missedEvents(),
    };
  }

  #createVisitor(): RecordVisitor {
    const visit = createRecordVisitor({
      plan: this.#plan,
      backend: this.#backend,
      maps: this.#maps,
      rates: new Rates(this.#clock.nowMs()),
      presenter: this.#presenter,
      out: this.#out,
      messages: this.#messages,
      clock: this.#clock,
      warningLevel: this.#warningLevel,
      shown: (text) => this.#shown(text),
      flush: () => this.#flush(),
      suspend: (work) => this.#waitFor(work),
      onExit: () => this.#exit(),
      onError: () => this.#errors++,
    });
    return (view, bytes, offset, length) => this.#isExiting || visit(view, bytes, offset, length);
  }

  /** In the end programs an exit() only sets the status. */
  #exit(): boolean {
    this.#isExiting = this.#phase !== 'end';
    return true;
  }

  /** False: the sink takes nothing more for now, and `#pending` waits for it. */
  #flush(): boolean {
    if (this.#out.length === 0 || this.#isCapturing) return true;
    const isReady = this.#options.output.write(this.#out.contents());
    this.#out.clear();
    if (!isReady) this.#waitFor(this.#options.output.drained());
    return isReady;
  }

  #waitFor(work: Promise<void>): void {
    this.#pending = this.#pending === undefined ? work : Promise.all([this.#pending, work]).then(() => undefined);
  }

  #createPresenter(as = this.#options.format): Presenter {
    const options = this.#options;
    const output = options.plan.config.output ?? {};
    const format: FormatOptions = {
      resolver: options.backend.resolver,
      truncationTrailer: options.plan.config.strTruncTrailer,
      terminal: options.outputIsTerminal === true,
      ...(output.averageDigits === undefined ? {} : { averageDigits: output.averageDigits }),
      oldStats: output.oldStatsText === true,
      structuredKeys: output.structuredKeys === true || options.structuredKeys === true,
      onMissingStack: (errno) => {
        if (errno === EEXIST) this.#reporter.missingStacks++;
      },
    };
    const common = { out: this.#out, source: options.plan.source, quiet: options.quiet === true };
    if (as === 'json')
      return new JsonPresenter({ ...common, nameRows: options.nameRows, format: { ...format, terminal: false } });
    return new TextPresenter({
      ...common,
      format,
      oldAttachMessage: output.oldAttachMessage === true,
      messages: this.#messages,
      colour: options.colour === true,
      messagesToTerminal: options.messagesAreTerminal === true,
    });
  }

  #shown(text: ByteString): string {
    return decodeText(this.#options.messagesAreTerminal === true ? escapeControls(text) : text);
  }

  #message(line: string): void {
    this.#messages.write(`${line}\n`);
  }

  #say(line: string): void {
    if (this.#options.verbose === true) this.#message(line);
  }
}

/** Where an iterator stays, to be read by others. */
function pinOf({ points: [point] }: PlannedProbe): string | undefined {
  return point?.hook.kind === 'iterator' ? point.hook.pin : undefined;
}
