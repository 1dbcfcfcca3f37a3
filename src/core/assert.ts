/** Assertions mark our own mistakes: they throw `AssertionFailure`, which the evaluation boundary turns into `on engine_error`. */

export class AssertionFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AssertionFailure';
  }
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}

/** For the `default` of an exhaustive switch: does not type-check while a case is missing. */
export function unreachable(value: never, what = 'value'): never {
  throw new AssertionFailure(`unexpected ${what}: ${JSON.stringify(value)}`);
}
