/**
 * The keys of one issuer, read from a JWK set (RFC 7517), a PEM file or a secret.
 *
 * Keys that cannot verify the tokens Ward takes are left out, as RFC 7517 §5 says, and named; a set with a private key
 * is refused as a whole: whoever published it has lost it. A set holds public keys or one secret, never both.
 */
import { createHash, createPublicKey, createSecretKey, KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, importJWK, type JWK } from 'jose';
import {
  KEY_ID_CHARS_MAX,
  KEY_SET_BYTES_MAX,
  KEYS_MAX,
  RSA_KEY_BITS_MAX,
  RSA_KEY_BITS_MIN,
} from '../../core/limits.ts';
import { parseJson } from '../../http/json-value.ts';
import type { JsonValue } from '../../http/value.ts';
import { type Algorithm, type AlgorithmName, ALGORITHMS, algorithmsOf, isAlgorithm } from './algorithm.ts';

export interface VerificationKey {
  /** `kid`; undefined where the key has none. */
  readonly id: string | undefined;
  readonly algorithms: readonly AlgorithmName[];
  readonly key: KeyObject;
  /** Tells whether two sets hold the same key under the same name for the same use; says nothing of a secret. */
  readonly print: string;
}

/** A text that is no key set; the message is for operators and holds nothing of the text. */
export class KeySetError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'KeySetError';
  }
}

export class KeySet {
  readonly keys: readonly VerificationKey[];
  /** Why keys were left out, one sentence each. */
  readonly leftOut: readonly string[];
  readonly #prints: ReadonlySet<string>;

  constructor(keys: readonly VerificationKey[], leftOut: readonly string[] = []) {
    this.keys = keys;
    this.leftOut = leftOut;
    this.#prints = new Set(keys.map((key) => key.print));
  }

  /**
   * The key a token names. Without a `kid` the one key that serves the algorithm; a token with a `kid` may also mean the
   * one key that has none. Undefined if there is none, or more than one: nothing is tried out.
   */
  find(id: string | undefined, algorithm: AlgorithmName): VerificationKey | undefined {
    const fitting = this.keys.filter(({ algorithms }) => algorithms.includes(algorithm));
    const named = id === undefined ? fitting : fitting.filter((key) => key.id === id);
    if (named.length > 0) return named.length === 1 ? named[0] : undefined;
    const nameless = fitting.filter((key) => key.id === undefined);
    return nameless.length === 1 ? nameless[0] : undefined;
  }

  /** The key is in this set as well, for the same use. */
  holds(key: VerificationKey): boolean {
    return this.#prints.has(key.print);
  }
}

/** @throws KeySetError if it is no JWK set */
export async function keySetFromJwks(text: string): Promise<KeySet> {
  if (text.length > KEY_SET_BYTES_MAX) throw new KeySetError(`is larger than ${KEY_SET_BYTES_MAX} bytes`);
  const document = parseJson(Buffer.from(text, 'utf8').toString('latin1'));
  if (document === undefined) throw new KeySetError('is no JSON, or names a member twice');
  const members = isObject(document) ? document.keys : undefined;
  if (!Array.isArray(members)) throw new KeySetError('is no JWK set: it has no list `keys`');
  if (members.length > KEYS_MAX) throw new KeySetError(`has more than ${KEYS_MAX} keys`);
  const keys: VerificationKey[] = [];
  const leftOut: string[] = [];
  for (const [index, member] of (members as readonly JsonValue[]).entries()) {
    const result = await readKey(member);
    if (typeof result === 'string') leftOut.push(`key ${index + 1} ${result}`);
    else keys.push(result);
  }
  return new KeySet(keys, leftOut);
}

/**
 * One public key or certificate. Certificates are taken for their key: neither dates nor issuer are looked at.
 * @throws KeySetError if it is neither, or a private key
 */
export async function keySetFromPem(text: string): Promise<KeySet> {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    throw new KeySetError(
      'is a private key: give the public one, the private one belongs to the issuer alone',
    );
  }
  let jwk: JWK;
  try {
    jwk = await exportJWK(createPublicKey(text));
  } catch {
    throw new KeySetError('is no public key or certificate in PEM');
  }
  const key = await readKey({ ...jwk });
  if (typeof key === 'string') throw new KeySetError(key);
  return new KeySet([key]);
}

/**
 * A secret shared with the issuer. It serves the algorithms whose hash is not longer than it is (RFC 7518 §3.2).
 * @throws KeySetError if it is shorter than 32 bytes
 */
export function keySetFromSecret(secret: string): KeySet {
  const bytes = Buffer.from(secret, 'utf8');
  const algorithms = algorithmsOf('secret').filter((name) => bytes.length * 8 >= Number(name.slice(2)));
  if (algorithms.length === 0) throw new KeySetError('is shorter than 32 bytes, which can be guessed');
  const print = createHash('sha256').update(bytes).digest('base64url');
  return new KeySet([{ id: undefined, algorithms, key: createSecretKey(bytes), print }]);
}

/** The key, or why it is left out. @throws KeySetError if it is a private one */
async function readKey(jwk: JsonValue): Promise<VerificationKey | string> {
  if (!isObject(jwk)) return 'is no object';
  if (jwk.d !== undefined) throw new KeySetError('holds a private key');
  const { kid, use, alg, key_ops: uses } = jwk;
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > KEY_ID_CHARS_MAX))
    return 'has an odd `kid`';
  if (use !== undefined && use !== 'sig') return 'is not for signatures';
  if (uses !== undefined && !(Array.isArray(uses) && uses.includes('verify'))) return 'is not for verifying';
  const family = familyOf(jwk);
  if (family === undefined) return 'is of a kind that verifies no token';
  const served = algorithmsOf(family);
  if (alg !== undefined && !(isAlgorithm(alg) && served.includes(alg)))
    return 'names an algorithm that it does not fit';
  const algorithms = isAlgorithm(alg) ? [alg] : served;
  try {
    const imported = await importJWK(jwk as JWK, algorithms[0]);
    if (imported instanceof Uint8Array) return 'is of a kind that verifies no token';
    const key = KeyObject.from(imported);
    const bits = key.asymmetricKeyDetails?.modulusLength;
    if (bits !== undefined && (bits < RSA_KEY_BITS_MIN || bits > RSA_KEY_BITS_MAX))
      return `has ${bits} bits; ${RSA_KEY_BITS_MIN} to ${RSA_KEY_BITS_MAX} are taken`;
    const print = `${await calculateJwkThumbprint(jwk as JWK)} ${algorithms.join()} ${kid ?? ''}`;
    return { id: kid, algorithms, key, print };
  } catch {
    return 'is malformed';
  }
}

/** A symmetric key (`oct`) has none: secrets come from the configuration alone. */
function familyOf(jwk: Readonly<Record<string, JsonValue>>): Algorithm['family'] | undefined {
  const { kty, crv } = jwk;
  if (kty === 'RSA') return 'RSA';
  const isCurve = kty === 'EC' ? crv !== 'Ed25519' : kty === 'OKP' && crv === 'Ed25519';
  if (!isCurve) return undefined;
  return Object.values(ALGORITHMS).find(({ family }) => family === crv)?.family;
}

function isObject(value: JsonValue): value is Readonly<Record<string, JsonValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
