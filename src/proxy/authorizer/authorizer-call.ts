/**
 * One question to the authoriser and the reading of its answer.
 *
 * The head decides, so an admission is one as soon as its head is there; whatever body follows is read and forgotten, a
 * little of it, for the sake of the connection. The body of a refusal is wanted for the client. It never changes what was
 * decided: one that is too large, coded or broken off is left out, and the refusal remains.
 */
import { AUTHORIZER_UNREAD_BYTES_MAX } from '../../core/limits.ts';
import { combineLines } from '../../http/fields.ts';
import type { UpstreamCall, UpstreamFailure, UpstreamHandler } from '../upstream/upstream.ts';

/**
 * Why there is no answer. `unreachable`: no connection; `broken`: something that is no answer; `error`: the server says
 * that it failed (5xx); `busy`: too many questions under way; `circuit_open`: it failed again and again, and nobody asks.
 */
export type AuthorizerFailure =
  | 'unreachable'
  | 'timeout'
  | 'broken'
  | 'error'
  | 'busy'
  | 'circuit_open'
  | 'closing';

export interface AuthorizerAnswer {
  readonly status: number;
  /** 2xx. */
  readonly isAdmission: boolean;
  /** Lower-case name, value, …; latin1. */
  readonly fields: readonly string[];
  /** Of a refusal, if it came whole. */
  readonly body: Buffer | undefined;
}

/** Others are broken answers. */
const FAILURES: Readonly<Partial<Record<UpstreamFailure, AuthorizerFailure>>> = {
  refused: 'unreachable',
  timeout: 'timeout',
  busy: 'busy',
  closing: 'closing',
  circuit_open: 'circuit_open',
  forbidden: 'unreachable',
  too_large: 'broken',
};

/** Statuses that speak of a connection or of a copy the client is not known to have: no word about who may pass. */
const NO_ANSWER: ReadonlySet<number> = new Set([304, 408, 426]);

export class AuthorizerCall implements UpstreamHandler {
  readonly answer: Promise<AuthorizerAnswer | AuthorizerFailure | undefined>;
  #resolve: (answer: AuthorizerAnswer | AuthorizerFailure | undefined) => void = () => undefined;
  #answered: (answer: AuthorizerAnswer | AuthorizerFailure | undefined) => void;
  #bodyBytesMax: number;
  #call: UpstreamCall | undefined;
  #isSettled = false;
  /** A refusal whose body is on its way. */
  #refusal: { readonly status: number; readonly fields: readonly string[] } | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;

  /** @param answered called once, when the question is settled */
  constructor(
    bodyBytesMax: number,
    answered: (answer: AuthorizerAnswer | AuthorizerFailure | undefined) => void,
  ) {
    this.#bodyBytesMax = bodyBytesMax;
    this.#answered = answered;
    this.answer = new Promise((resolve) => (this.#resolve = resolve));
  }

  begin(call: UpstreamCall): void {
    this.#call = call;
  }

  /** Nobody waits for the answer any more. */
  takeBack(): void {
    if (this.#isSettled) return;
    this.#call?.abort();
    this.#settle(undefined);
  }

  onHead(status: number, fields: readonly string[]): void {
    if (status >= 500) this.#settle('error');
    else if (NO_ANSWER.has(status)) this.#settle('broken');
    else if (status < 300) this.#settle({ status, isAdmission: true, fields, body: undefined });
    else if (!this.#wantsBody(fields)) this.#refuse(status, fields, undefined);
    else this.#refusal = { status, fields };
  }

  onData(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#refusal !== undefined && this.#bytes <= this.#bodyBytesMax) {
      this.#chunks.push(Buffer.from(chunk)); // a copy: undici only lends it
      return;
    }
    const refusal = this.#refusal;
    if (refusal !== undefined) this.#refuse(refusal.status, refusal.fields, undefined);
    if (this.#bytes > AUTHORIZER_UNREAD_BYTES_MAX) this.#call?.abort();
  }

  onEnd(): void {
    const refusal = this.#refusal;
    if (refusal !== undefined) this.#refuse(refusal.status, refusal.fields, Buffer.concat(this.#chunks));
  }

  onFailure(failure: UpstreamFailure): void {
    const refusal = this.#refusal;
    if (refusal === undefined) this.#settle(FAILURES[failure] ?? 'broken');
    else this.#refuse(refusal.status, refusal.fields, undefined);
  }

  onDrain(): void {}

  /** One in a content coding was not asked for: the client may not read it. */
  #wantsBody(fields: readonly string[]): boolean {
    return this.#bodyBytesMax > 0 && combineLines(fields, 'content-encoding') === undefined;
  }

  #refuse(status: number, fields: readonly string[], body: Buffer | undefined): void {
    this.#refusal = undefined;
    this.#chunks = [];
    this.#settle({ status, isAdmission: false, fields, body });
  }

  #settle(answer: AuthorizerAnswer | AuthorizerFailure | undefined): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#answered(answer);
    this.#resolve(answer);
  }
}
