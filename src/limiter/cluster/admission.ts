/**
 * One request's way through the stages that can refuse it, cheapest first: blocks the memory knows, limits of this
 * process, tokens in hand, and for what is left the remote store or, while it is away, its stand-ins.
 *
 * Demands with the same `shadow` are one group, and a group gets all its tokens or none: each stage takes its tokens at
 * once, a refusal spares the later stages, and what the earlier ones took is given back. So for the length of a trip a
 * request that will be refused may hold tokens of this process; they are missing to others for that long, and are
 * never given twice.
 */
import { STORE_PROBE_MS_MAX } from '../../core/limits.ts';
import type { LimitDemand, LimitReading, LimitReadings, LimitStore } from '../limit-store.ts';
import type { ClusterFigures } from './cluster-figures.ts';
import { HandReading } from './hand.ts';
import type { LateGrants } from './late-grants.ts';
import type { LeaseBook } from './lease-book.ts';
import type { RemoteGate } from './remote-gate.ts';

/** A reading of the remote store, with the block that goes with it. */
export interface MirroredReading extends LimitReading {
  /** Milliseconds the block still lasts; 0: none. */
  readonly blockedMs?: number;
}

/** What the memory of this process offers to stand in for the remote store. Synchronous; never throws. */
export interface StandIn extends LimitStore {
  take(demands: readonly LimitDemand[]): LimitReadings;
  /** As `take`, of limits divided by the number of replicas. */
  takeShare(demands: readonly LimitDemand[], replicas: number): LimitReadings;
  /** Counts tokens of the groups the remote store granted, whatever the limit here, and takes over its blocks. */
  mirror(readings: readonly MirroredReading[]): void;
  /** Milliseconds a block of this key still lasts; 0: there is none. */
  blockOf(demand: LimitDemand): number;
}

export interface AdmissionParts {
  readonly memory: StandIn;
  readonly gate: RemoteGate;
  readonly leases: LeaseBook;
  readonly replicas: { readonly value: number };
  readonly lateGrants: LateGrants;
  readonly figures: ClusterFigures;
}

export class Admission {
  readonly #parts: AdmissionParts;
  readonly #demands: readonly LimitDemand[];
  /** By number of demand; absent: not asked yet. */
  readonly #readings: (LimitReading | undefined)[];
  /** Groups that are refused: enforced, shadow. */
  readonly #refused: [boolean, boolean] = [false, false];
  /** Groups whose limits of this process gave their tokens. */
  readonly #taken: [boolean, boolean] = [false, false];

  constructor(parts: AdmissionParts, demands: readonly LimitDemand[]) {
    this.#parts = parts;
    this.#demands = demands;
    this.#readings = new Array<LimitReading | undefined>(demands.length).fill(undefined);
  }

  /** Decides; a promise only if the remote store was asked. */
  decide(): LimitReadings | Promise<LimitReadings> {
    this.#findBlocks();
    this.#takeOfProcess();
    this.#takeInHand();
    const asked = this.#open((demand) => demand.policy.sharing !== 'process');
    if (asked.length === 0) return this.#finish();
    return this.#parts.gate.away ? this.#standIn(asked) : this.#ask(asked);
  }

  #findBlocks(): void {
    for (const [index, demand] of this.#demands.entries()) {
      if (demand.policy.sharing === 'process' || demand.policy.blockMs === 0) continue;
      const blockedMs = this.#parts.memory.blockOf(demand);
      if (blockedMs === 0) continue;
      this.#parts.figures.knownBlocks++;
      this.#note(index, refusal(demand, blockedMs, 'memory'));
    }
  }

  #takeOfProcess(): void {
    const open = this.#open((demand) => demand.policy.sharing === 'process');
    if (open.length === 0) return;
    this.#noteAll(open, this.#parts.memory.take(this.#demandsOf(open)));
    this.#taken[0] = !this.#refused[0];
    this.#taken[1] = !this.#refused[1];
  }

  #takeInHand(): void {
    for (const index of this.#open((demand) => demand.policy.sharing === 'leased')) {
      const demand = this.#demands[index];
      if (demand === undefined || this.#isRefused(demand)) continue;
      const reading = this.#parts.leases.take(demand);
      if (reading !== undefined) this.#note(index, reading);
    }
  }

  #ask(asked: readonly number[]): LimitReadings | Promise<LimitReadings> {
    const demands = this.#demandsOf(asked);
    let resolve: (readings: LimitReadings) => void = () => undefined;
    const decided = new Promise<LimitReadings>((decide) => {
      resolve = decide;
    });
    const sent = this.#parts.gate.ask<LimitReadings>({
      demands,
      send: (remote) => remote.take(demands),
      settle: (answer) => {
        resolve(answer?.length === asked.length ? this.#learn(asked, answer) : this.#standIn(asked));
      },
      late: (answer) => {
        this.#correct(asked, answer);
      },
    });
    if (!sent) return this.#standIn(asked);
    this.#parts.figures.calls++;
    return decided;
  }

  #learn(asked: readonly number[], answer: LimitReadings): LimitReadings {
    this.#parts.memory.mirror(mirrored(answer));
    for (const reading of answer) {
      if (reading.demand.policy.sharing === 'leased') this.#parts.leases.learn(reading);
    }
    this.#noteAll(asked, answer);
    return this.#finish();
  }

  /**
   * An answer came after the request was answered without it. Tokens granted to a request that was refused go back. Those
   * of an admitted one stay spent unless its stand-in is given back, for it is being served: the store counts it rightly,
   * and its stand-in once too often.
   */
  #correct(asked: readonly number[], answer: LimitReadings): void {
    this.#parts.memory.mirror(mirrored(answer).filter((reading) => !reading.granted));
    const unused = granted(answer).filter(
      (reading) => reading.demand.cost > 0 && this.#isUnused(reading, asked[answer.indexOf(reading)]),
    );
    if (unused.length > 0) this.#parts.gate.refund(unused, true);
  }

  #isUnused(grant: LimitReading, index: number | undefined): boolean {
    if (this.#isRefused(grant.demand)) return true;
    const standIn = index === undefined ? undefined : this.#readings[index];
    return standIn !== undefined && this.#parts.lateGrants.heard(standIn, grant);
  }

  /** Each demand follows its `down ->`: those that refuse anyway first, those that grant anyway last. */
  #standIn(asked: readonly number[]): LimitReadings {
    const { memory, replicas, figures } = this.#parts;
    for (const index of asked) {
      const demand = this.#demands[index];
      if (demand?.policy.down !== 'closed') continue;
      figures.closedDecisions++;
      this.#note(index, refusal(demand, STORE_PROBE_MS_MAX, 'closed'));
    }
    const local = this.#open(
      (demand) => demand.policy.sharing !== 'process' && demand.policy.down === 'local',
    );
    if (local.length > 0) {
      figures.localDecisions += local.length;
      this.#noteAll(local, memory.takeShare(this.#demandsOf(local), replicas.value));
    }
    for (const index of this.#open((demand) => demand.policy.down === 'open')) {
      const demand = this.#demands[index];
      if (demand === undefined) continue;
      figures.openDecisions++;
      this.#note(index, waved(demand));
    }
    return this.#finish();
  }

  /** Gives back what refused groups took, and says of limits that were spared how they stand. */
  #finish(): LimitReadings {
    return this.#demands.map((demand, index) => {
      const reading = this.#readings[index];
      if (reading === undefined) return this.#standing(demand);
      if (!this.#isRefused(demand) || !reading.granted || demand.cost === 0) return reading;
      if (reading instanceof HandReading) this.#parts.leases.refund(reading);
      else if (demand.policy.sharing === 'process' && this.#taken[demand.shadow ? 1 : 0])
        this.#parts.memory.refund([reading]);
      else return reading; // of the stage that refused, which gave nothing
      return given(reading);
    });
  }

  /** Asks the memory for no tokens. */
  #standing(demand: LimitDemand): LimitReading {
    const [reading] = this.#parts.memory.take([{ ...demand, cost: 0 }]);
    if (reading === undefined) return refusal(demand, STORE_PROBE_MS_MAX, 'memory');
    return { ...reading, demand, granted: reading.granted && reading.remaining >= demand.cost };
  }

  /** Numbers of the demands not asked yet whose group is not refused. */
  #open(isMeant: (demand: LimitDemand) => boolean): readonly number[] {
    const open: number[] = [];
    for (const [index, demand] of this.#demands.entries()) {
      if (this.#readings[index] === undefined && !this.#isRefused(demand) && isMeant(demand))
        open.push(index);
    }
    return open;
  }

  #demandsOf(indices: readonly number[]): readonly LimitDemand[] {
    return this.#demands.filter((_demand, index) => indices.includes(index));
  }

  #isRefused(demand: LimitDemand): boolean {
    return this.#refused[demand.shadow ? 1 : 0];
  }

  #noteAll(indices: readonly number[], readings: LimitReadings): void {
    for (const [place, index] of indices.entries()) {
      const reading = readings[place];
      if (reading !== undefined) this.#note(index, reading);
    }
  }

  #note(index: number, reading: LimitReading): void {
    this.#readings[index] = reading;
    if (!reading.granted) this.#refused[reading.demand.shadow ? 1 : 0] = true;
  }
}

/** Readings whose group got its tokens. */
function granted(answer: LimitReadings): LimitReadings {
  const refused = [false, true].filter((shadow) =>
    answer.some((reading) => reading.demand.shadow === shadow && !reading.granted),
  );
  return answer.filter((reading) => !refused.includes(reading.demand.shadow));
}

/** An answer with the blocks that began or last; how long is what a blocked key has to wait. */
function mirrored(answer: LimitReadings): readonly MirroredReading[] {
  if (answer.every((reading) => reading.granted)) return answer;
  return answer.map((reading) =>
    !reading.granted && reading.demand.policy.blockMs > 0 && reading.demand.cost > 0
      ? { ...reading, blockedMs: reading.retryAfterMs }
      : reading,
  );
}

/** A refusal that no count stands behind. */
function refusal(demand: LimitDemand, waitMs: number, source: 'memory' | 'closed'): LimitReading {
  const used = demand.policy.rates[demand.rate]?.burst ?? 0;
  return { demand, granted: false, used, remaining: 0, retryAfterMs: waitMs, resetMs: waitMs, source };
}

/** A grant that no count stands behind. */
function waved(demand: LimitDemand): LimitReading {
  const burst = demand.policy.rates[demand.rate]?.burst ?? 0;
  const remaining = Math.max(0, burst - demand.cost);
  return {
    demand,
    granted: true,
    used: demand.cost,
    remaining,
    retryAfterMs: 0,
    resetMs: 0,
    source: 'open',
  };
}

/** A reading after its tokens were given back. */
function given(reading: LimitReading): LimitReading {
  const { cost } = reading.demand;
  const { demand, retryAfterMs, resetMs, source } = reading;
  return {
    demand,
    granted: true,
    used: reading.used - cost,
    remaining: reading.remaining + cost,
    retryAfterMs,
    resetMs,
    source,
  };
}
