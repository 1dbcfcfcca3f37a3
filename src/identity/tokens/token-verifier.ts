/**
 * Judges tokens: whose they are, whether they hold, and what they say.
 *
 * What was verified is remembered under a hash of the token, never the token itself, and holds no longer than `exp`, the
 * key it was signed with and the confidence in the issuer's keys. What was refused is remembered apart and shortly: a
 * flood of made-up tokens pushes out no good one, and costs a signature check each at the most. Everything that waits (for
 * keys, for slow algorithms) is counted and bounded; beyond, and when anything fails, the token is not judged, which is
 * never a pass.
 */
import { hash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import {
  TOKEN_CHECKS_MAX,
  TOKEN_REFUSED_MS,
  TOKENS_KEPT_MAX,
  TOKENS_REFUSED_KEPT_MAX,
} from '../../core/limits.ts';
import type { JsonObject } from '../../http/value.ts';
import { type AlgorithmName, ALGORITHMS } from './algorithm.ts';
import { type ClaimDemands, type ClaimFault, checkClaims, type Validity } from './claim-check.ts';
import { type CompactToken, type ReadFault, TokenReader } from './compact-token.ts';
import { type ForwardedClaim, forwardClaims } from './forwarded-claims.ts';
import type { KeyRing } from './key-ring.ts';
import type { VerificationKey } from './key-set.ts';
import { signatureHolds } from './signature.ts';
import { TokenCache } from './token-cache.ts';

/** One issuer whose tokens are taken. Texts latin1. */
export interface TokenIssuer extends ClaimDemands {
  /** Must be `iss` of its tokens, letter for letter. */
  readonly name: string;
  readonly algorithms: readonly AlgorithmName[];
  /** `typ` its tokens must have (RFC 8725 §3.11), lower-case without `application/`; undefined: any. */
  readonly type: string | undefined;
  readonly keys: KeyRing;
}

/** What is wrong with a token, for operators. */
export type TokenFault = ReadFault | ClaimFault | 'type' | 'issuer' | 'key' | 'signature' | 'unforwardable';

/** Who a verified token speaks of, and the key that says so. Latin1, as long as a token allows. */
export interface TokenBearer {
  readonly issuer: string;
  /** `sub`, if it is a text. */
  readonly subject: string | undefined;
  readonly keyId: string | undefined;
}

export type TokenVerdict =
  | {
      readonly kind: 'verified';
      readonly claims: JsonObject;
      readonly fields: readonly string[];
      readonly bearer: TokenBearer;
    }
  | { readonly kind: 'refused'; readonly fault: TokenFault }
  /** Nobody can say: `keys` are missing or too old, or too many checks are under way. */
  | { readonly kind: 'unjudged'; readonly why: 'keys' | 'busy' };

interface KeptToken {
  readonly verdict: TokenVerdict & { readonly kind: 'verified' };
  readonly issuer: TokenIssuer;
  readonly key: VerificationKey;
  readonly validity: Validity;
  /** Of the keys, when the key was last seen among them. */
  generation: number;
}

interface KeptRefusal {
  readonly verdict: TokenVerdict;
  readonly issuer: TokenIssuer;
  readonly generation: number;
  readonly untilMs: number;
}

/** Tokens judged, by what became of them. */
export interface TokenFigures {
  readonly verified: number;
  /** Answered from memory, good or bad. */
  readonly cached: number;
  readonly refused: Readonly<Partial<Record<TokenFault, number>>>;
  readonly unjudged: number;
}

const NO_KEYS: TokenVerdict = { kind: 'unjudged', why: 'keys' };
const BUSY: TokenVerdict = { kind: 'unjudged', why: 'busy' };

export class TokenVerifier {
  readonly #issuers: ReadonlyMap<string, TokenIssuer>;
  readonly #forwarded: readonly ForwardedClaim[];
  readonly #clock: Clock;
  readonly #reader = new TokenReader();
  readonly #kept = new TokenCache<KeptToken>(TOKENS_KEPT_MAX);
  readonly #refusals = new TokenCache<KeptRefusal>(TOKENS_REFUSED_KEPT_MAX);
  readonly #underWay = new Map<string, Promise<TokenVerdict>>();
  #verified = 0;
  #cached = 0;
  #unjudged = 0;
  #refused: Partial<Record<TokenFault, number>> = {};

  constructor(issuers: readonly TokenIssuer[], forwarded: readonly ForwardedClaim[], clock: Clock) {
    this.#issuers = new Map(issuers.map((issuer) => [issuer.name, issuer]));
    this.#forwarded = forwarded;
    this.#clock = clock;
  }

  get figures(): TokenFigures {
    return {
      verified: this.#verified,
      cached: this.#cached,
      refused: { ...this.#refused },
      unjudged: this.#unjudged,
    };
  }

  /** Verified tokens and refusals in memory. */
  get kept(): { readonly verified: number; readonly refused: number } {
    return { verified: this.#kept.size, refused: this.#refusals.size };
  }

  /**
   * The caller bounds the length of the text. At once from memory (about 1 µs) and for algorithms that are not slow;
   * later when keys must be fetched. Never rejects for what the token holds.
   */
  verify(text: string): TokenVerdict | Promise<TokenVerdict> {
    // Latin1 of the digest: 32 chars, and no text of the token.
    const digest = hash('sha256', text, 'binary');
    const known = this.#remembered(digest);
    if (known !== undefined) {
      this.#cached++;
      return known;
    }
    const waiting = this.#underWay.get(digest);
    if (waiting !== undefined) return waiting;
    const verdict = this.#judge(text, digest);
    if (!(verdict instanceof Promise)) return this.#counted(verdict);
    const counted = verdict
      .then((settled) => this.#counted(settled))
      .finally(() => this.#underWay.delete(digest));
    this.#underWay.set(digest, counted);
    return counted;
  }

  #remembered(digest: string): TokenVerdict | undefined {
    const nowMs = this.#clock.now();
    const kept = this.#kept.get(digest);
    if (kept !== undefined) {
      if (stillHolds(kept, nowMs)) return kept.verdict;
      this.#kept.delete(digest);
      return undefined;
    }
    const refusal = this.#refusals.get(digest);
    if (refusal === undefined) return undefined;
    if (nowMs < refusal.untilMs && refusal.generation === refusal.issuer.keys.generation)
      return refusal.verdict;
    this.#refusals.delete(digest);
    return undefined;
  }

  #judge(text: string, digest: string): TokenVerdict | Promise<TokenVerdict> {
    const token = this.#reader.read(text);
    if (typeof token === 'string') return refusal(token);
    const { iss } = token.claims;
    const issuer = typeof iss === 'string' ? this.#issuers.get(iss) : undefined;
    if (issuer === undefined) return refusal('issuer');
    const { algorithm, keyId, type } = token.header;
    if (!issuer.algorithms.includes(algorithm)) return refusal('algorithm');
    if (issuer.type !== undefined && type !== issuer.type) return refusal('type');
    const validity = checkClaims(token.claims, issuer, this.#clock.now());
    if (typeof validity === 'string') return refusal(validity);
    const key = issuer.keys.find(keyId, algorithm);
    if (key !== undefined) return this.#checkSignature(token, issuer, key, validity, digest);
    const renewed = issuer.keys.renew();
    if (renewed === undefined) return issuer.keys.isUsable ? refusal('key') : NO_KEYS;
    if (this.#underWay.size >= TOKEN_CHECKS_MAX) return BUSY;
    return renewed.then(() => {
      const newer = issuer.keys.find(keyId, algorithm);
      if (newer !== undefined) return this.#checkSignature(token, issuer, newer, validity, digest);
      return issuer.keys.isUsable ? refusal('key') : NO_KEYS;
    });
  }

  #checkSignature(
    token: CompactToken,
    issuer: TokenIssuer,
    key: VerificationKey,
    validity: Validity,
    digest: string,
  ): TokenVerdict | Promise<TokenVerdict> {
    const { generation } = issuer.keys;
    const settle = (holds: boolean): TokenVerdict => {
      const fields = holds ? forwardClaims(token.claims, this.#forwarded) : undefined;
      if (fields === undefined) {
        const verdict = refusal(holds ? 'unforwardable' : 'signature');
        const untilMs = this.#clock.now() + TOKEN_REFUSED_MS;
        this.#refusals.set(digest, { verdict, issuer, generation, untilMs });
        return verdict;
      }
      const { sub } = token.claims;
      const subject = typeof sub === 'string' ? sub : undefined;
      const bearer = { issuer: issuer.name, subject, keyId: key.id };
      const verdict = { kind: 'verified' as const, claims: token.claims, fields, bearer };
      this.#kept.set(digest, { verdict, issuer, key, validity, generation });
      return verdict;
    };
    const { isSlow } = ALGORITHMS[token.header.algorithm];
    if (isSlow && !this.#underWay.has(digest) && this.#underWay.size >= TOKEN_CHECKS_MAX) return BUSY;
    const holds = signatureHolds(token.header.algorithm, key, token.signed, token.signature);
    if (typeof holds === 'boolean') return settle(holds);
    // Keys and time may have moved on while a slow algorithm was at work.
    return holds.then((result) => {
      const verdict = settle(result);
      return verdict.kind === 'verified' ? (this.#remembered(digest) ?? NO_KEYS) : verdict;
    });
  }

  #counted(verdict: TokenVerdict): TokenVerdict {
    if (verdict.kind === 'verified') this.#verified++;
    else if (verdict.kind === 'unjudged') this.#unjudged++;
    else this.#refused[verdict.fault] = (this.#refused[verdict.fault] ?? 0) + 1;
    return verdict;
  }
}

/** Its time is not over, and its key is among the issuer's, who is still known well enough. */
function stillHolds(kept: KeptToken, nowMs: number): boolean {
  const { validity, issuer, key } = kept;
  if (nowMs >= validity.untilMs || nowMs < validity.fromMs) return false;
  const { keys } = issuer;
  if (!keys.isUsable) return false;
  if (kept.generation === keys.generation) return true;
  if (!keys.holds(key)) return false;
  kept.generation = keys.generation;
  return true;
}

function refusal(fault: TokenFault): TokenVerdict {
  return { kind: 'refused', fault };
}
