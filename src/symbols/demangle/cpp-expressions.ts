import { CppCursor } from './cpp-cursor.ts';
import { type CppNode, DemangleError, textNode } from './cpp-nodes.ts';
import { literalSuffix, operators } from './cpp-tables.ts';

/** Expressions: they stand in template arguments, array lengths and decltype. */
export abstract class CppExpressions extends CppCursor {
  protected templateArgs: readonly CppNode[] = [];

  protected abstract encoding(): CppNode;
  protected abstract type(): CppNode;
  protected abstract templateParam(): CppNode;
  protected abstract arguments(belongToEncoding: boolean): CppNode[];
  protected abstract operatorName(state: undefined): CppNode;

  protected literal(): CppNode {
    this.expect('L');
    if (this.take('_Z')) {
      const saved = this.templateArgs;
      const node = this.encoding();
      this.templateArgs = saved;
      this.expect('E');
      return node;
    }
    const code = this.peek();
    const type = this.type();
    const digits = this.match(/n?[0-9a-f]*/y)!.replace(/^n/, '-');
    this.expect('E');
    if (code === 'b' && (digits === '0' || digits === '1')) return textNode(digits === '1' ? 'true' : 'false');
    const suffix = literalSuffix[code];
    if (suffix !== undefined) return textNode(digits + suffix);
    if (digits === '' && type.kind === 'text' && type.text === 'decltype(nullptr)') return type;
    return { kind: 'sequence', parts: ['(', type, ')', digits] };
  }

  protected expression(): CppNode {
    return this.nested(() => this.expressionBody());
  }

  protected expressionBody(): CppNode {
    const first = this.peek();
    if (first === 'L') return this.literal();
    if (first === 'T') return this.templateParam();
    if (/\d/.test(first) || this.take('on')) return this.expressionName();
    this.take('gs');
    const code = this.text.slice(this.at, this.at + 2);
    this.at += 2;
    switch (code) {
      case 'fp':
      case 'fL':
        return this.functionParam(code);
      case 'cl':
        return this.call();
      case 'cv':
        return this.conversion();
      case 'sr':
        return this.scopedName();
      case 'st':
        return { kind: 'sequence', parts: ['sizeof (', this.type(), ')'] };
      case 'sz':
        return { kind: 'sequence', parts: ['sizeof ', this.operand()] };
      case 'at':
        return { kind: 'sequence', parts: ['alignof (', this.type(), ')'] };
      case 'az':
        return { kind: 'sequence', parts: ['alignof ', this.operand()] };
      case 'sZ':
        return { kind: 'packSize', inner: this.peek() === 'T' ? this.templateParam() : this.expression() };
      case 'sp':
        return { kind: 'expansion', inner: this.expression() };
      case 'nx':
        return { kind: 'sequence', parts: ['noexcept ', this.operand()] };
      case 'tl':
        return { kind: 'sequence', parts: [this.type(), this.braced()] };
      case 'il':
        return this.braced();
      case 'dc':
      case 'sc':
      case 'cc':
      case 'rc': {
        const name = { dc: 'dynamic', sc: 'static', cc: 'const', rc: 'reinterpret' }[code];
        return { kind: 'sequence', parts: [`${name}_cast<`, this.type(), '>(', this.expression(), ')'] };
      }
      case 'dt':
      case 'pt': {
        const left = this.operand();
        return { kind: 'sequence', parts: [left, code === 'dt' ? '.' : '->', this.expressionName()] };
      }
      default:
        return this.operation(code);
    }
  }

  protected operation(code: string): CppNode {
    const operator = operators[code];
    if (operator?.[1] === 1) {
      const isPostfix = (code === 'pp' || code === 'mm') && !this.take('_');
      const inner = withoutSignature(this.operand());
      return { kind: 'sequence', parts: isPostfix ? [inner, operator[0]] : [operator[0], inner] };
    }
    if (operator?.[1] === 2) {
      const left = this.operand();
      if (code === 'ix') return { kind: 'sequence', parts: [left, '[', this.expression(), ']'] };
      const parts = [left, operator[0], this.operand()];
      return { kind: 'sequence', parts: code === 'gt' ? ['(', ...parts, ')'] : parts };
    }
    if (operator?.[1] === 3) {
      const parts = [this.operand(), '?', this.operand(), ' : ', this.operand()];
      return { kind: 'sequence', parts };
    }
    this.at -= 2;
    return this.fail();
  }

  protected operand(): CppNode {
    const node = this.expression();
    const isSimple =
      node.kind === 'qualified' ||
      (node.kind === 'text' && /^[{A-Za-z_]/.test(node.text) && !/^(true|false)$/.test(node.text));
    return isSimple ? node : { kind: 'list', open: '(', items: [node], close: ')' };
  }

  /** Clang closes a list of scopes by E, GCC writes one type. */
  protected scopedName(): CppNode {
    const { at, depth } = this;
    const known = this.substitutions.length;
    if (/\d/.test(this.peek())) {
      try {
        return this.withinScopes(this.simpleName());
      } catch (error) {
        if (!(error instanceof DemangleError)) throw error;
        this.at = at;
        this.depth = depth;
        this.substitutions.length = known;
      }
    }
    if (this.take('N')) return this.withinScopes(this.type());
    return qualify(this.type(), this.expressionName());
  }

  protected withinScopes(first: CppNode): CppNode {
    let scope = first;
    while (!this.take('E')) scope = qualify(scope, this.simpleName());
    return qualify(scope, this.expressionName());
  }

  protected simpleName(): CppNode {
    const name = textNode(this.sourceName());
    return this.peek() === 'I' ? { kind: 'template', name, args: this.arguments(false) } : name;
  }

  protected braced(): CppNode {
    return { kind: 'list', open: '{', items: this.until('E', () => this.expression()), close: '}' };
  }

  protected functionParam(code: string): CppNode {
    if (code === 'fp' && this.take('T')) return textNode('this');
    if (code === 'fL') {
      this.number();
      this.expect('p');
    }
    this.cvQualifiers();
    return textNode(`{parm#${this.sequenceNumber(10) + 1}}`);
  }

  protected call(): CppNode {
    const name = withoutSignature(this.operand());
    return {
      kind: 'sequence',
      parts: [name, { kind: 'list', open: '(', items: this.until('E', () => this.expression()), close: ')' }],
    };
  }

  protected conversion(): CppNode {
    const type = this.type();
    const items = this.take('_') ? this.until('E', () => this.expression()) : [this.expression()];
    return { kind: 'sequence', parts: ['(', type, ')', { kind: 'list', open: '(', items, close: ')' }] };
  }

  protected expressionName(): CppNode {
    this.take('on');
    const name = /\d/.test(this.peek()) ? textNode(this.sourceName()) : this.operatorName(undefined);
    return this.peek() === 'I' ? { kind: 'template', name, args: this.arguments(false) } : name;
  }
}

/** A template's arguments belong to the whole name. */
function qualify(scope: CppNode, name: CppNode): CppNode {
  if (name.kind === 'template')
    return { kind: 'template', name: { kind: 'qualified', scope, name: name.name }, args: name.args };
  return { kind: 'qualified', scope, name };
}

/** A function as an operand is its name alone. */
function withoutSignature(operand: CppNode): CppNode {
  const only = operand.kind === 'list' ? operand.items[0] : undefined;
  return only?.kind === 'encoding' ? only.name : operand;
}
