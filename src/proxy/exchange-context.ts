/** What all exchanges of one proxy share. */
import type { Report } from '../engine/api.ts';
import type { Clock } from '../core/clock.ts';
import type { SlabPool } from './chunk-queue.ts';
import type { SlowUploads } from './clients/slow-uploads.ts';
import type { UnreadAnswers } from './clients/unread-answers.ts';
import type { Passage } from './entry/passage.ts';
import type { ExchangeRecord } from './events.ts';
import type { FaultDrill } from './faults/fault-drill.ts';
import type { Responder } from './respond.ts';
import { rateLimitFields } from './rate-limit-fields.ts';
import type { Upstream } from './upstream/upstream.ts';
import type { UpstreamFields } from './upstream-fields.ts';

export interface ExchangeContext {
  readonly upstream: Upstream;
  readonly upstreamFields: UpstreamFields;
  readonly responder: Responder;
  readonly slabs: SlabPool;
  readonly slowUploads: SlowUploads;
  readonly unreadAnswers: UnreadAnswers;
  /** Undefined: rules let nothing go wrong. */
  readonly drill: FaultDrill | undefined;
  readonly clock: Clock;
  /** Answer with `x-ward-rules`: for tests of rules only, it tells an attacker what was seen. */
  readonly debugRulesHeader: boolean;
  /** Tell clients how they stand with their limits. */
  readonly rateLimitFields: boolean;
  /** Called once per exchange with its record. */
  finished(record: ExchangeRecord): void;
}

const NO_FIELDS: readonly string[] = [];

/**
 * What Ward itself adds to the head of an answer, its own and the service's: what entry steps demand, limits, and the
 * rules for tests of them.
 */
export function addedFields(context: ExchangeContext, passage: Passage): readonly string[] {
  const { answerFields, denial, limitReadings } = passage;
  const demanded = denial?.fields ?? NO_FIELDS;
  const limits =
    context.rateLimitFields && limitReadings.length > 0 ? rateLimitFields(limitReadings) : NO_FIELDS;
  const report = context.debugRulesHeader ? passage.report() : undefined;
  if (report === undefined && answerFields.length === 0 && demanded.length === 0) return limits;
  const debug = report === undefined ? NO_FIELDS : debugFields(report);
  return [...answerFields, ...demanded, ...limits, ...debug];
}

/** The debug field: numeric ids where rules have them, names elsewhere; monitored matches included. */
function debugFields(report: Report): string[] {
  const names = report.matches.map((match) => String(match.id ?? match.rule));
  return ['x-ward-rules', [...new Set(names)].join(',')];
}
