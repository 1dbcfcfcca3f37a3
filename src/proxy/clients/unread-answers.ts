/**
 * Answers that keep a connection to the service because their client does not take them.
 *
 * With the patience a slow client deserves, some hundred of them would leave no connection for anybody else. So patience
 * is for when there is room: once half of the connections to the service are in use, one client keeps its part of them
 * and no more, and all such answers together keep half; what waits longest goes.
 */
import type { Clock } from '../../core/clock.ts';
import {
  UNREAD_ANSWERS_SHARE_MAX,
  UNREAD_ANSWER_MS_MIN,
  UNREAD_CLIENT_SHARE_MAX,
} from '../../core/limits.ts';

export interface UnreadAnswer {
  /** See `clientKeyOf`. */
  readonly clientKey: string;
  /** Ends it, with its request to the service. */
  giveUp(): void;
}

export class UnreadAnswers {
  readonly #connectionsMax: number;
  readonly #connectionsInUse: () => number;
  readonly #clock: Clock;
  /** By answer, when it was blocked; the longest first. At most as many as there are connections to the service. */
  readonly #since = new Map<UnreadAnswer, number>();
  readonly #ofClient = new Map<string, number>();
  #cut = 0;

  /** @param connectionsInUse of the `connectionsMax` to the service */
  constructor(connectionsMax: number, connectionsInUse: () => number, clock: Clock) {
    this.#connectionsMax = connectionsMax;
    this.#connectionsInUse = connectionsInUse;
    this.#clock = clock;
  }

  /** Answers that were ended. */
  get cut(): number {
    return this.#cut;
  }

  /** Answers that wait for their client. */
  get size(): number {
    return this.#since.size;
  }

  /** Its client takes nothing more for now. May end another answer, or this one. */
  blocked(answer: UnreadAnswer): void {
    if (this.#since.has(answer)) return;
    const now = this.#clock.monotonic();
    const { clientKey } = answer;
    const ofClient = (this.#ofClient.get(clientKey) ?? 0) + 1;
    this.#since.set(answer, now);
    this.#ofClient.set(clientKey, ofClient);
    const max = this.#connectionsMax;
    if (this.#connectionsInUse() < max * UNREAD_ANSWERS_SHARE_MAX) return;
    if (ofClient > Math.max(1, max * UNREAD_CLIENT_SHARE_MAX)) this.#giveUpLongest(clientKey);
    else if (this.#since.size > max * UNREAD_ANSWERS_SHARE_MAX) this.#giveUpLongestSince(now);
  }

  /** Its client takes it again, or nothing keeps its connection any more. Idempotent. */
  released(answer: UnreadAnswer): void {
    if (!this.#since.delete(answer)) return;
    const left = (this.#ofClient.get(answer.clientKey) ?? 1) - 1;
    if (left === 0) this.#ofClient.delete(answer.clientKey);
    else this.#ofClient.set(answer.clientKey, left);
  }

  #giveUpLongest(clientKey: string): void {
    for (const answer of this.#since.keys()) {
      if (answer.clientKey !== clientKey) continue;
      this.#giveUp(answer);
      return;
    }
  }

  /** Of different clients: somebody who only pauses for breath is not meant. */
  #giveUpLongestSince(now: number): void {
    for (const [answer, since] of this.#since) {
      if (now - since >= UNREAD_ANSWER_MS_MIN) this.#giveUp(answer);
      return;
    }
  }

  #giveUp(answer: UnreadAnswer): void {
    this.released(answer);
    this.#cut += 1;
    answer.giveUp();
  }
}
