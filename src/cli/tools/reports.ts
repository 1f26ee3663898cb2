/** Statements of a tool that are its report: after each interval that its option asks for, then from zero, and at the end. */
export function reports(show: string, { atEnd }: { readonly atEnd: string }): string {
  return `
interval:s:1
/comptime (getopt("interval", 0) > 0)/
{
  @seconds++;
  if (@seconds % getopt("interval", 0) == 0) {
    time("%H:%M:%S\\n");
    ${show}
  }
}

end
{
  ${atEnd}
  clear(@seconds);
}
`;
}
