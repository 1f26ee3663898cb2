/** `sonde top TOOL`: what a tool shows as a table that fills the screen and refreshes itself. */
import { setThreadName } from '../../kernel/index.ts';
import { type Arguments, UsageError } from '../arguments.ts';
import { Messages } from '../messages.ts';
import { runScript } from '../run-script.ts';
import { isTerminal } from '../terminal.ts';
import { findTool } from '../tools/catalogue.ts';
import { EventSink } from '../tools/event-sink.ts';
import { parseToolArguments } from '../tools/options.ts';
import { rowNames } from '../tools/rows.ts';
import { openTool, runTool } from '../tools/run-tool.ts';
import { usage } from '../help/usage.ts';
import { print } from '../write-fully.ts';
import { drawReport } from './draw.ts';
import { Screen } from './screen.ts';
import { Report } from './table.ts';

/** Reports come as a burst of events: they are drawn together. */
const DRAW_AFTER_MS = 60;

/** Kept until the screen is given back: they would be drawn over. */
class LateMessages extends Messages {
  #kept = '';

  override write(text: string): void {
    this.#kept += text;
  }

  show(): void {
    super.write(this.#kept);
    this.#kept = '';
  }
}

/** `words`: the tool and its arguments. Returns the exit status. */
export async function top(words: readonly string[], args: Arguments, messages: Messages): Promise<number> {
  const [name, ...argv] = words;
  const tool = name === undefined ? undefined : findTool(name);
  if (name === '-h' || name === '--help') {
    print(usage('sonde'));
    return 0;
  }
  if (name === undefined) throw new UsageError('top: which tool? (sonde tools)');
  if (tool === undefined) throw new UsageError(`top: there is no tool called '${name}'`);
  if (!isTerminal(1) || args.format === 'json' || args.output !== undefined) return runTool(tool, argv, args, messages);
  const { options, words: takes, script, report: reports } = await openTool(tool);
  const given = parseToolArguments(name, options, argv, takes !== '');
  if (given.help || given.json) return runTool(tool, argv, args, messages);
  const refreshes = options.some((option) => option.name === 'interval');
  if (refreshes && !given.named.has('interval')) (given.named as Map<string, string | undefined>).set('interval', '1');
  const source = script(given);
  const shows =
    reports(given) !== undefined ? 'a text' : /\b[lt]?(hist|series)\(/.test(source.text) ? 'a drawing' : undefined;
  if (shows !== undefined)
    throw new UsageError(`top: ${name} shows ${shows}, which is no table; sonde ${name} shows it`);
  setThreadName('sonde');
  const late = new LateMessages(process.env);
  using view = new LiveView(name, new Report(refreshes));
  try {
    return await runScript(source, {
      args: { ...args, format: 'json', quiet: false },
      messages: late,
      positional: [],
      named: given.named,
      environment: process.env,
      durationMs: given.durationMs,
      nameRows: rowNames(),
      structuredKeys: true,
      reader: new EventSink(
        (event) => view.event(event),
        () => {},
      ),
    });
  } finally {
    view[Symbol.dispose]();
    late.show();
  }
}

class LiveView implements Disposable {
  readonly #tool: string;
  readonly #report: Report;
  readonly #colour = process.env['NO_COLOR'] === undefined || process.env['NO_COLOR'] === '';
  #screen: Screen | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sortFromRight: number | undefined;
  #reversed = false;

  constructor(tool: string, report: Report) {
    this.#tool = tool;
    this.#report = report;
  }

  /** The first says that everything is attached. What comes before that is a refusal, which needs no screen. */
  event(event: Parameters<Report['event']>[0]): void {
    if (event.type === 'attached_probes')
      this.#screen ??= new Screen({ onKey: (key) => this.#key(key), onRedraw: () => this.#draw() });
    if (this.#report.event(event)) this.#drawSoon();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#screen?.[Symbol.dispose]();
    this.#screen = undefined;
  }

  #drawSoon(): void {
    this.#timer ??= setTimeout(() => this.#draw(), DRAW_AFTER_MS);
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const screen = this.#screen;
    if (screen === undefined) return;
    // What a map holds is last: the largest first, until one chooses otherwise.
    const isMap = this.#report.tables.some(({ name }) => name !== '');
    const view = {
      width: screen.width,
      height: screen.height,
      title: `sonde top ${this.#tool}  (q: end, arrows: sort, r: turn round)`,
      sortFromRight: this.#sortFromRight ?? (isMap ? 0 : undefined),
      reversed: this.#reversed,
      colour: this.#colour,
    };
    screen.draw(drawReport(this.#report, view));
  }

  #key(key: string): void {
    const last = Math.max(...this.#report.tables.map(({ columns }) => columns.length - 1), 0);
    if (key === 'q') process.kill(process.pid, 'SIGINT'); // as Ctrl-C: the session ends in its own way
    else if (key === 'left') this.#sortFromRight = Math.min((this.#sortFromRight ?? 0) + 1, last);
    else if (key === 'right') this.#sortFromRight = Math.max((this.#sortFromRight ?? 0) - 1, 0);
    else if (key === 'r') this.#reversed = !this.#reversed;
    this.#draw();
  }
}
