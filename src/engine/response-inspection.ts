/** The response side of a transaction: head and body phases, the hold, masks. */
import { READER_LIMITS_DEFAULT, createReaderFor } from '../http/body/create-reader.ts';
import { contentCodingOf } from '../http/body/content-coding.ts';
import type { BodyReader, ReaderOptions } from '../http/body/reader.ts';
import { chooseBody } from '../http/body/sniff.ts';
import { RawTextTap } from '../http/body/text.ts';
import { combineLines } from '../http/fields.ts';
import type { FieldLines } from '../http/request-head.ts';
import { ORIGIN, LEAF, PART } from '../http/value.ts';
import { BodyIntake } from './body-intake.ts';
import { visitHead } from './head-values.ts';
import { JsonTracker } from './json-tracker.ts';
import { offerHeldText } from './long-values.ts';
import { PHASE } from './phases.ts';
import { NEED } from './program.ts';
import type { RequestInspection } from './request-inspection.ts';
import { readsResponseBody } from './route-plan.ts';
import { breakSelections } from './selection-breaks.ts';
import type { Workbench } from './workbench.ts';

const RESPONSE_BODY_ORIGINS = [ORIGIN.response_text, ORIGIN.response_json];
const LINE_FEED = 0x0a;

export class ResponseInspection {
  readonly #bench: Workbench;
  readonly #request: RequestInspection;
  #intake: BodyIntake | null = null;
  #tracker: JsonTracker | null = null;
  #ended = false;
  /** The hold is over: by size, or by time. */
  #released = false;
  /** `over -> pass`: the rest is not looked at. */
  #waved = false;
  #isEventStream = false;
  #lineBlank = false;

  constructor(bench: Workbench, request: RequestInspection) {
    this.#bench = bench;
    this.#request = request;
  }

  get inspects(): boolean {
    return readsResponseBody(this.#bench.evaluation.plan);
  }

  head(status: number, fields: FieldLines, latencyUs: number): void {
    const { evaluation, judge, dispatcher } = this.#bench;
    if (judge.final) return;
    if (!this.#request.ended) this.#request.abandon();
    dispatcher.onStep = null;
    dispatcher.onText = null;
    evaluation.response = { status, fields, latencyUs };
    evaluation.step++;
    evaluation.beginPhase(PHASE.RESPONSE_HEADERS);
    if ((evaluation.plan.needs & NEED.RESPONSE_HEADERS) !== 0) {
      visitHead(evaluation, 1 << ORIGIN.response_header, (origin, name, path, text) => {
        dispatcher.value(origin, name, path, text, PART.WHOLE, LEAF.TEXT, -1, 0);
      });
    }
    this.#request.offerScalars(PHASE.RESPONSE_HEADERS);
    evaluation.endPhase(PHASE.RESPONSE_HEADERS);
    this.#bench.gatekeeper.settle();
    judge.end(PHASE.RESPONSE_HEADERS);
    if (!judge.final) this.#beginBody(fields);
  }

  write(chunk: Uint8Array): void | Promise<void> {
    const { evaluation, judge } = this.#bench;
    if (this.#intake === null || this.#waved || judge.final) {
      evaluation.responseBody.size += chunk.length;
      return;
    }
    const waiting = this.#isEventStream ? this.#writeEvents(this.#intake, chunk) : this.#intake.write(chunk);
    if (waiting === undefined) this.#afterWrite();
    else return waiting.then(() => this.#afterWrite());
  }

  end(): void | Promise<void> {
    if (this.#ended || this.#bench.judge.final || !this.#bench.evaluation.hasEnded(PHASE.RESPONSE_HEADERS))
      return;
    const waiting = this.#waved ? undefined : this.#intake?.end();
    if (waiting === undefined) this.#finish();
    else return waiting.then(() => this.#finish());
  }

  /**
   * What was seen is looked at now, so that it can go. The text goes on as one value: a match across this point is
   * found with the segment it lies in, when its first bytes are gone and a block can only close the connection.
   */
  holdExpired(): void {
    this.#released = true;
    const { evaluation, judge, dispatcher } = this.#bench;
    if (this.#ended || this.#waved || judge.final) return;
    this.#intake?.clearText((held) => {
      offerHeldText(dispatcher.tester, evaluation, ORIGIN.response_text, held);
      this.#step();
    });
  }

  get releasable(): number {
    const { evaluation, judge } = this.#bench;
    if (judge.final) return 0;
    if (this.#intake === null || !this.inspects || this.#waved) return Infinity;
    const { size } = evaluation.responseBody;
    if (this.#ended) return size;
    if (this.#isEventStream) return this.#intake.cleared;
    return this.#released ? Math.max(0, Math.min(this.#intake.cleared, size - 1)) : 0;
  }

  close(): void {
    this.#intake?.close();
  }

  #beginBody(fields: FieldLines): void {
    const { evaluation, judge, dispatcher } = this.#bench;
    evaluation.beginPhase(PHASE.RESPONSE_BODY);
    judge.begin(PHASE.RESPONSE_BODY);
    if (judge.final || !this.inspects) return;
    dispatcher.onStep = () => this.#step();
    const contentType = combineLines(fields, 'content-type');
    this.#isEventStream = contentType?.toLowerCase().startsWith('text/event-stream') ?? false;
    this.#openIntake(contentType, combineLines(fields, 'content-encoding'));
  }

  #openIntake(contentType: string | undefined, contentEncoding: string | undefined): void {
    const { evaluation, dispatcher } = this.#bench;
    const { program, plan } = evaluation;
    const limits = { ...READER_LIMITS_DEFAULT, windowBytes: program.settings.bodyWindowBytes };
    const options: ReaderOptions = { limits, sink: dispatcher, direction: 'response' };
    if ((plan.needs & NEED.RESPONSE_STRUCTURE) !== 0) {
      this.#tracker = new JsonTracker(
        evaluation,
        'response',
        ORIGIN.response_json,
        () => this.#step(),
        (name, path, isArray) => dispatcher.container(ORIGIN.response_json, name, path, isArray),
      );
    }
    const choice = chooseBody(contentType);
    const readsJson =
      (plan.needs & (NEED.RESPONSE_JSON | NEED.RESPONSE_STRUCTURE)) !== 0 && choice.kind === 'json';
    let reader: BodyReader | null = null;
    if (readsJson) {
      reader = createReaderFor(
        choice,
        this.#tracker === null ? options : { ...options, structure: this.#tracker },
      );
    }
    const coding = contentCodingOf(contentEncoding);
    this.#intake = new BodyIntake({
      facts: evaluation.responseBody,
      // Bytes inside compressed data cannot be covered.
      coding: plan.masks && coding !== 'identity' ? null : coding,
      reader,
      openText:
        (plan.needs & NEED.RESPONSE_TEXT) === 0
          ? null
          : (base) => new RawTextTap(this.#shifted(options, base)),
      windowBytes: limits.windowBytes,
      sizeMarks: program.responseSizeMarks,
      bytesMax: Infinity,
      digests: program.digests
        .map((spec, index) => ({ spec, index }))
        .filter(({ spec }) => spec.direction === 'response' && (plan.needs & NEED.RESPONSE_DIGEST) !== 0),
      onSizeMark: () => {
        for (const leaf of program.responseSizeLeaves) evaluation.touch(leaf);
        this.#step();
      },
      onOverMax: () => undefined,
      onDigest: (index, value) => {
        evaluation.digests[index] = value;
      },
    });
  }

  /** A text reader that begins in mid-body reports offsets of the whole. */
  #shifted(options: ReaderOptions, base: number): ReaderOptions {
    if (base === 0) return options;
    const { dispatcher } = this.#bench;
    return {
      ...options,
      sink: {
        value: (origin, name, path, text, part, leaf, at, length) =>
          dispatcher.value(origin, name, path, text, part, leaf, at + base, length),
        file: (file) => dispatcher.file(file),
      },
    };
  }

  #step(): void {
    const { judge, dispatcher } = this.#bench;
    if (!judge.final) judge.step(PHASE.RESPONSE_BODY);
    if (judge.final) dispatcher.stopped = true;
  }

  #afterWrite(): void {
    const { evaluation, judge } = this.#bench;
    const { settings } = evaluation.program;
    if (this.#released || judge.final || evaluation.responseBody.size <= settings.responseHoldBytes) return;
    this.#released = true;
    const over = settings.responseOver;
    if (over === 'scan' || this.#isEventStream) return;
    judge.refuse('policy.response_over', over, PHASE.RESPONSE_BODY);
    if (judge.final) return;
    this.#waved = true;
    this.#breakOff();
  }

  /** An event ends with a blank line (WHATWG HTML, server-sent events); it is looked at and goes on at once. */
  async #writeEvents(intake: BodyIntake, chunk: Uint8Array): Promise<void> {
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === LINE_FEED && this.#lineBlank) {
        await intake.write(chunk.subarray(from, at + 1));
        intake.flushText();
        from = at + 1;
      }
      if (byte !== 0x0d) this.#lineBlank = byte === LINE_FEED;
    }
    if (from < chunk.length) await intake.write(chunk.subarray(from));
  }

  #breakOff(): void {
    const { evaluation, judge } = this.#bench;
    evaluation.responseBody.broken = true;
    evaluation.responseBody.fault ??= 'response.hold';
    evaluation.responseBody.cut = 'response.hold';
    this.#tracker?.end(true);
    breakSelections(evaluation, RESPONSE_BODY_ORIGINS);
    this.#ended = true;
    evaluation.endPhase(PHASE.RESPONSE_BODY);
    judge.end(PHASE.RESPONSE_BODY);
  }

  #finish(): void {
    const { evaluation, judge } = this.#bench;
    if (this.#ended) return;
    this.#ended = true;
    if (judge.final) return;
    const { responseBody: facts } = evaluation;
    facts.broken = facts.fault !== undefined;
    this.#tracker?.end(facts.broken);
    if (facts.broken) {
      const coded = facts.fault?.startsWith('coding.') ?? false;
      breakSelections(evaluation, coded ? RESPONSE_BODY_ORIGINS : [ORIGIN.response_json]);
    }
    evaluation.step++;
    evaluation.endPhase(PHASE.RESPONSE_BODY);
    this.#bench.gatekeeper.settle();
    judge.end(PHASE.RESPONSE_BODY);
  }
}
