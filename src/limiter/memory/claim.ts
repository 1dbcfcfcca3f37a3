/** One demand on its way through a `MemoryStore`: where its record is and what became of it. Kept and used again. */
import { KeyHash } from '../key-hash.ts';
import type { LimitDemand } from '../limit-store.ts';
import type { CountedRate } from './meter.ts';
import type { RecordTable } from './record-table.ts';

export class Claim {
  rate: CountedRate;
  table: RecordTable;
  readonly key = new KeyHash();
  set = 0;
  /** Place of its set among all sets of all tables: locks are taken in this order. */
  lockOrder = 0;
  /** Its record; -1: no room in the set. */
  at = -1;
  cost = 0;
  shadow = false;
  granted = false;
  /** Another demand of the call has the same record. */
  isRepeated = false;
  /** Tokens spent: before the decision, then with what was given. */
  used = 0;
  retryAfterMs = 0;
  resetMs = 0;

  constructor(rate: CountedRate, table: RecordTable) {
    this.rate = rate;
    this.table = table;
  }

  aim(demand: LimitDemand): void {
    this.cost = demand.cost;
    this.shadow = demand.shadow;
    this.at = -1;
    this.isRepeated = false;
  }

  isSameRecord(other: Claim): boolean {
    return this.at === other.at && this.table === other.table;
  }
}
