export { Kallsyms, kallsyms, type KernelSymbol } from './kallsyms.ts';
