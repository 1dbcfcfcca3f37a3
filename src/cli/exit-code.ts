/** What the commands answer to their caller, as test runners and linters do. */
export const EXIT = Object.freeze({
  OK: 0,
  /** The work was done and found something wrong: diagnostics, failing examples, unformatted files. */
  FOUND: 1,
  /** The work could not be done: wrong usage or configuration. */
  USAGE: 2,
});

export type ExitCode = number;
