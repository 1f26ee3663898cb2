import { scanToken } from '../syntax/index.ts';

const WIDTH = 100;
const CONTINUATION = '    ';

/**
 * A statement's text. Where it is too long for a line it goes on in the next, after a comma or before a logical
 * operator that stands in no bracket or in the outermost. What has lines of its own already (blocks) stays as it is.
 */
export function layOut(before: string, text: string, after: string, indentation: string): string {
  const whole = before + text + after;
  if (indentation.length + whole.length <= WIDTH || whole.includes('\n')) return whole;
  const lines: string[] = [];
  let line = '';
  for (const piece of pieces(whole)) {
    const width = indentation.length + (lines.length === 0 ? 0 : CONTINUATION.length) + line.length;
    if (line !== '' && width + piece.trimEnd().length > WIDTH) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += piece;
  }
  return [...lines, line].join(`\n${indentation}${CONTINUATION}`);
}

/** Each ends where a line may end, with the blank that stands there. */
function pieces(text: string): string[] {
  const found: string[] = [];
  let level = 0;
  let start = 0;
  for (let token = scanToken(text, 0); token.kind !== 'end'; token = scanToken(text, token.end)) {
    if ('([{'.includes(token.text)) level++;
    if (')]}'.includes(token.text)) level--;
    if (level > 1 || (token.text !== ',' && token.text !== '&&' && token.text !== '||')) continue;
    const end = token.text === ',' ? token.end + 1 : token.start;
    if (text[end - 1] !== ' ') continue;
    found.push(text.slice(start, end));
    start = end;
  }
  return [...found, text.slice(start)];
}
