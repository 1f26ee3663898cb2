import type { Frame } from '../spec/index.ts';

/** An address that is part of a stack. */
export interface StackPlace {
  /** What is called here returns to this address: it belongs to the instruction before. */
  readonly isReturn: boolean;
  /** Build id and offset of the file are asked for. */
  readonly withBuildId: boolean;
}

/** What printing must ask the world: symbols, stacks, users, clocks. The kernel's or a simulated one. */
export interface ValueResolver {
  /** Frames at an address of kernel code: the calls inlined there and the function that holds them. Never empty. */
  kernelFrames(address: bigint, stack?: StackPlace): readonly Frame[];
  /** The same for a process; `pid` is its thread group id. Without `stack` the function alone. */
  userFrames(pid: number, address: bigint, stack?: StackPlace): readonly Frame[];
  /** What was left out of frames so far, though it is there: a sentence for each reason. */
  omissions?(): readonly string[];
  /** Addresses of a stored stack, innermost first. Undefined: the map holds no such id (any more). */
  stackAddresses(map: string, id: number): readonly bigint[] | undefined;
  /** Undefined: no such user. */
  userName(uid: number): string | undefined;
  /**
   * `unified:/system.slice/x` of a cgroup, for each hierarchy that the pattern matches, joined by commas; undefined: no
   * such group.
   */
  cgroupPath(id: bigint, filter: string): string | undefined;
  /** Nanoseconds to add to CLOCK_BOOTTIME to get time since the Unix epoch. */
  bootTimeOffsetNs(): bigint;
  /** Local time zone at a moment (seconds since the Unix epoch). */
  timeZone(unixSeconds: number): TimeZone;
}

export interface TimeZone {
  /** Minutes east of UTC. */
  readonly offsetMinutes: number;
  /** Abbreviation, such as `CET`. */
  readonly name: string;
}

export interface FormatOptions {
  readonly resolver: ValueResolver;
  /** Stands after a string that did not fit its buffer. */
  readonly truncationTrailer: string;
  /** The sink is a terminal: control bytes of data are escaped. */
  readonly terminal: boolean;
  /** Digits behind the point of averages; without it they are integers, rounded toward zero. */
  readonly averageDigits?: number;
  /** Stats as `count 3, average 2, total 6`. */
  readonly oldStats?: boolean;
  /** Maps with keys in JSON as a list of pairs, whose keys keep their structure. */
  readonly structuredKeys?: boolean;
  /** Told when a stack was not stored; `errno` is positive (17: the map's slot was taken by another stack). */
  readonly onMissingStack?: (errno: number) => void;
}
