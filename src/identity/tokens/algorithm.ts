/**
 * The signature algorithms of tokens (RFC 7518 §3, RFC 8037, RFC 9864), and what each asks of a key.
 *
 * Families never mix: a public key fits no HS algorithm and a secret fits no other, so that a public key cannot be
 * taken for a secret (key confusion, RFC 8725 §2.1). `none` is not among them.
 */
import { constants } from 'node:crypto';

export interface Algorithm {
  /** The kind of key it takes: `kty` of a JWK, with the curve where that decides. */
  readonly family: 'RSA' | 'P-256' | 'P-384' | 'P-521' | 'Ed25519' | 'secret';
  /** Of `crypto.verify`; Ed25519 hashes by itself. */
  readonly digest: 'sha256' | 'sha384' | 'sha512' | null;
  /** RSASSA-PSS, with a salt as long as the digest (RFC 7518 §3.5). */
  readonly pss?: { readonly padding: number; readonly saltLength: number };
  /** Costs more than a tenth of a millisecond: is computed beside the event loop. */
  readonly isSlow: boolean;
}

const { RSA_PKCS1_PSS_PADDING: padding } = constants;

export const ALGORITHMS = {
  RS256: { family: 'RSA', digest: 'sha256', isSlow: false },
  RS384: { family: 'RSA', digest: 'sha384', isSlow: false },
  RS512: { family: 'RSA', digest: 'sha512', isSlow: false },
  PS256: { family: 'RSA', digest: 'sha256', pss: { padding, saltLength: 32 }, isSlow: false },
  PS384: { family: 'RSA', digest: 'sha384', pss: { padding, saltLength: 48 }, isSlow: false },
  PS512: { family: 'RSA', digest: 'sha512', pss: { padding, saltLength: 64 }, isSlow: false },
  ES256: { family: 'P-256', digest: 'sha256', isSlow: false },
  ES384: { family: 'P-384', digest: 'sha384', isSlow: true },
  ES512: { family: 'P-521', digest: 'sha512', isSlow: true },
  EdDSA: { family: 'Ed25519', digest: null, isSlow: true },
  Ed25519: { family: 'Ed25519', digest: null, isSlow: true },
  HS256: { family: 'secret', digest: 'sha256', isSlow: false },
  HS384: { family: 'secret', digest: 'sha384', isSlow: false },
  HS512: { family: 'secret', digest: 'sha512', isSlow: false },
} as const satisfies Record<string, Algorithm>;

export type AlgorithmName = keyof typeof ALGORITHMS;

/** Those a key of a family serves. */
export function algorithmsOf(family: Algorithm['family']): readonly AlgorithmName[] {
  return (Object.keys(ALGORITHMS) as AlgorithmName[]).filter((name) => ALGORITHMS[name].family === family);
}

export function isAlgorithm(name: unknown): name is AlgorithmName {
  return typeof name === 'string' && Object.hasOwn(ALGORITHMS, name);
}
