/** What the engine asks before it inspects a request: limits, floods and bans. */
import type { BanBook } from './ban-book.ts';
import type { FloodGauge } from './flood-gauge.ts';
import type { LimitStore } from './limit-store.ts';

export interface Gates {
  readonly limits: LimitStore;
  readonly floods: FloodGauge;
  readonly bans: BanBook;
}
