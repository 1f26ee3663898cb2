/** One line of a symbolized stack, or one resolved address. What resolves makes it, what prints takes it. */
export interface Frame {
  /** The address that was asked about, in the address space of the kernel or of the process. */
  readonly address: bigint;
  /** Function name, demangled where asked. Absent: the address belongs to no known symbol. */
  readonly name?: string;
  /** Bytes from the start of the symbol. Absent for inlined frames. */
  readonly offset?: bigint;
  /** User: path of the mapped file (`[vdso]`, `//anon` … as the kernel calls them). Kernel: module name. */
  readonly module?: string;
  /** True for a call that the compiler inlined; it shares the address of the frame that holds it. */
  readonly inlined?: boolean;
  /** Source file and line, where debug information tells them. */
  readonly file?: string;
  readonly line?: number;
  /** Build id of the mapped file, lower-case hexadecimal, and the file offset that `address` is mapped from. */
  readonly buildId?: string;
  readonly fileOffset?: bigint;
}
