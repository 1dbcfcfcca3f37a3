/**
 * Tokens reserved on the request whose response decides whether they count. Each is settled exactly once: given back when
 * `count` is false or the service never answered, else spent. What cannot be decided stays spent.
 */
import type { Gates } from '../../limiter/gates.ts';
import type { LimitReading } from '../../limiter/limit-store.ts';
import type { Evaluation } from '../evaluation.ts';
import { FALSE, OPEN } from '../three-valued.ts';

interface Reservation {
  readonly reading: LimitReading;
  readonly limiter: number;
}

export class Reservations {
  /** The head of an answer arrived. */
  answered = false;
  readonly #evaluation: Evaluation;
  #open: Reservation[] | null = null;

  constructor(evaluation: Evaluation) {
    this.#evaluation = evaluation;
  }

  begin(): void {
    this.answered = false;
    this.#open = null;
  }

  add(reading: LimitReading, limiter: number): void {
    this.#open ??= [];
    this.#open.push({ reading, limiter });
  }

  /** Settles what is decided; at the end of the exchange all. */
  settle({ limits }: Gates, atEnd: boolean): void {
    if (this.#open === null) return;
    const left: Reservation[] = [];
    const given: LimitReading[] = [];
    for (const reservation of this.#open) {
      const truth = this.#counts(reservation.limiter);
      if (truth === FALSE) given.push(reservation.reading);
      else if (truth === OPEN && !atEnd) left.push(reservation);
    }
    this.#open = left.length === 0 ? null : left;
    if (given.length > 0) limits.refund(given);
  }

  /** A request that never reached the service, or that it never answered, does not count. */
  #counts(limiter: number): number {
    if (!this.answered) return FALSE;
    return this.#evaluation.program.gates.limiters[limiter].count?.(this.#evaluation) ?? OPEN;
  }
}
