/**
 * The error classes of Sonde. A wrong script is never thrown: it is returned as `Diagnostic[]`.
 * What is thrown: the world refuses (SystemError, VerifierError, UnsupportedFeatureError),
 * bytes from outside are malformed (FormatError), or we are wrong (BugError).
 */
export class SondeError extends Error {
  /** One sentence that says what the user can do about it, if anything. */
  readonly advice: string | undefined;
  constructor(message: string, options: { cause?: unknown; advice?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.advice = options.advice;
  }
}

/** A system call failed. `call` names it, with its command where it has one: `bpf(MAP_CREATE)`. */
export class SystemError extends SondeError {
  readonly call: string;
  /** Positive errno value. */
  readonly errno: number;
  constructor(call: string, errno: number, message: string, options: { cause?: unknown; advice?: string } = {}) {
    super(message, options);
    this.call = call;
    this.errno = errno;
  }
}

/** The kernel's verifier refused a program. `message` is the short form, `log` the whole text. */
export class VerifierError extends SondeError {
  readonly program: string;
  readonly errno: number;
  readonly log: string;
  /** Index of the refused instruction, where the log tells it. */
  readonly instruction: number | undefined;
  constructor(
    program: string,
    errno: number,
    message: string,
    log: string,
    options: { cause?: unknown; advice?: string; instruction?: number } = {},
  ) {
    super(message, options);
    this.program = program;
    this.errno = errno;
    this.log = log;
    this.instruction = options.instruction;
  }
}

/** This kernel lacks something. `minimumKernel` is the release that brought it, such as `5.15`. */
export class UnsupportedFeatureError extends SondeError {
  readonly feature: string;
  readonly minimumKernel: string | undefined;
  constructor(
    feature: string,
    message: string,
    options: { cause?: unknown; advice?: string; minimumKernel?: string } = {},
  ) {
    super(message, options);
    this.feature = feature;
    this.minimumKernel = options.minimumKernel;
  }
}

/** Bytes or text from outside are not what they claim to be. `offset` is in bytes from their start. */
export class FormatError extends SondeError {
  readonly what: string;
  readonly offset: number;
  constructor(what: string, offset: number, message: string, options: { cause?: unknown } = {}) {
    super(`${what}: ${message} (at offset ${offset})`, options);
    this.what = what;
    this.offset = offset;
  }
}

/** A mistake of ours: an invariant does not hold. */
export class BugError extends SondeError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, {
      ...options,
      advice: 'This is a bug in Sonde: please report it with the script and `sonde --version`.',
    });
  }
}
