/** One program at several attach points: how it knows at which it is. */
import type { ProbeContext } from '../checked/index.ts';
import type { PlannedPoint } from '../../spec/index.ts';

/** Points get their index as a cookie, and `probe` is looked up by it. */
export function nameByCookie(points: readonly PlannedPoint[]): {
  readonly points: readonly PlannedPoint[];
  readonly probeName: ProbeContext['probeName'];
} {
  if (points.length === 1) return { points, probeName: { kind: 'fixed', name: points[0]!.name } };
  return {
    points: points.map((point, index) => ({ ...point, cookie: BigInt(index) })),
    probeName: {
      kind: 'symbolic',
      access: { kind: 'cookie' },
      names: new Map(points.map((point, index) => [BigInt(index), point.name])),
    },
  };
}

/** Points of which several may have one name: each gets its name's index in `names`. Bodies that don't ask give none. */
export function nameFromList(
  points: readonly PlannedPoint[],
  names: readonly string[],
): {
  readonly points: readonly PlannedPoint[];
  readonly probeName: ProbeContext['probeName'];
} {
  if (names.length === 0) return nameByFirst(points);
  return {
    points: points.map((point) => ({ ...point, cookie: BigInt(names.indexOf(point.name)) })),
    probeName: {
      kind: 'symbolic',
      access: { kind: 'cookie' },
      names: new Map(names.map((name, index) => [BigInt(index), name])),
    },
  };
}

/** For bodies that don't ask: the first name stands for all. */
export function nameByFirst(points: readonly PlannedPoint[]): {
  readonly points: readonly PlannedPoint[];
  readonly probeName: ProbeContext['probeName'];
} {
  return { points, probeName: { kind: 'fixed', name: points[0]!.name } };
}

/**
 * Groups of points that one program each can serve: all, or each alone where `probe` is asked for and cookies are not
 * to be had, which takes a trial to know.
 */
export function shareProgram<T>(
  points: readonly T[],
  usesName: boolean,
  haveCookies: () => boolean,
): readonly (readonly T[])[] {
  if (points.length === 0) return [];
  return usesName && points.length > 1 && !haveCookies() ? points.map((point) => [point]) : [points];
}
