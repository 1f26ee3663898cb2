// programs: calls of kernel functions, with their arguments and results by name
//
// Two lines for each call of each FUNCTION: what it got (->), and what it returned (<-). Structures that arguments point to are not
// followed; trace and scripts of your own do that. It needs fentry and fexit.

export const words = 'FUNCTION...';

export const options = `
  getopt("pid", 0, "p: only in this process");
  getopt("comm", "", "n: only in processes of this name");
  getopt("entry-only", false, "e: no results");
`;

export function script(functions: readonly string[], given: ReadonlyMap<string, string | undefined>): string {
  const probes = functions.map((name) => {
    const [, bare] = /^(?:(?:p|k|fentry|kprobe):)?([A-Za-z_]\w*)$/.exec(name) ?? [];
    if (bare === undefined) throw new RangeError(`'${name}' is no name of a function`);
    const filter = '/wanted(getopt("pid", 0), pid) && wanted(getopt("comm", ""), comm)/';
    const line = (arrow: string): string =>
      `printf("%-16u %-3d %-7d %-16s ${arrow} ${bare} ", elapsed / 1000, cpu, pid, comm);`;
    return `
fentry:${bare}
${filter}
{
  ${line('->')}
  print(args);
}
${
  given.has('entry-only')
    ? ''
    : `
fexit:${bare}
${filter}
{
  ${line('<-')}
  print(retval);
}
`
}`;
  });
  return `
begin
{
  printf("%-16s %-3s %-7s %-16s %s\\n", "TIME(us)", "CPU", "PID", "COMM", "FUNCTION");
  _ = getopt("entry-only");
}
${probes.join('')}`;
}
