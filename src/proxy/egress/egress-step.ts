/** Lets a call of the service go on when its destination is listed and has room: the first thing asked of each. */
import type { Clock } from '../../core/clock.ts';
import { gcraLevel, gcraWaitMs } from '../../limiter/algorithms/gcra.ts';
import type { Denial, EntryRequest, EntryStep, StepAnswer } from '../entry/entry-step.ts';
import type { DestinationTable, EgressHost } from './destination.ts';

const MS_PER_S = 1_000;

const UNLISTED: Denial = { kind: 'denial', reason: 'egress.host', status: 403 };
/** The service wants the call encrypted and its entry says plain HTTP, or the entry is for tunnels alone. */
const DOWNGRADE: Denial = { kind: 'denial', reason: 'egress.scheme', status: 403 };
const TOO_LARGE: Denial = { kind: 'denial', reason: 'egress.body', status: 413 };

export class EgressStep implements EntryStep {
  readonly #table: DestinationTable;
  readonly #clock: Clock;
  /** How much of its rate each entry has spent (see `gcra.ts`). Calls have one thread, so these are exact. */
  readonly #levels: { level: number; atMs: number }[];

  constructor(table: DestinationTable, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
    this.#levels = table.hosts.map(() => ({ level: 0, atMs: 0 }));
  }

  ask({ head }: EntryRequest): StepAnswer {
    const destination = this.#table.find(head.host);
    if (destination === undefined) return UNLISTED;
    const { entry, index } = destination;
    if (entry.protocol === 'http' && (entry.tunnel || /^https:/i.test(head.sentTarget))) return DOWNGRADE;
    if ((head.contentLength ?? 0) > entry.requestBytesMax) return TOO_LARGE;
    const waitMs = this.spend(entry, index);
    if (waitMs === 0) return undefined;
    const retryAfterS = Math.ceil(waitMs / MS_PER_S);
    return { kind: 'denial', reason: 'egress.rate', status: 429, retryAfterS };
  }

  /** Takes one request of the entry's rate; returns the milliseconds to wait for one when there is none, else 0. */
  spend({ rate }: EgressHost, index: number): number {
    const spent = this.#levels[index];
    if (rate === undefined || spent === undefined) return 0;
    const now = this.#clock.monotonic();
    const level = gcraLevel(spent.level, spent.atMs, now, rate.perSecond, MS_PER_S);
    const waitMs = gcraWaitMs(level, 1, rate.burst, rate.perSecond, MS_PER_S);
    if (waitMs > 0) return waitMs;
    spent.level = level + 1;
    spent.atMs = now;
    return 0;
  }
}
