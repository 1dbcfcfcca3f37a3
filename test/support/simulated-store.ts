/**
 * An honest remote store in memory, and a network that is not: what a replica sees of Redis when answers are late or lost,
 * the server stops, forgets, fails over to an older state, or has lost some of its key slots.
 */
import type { LimitDemand, LimitReading, LimitReadings } from '../../src/limiter/limit-store.ts';
import type { RemoteStore, TokenLease } from '../../src/limiter/remote-store.ts';
import type { VirtualTime } from './virtual-time.ts';

interface Spent {
  readonly atMs: number;
  tokens: number;
}

interface KeyState {
  spent: Spent[];
  blockedUntilMs: number;
}

/** A reading that remembers when its tokens come back by themselves. */
interface SimulatedReading extends LimitReading {
  readonly backMs: number;
}

/** Keeps every token with its time, so that its windows are exact; GCRA is a level worked out from the same list. */
export class SimulatedServer {
  readonly #time: VirtualTime;
  #keys = new Map<string, KeyState>();
  #replicas = new Map<string, number>();
  /** Questions that reached it. */
  trips = 0;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  take(demands: readonly LimitDemand[]): LimitReadings {
    this.trips++;
    return demands
      .map((demand) => this.#tested(demand))
      .map((tested, _index, all) => {
        const given = all.every((other) => other.granted || other.demand.shadow !== tested.demand.shadow);
        return given ? this.#spend(tested) : this.#refuse(tested);
      });
  }

  lease(demand: LimitDemand, wanted: number): TokenLease {
    this.trips++;
    const state = this.#stateOf(demand);
    const free = Math.floor(burstOf(demand) - this.#level(demand, state) + 1e-6);
    const blocked = state.blockedUntilMs > this.#time.now();
    const tokens = blocked || free < demand.cost ? 0 : Math.min(wanted, free);
    const tested = this.#tested({ ...demand, cost: tokens });
    const { used, remaining, resetMs } = this.#spend(tested);
    return { tokens, used, remaining, retryAfterMs: tokens > 0 ? 0 : this.#wait(demand, 1), resetMs };
  }

  /** Gives back tokens taken within the same eighth of a period; those of an earlier window are gone. */
  refund(readings: LimitReadings): void {
    for (const reading of readings) {
      const { demand } = reading;
      const { periodMs } = rateOf(demand);
      const now = this.#time.now();
      const backMs = 'backMs' in reading ? Number(reading.backMs) : now + reading.resetMs;
      const slotOf = (atMs: number): number => Math.floor((atMs * 8) / periodMs);
      let left = backMs > now ? demand.cost : 0;
      for (const spent of this.#stateOf(demand).spent.toReversed()) {
        const isMeant =
          demand.policy.algorithm !== 'sliding_window' || slotOf(spent.atMs) === slotOf(backMs - periodMs);
        const given = isMeant ? Math.min(left, spent.tokens) : 0;
        spent.tokens -= given;
        left -= given;
      }
    }
  }

  announce(replica: string, ttlMs: number): number {
    const now = this.#time.now();
    this.#replicas.set(replica, now + ttlMs);
    return [...this.#replicas.values()].filter((until) => until > now).length;
  }

  withdraw(replica: string): void {
    this.#replicas.delete(replica);
  }

  /** A restart without persistence, or FLUSHALL. */
  forget(): void {
    this.forgetLast(Number.POSITIVE_INFINITY);
    this.#replicas = new Map();
  }

  /** A failover to a replica that had not heard of the last moments. */
  forgetLast(ms: number): void {
    const since = this.#time.now() - ms;
    for (const state of this.#keys.values()) {
      state.spent = state.spent.filter((spent) => spent.atMs < since);
      if (ms === Number.POSITIVE_INFINITY) state.blockedUntilMs = 0;
    }
  }

  #tested(demand: LimitDemand): LimitReading {
    const state = this.#stateOf(demand);
    const burst = burstOf(demand);
    const level = this.#level(demand, state);
    const blockedMs = Math.max(0, state.blockedUntilMs - this.#time.now());
    const granted = blockedMs === 0 && level + demand.cost <= burst + 1e-6;
    return {
      demand,
      granted,
      used: Math.ceil(level),
      remaining: Math.max(0, Math.floor(burst - level)),
      retryAfterMs: granted ? 0 : blockedMs || this.#wait(demand, demand.cost),
      resetMs: this.#wait(demand, burst),
      source: 'redis',
    };
  }

  #spend(tested: LimitReading): SimulatedReading {
    const { cost } = tested.demand;
    const atMs = this.#time.now();
    if (cost > 0) this.#stateOf(tested.demand).spent.push({ atMs, tokens: cost });
    return {
      ...tested,
      used: tested.used + cost,
      remaining: tested.remaining - cost,
      resetMs: this.#wait(tested.demand, burstOf(tested.demand)),
      backMs: atMs + rateOf(tested.demand).periodMs,
    };
  }

  #refuse(tested: LimitReading): LimitReading {
    const { blockMs } = tested.demand.policy;
    if (tested.granted || blockMs === 0 || tested.demand.cost === 0) return tested;
    const state = this.#stateOf(tested.demand);
    if (state.blockedUntilMs <= this.#time.now()) state.blockedUntilMs = this.#time.now() + blockMs;
    return { ...tested, retryAfterMs: state.blockedUntilMs - this.#time.now() };
  }

  #level(demand: LimitDemand, state: KeyState): number {
    const now = this.#time.now();
    const { algorithm } = demand.policy;
    const { count, periodMs } = rateOf(demand);
    if (algorithm === 'gcra') {
      let level = 0;
      let atMs = 0;
      for (const spent of [...state.spent, { atMs: now, tokens: 0 }]) {
        level = Math.max(0, level - ((spent.atMs - atMs) * count) / periodMs) + spent.tokens;
        atMs = spent.atMs;
      }
      return level;
    }
    const since = algorithm === 'fixed_window' ? now - (now % periodMs) : now - periodMs + 1;
    while ((state.spent[0]?.atMs ?? now) < now - periodMs) state.spent.shift();
    return state.spent.filter((spent) => spent.atMs >= since).reduce((sum, spent) => sum + spent.tokens, 0);
  }

  /** Milliseconds until so many tokens are free. */
  #wait(demand: LimitDemand, tokens: number): number {
    const state = this.#stateOf(demand);
    const { count, periodMs } = rateOf(demand);
    const missing = this.#level(demand, state) + tokens - burstOf(demand);
    if (missing <= 0) return 0;
    const now = this.#time.now();
    if (demand.policy.algorithm === 'gcra') return Math.ceil((missing * periodMs) / count);
    if (demand.policy.algorithm === 'fixed_window') return periodMs - (now % periodMs);
    let left = missing;
    for (const spent of state.spent) {
      if (spent.atMs <= now - periodMs) continue;
      left -= spent.tokens;
      if (left <= 0) return spent.atMs + periodMs - now;
    }
    return periodMs;
  }

  #stateOf(demand: LimitDemand): KeyState {
    const key = `${demand.policy.name} ${String(demand.shadow)} ${demand.key}`;
    const state = this.#keys.get(key) ?? { spent: [], blockedUntilMs: 0 };
    this.#keys.set(key, state);
    return state;
  }
}

function rateOf(demand: LimitDemand): { readonly count: number; readonly periodMs: number } {
  const rate = demand.policy.rates[demand.rate];
  if (rate === undefined) throw new Error('no such rate');
  return rate;
}

function burstOf(demand: LimitDemand): number {
  return demand.policy.rates[demand.rate]?.burst ?? 0;
}

/** What happens to a question: answered, not heard, heard but not answered, refused, or kept until the server goes on. */
export type LinkState = 'up' | 'deaf' | 'mute' | 'refusing' | 'stopped';

/** One replica's connection. */
export class SimulatedLink implements RemoteStore {
  readonly #server: SimulatedServer;
  readonly #time: VirtualTime;
  #stopped: (() => void)[] = [];
  #state: LinkState = 'up';
  /** Milliseconds of one way. */
  delayMs = 0.25;
  /** Keys that cannot be reached while the others can. */
  isLost: (key: string) => boolean = () => false;

  constructor(server: SimulatedServer, time: VirtualTime) {
    this.#server = server;
    this.#time = time;
  }

  set state(state: LinkState) {
    this.#state = state;
    if (state === 'stopped') return;
    const kept = this.#stopped;
    this.#stopped = [];
    for (const go of kept) go();
  }

  take(demands: readonly LimitDemand[]): Promise<LimitReadings> {
    return this.#ask(() => this.#server.take(demands), demands);
  }

  refund(readings: LimitReadings): Promise<void> {
    return this.#ask(
      () => {
        this.#server.refund(readings);
      },
      readings.map((reading) => reading.demand),
    );
  }

  lease(demand: LimitDemand, wanted: number): Promise<TokenLease> {
    return this.#ask(() => this.#server.lease(demand, wanted), [demand]);
  }

  announce(replica: string, ttlMs: number): Promise<number> {
    return this.#ask(() => this.#server.announce(replica, ttlMs), []);
  }

  withdraw(replica: string): Promise<void> {
    return this.#ask(() => {
      this.#server.withdraw(replica);
    }, []);
  }

  #ask<T>(act: () => T, demands: readonly LimitDemand[]): Promise<T> {
    return new Promise((resolve, reject) => {
      const arrive = (): void => {
        const state = this.#state;
        if (state === 'deaf') return;
        if (state === 'stopped') {
          this.#stopped.push(arrive);
          return;
        }
        if (state === 'refusing' || demands.some((demand) => this.isLost(demand.key))) {
          reject(new Error('the store is away'));
          return;
        }
        const answer = act();
        if (state === 'mute') return;
        this.#time.after(this.delayMs, () => {
          resolve(answer);
        });
      };
      this.#time.after(this.delayMs, arrive);
    });
  }
}
