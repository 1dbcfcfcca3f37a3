/** What the shared limit store did, for metrics. Counters only rise; one object per worker, read at any time. */

export interface ClusterFigures {
  /** Trips requests waited for. */
  calls: number;
  /** Trips that ended with an error; and those that had no answer by the deadline. */
  failures: number;
  timeouts: number;
  /** Requests not sent because too many calls had no answer. */
  overflows: number;
  /** Answers that came after their request had been answered without them. */
  lateAnswers: number;
  /** Demands decided by the memory of this process because the store was away. */
  localDecisions: number;
  /** Demands decided by `down -> open` and by `down -> closed`. */
  openDecisions: number;
  closedDecisions: number;
  /** Demands refused without a trip because the memory knew their key to be blocked. */
  knownBlocks: number;
  /** Demands met from tokens in hand; and those refused because the store had said there are none. */
  leaseHits: number;
  leaseRefusals: number;
  /** Trips that fetched tokens ahead; and keys that lost theirs to the bound on keys. */
  leaseTrips: number;
  leaseEvictions: number;
  /** Keys with tokens in hand now. */
  leases: number;
  /** Refunds that could not be delivered: their tokens stay spent. */
  refundsLost: number;
  /** True while the store counts as away; and how often it came to that. */
  away: boolean;
  outages: number;
}

export function noFigures(): ClusterFigures {
  return {
    calls: 0,
    failures: 0,
    timeouts: 0,
    overflows: 0,
    lateAnswers: 0,
    localDecisions: 0,
    openDecisions: 0,
    closedDecisions: 0,
    knownBlocks: 0,
    leaseHits: 0,
    leaseRefusals: 0,
    leaseTrips: 0,
    leaseEvictions: 0,
    leases: 0,
    refundsLost: 0,
    away: false,
    outages: 0,
  };
}
