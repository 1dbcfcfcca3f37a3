/** What a flood meter tells of its floods: events when a key changes its state, and the list of active keys. */

/** A key that makes up much of a flood's requests. Its true share lies between `share - errorBound` and `share`. */
export interface HeavyHitter {
  /** Latin1, client-controlled, cut to `FLOOD_KEY_CHARS_MAX`. */
  readonly key: string;
  /** Part of the flood's requests of about the last two periods, 0 to 1. */
  readonly share: number;
  readonly errorBound: number;
}

/** How an active key stands. */
export interface ActiveFlood {
  readonly flood: string;
  /** Latin1, client-controlled, cut to `FLOOD_KEY_CHARS_MAX`; empty for the rest. */
  readonly key: string;
  /** Not one key, but all requests whose keys found no free place in the table. */
  readonly isRest: boolean;
  /** Requests per second over the last period. */
  readonly rate: number;
  /** Requests per second that are usual. */
  readonly baseline: number;
  readonly ratio: number;
  /** Number of the stage last announced. */
  readonly stage: number;
  readonly activeMs: number;
}

/**
 * - `tripped`: the key went over; `escalated`: it reached a later stage.
 * - `released`: it stayed low for long enough, or, with `isEvicted`, its place was needed while it was low.
 */
export interface FloodEvent extends ActiveFlood {
  readonly kind: 'tripped' | 'escalated' | 'released';
  readonly isEvicted: boolean;
  /** The heaviest keys of this flood over all threads, by what each surely has, heaviest first. */
  readonly top: readonly HeavyHitter[];
}
