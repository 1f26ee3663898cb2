import type { Target } from '../../target.ts';
import { globMatcher } from '../glob.ts';
import type { ListOptions } from '../provider.ts';
import { ownFields } from './record-fields.ts';

/** A single part may be meant for the category or for the event. */
export function listTracepoints(
  components: readonly string[],
  target: Target,
  options: ListOptions,
): { lines: readonly string[]; notes: readonly string[] } {
  const [first = '*', second, ...more] = components;
  if (more.length > 0) return { lines: [], notes: [] };
  const isFirst = globMatcher(first === '' ? '*' : first);
  const isSecond = second === undefined ? undefined : globMatcher(second);
  const names = target.tracepoints(/^\w+$/.test(first) && isSecond !== undefined ? first : undefined);
  if ('error' in names) return { lines: [], notes: [`Tracepoints can't be listed: ${names.error}`] };
  const lines: string[] = [];
  for (const name of names) {
    const colon = name.indexOf(':');
    const category = name.slice(0, colon);
    const event = name.slice(colon + 1);
    const matches = isSecond === undefined ? isFirst(category) || isFirst(event) : isFirst(category) && isSecond(event);
    if (!matches) continue;
    lines.push(`tracepoint:${name}`);
    if (options.verbose) lines.push(...argumentLines(category, event, target));
  }
  return { lines, notes: [] };
}

function argumentLines(category: string, event: string, target: Target): readonly string[] {
  const format = target.tracepointFormat(category, event);
  return format === undefined ? [] : ownFields(format).map((field) => `    ${declare(field.type, field.name)}`);
}

/** As in the format file: brackets stand after the name, but for located data. */
function declare(type: string, name: string): string {
  const brackets = type.startsWith('__') && type.includes('_loc ') ? -1 : type.indexOf('[');
  return brackets < 0 ? `${type} ${name}` : `${type.slice(0, brackets)} ${name}${type.slice(brackets)}`;
}
