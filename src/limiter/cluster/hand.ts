/** Tokens of one key that a worker holds in hand, and what they look like to the requests that get them. */
import type { LimitDemand, LimitReading, LimitReadings } from '../limit-store.ts';

export interface Hand {
  /** Place in the book. */
  readonly key: string;
  /** The key it is for, at no cost: what fillings ask for, so that one which finds nothing starts no block. */
  readonly demand: LimitDemand;
  readonly tokensMax: number;
  /** How long a filling lives. */
  readonly lifeMs: number;
  tokens: number;
  /** Tokens of a filling under way; 0: none is. */
  asked: number;
  /** Size it is filled to. */
  target: number;
  /** Number of the last filling asked for. */
  filling: number;
  askedMs: number;
  expiresMs: number;
  /** As the store said, all tokens of the hand counted as used. */
  used: number;
  remaining: number;
  resetsMs: number;
  /** Until then it is believed that the store does not have `dryCost` tokens; the store foretold `foretoldMs`. */
  dryMs: number;
  foretoldMs: number;
  dryCost: number;
}

/** What a name, a rate and a purpose make of a key. */
export function handKey(demand: LimitDemand): string {
  return `${demand.policy.name}\n${String.fromCharCode(demand.rate * 2 + (demand.shadow ? 1 : 0))}${demand.key}`;
}

export function emptyHand(
  key: string,
  demand: LimitDemand,
  tokensMax: number,
  lifeMs: number,
  now: number,
): Hand {
  return {
    key,
    // A key cut out of a request head would keep the whole head in memory; cut out of the place, it keeps the place.
    demand: { ...demand, key: key.slice(key.length - demand.key.length), cost: 0 },
    tokensMax,
    lifeMs,
    tokens: 0,
    asked: 0,
    target: 1,
    filling: 0,
    askedMs: now,
    expiresMs: now + lifeMs,
    used: 0,
    remaining: 0,
    resetsMs: now,
    dryMs: now,
    foretoldMs: now,
    dryCost: 1,
  };
}

/** Neither tokens nor an answer are left in it. */
export function isStale(hand: Hand, now: number): boolean {
  return now >= hand.expiresMs && now >= hand.dryMs;
}

/** Remembers that the store does not have `cost` tokens now. */
export function noteDry(hand: Hand, cost: number, retryAfterMs: number, now: number): void {
  hand.dryCost = cost;
  hand.foretoldMs = now + retryAfterMs;
  hand.dryMs = now + Math.min(retryAfterMs, hand.lifeMs);
}

/** How a store says that a key stands. */
export interface Standing {
  readonly used: number;
  readonly remaining: number;
  readonly resetMs: number;
}

/** Remembers how the store said the key stands when it was asked: counting from then, no window seems longer than it is. */
export function noteStanding(hand: Hand, standing: Standing, askedMs: number): void {
  hand.used = standing.used;
  hand.remaining = standing.remaining;
  hand.resetsMs = askedMs + standing.resetMs;
}

/** A reading whose tokens came out of a hand, and the filling they belong to. */
export class HandReading implements LimitReading {
  readonly demand: LimitDemand;
  readonly granted = true;
  readonly used: number;
  readonly remaining: number;
  readonly retryAfterMs = 0;
  readonly resetMs: number;
  readonly source = 'lease';
  readonly hand: Hand;
  readonly filling: number;
  readonly resetsMs: number;

  constructor(demand: LimitDemand, hand: Hand, now: number) {
    this.demand = demand;
    this.used = Math.max(demand.cost, hand.used - hand.tokens);
    this.remaining = hand.remaining + hand.tokens;
    this.resetMs = Math.max(0, hand.resetsMs - now);
    this.hand = hand;
    this.filling = hand.filling;
    this.resetsMs = hand.resetsMs;
  }
}

/** Tokens the store granted to a hand, as a reading of their own; without them they would be back at `resetsMs`. */
export function tokensOf(hand: Hand, tokens: number, resetsMs: number, now: number): LimitReading {
  return {
    demand: { ...hand.demand, cost: tokens },
    granted: true,
    used: hand.used,
    remaining: hand.remaining,
    retryAfterMs: 0,
    resetMs: Math.max(0, resetsMs - now),
    source: 'redis',
  };
}

/** Tokens to give back, if there are any: those that are back by themselves are nothing any more. */
export function tokensLeft(hand: Hand, tokens: number, resetsMs: number, now: number): LimitReadings {
  return tokens === 0 || now >= resetsMs ? [] : [tokensOf(hand, tokens, resetsMs, now)];
}

/** The end of tokens asked for at `askedMs`: soon, and with their window. */
export function endOf(hand: Hand): number {
  const ends = hand.askedMs + hand.lifeMs;
  return isWindowed(hand) ? Math.min(ends, hand.resetsMs) : ends;
}

function isWindowed(hand: Hand): boolean {
  return hand.demand.policy.algorithm === 'fixed_window';
}

/** The refusal that follows from what the store said last. */
export function dryReading(demand: LimitDemand, hand: Hand, now: number): LimitReading {
  return {
    demand,
    granted: false,
    used: hand.used - hand.tokens,
    remaining: hand.remaining + hand.tokens,
    retryAfterMs: Math.max(1, Math.ceil(hand.foretoldMs - now)),
    resetMs: Math.max(0, hand.resetsMs - now),
    source: 'lease',
  };
}
