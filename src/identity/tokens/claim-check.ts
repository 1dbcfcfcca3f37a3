/** What the claims of a token must say (RFC 7519 §4.1), asked before its signature: the cheap questions come first. */
import type { JsonObject, JsonValue } from '../../http/value.ts';

export interface ClaimDemands {
  /** The token must be for one of these. */
  readonly audiences: readonly string[];
  /** Names that must be there and not null. `exp` always must. */
  readonly requiredClaims: readonly string[];
  /** By how much the clocks of issuer and Ward may differ. */
  readonly skewMs: number;
}

export type ClaimFault = 'claims' | 'audience' | 'expired' | 'not_yet_valid';

/** When a token holds: from, inclusive, until, exclusive. Milliseconds since the epoch, the skew allowed for. */
export interface Validity {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** When the token holds; a fault if that is not now, or something else is wrong. */
export function checkClaims(claims: JsonObject, demands: ClaimDemands, nowMs: number): Validity | ClaimFault {
  const { exp, nbf = 0, iat = 0 } = claims;
  if (!isDate(exp) || !isDate(nbf) || !isDate(iat)) return 'claims';
  for (const name of demands.requiredClaims) {
    if (claims[name] === undefined || claims[name] === null) return 'claims';
  }
  const { aud } = claims;
  const meant = Array.isArray(aud) ? (aud as readonly JsonValue[]) : [aud];
  if (!demands.audiences.some((audience) => meant.includes(audience))) return 'audience';
  const validity = { fromMs: nbf * 1_000 - demands.skewMs, untilMs: exp * 1_000 + demands.skewMs };
  if (nowMs >= validity.untilMs) return 'expired';
  return nowMs < validity.fromMs ? 'not_yet_valid' : validity;
}

/** Seconds since the epoch, fractions allowed (RFC 7519 §2, NumericDate). */
function isDate(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
