export interface FrameState {
  readonly frame: number;
  /** Bytes, signed. */
  readonly offset: number;
  readonly rbp: number;
  /** Words from the CFA, signed. */
  readonly rbpOffset: number;
}

/** One range of addresses of a function and its rules, as the section lists them. */
export interface UnwindRow extends FrameState {
  readonly address: bigint;
}
