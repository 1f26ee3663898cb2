/** Tools that are there for each kind of file system, by the kind. */
import { findTool, listTools, readTool } from './catalogue.ts';

/** The script of `ext4dist` for 'ext4' and 'dist', to which the kind is an option. Throws RangeError where there is none. */
export function fileSystemScript(kind: string, suffix: 'dist' | 'slower'): string {
  const tool = findTool(kind + suffix);
  if (tool?.kind !== 'bt') {
    const kinds = listTools().flatMap(({ name, kind: form }) =>
      form === 'bt' && name.endsWith(suffix) && name !== `file${suffix}` ? [name.slice(0, -suffix.length)] : [],
    );
    const known = kinds.filter((one) => findTool(`${one}dist`) !== undefined && findTool(`${one}slower`) !== undefined);
    throw new RangeError(`no file system '${kind}': there are ${known.join(', ')}`);
  }
  return `${readTool(tool)}\nbegin\n{\n  _ = getopt("type", "");\n}\n`;
}
