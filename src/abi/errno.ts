import { Errno as UserErrno, errnoRows } from './generated/errno.ts';

/** Error numbers by name; ENOTSUPP is the kernel's own, which bpf(2) lets out. */
export const Errno = { ...UserErrno, ENOTSUPP: 524 } as const;

const names = new Map<number, string>(errnoRows.map(([number, name]) => [number, name]));
names.set(Errno.ENOTSUPP, 'ENOTSUPP');
const texts = new Map<number, string>(errnoRows.map(([number, , text]) => [number, text]));

/** `ENOENT` for 2 or -2; undefined for an unknown number. */
export function errnoName(errno: number): string | undefined {
  return names.get(Math.abs(errno));
}

/** The GNU C library's text of an error number; its sign is ignored. 0 is `Success`, an unknown one `Unknown error N`. */
export function strerror(errno: number): string {
  const number = Math.abs(errno);
  return number === 0 ? 'Success' : (texts.get(number) ?? `Unknown error ${number}`);
}

/** Every known error number and its text, ascending. Without 0. */
export function allErrnos(): IterableIterator<[number: number, text: string]> {
  return texts.entries();
}
