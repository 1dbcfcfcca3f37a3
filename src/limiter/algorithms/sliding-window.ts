/**
 * Sliding windows: in no stretch `[t, t + period)` are more than `count` tokens granted, and a record has constant size.
 *
 * Time is cut into slots of an eighth of the period. The tokens of one slot are a *run*: their number, and the time of the last
 * of them. A run is over one period after that time, so no token is forgotten early (the guarantee), all tokens of one burst
 * come back exactly one period later, and a token is kept for at most one slot too long, when later ones came in its slot.
 * Nine runs are enough: a period touches nine slots at most.
 *
 * A record is 18 words: nine times, oldest first, then the nine numbers of tokens; 0 tokens mark an unused run. Times are ticks
 * modulo 2^32; since a period has at most 2^30 of them, differences tell which is later. Callers forget a record whose last
 * run is over, so that no age ever reaches 2^31.
 */
const SLOTS = 8;
const RUNS = SLOTS + 1;
const PERIOD_TICKS_MAX = 2 ** 30;
const TOKENS_MAX = 2 ** 32 - 1;

/** Words of one record. */
export const SLIDING_WORDS = 2 * RUNS;

/** Milliseconds of a tick: one, for periods below twelve days. */
export function slidingTickMs(periodMs: number): number {
  return Math.max(1, Math.ceil(periodMs / PERIOD_TICKS_MAX));
}

/** Drops runs that are over and returns the tokens of the others. `nowTick` is rounded down. */
export function slidingUsed(words: Uint32Array, at: number, nowTick: number, periodTicks: number): number {
  const now = nowTick | 0;
  let kept = 0;
  let used = 0;
  for (let run = 0; run < RUNS; run++) {
    const tokens = words[at + RUNS + run]!;
    if (tokens === 0 || ((now - words[at + run]!) | 0) >= periodTicks) continue;
    if (kept !== run) {
      words[at + kept] = words[at + run]!;
      words[at + RUNS + kept] = tokens;
    }
    kept++;
    used += tokens;
  }
  for (let run = kept; run < RUNS; run++) words[at + RUNS + run] = 0;
  return used;
}

/** Adds tokens after `slidingUsed`. `spentTick` is rounded up, so that no token seems older than it is. */
export function slidingSpend(
  words: Uint32Array,
  at: number,
  spentTick: number,
  periodTicks: number,
  cost: number,
): void {
  let run = 0;
  while (run < RUNS && words[at + RUNS + run] !== 0) run++;
  if (run > 0) {
    const age = (spentTick - words[at + run - 1]!) | 0;
    // With no run left, which only times out of order can bring about, the last one takes the tokens and lasts longer.
    if (run === RUNS || isSameSlot(spentTick - age, spentTick, periodTicks)) {
      if (age > 0) words[at + run - 1] = spentTick;
      words[at + RUNS + run - 1] = Math.min(TOKENS_MAX, words[at + RUNS + run - 1]! + cost);
      return;
    }
  }
  words[at + run] = spentTick;
  words[at + RUNS + run] = Math.min(TOKENS_MAX, cost);
}

/** Time of the last token, in ticks modulo 2^32; undefined if there is none. */
export function slidingLastTick(words: Uint32Array, at: number): number | undefined {
  let last: number | undefined;
  for (let run = 0; run < RUNS; run++) if (words[at + RUNS + run] !== 0) last = words[at + run]!;
  return last;
}

/**
 * Gives back tokens spent at `spentTick`, after `slidingUsed`: from the run of their slot, which holds them. If there is none
 * they have come back by themselves, and later tokens are not given back in their stead: that would break the guarantee.
 */
export function slidingRefund(
  words: Uint32Array,
  at: number,
  spentTick: number,
  periodTicks: number,
  cost: number,
): void {
  for (let run = 0; run < RUNS; run++) {
    const later = (words[at + run]! - spentTick) | 0;
    if (later < 0 || !isSameSlot(spentTick, spentTick + later, periodTicks)) continue;
    words[at + RUNS + run] = Math.max(0, words[at + RUNS + run]! - cost);
    return;
  }
}

function isSameSlot(earlierTick: number, laterTick: number, periodTicks: number): boolean {
  return Math.floor((SLOTS * earlierTick) / periodTicks) >= Math.floor((SLOTS * laterTick) / periodTicks);
}

/** Ticks until `excess` of the tokens there are have come back, after `slidingUsed`. */
export function slidingWaitTicks(
  words: Uint32Array,
  at: number,
  nowTick: number,
  periodTicks: number,
  excess: number,
): number {
  let left = excess;
  for (let run = 0; run < RUNS && left > 0; run++) {
    left -= words[at + RUNS + run]!;
    if (left <= 0) return periodTicks - ((nowTick - words[at + run]!) | 0);
  }
  return 0;
}
