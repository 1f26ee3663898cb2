/** The forms of rules for finding a caller's frame on x86-64, by the numbers that tables of them hold: ours, no one else's. */

/** How the frame's address (CFA, the caller's rsp) is found. */
export const FrameRule = {
  /** The outermost frame: nothing called it. */
  End: 0,
  /** rsp + offset */
  Rsp: 1,
  /** rbp + offset */
  Rbp: 2,
  /** The word at rbp + offset: functions that align their stack. */
  AtRbp: 3,
  /** An entry of the procedure linkage table: rsp + 8, and 8 more once its `push` is done, at offset `offset` of 16. */
  Plt: 4,
  /** Where the kernel put the registers that a signal interrupted. */
  Signal: 5,
  /** Not known: rbp may lead on. */
  Unknown: 6,
} as const;

/** Where the caller's rbp is. */
export const RbpRule = {
  /** Unchanged. */
  Same: 0,
  /** At CFA + 8 * offset. */
  Saved: 1,
  /** At the frame's own rbp. */
  AtRbp: 2,
} as const;
