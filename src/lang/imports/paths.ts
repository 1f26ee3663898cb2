/** Paths as text: the compiler has no file system of its own. */

/** `path` as written in the file `from`, which has no folder if it is standard input. */
export function beside(from: string, path: string): string {
  const end = from.lastIndexOf('/');
  return path.startsWith('/') || end < 0 ? path : from.slice(0, end + 1) + path;
}

export function within(folder: string, name: string): string {
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}

/** `.bt`, with the dot; empty: none. */
export function extensionOf(path: string): string {
  return /[^/](\.[^./]+)$/.exec(path)?.[1] ?? '';
}
