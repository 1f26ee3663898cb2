/** The elements of a map one behind the other, in no order: what there is of a map with very many. */
export interface MapColumns {
  readonly count: number;
  readonly keys: Uint8Array;
  readonly keySizeBytes: number;
  /** Of a per-CPU map each value is those of all CPUs. */
  readonly values: Uint8Array;
  readonly valueSizeBytes: number;
}
