/**
 * Tokens taken ahead, per worker and key, so that a busy key costs no trip per request.
 *
 * - A key's first request goes to the store. One that comes again within the life of a lease gets a *hand*, filled in the
 *   background: 2 tokens, doubled while a filling is used up in less than half of its life, up to `leaseTokensMax`.
 *   Half empty, it is filled again; requests never wait for that, and go to the store when the hand is empty.
 * - The invariant behind the published bound (`leaseBound`): tokens in hand, tokens asked for, and tokens out with requests
 *   that could still bring them back to the hand are together never more than `leaseTokensMax`. So a refunded token
 *   returns to the hand only until the next filling is asked for; later it goes back to the store.
 * - Tokens left when a hand expires are given back, not lost: a client that pauses for a second would otherwise pay for
 *   each pause, and be refused below its limit. Evicted ones are lost: a flood of keys never gives.
 * - "None left" is remembered for at most a lease's life (refunds elsewhere may bring tokens sooner than the store
 *   foretold): a client over its limit costs each worker a trip a second.
 * - Tokens in the hands of other workers are missing to this one, so a key may be refused that many below its limit. Where a
 *   refusal starts a block that would be harsh: limits with a block are never leased.
 */
import type { Clock } from '../../core/clock.ts';
import { LEASE_KEY_CHARS_MAX, LEASE_MS_MAX, LEASE_RETURN_BATCH_MAX, LEASES_MAX } from '../../core/limits.ts';
import type { LimitDemand, LimitReading, LimitReadings } from '../limit-store.ts';
import type { TokenLease } from '../remote-store.ts';
import type { ClusterFigures } from './cluster-figures.ts';
import type { Hand } from './hand.ts';
import {
  dryReading,
  emptyHand,
  HandReading,
  handKey,
  isStale,
  noteDry,
  noteStanding,
  endOf,
  tokensLeft,
  tokensOf,
} from './hand.ts';
import { leaseTokensMax } from './bounds.ts';
import type { RemoteGate } from './remote-gate.ts';
import type { TimerHandle, Timers } from './timers.ts';

/** The memory that stands in for the store, as far as tokens taken ahead concern it. */
export interface TokenMirror {
  mirror(readings: LimitReadings): void;
  refund(readings: LimitReadings): void;
}

export interface LeaseBookParts {
  readonly gate: RemoteGate;
  readonly mirror: TokenMirror;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly figures: ClusterFigures;
}

export class LeaseBook {
  readonly #parts: LeaseBookParts;
  readonly #figures: ClusterFigures;
  /** Oldest filling first. */
  readonly #hands = new Map<string, Hand>();
  #sweepTimer: TimerHandle | undefined;

  constructor(parts: LeaseBookParts) {
    this.#parts = parts;
    this.#figures = parts.figures;
  }

  /** Tokens out of the hand, a refusal out of what the store said last, or undefined: the store must be asked. */
  take(demand: LimitDemand): LimitReading | undefined {
    const hand = this.#hands.get(handKey(demand));
    if (hand === undefined) return undefined;
    const now = this.#parts.clock.monotonic();
    if (isStale(hand, now) || hand.demand.policy !== demand.policy) {
      this.#drop(hand);
      this.#giveBack(tokensLeft(hand, hand.tokens, hand.resetsMs, now));
      return undefined;
    }
    if (hand.tokens > 0 && hand.tokens >= demand.cost && now < hand.expiresMs) {
      hand.tokens -= demand.cost;
      this.#figures.leaseHits++;
      const reading = new HandReading(demand, hand, now);
      if (hand.tokens * 2 <= hand.target) this.#fill(hand, now);
      return reading;
    }
    if (now < hand.dryMs && demand.cost >= hand.dryCost) {
      this.#figures.leaseRefusals++;
      return dryReading(demand, hand, now);
    }
    return undefined;
  }

  /** Learns from what the store answered to a request: whether to lease, and that there is nothing to be had. */
  learn(reading: LimitReading): void {
    const { demand } = reading;
    const rate = demand.policy.rates[demand.rate];
    const tokensMax = rate === undefined ? 0 : leaseTokensMax(rate);
    if (rate === undefined || tokensMax === 0 || demand.policy.blockMs > 0) return;
    if (demand.key.length > LEASE_KEY_CHARS_MAX || demand.cost === 0) return;
    const now = this.#parts.clock.monotonic();
    const key = handKey(demand);
    const known = this.#hands.get(key);
    const hand = known ?? emptyHand(key, demand, tokensMax, Math.min(LEASE_MS_MAX, rate.periodMs), now);
    noteStanding(hand, reading, now);
    if (known === undefined) this.#keep(hand);
    if (reading.granted) {
      if (known !== undefined) this.#fill(hand, now);
    } else {
      noteDry(hand, demand.cost, reading.retryAfterMs, now);
    }
  }

  /** Takes back what `take` gave: into the hand while that keeps the bound, else into the store. */
  refund(reading: HandReading): void {
    const { hand, demand } = reading;
    const now = this.#parts.clock.monotonic();
    if (this.#holds(hand) && hand.filling === reading.filling && now < hand.expiresMs) {
      hand.tokens += demand.cost;
    } else {
      hand.used -= demand.cost;
      hand.remaining += demand.cost;
      this.#giveBack(tokensLeft(hand, demand.cost, reading.resetsMs, now));
    }
  }

  /** Gives everything in hand back. */
  close(): void {
    this.#sweepTimer?.cancel();
    this.#expire(() => true);
  }

  #holds(hand: Hand): boolean {
    return this.#hands.get(hand.key) === hand;
  }

  #keep(hand: Hand): void {
    if (this.#hands.size >= LEASES_MAX) this.#evictOldest();
    this.#hands.set(hand.key, hand);
    this.#figures.leases = this.#hands.size;
    this.#sweepTimer ??= this.#armSweep();
  }

  #evictOldest(): void {
    for (const oldest of this.#hands.values()) {
      this.#figures.leaseEvictions++;
      this.#drop(oldest);
      return;
    }
  }

  #drop(hand: Hand): void {
    this.#hands.delete(hand.key);
    this.#figures.leases = this.#hands.size;
  }

  /** Asks for tokens in the background, unless some are under way or there are none. */
  #fill(hand: Hand, now: number): void {
    if (hand.asked > 0 || now < hand.dryMs) return;
    if (now - hand.askedMs < hand.lifeMs / 2) hand.target = Math.min(hand.tokensMax, hand.target * 2);
    const wanted = hand.target - hand.tokens;
    if (wanted <= 0) return;
    const filling = { demands: [hand.demand], late: this.#filler(hand), settle: this.#filler(hand) };
    const sent = this.#parts.gate.ask<TokenLease>({
      ...filling,
      send: (remote) => remote.lease(hand.demand, wanted),
    });
    if (!sent) return;
    this.#figures.leaseTrips++;
    hand.asked = wanted;
    hand.filling++;
    hand.askedMs = now;
    this.#hands.delete(hand.key); // and in again, as the youngest
    this.#hands.set(hand.key, hand);
  }

  /** What becomes of a filling: nothing while it is unanswered, for it may have been granted and then still counts. */
  #filler(hand: Hand): (lease: TokenLease | undefined) => void {
    return (lease) => {
      if (lease === undefined) return;
      const now = this.#parts.clock.monotonic();
      const tokens = Math.min(hand.asked, lease.tokens);
      hand.asked = 0;
      noteStanding(hand, lease, hand.askedMs);
      if (tokens > 0) this.#parts.mirror.mirror([tokensOf(hand, tokens, hand.resetsMs, now)]);
      if (!this.#holds(hand) || now >= endOf(hand)) {
        this.#giveBack(tokensLeft(hand, tokens, hand.resetsMs, now));
        return;
      }
      hand.tokens += tokens;
      hand.expiresMs = endOf(hand);
      if (tokens === 0) {
        hand.target = 1;
        noteDry(hand, 1, lease.retryAfterMs, now);
      }
    };
  }

  #armSweep(): TimerHandle {
    return this.#parts.timers.after(LEASE_MS_MAX, () => {
      const now = this.#parts.clock.monotonic();
      this.#expire((hand) => isStale(hand, now));
      this.#sweepTimer = this.#hands.size > 0 ? this.#armSweep() : undefined;
    });
  }

  #expire(isOver: (hand: Hand) => boolean): void {
    const now = this.#parts.clock.monotonic();
    let left: LimitReading[] = [];
    for (const hand of this.#hands.values()) {
      if (!isOver(hand)) continue;
      this.#drop(hand);
      left.push(...tokensLeft(hand, hand.tokens, hand.resetsMs, now));
      if (left.length === LEASE_RETURN_BATCH_MAX) {
        this.#giveBack(left);
        left = [];
      }
    }
    this.#giveBack(left);
  }

  #giveBack(tokens: LimitReadings): void {
    if (tokens.length === 0) return;
    this.#parts.mirror.refund(tokens);
    this.#parts.gate.refund(tokens);
  }
}
