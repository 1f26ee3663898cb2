/** What `sonde TOOL --help` and `sonde tools` print. All of it comes from the tools' own texts. */
import { type Header, listTools, readHeader } from './catalogue.ts';
import { allOptions, type ToolOption } from './options.ts';

export function toolHelp(name: string, header: Header, own: readonly ToolOption[], words = ''): string {
  const placed = own.filter(({ place }) => place !== undefined).toSorted((a, b) => a.place! - b.place!);
  const places = placed.reduceRight((inner, option) => `[${valueName(option)}${inner && ` ${inner}`}]`, '');
  const usage = ['sonde', name, '[options]', places, words].filter((part) => part !== '').join(' ');
  const options = allOptions(own).map((option) => [optionForms(option), option.help] as const);
  const width = Math.max(...options.map(([forms]) => forms.length)) + 2;
  const lines = options.map(([forms, help]) => `    ${forms.padEnd(width)}${help}`);
  const sentence = header.line[0]!.toUpperCase() + header.line.slice(1);
  const more = header.more === '' ? '' : `\n${header.more}\n`;
  return `USAGE:\n    ${usage}\n\n${sentence}.\n${more}\nOPTIONS:\n${lines.join('\n')}\n`;
}

function optionForms(option: ToolOption): string {
  const value = option.kind === 'flag' ? '' : ` ${valueName(option)}`;
  return option.letter === undefined ? `    --${option.name}${value}` : `-${option.letter}, --${option.name}${value}`;
}

const valueName = ({ name }: ToolOption): string =>
  name === 'duration' || name === 'interval' ? 'S' : name.toUpperCase().replaceAll('-', '_');

/** One line each, by area. */
export function toolList(): string {
  const tools = listTools().map((tool) => ({ name: tool.name, ...readHeader(tool) }));
  const width = Math.max(...tools.map(({ name }) => name.length)) + 2;
  const areas = Map.groupBy(tools, ({ area }) => area);
  const parts = [...areas.keys()].toSorted().map((area) => {
    const lines = areas.get(area)!.map(({ name, line }) => `    ${name.padEnd(width)}${line}`);
    return `${area.toUpperCase()}:\n${lines.join('\n')}\n`;
  });
  return `${parts.join('\n')}\nsonde TOOL --help says more, sonde tools show TOOL prints its script.\n`;
}
