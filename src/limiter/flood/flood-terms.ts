/** A flood policy with its numbers worked out once, in the units of the records: slots and requests per period. */
import type { HashSecret, KeyHash } from '../key-hash.ts';
import type { FloodPolicy } from '../flood-gauge.ts';

/** Slots in one period of the floor; a power of two. The rate is seen with a granularity of one slot. */
export const SLOTS = 8;

export interface FloodTerms {
  readonly policy: FloodPolicy;
  /** Keys of this flood are hashed under it, so that floods never share a record. */
  readonly secret: HashSecret;
  /** The rest is hashed under this one, so that no key can name it. */
  readonly restSecret: HashSecret;
  readonly slotMs: number;
  /** Weight of one slot in the moving average: 1 - e^(-slotMs / baselineMs). */
  readonly learning: number;
  /** Exponent of the average's decay per idle slot. */
  readonly decay: number;
  /** A key stays active for this many slots after the last in which it was not low. */
  readonly releaseSlots: number;
  /** By stage: what is added to `releaseSlots` once it is reached, the time of a `block` beyond the flood. */
  readonly holdSlots: readonly number[];
  /** `floor * releaseTimes / tripTimes`: what is low for a key without a baseline. */
  readonly lowFloor: number;
}

/**
 * The period is part of what names a flood's records, since their slots last that long: after a reload that changes it,
 * keys start anew. All else may change under a record, and its baseline stays.
 */
export function termsOf(policy: FloodPolicy, secret: HashSecret, hash: KeyHash): FloodTerms {
  const slotMs = policy.floor.periodMs / SLOTS;
  const decay = slotMs / Math.max(slotMs, policy.baselineMs);
  hash.update(`${policy.name}\0${policy.floor.periodMs}`, secret);
  const own = { low: hash.low, high: hash.high };
  return {
    policy,
    secret: own,
    restSecret: { low: ~own.low, high: own.high },
    slotMs,
    learning: -Math.expm1(-decay),
    decay,
    releaseSlots: Math.ceil(policy.releaseMs / slotMs),
    holdSlots: policy.stages.map((stage) => (stage.kind === 'block' ? Math.ceil(stage.forMs / slotMs) : 0)),
    lowFloor: (policy.floor.count * policy.releaseTimes) / policy.tripTimes,
  };
}

/** Number of the last stage that begins no later than `activeMs` after the trip. */
export function stageAt(policy: FloodPolicy, activeMs: number): number {
  let reached = 0;
  while (reached + 1 < policy.stages.length && policy.stages[reached + 1].afterMs <= activeMs) reached++;
  return reached;
}
