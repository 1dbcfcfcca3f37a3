/**
 * Limits of all replicas: Redis, or another remote store, with the memory of this process standing in while it is away.
 * One per worker thread. docs/adr/0014-limits-outage.md argues the design and proves its bounds.
 *
 * - `store local` limits are answered by the memory; a request with no others makes no trip.
 * - Everything else of a request travels in one trip, with a deadline, behind a circuit breaker (`RemoteGate`).
 * - Granted tokens are mirrored into the memory, so that an outage does not begin at zero, and so are blocks, so that a
 *   blocked client costs no trips.
 * - Away, each limiter follows its `down ->` at once.
 * - Leased limits are answered from tokens in hand where there are some (`LeaseBook`), also while the store is away.
 *
 * Cost: from a lease about a microsecond; a trip is the remote store's.
 */
import type { Clock } from '../../core/clock.ts';
import { STORE_DEADLINE_MS_DEFAULT } from '../../core/limits.ts';
import type { LimitDemand, LimitReading, LimitReadings, LimitStore } from '../limit-store.ts';
import type { RemoteStore } from '../remote-store.ts';
import type { AdmissionParts, StandIn } from './admission.ts';
import { Admission } from './admission.ts';
import type { ClusterFigures } from './cluster-figures.ts';
import { noFigures } from './cluster-figures.ts';
import { HandReading } from './hand.ts';
import { LateGrants } from './late-grants.ts';
import { LeaseBook } from './lease-book.ts';
import { RemoteGate } from './remote-gate.ts';
import type { ReplicaCount } from './replica-count.ts';
import type { Timers } from './timers.ts';
import { systemTimers } from './timers.ts';

export interface ClusterStoreParts {
  readonly remote: RemoteStore;
  readonly memory: StandIn;
  readonly clock: Clock;
  /** Kept by the one `ReplicaHeartbeat` of the process. */
  readonly replicas: Pick<ReplicaCount, 'value'>;
  readonly timers?: Timers;
  /** Longest wait for one answer. */
  readonly deadlineMs?: number;
  /** Told whenever the store is back after an outage. */
  readonly onReturn?: () => void;
}

export class ClusterStore implements LimitStore {
  readonly figures: ClusterFigures = noFigures();
  readonly #memory: StandIn;
  readonly #gate: RemoteGate;
  readonly #leases: LeaseBook;
  readonly #lateGrants = new LateGrants();
  readonly #admission: AdmissionParts;

  constructor(parts: ClusterStoreParts) {
    const { remote, memory, clock } = parts;
    const timers = parts.timers ?? systemTimers;
    this.#memory = memory;
    this.#gate = new RemoteGate({
      remote,
      clock,
      timers,
      deadlineMs: parts.deadlineMs ?? STORE_DEADLINE_MS_DEFAULT,
      figures: this.figures,
      onReturn: () => parts.onReturn?.(),
    });
    this.#leases = new LeaseBook({ gate: this.#gate, mirror: memory, clock, timers, figures: this.figures });
    this.#admission = {
      memory,
      gate: this.#gate,
      leases: this.#leases,
      replicas: parts.replicas,
      lateGrants: this.#lateGrants,
      figures: this.figures,
    };
  }

  /** As the port says. A promise only where the remote store is asked. */
  take(demands: readonly LimitDemand[]): LimitReadings | Promise<LimitReadings> {
    if (demands.every(isLocal)) return this.#memory.take(demands);
    const inHand = this.#takeInHand(demands);
    return inHand === undefined ? new Admission(this.#admission, demands).decide() : [inHand];
  }

  /** As the port says. Tokens of the remote store that cannot be given back stay spent (`figures.refundsLost`). */
  refund(readings: LimitReadings): void {
    const remote: LimitReading[] = [];
    const local: LimitReading[] = [];
    for (const reading of readings) {
      if (!reading.granted || reading.demand.cost === 0) continue;
      if (reading instanceof HandReading) {
        this.#leases.refund(reading);
        continue;
      }
      if (reading.source === 'local' || reading.source === 'open') {
        const late = this.#lateGrants.returned(reading);
        if (late !== undefined) remote.push(late);
      }
      if (reading.source === 'open' || reading.source === 'closed') continue;
      local.push(reading);
      if (reading.source !== 'memory' && reading.source !== 'local') remote.push(reading);
    }
    if (local.length > 0) this.#memory.refund(local);
    if (remote.length > 0) this.#gate.refund(remote);
  }

  /** To be called when the connection of the remote store is there again: an outage ends as soon as it answers. */
  reconnected(): void {
    this.#gate.probeNow();
  }

  /** Answers what waits by `down ->`, gives back what is in hand, and stops all timers. */
  close(): void {
    this.#leases.close();
    this.#gate.close();
  }

  /** The usual request of a leased limiter, without the ceremony. */
  #takeInHand(demands: readonly LimitDemand[]): LimitReading | undefined {
    const [demand] = demands;
    if (demand === undefined || demands.length > 1) return undefined;
    const { sharing, blockMs } = demand.policy;
    return sharing === 'leased' && blockMs === 0 ? this.#leases.take(demand) : undefined;
  }
}

function isLocal(demand: LimitDemand): boolean {
  return demand.policy.sharing === 'process';
}
