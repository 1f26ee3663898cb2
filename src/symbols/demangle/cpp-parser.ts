import { CppExpressions } from './cpp-expressions.ts';
import { baseName, type CppNode, DemangleError, textNode } from './cpp-nodes.ts';
import { builtinTypes, extendedTypes, operators, specialPrefixes, standardSubstitutions } from './cpp-tables.ts';

/** What a function's name says about its type. */
interface NameState {
  /** Constructors, destructors and conversions have no return type in the mangled name. */
  noResult: boolean;
  endsWithArgs: boolean;
  qualifiers: string;
}

/** Recursive descent over the Itanium C++ ABI's grammar of mangled names. Throws DemangleError for what it doesn't know. */
export class CppParser extends CppExpressions {
  protected forwards: { index: number; node: CppNode & { kind: 'parameter' } }[] = [];
  protected inLambda = false;
  protected inConversion = false;

  /** The whole of `_Z…`, with what compilers append to clones of a function. */
  static parse(text: string): CppNode {
    const parser = new CppParser(text, 2);
    const node = parser.encoding();
    const rest = text.slice(parser.at);
    if (rest === '') return node;
    if (!/^(\.[A-Za-z_][A-Za-z0-9_]*|\.\d+)+$/.test(rest)) throw new DemangleError('text behind the name');
    const clones = rest.match(/\.[A-Za-z_][A-Za-z0-9_]*(\.\d+)*|\.\d+/g)!;
    return { kind: 'sequence', parts: [node, ...clones.map((clone) => ` [clone ${clone}]`)] };
  }

  protected override encoding(): CppNode {
    return this.nested(() => {
      const first = this.peek();
      if (first === 'T' || first === 'G') return this.special();
      const state: NameState = { noResult: false, endsWithArgs: false, qualifiers: '' };
      const saved = this.templateArgs;
      const outerForwards = this.forwards;
      this.forwards = [];
      const name = this.name(state);
      this.forwards = [...outerForwards, ...this.forwards];
      if (this.at >= this.text.length || this.peek() === 'E' || this.peek() === '.') return name;
      const result = state.endsWithArgs && !state.noResult ? this.type() : undefined;
      const params = this.parameterTypes();
      this.templateArgs = saved;
      return { kind: 'encoding', name, type: { kind: 'function', result, params, qualifiers: state.qualifiers } };
    });
  }

  protected parameterTypes(): CppNode[] {
    const params: CppNode[] = [];
    while (this.at < this.text.length && this.peek() !== 'E' && this.peek() !== '.') params.push(this.type());
    const [only] = params;
    return params.length === 1 && only!.kind === 'text' && only!.text === 'void' ? [] : params;
  }

  protected special(): CppNode {
    const code = this.text.slice(this.at, this.at + 2);
    this.at += 2;
    const prefix = specialPrefixes[code];
    if (prefix !== undefined) {
      const inner = code === 'GV' || code === 'TH' || code === 'TW' ? this.name() : this.type();
      return { kind: 'prefix', text: prefix, inner };
    }
    switch (code) {
      case 'Th':
      case 'Tv':
        this.callOffset(code[1]!);
        return {
          kind: 'prefix',
          text: code === 'Th' ? 'non-virtual thunk to ' : 'virtual thunk to ',
          inner: this.encoding(),
        };
      case 'Tc':
        this.callOffset(this.text[this.at++]!);
        this.callOffset(this.text[this.at++]!);
        return { kind: 'prefix', text: 'covariant return thunk to ', inner: this.encoding() };
      case 'TC': {
        const derived = this.type();
        this.number();
        this.expect('_');
        return { kind: 'sequence', parts: ['construction vtable for ', this.type(), '-in-', derived] };
      }
      case 'GT':
        if (!this.take('t') && !this.take('n')) return this.fail();
        return { kind: 'prefix', text: 'transaction clone for ', inner: this.encoding() };
      case 'GR': {
        const name = this.name();
        const index = this.sequenceNumber(36);
        return { kind: 'sequence', parts: [`reference temporary #${index} for `, name] };
      }
      default:
        return this.fail();
    }
  }

  /** With a state: the name of an encoding, whose template arguments its types refer to. */
  protected name(state?: NameState): CppNode {
    return this.nested(() => {
      if (this.peek() === 'N') return this.nestedName(state);
      if (this.peek() === 'Z') return this.localName(state);
      if (this.peek() === 'S' && this.peek(1) !== 't') {
        const name = this.substitution();
        if (this.peek() !== 'I') return this.fail();
        return this.applyArgs(name, state);
      }
      const isStd = this.take('St');
      const plain = this.unqualified(state, undefined);
      const name: CppNode = isStd ? { kind: 'qualified', scope: textNode('std'), name: plain } : plain;
      if (this.peek() !== 'I') return name;
      this.remember(name);
      return this.applyArgs(name, state);
    });
  }

  protected applyArgs(name: CppNode, state: NameState | undefined): CppNode {
    const args = this.arguments(state !== undefined);
    if (state) state.endsWithArgs = true;
    return { kind: 'template', name, args };
  }

  protected nestedName(state: NameState | undefined): CppNode {
    this.expect('N');
    const qualifiers = this.cvQualifiers() + (this.take('O') ? ' &&' : this.take('R') ? ' &' : '');
    if (state) state.qualifiers = qualifiers;
    let soFar: CppNode | undefined;
    while (!this.take('E')) {
      if (state) state.endsWithArgs = false;
      if (this.take('M')) {
        if (!soFar) this.fail();
        continue;
      }
      soFar = this.prefixPart(soFar, state);
    }
    // Each prefix can be substituted, the whole name can't (where it is a type, the type can).
    if (!soFar || this.substitutions.pop() === undefined) return this.fail();
    return soFar;
  }

  protected prefixPart(soFar: CppNode | undefined, state: NameState | undefined): CppNode {
    const first = this.peek();
    if (first === 'I') {
      if (!soFar) return this.fail();
      return this.remember(this.applyArgs(soFar, state));
    }
    if (!soFar && first === 'S') {
      if (this.peek(1) !== 't') {
        const known = this.substitution();
        // The closing part pops one: a substitution alone isn't a new entry, but what follows it is.
        if (this.peek() === 'E') this.fail();
        return known;
      }
      this.at += 2;
      const std = textNode('std');
      if (this.peek() === 'E') this.fail();
      return std;
    }
    if (!soFar && first === 'T') return this.remember(this.templateParam());
    if (!soFar && first === 'D' && /[tT]/.test(this.peek(1))) return this.remember(this.decltype());
    const name = this.unqualified(state, soFar);
    const scope =
      soFar?.kind === 'text' && soFar.full !== undefined && /^[CD]\d/.test(this.text.slice(this.at - 2))
        ? textNode(soFar.full)
        : soFar;
    return this.remember(scope ? { kind: 'qualified', scope, name } : name);
  }

  protected localName(state: NameState | undefined): CppNode {
    this.expect('Z');
    const saved = this.templateArgs;
    const encoding = this.encoding();
    this.templateArgs = saved;
    this.expect('E');
    // Of a function around, the result isn't shown.
    const scope: CppNode =
      encoding.kind === 'encoding' ? { ...encoding, type: { ...encoding.type, result: undefined } } : encoding;
    if (this.take('s')) {
      this.discriminator();
      return { kind: 'qualified', scope, name: textNode('string literal') };
    }
    if (this.take('d')) {
      const index = this.sequenceNumber(10);
      const name = this.name(state);
      return {
        kind: 'qualified',
        scope: { kind: 'qualified', scope, name: textNode(`{default arg#${index + 1}}`) },
        name,
      };
    }
    const name = this.name(state);
    this.discriminator();
    return { kind: 'qualified', scope, name };
  }

  protected unqualified(state: NameState | undefined, scope: CppNode | undefined): CppNode {
    this.take('L');
    const first = this.peek();
    let name: CppNode;
    if (/\d/.test(first)) name = textNode(this.sourceName());
    else if (first === 'U') name = this.unnamed();
    else if (/[a-z]/.test(first)) name = this.operatorName(state);
    else if (first === 'C' || (first === 'D' && /\d/.test(this.peek(1)))) return this.constructorName(state, scope);
    else if (this.take('DC')) {
      const names = this.until('E', () => this.sourceName());
      name = textNode(`[${names.join(', ')}]`);
    } else return this.fail();
    while (this.take('B')) name = { kind: 'suffix', inner: name, text: `[abi:${this.sourceName()}]` };
    return name;
  }

  protected constructorName(state: NameState | undefined, scope: CppNode | undefined): CppNode {
    const letter = this.text[this.at++]!;
    const inherits = letter === 'C' && this.take('I');
    if (this.match(/[0-5]/y) === undefined || !scope) return this.fail();
    if (inherits) this.type();
    if (state) state.noResult = true;
    let name: CppNode = textNode((letter === 'D' ? '~' : '') + baseName(scope));
    while (this.take('B')) name = { kind: 'suffix', inner: name, text: `[abi:${this.sourceName()}]` };
    return name;
  }

  protected override operatorName(state: NameState | undefined): CppNode {
    const code = this.text.slice(this.at, this.at + 2);
    this.at += 2;
    if (code === 'cv') {
      const outer = this.inConversion;
      // Its type may name template arguments that only follow after the operator's own name.
      this.inConversion = state !== undefined;
      const type = this.type();
      this.inConversion = outer;
      if (state) state.noResult = true;
      return { kind: 'prefix', text: 'operator ', inner: type };
    }
    if (code === 'li') return textNode(`operator"" ${this.sourceName()}`);
    const operator = operators[code];
    if (!operator) {
      this.at -= 2;
      return this.fail();
    }
    return textNode(`operator${operator[0]}`);
  }

  protected unnamed(): CppNode {
    if (this.take('Ut')) return textNode(`{unnamed type#${this.sequenceNumber(10) + 1}}`);
    this.expect('Ul');
    const outer = this.inLambda;
    this.inLambda = true;
    const params = this.parameterTypes();
    this.inLambda = outer;
    this.expect('E');
    return { kind: 'lambda', params, index: this.sequenceNumber(10) + 1 };
  }

  protected override arguments(belongToEncoding: boolean): CppNode[] {
    this.expect('I');
    const args = this.nested(() => this.until('E', () => this.argument()));
    if (belongToEncoding) {
      this.templateArgs = args;
      for (const { index, node } of this.forwards.splice(0)) node.target = args[index];
    }
    return args;
  }

  protected argument(): CppNode {
    return this.nested(() => {
      switch (this.peek()) {
        case 'L':
          return this.literal();
        case 'J':
          this.at++;
          return { kind: 'pack', items: this.until('E', () => this.argument()) };
        case 'X': {
          this.at++;
          const node = this.expression();
          this.expect('E');
          return node;
        }
        default:
          return this.type();
      }
    });
  }

  protected substitution(): CppNode {
    this.expect('S');
    const standard = standardSubstitutions[this.peek()];
    if (standard) {
      this.at++;
      let node: CppNode = { kind: 'text', ...standard };
      while (this.take('B')) node = this.remember({ kind: 'suffix', inner: node, text: `[abi:${this.sourceName()}]` });
      return node;
    }
    return this.substitutions[this.sequenceNumber(36)] ?? this.fail();
  }

  protected override templateParam(): CppNode {
    this.expect('T');
    const index = this.sequenceNumber(10);
    const isForward = this.inLambda || this.inConversion;
    const known = this.templateArgs[index];
    if (!known && !isForward) return this.fail();
    const auto = this.inLambda ? { auto: index + 1 } : {};
    const node: CppNode & { kind: 'parameter' } = {
      kind: 'parameter',
      target: this.inLambda ? undefined : known,
      ...auto,
    };
    if (isForward) this.forwards.push({ index, node });
    return node;
  }

  protected override type(): CppNode {
    return this.nested(() => this.typeBody());
  }

  protected typeBody(): CppNode {
    const first = this.peek();
    const builtin = builtinTypes[first];
    if (builtin !== undefined) {
      this.at++;
      return textNode(builtin);
    }
    switch (first) {
      case 'r':
      case 'V':
      case 'K': {
        const qualifiers = this.cvQualifiers();
        const inner = this.type();
        const isFunction = inner.kind === 'function';
        return this.remember(
          isFunction
            ? { ...inner, qualifiers: qualifiers + inner.qualifiers }
            : { kind: 'suffix', inner, text: qualifiers },
        );
      }
      case 'P':
        return this.wrapped('pointer');
      case 'R':
        return this.wrapped('reference');
      case 'O':
        return this.wrapped('rvalueReference');
      case 'C':
      case 'G':
        this.at++;
        return this.remember({ kind: 'suffix', inner: this.type(), text: first === 'C' ? ' _Complex' : ' _Imaginary' });
      case 'F':
        return this.remember(this.functionType(''));
      case 'A':
        return this.remember(this.arrayType());
      case 'M':
        return this.remember(this.memberPointer());
      case 'D':
        return this.extendedType();
      case 'T':
        return this.parameterType();
      case 'S':
        return this.substitutedType();
      case 'U':
        return this.vendorQualified();
      case 'u':
        this.at++;
        return this.remember(textNode(this.sourceName()));
      default:
        return this.remember(this.name());
    }
  }

  protected wrapped(kind: 'pointer' | 'reference' | 'rvalueReference'): CppNode {
    this.at++;
    return this.remember({ kind, inner: this.type() });
  }

  protected functionType(exception: string): CppNode & { kind: 'function' } {
    this.expect('F');
    this.take('Y');
    const result = this.type();
    const params: CppNode[] = [];
    let qualifiers = '';
    while (!this.take('E')) {
      if (this.take('RE')) qualifiers = ' &';
      else if (this.take('OE')) qualifiers = ' &&';
      else {
        params.push(this.type());
        continue;
      }
      break;
    }
    const [only] = params;
    const none = params.length === 1 && only!.kind === 'text' && only!.text === 'void';
    return { kind: 'function', result, params: none ? [] : params, qualifiers: qualifiers + exception };
  }

  protected arrayType(): CppNode {
    this.expect('A');
    const digits = this.match(/\d+/y);
    const length = digits !== undefined ? textNode(digits) : this.peek() === '_' ? undefined : this.expression();
    this.expect('_');
    return { kind: 'array', length, inner: this.type() };
  }

  protected memberPointer(): CppNode {
    this.expect('M');
    const owner = this.type();
    return { kind: 'memberPointer', owner, member: this.type() };
  }

  protected extendedType(): CppNode {
    const code = this.peek(1);
    switch (code) {
      case 't':
      case 'T':
        return this.remember(this.decltype());
      case 'p':
        this.at += 2;
        return this.remember({ kind: 'expansion', inner: this.type() });
      case 'v': {
        this.at += 2;
        const length = this.take('_') ? this.expression() : textNode(String(this.number()));
        this.expect('_');
        return this.remember({ kind: 'sequence', parts: [this.type(), ' __vector(', length, ')'] });
      }
      case 'o':
        this.at += 2;
        return this.remember(this.functionType(' noexcept'));
      case 'x':
        this.at += 2;
        return this.remember(this.functionType(' transaction_safe'));
      case 'F': {
        this.at += 2;
        const bits = this.number();
        return this.take('x') ? textNode(`_Float${bits}x`) : this.take('_') ? textNode(`_Float${bits}`) : this.fail();
      }
    }
    const name = extendedTypes[code];
    if (name === undefined) return this.fail();
    this.at += 2;
    return textNode(name);
  }

  protected decltype(): CppNode {
    this.at += 2;
    const inner = this.expression();
    this.expect('E');
    return { kind: 'sequence', parts: ['decltype (', inner, ')'] };
  }

  protected parameterType(): CppNode {
    // `Ts`, `Tu`, `Te`: struct, union, enum spelled out.
    if (/[sue]/.test(this.peek(1))) {
      this.at += 2;
      return this.remember(this.name());
    }
    const param = this.remember(this.templateParam());
    if (this.peek() !== 'I' || this.inConversion) return param;
    return this.remember({ kind: 'template', name: param, args: this.arguments(false) });
  }

  protected substitutedType(): CppNode {
    if (this.peek(1) === 't') return this.remember(this.name());
    const known = this.substitution();
    if (this.peek() !== 'I') return known;
    return this.remember({ kind: 'template', name: known, args: this.arguments(false) });
  }

  protected vendorQualified(): CppNode {
    if (this.peek(1) === 'l' || this.peek(1) === 't') return this.remember(this.name());
    this.at++;
    const qualifier = this.sourceName();
    const args: CppNode[] = this.peek() === 'I' ? this.arguments(false) : [];
    const inner = this.type();
    const list: CppNode = { kind: 'list', open: '<', items: args, close: '>' };
    return this.remember({ kind: 'sequence', parts: [inner, ` ${qualifier}`, ...(args.length > 0 ? [list] : [])] });
  }
}
