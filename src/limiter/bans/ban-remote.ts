/** The port of the ban list that all replicas of a service share. It can be gone: `BanSync` decides what to do then. */
import type { BanChange } from './ban-change.ts';

/** How far a copy has read. */
export interface BanCursor {
  /** Which life of the shared list; '' before the first exchange. A list that was lost and began anew has another. */
  readonly life: string;
  /** Number of the last change read. */
  readonly version: number;
}

export interface BanExchangeReply {
  readonly cursor: BanCursor;
  /** What changed after the cursor asked for; everything, if the life is another. */
  readonly changes: readonly BanChange[];
  /** There is more to read at once. */
  readonly more: boolean;
  /** How many of the bans told found no room. */
  readonly displaced: number;
}

export interface BanRemote {
  /**
   * Tells and asks in one trip. Telling the same twice does no harm. Rejects with the reason it could not be done;
   * always settles, soon after the other side fell silent at the latest.
   * @param changes at most `BAN_BATCH_MAX` keys
   */
  exchange(changes: readonly BanChange[], since: BanCursor): Promise<BanExchangeReply>;
}
