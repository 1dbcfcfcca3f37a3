/**
 * Looks for a bearer token, has it judged, and says what follows (RFC 6750).
 *
 * Where a token is `required`, none and a bad one get 401, without a word of what is wrong with it. Where it is not, a bad
 * one counts as none, and the rules decide by `jwt.valid`. In both cases a request with two different tokens is refused,
 * for the service might read the other one, and a token nobody can judge now gets 503: its bearer is not treated as nobody
 * because an issuer's keys are away.
 */
import { findToken, type TokenSource } from '../../identity/tokens/token-source.ts';
import type { TokenVerdict } from '../../identity/tokens/token-verifier.ts';
import type { RequestHead } from '../../http/request-head.ts';
import { lowerAscii } from '../../http/transform/lower.ts';
import { RETRY_AFTER_S_DEFAULT } from '../../core/limits.ts';
import type { Denial, EntryRequest, EntryStep, StepAnswer } from './entry-step.ts';

export interface TokenStepOptions {
  /** All are looked at; a token found in several must be the same. */
  readonly sources: readonly TokenSource[];
  readonly tokenBytesMax: number;
  readonly required: boolean;
  /** Canonical paths for which no token is looked at; `/public/*` is everything below. */
  readonly exemptPaths: readonly string[];
  /** Browsers ask with OPTIONS, and without a token, whether a page may send one (Fetch §3.2.2, CORS preflight). */
  readonly exemptPreflights: boolean;
}

/** Judges one token, whose length is bounded. Never rejects for what it holds. */
export interface TokenJudge {
  verify(text: string): TokenVerdict | Promise<TokenVerdict>;
}

/** RFC 6750 §3: without a token no error is named; with a bad one nothing of why. */
const ASKED = ['www-authenticate', 'Bearer realm="service"'];
const INVALID = ['www-authenticate', 'Bearer realm="service", error="invalid_token"'];
const SEVERAL = ['www-authenticate', 'Bearer realm="service", error="invalid_request"'];

const MISSING: Denial = { kind: 'denial', reason: 'jwt.missing', status: 401, fields: ASKED };
const AMBIGUOUS: Denial = { kind: 'denial', reason: 'jwt.ambiguous', status: 400, fields: SEVERAL };

export class TokenStep implements EntryStep {
  readonly #options: TokenStepOptions;
  readonly #judge: TokenJudge;
  readonly #exactPaths: ReadonlySet<string>;
  readonly #pathPrefixes: readonly string[];

  constructor(options: TokenStepOptions, judge: TokenJudge) {
    this.#options = options;
    this.#judge = judge;
    const isPrefix = (path: string): boolean => path.endsWith('/*');
    this.#exactPaths = new Set(options.exemptPaths.filter((path) => !isPrefix(path)));
    this.#pathPrefixes = options.exemptPaths.filter(isPrefix).map((path) => path.slice(0, -1));
  }

  ask({ head }: EntryRequest): StepAnswer | Promise<StepAnswer> {
    const { sources, tokenBytesMax, required } = this.#options;
    if (this.#isExempt(head)) return undefined;
    const found = findToken(head.fields, sources);
    if (found === 'missing') return required ? MISSING : undefined;
    if (found === 'ambiguous') return AMBIGUOUS;
    if (found.text.length > tokenBytesMax) return this.#refuse('too_long');
    const verdict = this.#judge.verify(found.text);
    return verdict instanceof Promise
      ? verdict.then((settled) => this.#answer(settled))
      : this.#answer(verdict);
  }

  #answer(verdict: TokenVerdict): StepAnswer {
    switch (verdict.kind) {
      case 'verified':
        return { kind: 'finding', facts: { claims: verdict.claims }, upstreamFields: verdict.fields };
      case 'refused':
        return this.#refuse(verdict.fault);
      case 'unjudged':
        return {
          kind: 'denial',
          reason: `jwt.${verdict.why}_unavailable`,
          status: 503,
          retryAfterS: RETRY_AFTER_S_DEFAULT,
        };
    }
  }

  #refuse(fault: string): StepAnswer {
    if (!this.#options.required) return undefined;
    return { kind: 'denial', reason: `jwt.${fault}`, status: 401, fields: INVALID };
  }

  /** Only if no server could read the path as one that is not exempt. */
  #isExempt(head: RequestHead): boolean {
    if (this.#options.exemptPreflights && isPreflight(head)) return true;
    const isExempt = (path: string): boolean => this.#isExemptPath(path);
    return (
      isExempt(head.path) && head.pathViews.every((view) => isExempt(view) && isExempt(lowerAscii(view)))
    );
  }

  #isExemptPath(path: string): boolean {
    return this.#exactPaths.has(path) || this.#pathPrefixes.some((prefix) => path.startsWith(prefix));
  }
}

function isPreflight({ method, fields, hasBody }: RequestHead): boolean {
  if (method !== 'OPTIONS' || hasBody) return false;
  let [hasOrigin, asksMethod] = [false, false];
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at] === 'origin') hasOrigin = true;
    else if (fields[at] === 'access-control-request-method') asksMethod = true;
  }
  return hasOrigin && asksMethod;
}
