/**
 * The note in an event that says what would let the refused request pass. Made when the event is written, after the
 * client has its answer; by the advisor of the program that judged the request, which may be the one before a reload.
 */
import type { Clock } from '../core/clock.ts';
import { untilOf } from '../control/exclusion/exclusion-advisor.ts';
import type { ExclusionAdvice, ExclusionAdvisor } from '../control/exclusion/exclusion-advisor.ts';
import { refusedRequest } from '../control/exclusion/refused-request.ts';
import type { ExchangeRecord } from '../proxy/events.ts';

/** Programs that requests still run on: the current one and the one before. */
const PROGRAMS_KEPT_MAX = 2;

export class ExclusionNotes {
  readonly #clock: Clock;
  readonly #advisors = new Map<string, ExclusionAdvisor>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Called for every program that comes into force. */
  use(programVersion: string, advisor: ExclusionAdvisor): void {
    this.#advisors.delete(programVersion);
    this.#advisors.set(programVersion, advisor);
    for (const version of this.#advisors.keys()) {
      if (this.#advisors.size <= PROGRAMS_KEPT_MAX) return;
      this.#advisors.delete(version);
    }
  }

  /** Undefined for what no rule refused or would have refused. A few microseconds otherwise. */
  noteOf({ head, report }: Pick<ExchangeRecord, 'head' | 'report'>): ExclusionAdvice | undefined {
    if (head === undefined || report === undefined) return undefined;
    const refused = refusedRequest(report, head);
    if (refused === undefined) return undefined;
    return this.#advisors.get(report.programVersion)?.advise(refused, { until: untilOf(this.#clock.now()) });
  }
}
