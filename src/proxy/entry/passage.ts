/**
 * One request's way past the entry steps to its transaction, for as long as its exchange lives.
 *
 * While a step is waited for, and for ever after a refusal, a stand-in takes the place of the engine's transaction: it
 * lets nothing pass and inspects nothing, and its `opening` settles when the steps and the head's limits have. So an
 * exchange waits for a token as it waits for a limit on another machine, with the same bounds on the body. The last step
 * is asked when the engine has judged the head; until it has answered, the stand-in hides the engine's transaction.
 */
import type { Report, RequestFacts, Transaction, Verdict } from '../../engine/api.ts';
import { PASS } from '../../engine/api.ts';
import { assert } from '../../core/assert.ts';
import type { LimitReading } from '../../limiter/limit-store.ts';
import type { Outcome } from '../events.ts';
import type { Refusal } from '../respond.ts';
import { type EntryNote, joinNotes } from './entry-note.ts';
import type { Denial, StepAnswer } from './entry-step.ts';

const NO_FACTS: RequestFacts = Object.freeze({});
const NO_FIELDS: readonly string[] = Object.freeze([]);

export class Passage {
  /** The engine's, or the stand-in. Another one after `begin`: ask again after each wait. */
  transaction: Transaction = NOT_ASKED;
  /** Why a step refused; undefined while none has. */
  denial: Denial | undefined = undefined;
  /** What the steps found out for the rules. */
  facts: RequestFacts = NO_FACTS;
  /** Fields the steps write for the service. */
  upstreamFields: readonly string[] = NO_FIELDS;
  /** Fields the steps write for the client. */
  answerFields: readonly string[] = NO_FIELDS;
  /** What the steps tell the log. */
  note: EntryNote | undefined = undefined;
  /** The engine's transaction, also while a stand-in hides it. */
  #engine: Transaction | undefined;
  #isClosed = false;
  #giveUp: (() => void) | undefined;

  /** Adds fields for the client. */
  addAnswerFields(fields: readonly string[]): void {
    this.answerFields = this.answerFields === NO_FIELDS ? fields : [...this.answerFields, ...fields];
  }

  /** The exchange is over: nothing must be begun any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Takes a step's answer; false when it refuses. */
  take(answer: StepAnswer): boolean {
    if (answer === undefined) return true;
    if (answer.kind === 'denial') {
      this.denial = answer;
      this.transaction = new StandIn(undefined, verdictOf(answer));
      return false;
    }
    const { facts, upstreamFields, answerFields, note } = answer;
    if (note !== undefined) this.note = joinNotes(this.note, note);
    if (facts !== undefined) this.facts = this.facts === NO_FACTS ? facts : { ...this.facts, ...facts };
    if (upstreamFields !== undefined) {
      this.upstreamFields =
        this.upstreamFields === NO_FIELDS ? upstreamFields : [...this.upstreamFields, ...upstreamFields];
    }
    if (answerFields !== undefined) this.addAnswerFields(answerFields);
    return true;
  }

  /** `settled` is when the steps have answered and the head is judged. */
  waitFor(settled: Promise<void>): void {
    this.transaction = new StandIn(settled, PASS);
  }

  /** The engine's transaction takes over; one that was there before is closed (a WebSocket under renewed rules). */
  begin(transaction: Transaction): void {
    this.#engine?.close();
    this.#engine = transaction;
    this.transaction = transaction;
  }

  /** Takes the last step's answer: the engine's transaction comes forth again, unless the step refuses. */
  takeLast(answer: StepAnswer): void {
    this.#giveUp = undefined;
    if (this.#engine !== undefined && this.take(answer)) this.transaction = this.#engine;
  }

  /** `giveUp` is called when the exchange ends before the last step has answered. */
  onClosed(giveUp: () => void): void {
    this.#giveUp = giveUp;
  }

  /** In the wire's words, how an exchange ends whose verdict is not `pass`. */
  get outcome(): Outcome {
    if (this.denial !== undefined) return 'refused';
    return this.transaction.verdict.action === 'redirect' ? 'redirected' : 'blocked';
  }

  /** What the client is told if the verdict is not `pass`. */
  get refusal(): Refusal {
    return this.denial ?? this.transaction.verdict;
  }

  /** How the client stands with its limits; none before the engine was asked. */
  get limitReadings(): readonly LimitReading[] {
    return this.#engine?.limitReadings ?? [];
  }

  /** Undefined when the engine was never asked. */
  report(): Report | undefined {
    return this.#engine?.report();
  }

  /** Must be called once, at the end of the exchange. */
  close(): void {
    this.#isClosed = true;
    this.#giveUp?.();
    this.#engine?.close();
  }
}

function verdictOf(denial: Denial): Verdict {
  const { status, location, retryAfterS, reason } = denial;
  return {
    action: location === undefined ? 'block' : 'redirect',
    status,
    location,
    retryAfterS,
    by: reason,
    phase: null,
  };
}

/** No engine behind it. Only `opening`, `verdict` and `close` are asked of it; for a fault, all else releases nothing. */
class StandIn implements Transaction {
  readonly limitReadings = [];
  readonly fault = undefined;
  readonly inspectsRequestBody = false;
  readonly inspectsResponseBody = false;
  readonly acceptEncoding = 'identity';
  readonly requestReleasable = 0;
  readonly responseReleasable = 0;
  readonly masksResponse = false;
  readonly verdict: Verdict;
  #opening: Promise<void> | undefined;

  constructor(opening: Promise<void> | undefined, verdict: Verdict) {
    this.#opening = opening;
    this.verdict = verdict;
  }

  get opening(): Promise<void> | undefined {
    return this.#opening;
  }

  requestBody(): never {
    return unasked();
  }

  requestEnd(): never {
    return unasked();
  }

  responseHead(): never {
    return unasked();
  }

  responseBody(): never {
    return unasked();
  }

  responseEnd(): never {
    return unasked();
  }

  responseHoldExpired(): never {
    return unasked();
  }

  takeMasks(): never {
    return unasked();
  }

  wsMessage(): never {
    return unasked();
  }

  report(): never {
    return unasked();
  }

  close(): void {}
}

/** An exchange went on without a verdict: its boundary turns this into 503. */
function unasked(): never {
  assert(false, 'the engine was not asked yet');
}

const BLOCKED: Verdict = { ...PASS, action: 'block', status: 503 };
/** Before the first step answers; nobody but a fault sees it. */
const NOT_ASKED: Transaction = new StandIn(undefined, BLOCKED);
