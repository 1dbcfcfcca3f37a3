/** The request side of a transaction: connection, headers and body phases, and how much of the body may go on. */
import { READER_LIMITS_DEFAULT, createReaderFor } from '../http/body/create-reader.ts';
import { contentCodingOf } from '../http/body/content-coding.ts';
import { goesOnLikeJson, readNestedJson } from '../http/body/nested.ts';
import type { BodyReader, ReaderLimits } from '../http/body/reader.ts';
import { RawTextTap } from '../http/body/text.ts';
import { combineLines } from '../http/fields.ts';
import { ORIGIN, PART } from '../http/value.ts';
import { BodyIntake, digestOfNothing } from './body-intake.ts';
import { mediaTypeOf } from './fields/scalar-fields.ts';
import { GraphqlWatch } from './graphql-watch.ts';
import { CERTIFICATE_ORIGINS, HEAD_ORIGINS, visitHead } from './head-values.ts';
import { JsonTracker } from './json-tracker.ts';
import { PHASE } from './phases.ts';
import { NEED } from './program.ts';
import { readsRequestBody } from './route-plan.ts';
import { breakSelections, originsOfBody } from './selection-breaks.ts';
import type { ValueDispatcher } from './value-dispatcher.ts';
import type { Workbench } from './workbench.ts';

const STRUCTURED = NEED.ARGUMENTS | NEED.FILES | NEED.STRUCTURE | NEED.MALFORMED;

export class RequestInspection {
  readonly #bench: Workbench;
  #intake: BodyIntake | null = null;
  #tracker: JsonTracker | null = null;
  #ended = false;
  /** The gates of the body were asked and have answered. */
  #gated = false;

  constructor(bench: Workbench) {
    this.#bench = bench;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get inspects(): boolean {
    return readsRequestBody(this.#bench.evaluation.plan);
  }

  /** Everything the head decides; opens the body phase with the arguments of the query. */
  begin(): void | Promise<void> {
    this.#bench.decideExclusions();
    const waiting = this.#judgeHead(PHASE.CONNECTION);
    return waiting === undefined ? this.#beginHeaders() : waiting.then(() => this.#beginHeaders());
  }

  write(chunk: Uint8Array): void | Promise<void> {
    const { requestBody: facts } = this.#bench.evaluation;
    facts.received += chunk.length;
    if (facts.cut !== undefined) return;
    if (this.#intake !== null && !this.#bench.judge.final) return this.#intake.write(chunk);
    facts.size += chunk.length;
    this.#enforceMaximum();
  }

  end(): void | Promise<void> {
    if (this.#bench.judge.final) return;
    // Of a body that was cut off the gates still have to be asked.
    if (this.#ended) return this.#gated ? undefined : this.#askGates();
    const waiting = this.#intake?.end();
    return waiting === undefined ? this.#finish() : waiting.then(() => this.#finish());
  }

  /** The answer came before the request was complete: what is still open stays unknown to the rules of the response. */
  abandon(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#gated = true;
    const { evaluation } = this.#bench;
    evaluation.requestBody.broken = true;
    evaluation.requestBody.cut ??= 'body.answered_early';
    breakSelections(
      evaluation,
      [...Array(32).keys()].filter((origin) => ((1 << origin) & HEAD_ORIGINS) === 0),
    );
    evaluation.endPhase(PHASE.BODY);
  }

  /** Bytes as sent that the upstream may have. The last byte waits for the verdict. */
  get releasable(): number {
    const { evaluation, judge } = this.#bench;
    if (judge.final) return 0;
    const { size, received, cut } = evaluation.requestBody;
    if (this.#intake === null || !this.inspects) return Infinity;
    if (cut !== undefined) return this.#gated || this.#gatesOfBody === 0 ? Infinity : received - 1;
    if (this.#gated) return size;
    if (size <= evaluation.program.settings.bodyHoldBytes) return 0;
    return Math.min(this.#intake.cleared, size - 1);
  }

  close(): void {
    this.#intake?.close();
  }

  offerScalars(phase: number): void {
    const { evaluation, dispatcher } = this.#bench;
    const { scalarTargets } = evaluation.program;
    for (let i = 0; i < scalarTargets.length; i++) {
      const scalar = scalarTargets[i];
      if (scalar.phase !== phase || evaluation.plan.scalarActive[i] === 0) continue;
      dispatcher.scalar(scalar.target, scalar.field, scalar.read(evaluation));
    }
    evaluation.accumulators.forEach(({ spec }, index) => {
      if (evaluation.plan.accumulatorActive[index] === 0) return;
      for (const scalar of spec.scalars) {
        if (scalar.phase === phase)
          dispatcher.accumulators.scalar(index, scalar.read(evaluation), scalar.field);
      }
    });
  }

  /** A phase of the head: its gates first where they need no value, else once all values were looked at. */
  #judgeHead(phase: number): void | Promise<void> {
    const { evaluation, gatekeeper } = this.#bench;
    evaluation.beginPhase(phase);
    if (!evaluation.plan.gatesAwaitValues[phase]) {
      const waiting = gatekeeper.ask(phase);
      if (waiting !== undefined) return waiting.then(() => this.#observeHead(phase));
    }
    return this.#observeHead(phase);
  }

  #observeHead(phase: number): void | Promise<void> {
    if (this.#isOver) return;
    const { evaluation, gatekeeper } = this.#bench;
    if (phase === PHASE.HEADERS) this.#dispatchHead();
    this.offerScalars(phase);
    evaluation.endPhase(phase);
    if (evaluation.plan.gatesAwaitValues[phase]) {
      const waiting = gatekeeper.ask(phase);
      if (waiting !== undefined) return waiting.then(() => this.#conclude(phase));
    }
    this.#conclude(phase);
  }

  #conclude(phase: number): void {
    if (!this.#isOver) this.#bench.judge.end(phase);
  }

  #beginHeaders(): void | Promise<void> {
    if (this.#isOver) return;
    const waiting = this.#judgeHead(PHASE.HEADERS);
    if (waiting !== undefined) return waiting.then(() => this.#openBody());
    this.#openBody();
  }

  #openBody(): void {
    if (!this.#isOver) this.#beginBody();
  }

  /** Refused or redirected, or the client left while a store was asked. */
  get #isOver(): boolean {
    return this.#bench.judge.final || this.#bench.gatekeeper.closed;
  }

  get #gatesOfBody(): number {
    return this.#bench.evaluation.plan.gateRules[PHASE.BODY].length;
  }

  #dispatchHead(): void {
    const { evaluation, dispatcher } = this.#bench;
    const { needs } = evaluation.plan;
    let origins = 0;
    if ((needs & NEED.HEADERS) !== 0) origins |= 1 << ORIGIN.header;
    if ((needs & (NEED.COOKIES | NEED.NESTED)) !== 0) origins |= 1 << ORIGIN.cookie;
    if ((needs & (NEED.QUERY | NEED.NESTED)) !== 0) origins |= 1 << ORIGIN.query;
    if ((needs & NEED.CLAIMS) !== 0) origins |= (1 << ORIGIN.claim) | (1 << ORIGIN.scope);
    if ((needs & NEED.CERTIFICATE) !== 0) origins |= CERTIFICATE_ORIGINS;
    if (origins === 0) return;
    this.#watchTexts(needs);
    visitHead(evaluation, origins, (origin, name, path, text, leaf) => {
      dispatcher.value(origin, name, path, text, PART.WHOLE, leaf, -1, 0);
    });
    if ((origins & (1 << ORIGIN.cookie)) !== 0 && evaluation.cookies.truncated) {
      breakSelections(evaluation, [ORIGIN.cookie, ORIGIN.nested]);
    }
    if ((origins & (1 << ORIGIN.query)) !== 0 && evaluation.query.truncated) {
      breakSelections(evaluation, [ORIGIN.query, ORIGIN.nested]);
    }
  }

  /** Has those see all texts, of the head and of the body, who look for documents in them. */
  #watchTexts(needs: number): void {
    const { evaluation, dispatcher } = this.#bench;
    const nested = (needs & NEED.NESTED) === 0 ? null : this.#nestedJsonReader();
    if ((needs & NEED.GRAPHQL) === 0) {
      dispatcher.onText = nested;
      return;
    }
    const watch = new GraphqlWatch(mediaTypeOf(evaluation.head.fields));
    evaluation.graphql = watch;
    dispatcher.onText = (origin, name, path, text, part) => {
      watch.see(origin, name, path, text, part);
      nested?.(origin, name, path, text, part);
    };
  }

  #nestedJsonReader(): NonNullable<ValueDispatcher['onText']> {
    const { evaluation, dispatcher } = this.#bench;
    const limits = this.#limits();
    return (origin, name, path, text, part) => {
      if (origin >= ORIGIN.header && origin !== ORIGIN.cookie) return;
      if (part !== PART.WHOLE) {
        if (goesOnLikeJson(text, limits)) breakSelections(evaluation, [ORIGIN.nested]);
        return;
      }
      const result = readNestedJson(text, name, path, -1, 0, limits, dispatcher);
      if (result === 'beyond_limits') breakSelections(evaluation, [ORIGIN.nested]);
    };
  }

  #beginBody(): void {
    const { evaluation, judge, dispatcher } = this.#bench;
    const { settings } = evaluation.program;
    evaluation.beginPhase(PHASE.BODY);
    if ((evaluation.head.contentLength ?? 0) > settings.bodyBytesMax) {
      judge.refuse('policy.body_max', settings.bodyOverMax, PHASE.BODY);
      if (judge.final) return;
    }
    judge.begin(PHASE.BODY);
    if (judge.final) return;
    dispatcher.onStep = () => this.#step();
    if (evaluation.head.hasBody && this.inspects) this.#openIntake();
  }

  #step(): void {
    const { judge, dispatcher } = this.#bench;
    if (!judge.final) judge.step(PHASE.BODY);
    if (judge.final) dispatcher.stopped = true;
  }

  #openIntake(): void {
    const { evaluation, dispatcher } = this.#bench;
    const { program, plan, head } = evaluation;
    const limits = this.#limits();
    const options = { limits, sink: dispatcher, direction: 'request' as const };
    const structured = (plan.needs & STRUCTURED) !== 0;
    if (structured && (plan.needs & NEED.STRUCTURE) !== 0) {
      this.#tracker = new JsonTracker(
        evaluation,
        'request',
        ORIGIN.json,
        () => this.#step(),
        (name, path, isArray) => dispatcher.container(ORIGIN.json, name, path, isArray),
      );
    }
    const tracker = this.#tracker;
    let reader: BodyReader | null = null;
    if (structured) {
      reader = createReaderFor(
        this.#bench.body,
        tracker === null ? options : { ...options, structure: tracker },
      );
    }
    this.#intake = new BodyIntake({
      facts: evaluation.requestBody,
      coding: contentCodingOf(combineLines(head.fields, 'content-encoding')),
      reader,
      openText: (plan.needs & NEED.TEXT) === 0 ? null : () => new RawTextTap(options),
      windowBytes: limits.windowBytes,
      sizeMarks: program.sizeMarks,
      bytesMax: program.settings.bodyBytesMax,
      digests: program.digests
        .map((spec, index) => ({ spec, index }))
        .filter(({ spec }) => spec.direction === 'request' && (plan.needs & NEED.DIGEST) !== 0),
      onSizeMark: () => this.#onSizeMark(),
      onOverMax: () => this.#enforceMaximum(),
      onDigest: (index, value) => {
        evaluation.digests[index] = value;
      },
    });
  }

  #limits(): ReaderLimits {
    return { ...READER_LIMITS_DEFAULT, windowBytes: this.#bench.evaluation.program.settings.bodyWindowBytes };
  }

  #onSizeMark(): void {
    const { evaluation } = this.#bench;
    evaluation.step++;
    for (const leaf of evaluation.program.sizeLeaves) evaluation.touch(leaf);
    this.#step();
  }

  #enforceMaximum(): void {
    const { evaluation, judge, dispatcher } = this.#bench;
    const { settings } = evaluation.program;
    if (evaluation.requestBody.size <= settings.bodyBytesMax) return;
    judge.refuse('policy.body_max', settings.bodyOverMax, PHASE.BODY);
    if (judge.final) dispatcher.stopped = true;
    else if (this.#intake !== null) this.#cutOff();
  }

  /** The body is over the maximum and goes on: its rest is not looked at, and what is open by now is unknown. */
  #cutOff(): void {
    const { requestBody: facts } = this.#bench.evaluation;
    facts.cut = 'body.max';
    facts.fault ??= this.#intake?.reader?.fault?.reason;
    this.#ended = true;
    this.#endPhase(true);
    this.#bench.judge.end(PHASE.BODY);
  }

  #digestNothing(): void {
    const { evaluation } = this.#bench;
    if ((evaluation.plan.needs & NEED.DIGEST) === 0) return;
    evaluation.program.digests.forEach((spec, index) => {
      if (spec.direction === 'request') evaluation.digests[index] = digestOfNothing(spec);
    });
  }

  #finish(): void | Promise<void> {
    const { evaluation } = this.#bench;
    this.#ended = true;
    if (this.#isOver) return;
    if (!evaluation.head.hasBody) this.#digestNothing();
    const { fault } = evaluation.requestBody;
    this.#endPhase(fault?.startsWith('coding.') ?? false);
    const waiting = this.#askGates();
    if (waiting !== undefined) return waiting.then(() => this.#conclude(PHASE.BODY));
    this.#conclude(PHASE.BODY);
  }

  /** Once, behind the last byte and before the end is judged. */
  #askGates(): void | Promise<void> {
    const waiting = this.#bench.gatekeeper.ask(PHASE.BODY);
    if (waiting === undefined) this.#gated = true;
    else
      return waiting.then(() => {
        this.#gated = true;
      });
  }

  /** Ends the phase. `lacksText`: the raw text is not complete either, where the body is not. */
  #endPhase(lacksText: boolean): void {
    const { evaluation, body } = this.#bench;
    const { requestBody: facts, plan } = evaluation;
    facts.broken = facts.fault !== undefined || facts.cut !== undefined;
    this.#tracker?.end(facts.broken);
    if (facts.broken) {
      breakSelections(evaluation, originsOfBody(body.kind, lacksText && (plan.needs & NEED.TEXT) !== 0));
    }
    evaluation.step++;
    evaluation.endPhase(PHASE.BODY);
  }
}
