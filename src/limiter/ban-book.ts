/** The port through which bans are asked for and set: the copy of the shared ban list that a worker looks into. */

export interface Ban {
  /** What kind of key it is: the banned field or pipe as written (`client.ip`), or `flood.NAME`. */
  readonly kind: string;
  /** The banned value, latin1. */
  readonly key: string;
  /** Wall time in milliseconds since the epoch at which it ends. */
  readonly untilMs: number;
  /** The rule that set it, or `operator`. */
  readonly by: string;
  /** What the operator who set it wrote, if anything. */
  readonly reason?: string | undefined;
}

/** Synchronous: a look-up never waits. A ban set here holds at once in this worker and soon in all others. */
export interface BanBook {
  /** True while no ban is in force at all: the gates need not even compute keys. */
  readonly empty: boolean;
  /** The ban in force, or undefined. */
  find(kind: string, key: string): Ban | undefined;
  /** Operators said that no ban may touch this key: `add` does nothing then. */
  exempts(kind: string, key: string): boolean;
  /** A longer ban replaces a shorter one, never the other way round. */
  add(kind: string, key: string, forMs: number, by: string): void;
}
