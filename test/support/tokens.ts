/** Issuers of tokens with real keys, and tokens of any make, well-formed or not. */
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { ManualClock } from '../../src/core/clock.ts';
import { JWKS_COOLDOWN_MS } from '../../src/core/limits.ts';
import { KeyRing } from '../../src/identity/tokens/key-ring.ts';
import { KeySet, keySetFromJwks } from '../../src/identity/tokens/key-set.ts';
import type { TokenIssuer } from '../../src/identity/tokens/token-verifier.ts';
import { type AlgorithmName, ALGORITHMS, type Algorithm } from '../../src/identity/tokens/algorithm.ts';

/** Where time stands in tests of tokens: 2026-01-01T00:00:00Z. */
export const TOKEN_EPOCH_MS = 1_767_225_600_000;
export const ISSUER = 'https://id.example';
export const AUDIENCE = 'orders';

export interface SigningKey {
  readonly id: string;
  readonly algorithm: AlgorithmName;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** As the issuer publishes it. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

/** A new key pair. RSA ones take some 50 ms to make. */
export function signingKey(algorithm: AlgorithmName = 'ES256', id = 'k1', rsaBits = 2_048): SigningKey {
  const { family } = ALGORITHMS[algorithm];
  const pair =
    family === 'RSA'
      ? generateKeyPairSync('rsa', { modulusLength: rsaBits })
      : family === 'Ed25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: family });
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: id, alg: algorithm, use: 'sig' };
  return { id, algorithm, jwk, ...pair };
}

export function jwks(...keys: readonly Pick<SigningKey, 'jwk'>[]): string {
  return JSON.stringify({ keys: keys.map((key) => key.jwk) });
}

export const segment = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Claims that hold at `TOKEN_EPOCH_MS` and five minutes on. */
export function claims(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { iss: ISSUER, aud: AUDIENCE, sub: 'u-1', exp: TOKEN_EPOCH_MS / 1_000 + 300, ...changes };
}

/** Signs whatever it is given; `header` adds to or replaces what belongs there. */
export function token(
  key: SigningKey,
  body: Readonly<Record<string, unknown>> = claims(),
  header: Readonly<Record<string, unknown>> = {},
): string {
  const text = `${segment({ alg: key.algorithm, kid: key.id, ...header })}.${segment(body)}`;
  const { digest, pss }: Algorithm = ALGORITHMS[key.algorithm];
  const options = { key: key.privateKey, dsaEncoding: 'ieee-p1363' as const, ...pss };
  return `${text}.${sign(digest, Buffer.from(text), options).toString('base64url')}`;
}

/** Signed with a secret. */
export function secretToken(
  secret: string | Buffer,
  body: Readonly<Record<string, unknown>> = claims(),
  header: Readonly<Record<string, unknown>> = {},
): string {
  const text = `${segment({ alg: 'HS256', ...header })}.${segment(body)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** An issuer with these keys, which are its own and for ever. */
export async function issuerOf(
  keys: KeySet | readonly SigningKey[],
  changes: Partial<TokenIssuer> = {},
  clock = new ManualClock(TOKEN_EPOCH_MS),
): Promise<TokenIssuer> {
  const ring = new KeyRing({
    keepMs: Number.POSITIVE_INFINITY,
    cooldownMs: JWKS_COOLDOWN_MS,
    clock,
    ask: undefined,
  });
  ring.replace(keys instanceof KeySet ? keys : await keySetFromJwks(jwks(...keys)), TOKEN_EPOCH_MS);
  return {
    name: ISSUER,
    audiences: [AUDIENCE],
    algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    requiredClaims: [],
    skewMs: 0,
    type: undefined,
    keys: ring,
    ...changes,
  };
}
