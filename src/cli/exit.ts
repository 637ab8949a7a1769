/** How the process ends; 0 is done. */
export const EXIT = {
  /** The ledger refused, or an audit found a divergence. */
  refused: 1,
  /** The line itself was wrong: an unknown command or option, a missing argument. */
  usage: 2,
  /** A fault of the program (EX_SOFTWARE of sysexits.h): not 1, so that no script takes it for a refusal. */
  fault: 70,
  /** To this an interrupt adds the signal's number, as a shell does. */
  signal: 128,
} as const
