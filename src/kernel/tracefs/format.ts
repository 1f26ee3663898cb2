import { FormatError } from '../../base/index.ts';

/** One field of a tracepoint's record. */
export interface TracepointField {
  /** C type as written, without the name: `const char *`, `char[16]`, `__data_loc char[]`. */
  readonly type: string;
  readonly name: string;
  /** Bytes from the start of the record. */
  readonly offset: number;
  readonly size: number;
  readonly signed: boolean;
  /** `offset` holds a u32 with place and length of the data: from the record's start, or (`relative`) from this field's end. */
  readonly dataLocation?: 'absolute' | 'relative';
  /** For `TYPE NAME[N]`: N as written, which may be a constant's name. Empty for `[]`. */
  readonly arrayLength?: string;
}

export interface TracepointFormat {
  readonly name: string;
  readonly id: number;
  /** In order of the file, `common_*` included. */
  readonly fields: readonly TracepointField[];
}

/** Reads the text of an `events/CATEGORY/EVENT/format` file. Throws FormatError. */
export function parseTracepointFormat(text: string): TracepointFormat {
  let name = '';
  let id = -1;
  const fields: TracepointField[] = [];
  let offset = 0;
  for (const line of text.split('\n')) {
    if (line.startsWith('name:')) name = line.slice(5).trim();
    else if (line.startsWith('ID:')) id = Number(line.slice(3));
    else if (line.startsWith('print fmt:')) break;
    else if (line.startsWith('\tfield')) fields.push(parseField(line, offset));
    offset += line.length + 1;
  }
  if (name === '' || !Number.isInteger(id) || id < 0) throw new FormatError('tracepoint format', 0, 'no name or no id');
  return { name, id, fields };
}

/** `\tfield:unsigned char flags;\toffset:2;\tsize:1;\tsigned:0;`. A custom field is spelt `field special:`. */
function parseField(line: string, lineOffset: number): TracepointField {
  const match = /^\tfield(?: special)?:(.*?);\s*offset:(\d{1,9});\s*size:(\d{1,9});(?:\s*signed:([01]);)?\s*$/.exec(
    line,
  );
  if (match === null) throw new FormatError('tracepoint format', lineOffset, `not a field: ${JSON.stringify(line)}`);
  const [, declaration, offset, size, signed] = match;
  return {
    ...parseDeclaration(declaration!, lineOffset),
    offset: Number(offset),
    size: Number(size),
    signed: signed === '1',
  };
}

/** Far more than any; the search for the name takes its square. */
const LONGEST_DECLARATION = 1024;

type Declaration = Pick<TracepointField, 'type' | 'name' | 'dataLocation' | 'arrayLength'>;

function parseDeclaration(declaration: string, lineOffset: number): Declaration {
  const text = declaration.trim();
  if (text.length > LONGEST_DECLARATION)
    throw new FormatError('tracepoint format', lineOffset, 'a field of endless name');
  const location = /^__(data|rel)_loc\s/.exec(text);
  // The name is the last identifier that is not inside of brackets; a bit-field's width may follow.
  const match = /^(.*?)([A-Za-z_]\w*)\s*((?:\[[^\]]*\])*)\s*(?::\s*\d+)?$/.exec(text);
  if (match === null)
    throw new FormatError('tracepoint format', lineOffset, `not a declaration: ${JSON.stringify(text)}`);
  const [, before, name, brackets] = match;
  const type = before!.trim() + brackets!;
  const array = location === null ? /\[([^\]]*)\]/.exec(type) : null;
  return {
    type,
    name: name!,
    ...(location === null
      ? {}
      : { dataLocation: location[1] === 'data' ? ('absolute' as const) : ('relative' as const) }),
    ...(array === null ? {} : { arrayLength: array[1]!.trim() }),
  };
}
