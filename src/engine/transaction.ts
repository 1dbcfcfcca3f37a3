/**
 * The evaluation of one exchange: the contract of `api.ts` over the request and the response inspection.
 *
 * The one boundary around evaluation is here: whatever throws inside becomes `on engine_error` and never leaves.
 */
import type { Clock } from '../core/clock.ts';
import { ValueAssembler } from '../http/body/value-assembler.ts';
import type { FieldLines } from '../http/request-head.ts';
import { LEAF, ORIGIN } from '../http/value.ts';
import type { LimitReading } from '../limiter/limit-store.ts';
import { PASS } from './api.ts';
import type { Fault, Mask, Report, Transaction, Verdict } from './api.ts';
import { joinFaults } from './faults.ts';
import { takeMasks } from './masks.ts';
import { PHASE } from './phases.ts';
import { makeReport } from './report.ts';
import { RequestInspection } from './request-inspection.ts';
import { traceLeaf, traceValues } from './trace/leaf-trace.ts';
import type { LeafTrace } from './trace/leaf-trace.ts';
import { ResponseInspection } from './response-inspection.ts';
import type { Workbench, WorkbenchPool } from './workbench.ts';

const US_PER_MS = 1_000;
const READABLE_CODINGS = 'gzip, deflate, br';

export class ExchangeTransaction implements Transaction {
  readonly #bench: Workbench;
  readonly #pool: WorkbenchPool;
  readonly #clock: Clock;
  readonly #request: RequestInspection;
  readonly #response: ResponseInspection;
  #phase: number = PHASE.HEADERS;
  #error: string | undefined;
  #forwardedAtMs = 0;
  #closed = false;
  #opening: Promise<void> | undefined = undefined;
  /** Work of a call that has not settled; it still uses the bench. */
  #working: Promise<void> | null = null;

  constructor(bench: Workbench, pool: WorkbenchPool, clock: Clock) {
    this.#bench = bench;
    this.#pool = pool;
    this.#clock = clock;
    this.#request = new RequestInspection(bench);
    this.#response = new ResponseInspection(bench, this.#request);
  }

  /** Judges the head, or begins to: see `opening`. */
  begin(): void {
    const waiting = this.#guarded(PHASE.HEADERS, () => this.#request.begin());
    this.#forwardedAtMs = this.#clock.monotonic();
    if (waiting === undefined) return;
    this.#opening = waiting.then(() => {
      this.#opening = undefined;
      this.#forwardedAtMs = this.#clock.monotonic();
    });
  }

  get opening(): Promise<void> | undefined {
    return this.#opening;
  }

  get limitReadings(): readonly LimitReading[] {
    return this.#bench.gatekeeper.trip.enforced;
  }

  get verdict(): Verdict {
    return this.#bench.judge.real.verdict;
  }

  get fault(): Fault | undefined {
    const { judge, evaluation } = this.#bench;
    return this.#error === undefined && judge.matches.length > 0
      ? joinFaults(evaluation.program, judge)
      : undefined;
  }

  get inspectsRequestBody(): boolean {
    return this.#error === undefined && this.#request.inspects;
  }

  get inspectsResponseBody(): boolean {
    return this.#error === undefined && this.#response.inspects;
  }

  get masksResponse(): boolean {
    return this.#bench.evaluation.plan.masks;
  }

  get acceptEncoding(): string {
    return this.masksResponse ? 'identity' : READABLE_CODINGS;
  }

  requestBody(chunk: Uint8Array): void | Promise<void> {
    return this.#guarded(PHASE.BODY, () => this.#request.write(chunk));
  }

  requestEnd(): void | Promise<void> {
    this.#forwardedAtMs = this.#clock.monotonic();
    return this.#guarded(PHASE.BODY, () => this.#request.end());
  }

  get requestReleasable(): number {
    return this.#error === undefined ? this.#request.releasable : this.#failedReleasable();
  }

  responseHead(status: number, fields: FieldLines): void {
    this.#bench.gatekeeper.answered();
    const latencyUs = Math.round((this.#clock.monotonic() - this.#forwardedAtMs) * US_PER_MS);
    void this.#guarded(PHASE.RESPONSE_HEADERS, () => this.#response.head(status, fields, latencyUs));
  }

  responseBody(chunk: Uint8Array): void | Promise<void> {
    return this.#guarded(PHASE.RESPONSE_BODY, () => this.#response.write(chunk));
  }

  responseEnd(): void | Promise<void> {
    return this.#guarded(PHASE.RESPONSE_BODY, () => this.#response.end());
  }

  responseHoldExpired(): void {
    void this.#guarded(PHASE.RESPONSE_BODY, () => this.#response.holdExpired());
  }

  get responseReleasable(): number {
    return this.#error === undefined ? this.#response.releasable : this.#failedReleasable();
  }

  takeMasks(): readonly Mask[] {
    return takeMasks(this.#bench.evaluation, this.#bench.judge);
  }

  wsMessage(direction: 'in' | 'out', text: Uint8Array): Verdict {
    const { judge } = this.#bench;
    void this.#guarded(PHASE.WS_MESSAGE, () => this.#inspectMessage(direction, text));
    return judge.real.verdict;
  }

  report(): Report {
    return makeReport(this.#bench, this.#error);
  }

  /** What one leaf came to; for explanations, while the transaction is open. */
  traceLeaf(id: number): LeafTrace {
    return traceLeaf(this.#bench.evaluation, id);
  }

  /** Values a leaf looked at; for explanations compiled to keep them. */
  traceValues(leaf: number, accumulator: number, most: number): ReturnType<typeof traceValues> {
    return traceValues(this.#bench.evaluation, leaf, accumulator, most);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#bench.gatekeeper.close();
    this.#request.close();
    this.#response.close();
    // Whoever closes in the middle of a call must not hand its state to another exchange before the call is over.
    if (this.#working === null) this.#pool.put(this.#bench);
    else void this.#working.then(() => this.#pool.put(this.#bench));
  }

  /** A message is a body phase of its own; it begins with the verdict and the scores of the handshake. */
  #inspectMessage(direction: 'in' | 'out', text: Uint8Array): void {
    const { evaluation, dispatcher, judge } = this.#bench;
    if (!this.#request.ended) this.#request.abandon();
    judge.beginMessage();
    evaluation.beginMessage(direction, text.length);
    dispatcher.stopped = false;
    dispatcher.onText = null;
    dispatcher.onStep = () => {
      if (!judge.final) judge.step(PHASE.WS_MESSAGE);
      if (judge.final) dispatcher.stopped = true;
    };
    this.#request.offerScalars(PHASE.WS_MESSAGE);
    judge.begin(PHASE.WS_MESSAGE);
    if (!judge.final) {
      const assembler = new ValueAssembler(dispatcher, evaluation.program.settings.bodyWindowBytes);
      assembler.begin(ORIGIN.ws_text, '', '', LEAF.TEXT, 0);
      assembler.append(
        Buffer.from(text.buffer, text.byteOffset, text.length).toString('latin1'),
        0,
        text.length,
      );
      assembler.end();
    }
    evaluation.endPhase(PHASE.WS_MESSAGE);
    if (!judge.final) judge.end(PHASE.WS_MESSAGE);
  }

  #guarded(phase: number, work: () => void | Promise<void>): void | Promise<void> {
    if (this.#error !== undefined || this.#closed) return;
    this.#phase = phase;
    try {
      const waiting = work();
      return waiting === undefined ? undefined : this.#track(waiting);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #track(waiting: Promise<void>): Promise<void> {
    const working = waiting.catch((error: unknown) => this.#fail(error));
    this.#working = working;
    await working;
    if (this.#working === working) this.#working = null;
  }

  #fail(error: unknown): void {
    const { judge, dispatcher, evaluation } = this.#bench;
    this.#error = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    dispatcher.stopped = true;
    judge.refuse('policy.engine_error', evaluation.program.settings.onEngineError, this.#phase);
  }

  /** After a fault inside: nothing when refused, everything when the policy says that the exchange goes on. */
  #failedReleasable(): number {
    return this.#bench.judge.real.verdict === PASS ? Infinity : 0;
  }
}
