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
import { RETRY_AFTER_S_DEFAULT } from '../../core/limits.ts';
import type { Denial, EntryRequest, EntryStep, Finding, StepAnswer } from './entry-step.ts';
import { Exemption, type ExemptionOptions } from './exemption.ts';

export interface TokenStepOptions extends ExemptionOptions {
  /** All are looked at; a token found in several must be the same. */
  readonly sources: readonly TokenSource[];
  readonly tokenBytesMax: number;
  readonly required: boolean;
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
const EXEMPT: Finding = { kind: 'finding', note: { exempt: ['jwt'] } };
const AMBIGUOUS: Denial = { kind: 'denial', reason: 'jwt.ambiguous', status: 400, fields: SEVERAL };

export class TokenStep implements EntryStep {
  readonly #options: TokenStepOptions;
  readonly #judge: TokenJudge;
  readonly #exemption: Exemption;

  constructor(options: TokenStepOptions, judge: TokenJudge) {
    this.#options = options;
    this.#judge = judge;
    this.#exemption = new Exemption(options);
  }

  ask({ head }: EntryRequest): StepAnswer | Promise<StepAnswer> {
    const { sources, tokenBytesMax, required } = this.#options;
    if (this.#exemption.covers(head)) return EXEMPT;
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
        return {
          kind: 'finding',
          facts: { claims: verdict.claims },
          upstreamFields: verdict.fields,
          note: { bearer: verdict.bearer },
        };
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
}
