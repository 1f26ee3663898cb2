/** Random scripts that end by themselves and show all that they found out: for runs that must agree. */
import { random } from './random.ts';

const BUMP =
  'fn bump($which : int64) : int64 { if ($which == 1) { @numbers[0]++; @numbers[1] = @numbers[0] + 1; } else { @gone[0]++; } return 0; }\n';

type Next = (below: number) => number;

const VARIABLES = ['$a', '$b', '$c', '$d'];
const TEXTS = ['"sonde"', '"son"', '"a text that is longer than others"', '""', 'comm', '$text', 'str(@texts[1])'];
const ARITHMETIC = ['+', '-', '*', '&', '|', '^', '<<', '>>'];
const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];
const NUMBERS = ['0', '1', '2', '7', '8', '-1', '64', '1000', '0x7fffffff', '-9223372036854775807', '4294967296'];
const CASTS = ['(int8)', '(uint8)', '(int16)', '(uint16)', '(int32)', '(uint32)', '(int64)', '(uint64)'];

/** Numbers that the compiler does not know come from a map that another program filled. */
export function randomScript(seed: number): string {
  const script = new RandomScript(random(seed));
  return script.print();
}

/** The same in one program, which takes its numbers from the words of its context. */
export function randomTracepoint(seed: number): string {
  return new RandomScript(random(seed)).printTracepoint();
}

class RandomScript {
  readonly #next: Next;
  #loops = 0;
  #depth = 0;

  constructor(next: Next) {
    this.#next = next;
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#next(list.length)]!;
  }

  print(): string {
    const given = Array.from({ length: 4 }, (_, i) => `@given[${i}] = ${this.#pick(NUMBERS)};`).join(' ');
    const start = VARIABLES.map((name, i) => `${name} = @given[${i}];`).join(' ');
    const end = VARIABLES.map((name) => `@last["${name.slice(1)}"] = ${name};`).join(' ');
    const predicate = this.#next(3) === 0 ? ` /@given[1] ${this.#pick(COMPARISONS)} ${this.#pick(NUMBERS)}/` : '';
    const bodies = [3 + this.#next(5), 1 + this.#next(3)].map((length) => this.#statements(length));
    return `${BUMP}begin { ${given} @texts[1] = "sonde"; @word = 1; @sum = sum(0); @most = max(0); }
begin { ${start} $text = str(@texts[1]); ${bodies[0]!} ${end} }
begin${predicate} { ${start} $text = comm; ${bodies[1]!} ${end} }
begin { exit(); }
`;
  }

  printTracepoint(): string {
    const start = VARIABLES.map((name, i) => `${name} = (int64)arg${i};`).join(' ');
    const end = VARIABLES.map((name) => `@last["${name.slice(1)}"] = ${name};`).join(' ');
    const body = this.#statements(4 + this.#next(4));
    const predicate = this.#next(3) === 0 ? ` /(int64)arg1 ${this.#pick(COMPARISONS)} ${this.#pick(NUMBERS)}/` : '';
    return `begin { @texts[1] = "sonde"; @given[0] = 1; }
${BUMP}rawtracepoint:sched_switch${predicate} { ${start} $text = comm; ${body} @numbers[2] = 0; @gone[2] = 0; @word = 1; @sum = sum(0); @most = max(0); ${end} }
`;
  }

  #statements(length: number): string {
    return Array.from({ length }, () => this.#statement()).join(' ');
  }

  #statement(): string {
    this.#depth++;
    try {
      const kind = this.#next(this.#depth > 3 ? 14 : 18);
      return this.#simple(kind) ?? this.#nested(kind);
    } finally {
      this.#depth--;
    }
  }

  #simple(kind: number): string | undefined {
    switch (kind) {
      case 0:
      case 1:
        return `${this.#pick(VARIABLES)} = (int64)(${this.#number(3)});`;
      case 2:
        return `@numbers[${this.#key()}] = (int64)(${this.#number(2)});`;
      case 3:
        return `@word = (int64)(${this.#number(2)});`;
      case 4:
        return `@pairs[${this.#key()}, ${this.#pick(TEXTS)}] = count();`;
      case 5:
        return `@sum = sum((int64)(${this.#number(2)})); @least[${this.#key()}] = min((int64)(${this.#number(2)}));`;
      case 6:
        return `@powers = hist((int64)(${this.#number(2)})); @fine[${this.#key()}] = hist((int64)(${this.#number(1)}), 2);`;
      case 7:
        return `@linear = lhist((int64)(${this.#number(2)}), -100, 1000, 50); @most = max((int64)(${this.#number(1)}));`;
      case 8:
        return `@numbers[${this.#key()}]++; ${this.#pick(VARIABLES)}++;`;
      case 9:
        return `delete(@gone, ${this.#key()}); @gone[${this.#key()}] = ${this.#pick(VARIABLES)};`;
      case 10:
        return `printf("%d %d %s\\n", (int64)(${this.#number(2)}), (int64)(${this.#number(1)}), ${this.#pick(TEXTS)});`;
      case 11:
        return `@tuples[(${this.#pick(VARIABLES)}, (int8)${this.#pick(VARIABLES)}, ${this.#pick(TEXTS)})] = avg((int64)(${this.#number(1)}));`;
      case 12:
        return this.#readsAround(`@numbers[${this.#next(2)}]`);
      case 13:
        return this.#readsAround(`@gone[${this.#next(2)}]`);
      default:
        return undefined;
    }
  }

  #nested(kind: number): string {
    switch (kind) {
      case 14:
        return `if (${this.#condition(2)}) { ${this.#statements(2)} } else { ${this.#statements(1)} }`;
      case 15:
        return `if (${this.#condition(2)}) { ${this.#statements(2)} }`;
      case 16: {
        const name = `$i${this.#loops++}`;
        return `${name} = 0; while (${name} < ${1 + this.#next(5)}) { ${this.#statements(2)} ${name}++; }`;
      }
      default: {
        const name = `$i${this.#loops++}`;
        return `for ${name} : 0..${1 + this.#next(4)} { ${this.#statements(1)} @rounds[(int64)${name}] = count(); }`;
      }
    }
  }

  /** The same element before and after it is written, or may be, in any of the ways. */
  #readsAround(element: string): string {
    const [before, after] = [this.#pick(VARIABLES), this.#pick(VARIABLES)];
    const written = this.#pick([
      `${element} = ${element} + 1;`,
      `${element}++;`,
      `if (${this.#condition(1)}) { ${element} = 5; }`,
      `for $j${this.#loops} : 0..3 { $k${this.#loops} = ${element}; ${element} = $k${this.#loops++} + 2; }`,
      `$w${this.#loops} = 0; while ($w${this.#loops} < 3) { $w${this.#loops++} += 1; ${element} = ${element} * 2; ${element}++; }`,
      `bump(${element.includes('gone') ? 0 : 1});`,
      ...(element.includes('gone') ? [`delete(${element});`, `delete(${element}); ${element} = 9;`] : []),
    ]);
    return `${before} = ${element}; ${written} ${after} = ${after} + ${element};`;
  }

  #key(): string {
    const small = `(int64)(${this.#number(1)}) & 3`;
    return this.#pick([...VARIABLES, '0', '1', small]);
  }

  #number(depth: number): string {
    if (depth === 0) return this.#pick([...VARIABLES, ...VARIABLES, ...NUMBERS, '@word', '(int64)@sum']);
    switch (this.#next(9)) {
      case 8:
        return `(${this.#typed(depth - 1)} ${this.#pick(['/', '%'])} ${this.#pick([...VARIABLES, '3', '8'])})`;
      case 0:
        return `(int64)${this.#pick(CASTS)}(${this.#number(depth - 1)})`;
      case 1:
        return `(${this.#condition(depth - 1)} ? ${this.#typed(depth - 1)} : ${this.#typed(depth - 1)})`;
      case 2:
        return `@numbers[${depth > 1 ? this.#key() : this.#pick(VARIABLES)}]`;
      case 3:
        return `(int64)(${this.#condition(depth - 1)})`;
      case 4:
        return `(int64)strlen(${this.#pick(TEXTS)})`;
      default:
        return `(${this.#typed(depth - 1)} ${this.#pick(ARITHMETIC)} ${this.#typed(depth - 1)})`;
    }
  }

  #typed(depth: number): string {
    return `(int64)(${this.#number(depth)})`;
  }

  #condition(depth: number): string {
    if (depth === 0) return `${this.#pick(VARIABLES)} ${this.#pick(COMPARISONS)} ${this.#typed(0)}`;
    switch (this.#next(7)) {
      case 0:
        return `(${this.#condition(depth - 1)} && ${this.#condition(depth - 1)})`;
      case 1:
        return `(${this.#condition(depth - 1)} || ${this.#condition(depth - 1)})`;
      case 2:
        return `!(${this.#condition(depth - 1)})`;
      case 3:
        return `${this.#pick(TEXTS)} ${this.#pick(['==', '!='])} ${this.#pick(TEXTS)}`;
      case 4:
        return `strncmp(${this.#pick(TEXTS)}, ${this.#pick(TEXTS)}, ${1 + this.#next(6)}) == 0`;
      case 5:
        return `has_key(@numbers, ${this.#pick(VARIABLES)})`;
      default:
        return `${this.#typed(depth - 1)} ${this.#pick(COMPARISONS)} ${this.#typed(depth - 1)}`;
    }
  }
}
