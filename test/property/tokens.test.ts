/**
 * Tokens that were tampered with never verify, and nothing verifies that jose, which reads tokens by itself, would not
 * accept.
 */
import fc from 'fast-check';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/core/clock.ts';
import { TokenVerifier } from '../../src/identity/tokens/token-verifier.ts';
import '../support/seed.ts';
import {
  AUDIENCE,
  claims,
  ISSUER,
  issuerOf,
  jwks,
  secretToken,
  segment,
  signingKey,
  token,
  TOKEN_EPOCH_MS,
} from '../support/tokens.ts';

const keys = [
  signingKey('ES256', 'e'),
  signingKey('RS256', 'r'),
  signingKey('EdDSA', 'o'),
  signingKey('PS256', 'p'),
];
const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
const issuer = await issuerOf(keys);
const verifier = (): TokenVerifier => new TokenVerifier([issuer], [], new ManualClock(TOKEN_EPOCH_MS));
const published = createLocalJWKSet(JSON.parse(jwks(...keys)) as Parameters<typeof createLocalJWKSet>[0]);

async function josesVerdict(text: string): Promise<boolean> {
  const options = {
    issuer: ISSUER,
    audience: AUDIENCE,
    requiredClaims: ['exp'],
    currentDate: new Date(TOKEN_EPOCH_MS),
  };
  return jwtVerify(text, published, { ...options, algorithms: [...algorithms] }).then(
    () => true,
    () => false,
  );
}

const verifies = async (text: string): Promise<boolean> =>
  (await verifier().verify(text)).kind === 'verified';

const CHARS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\u00ff';

/** One change to a text: a char replaced, put in or taken out, or two parts exchanged. */
const mutation = fc.record({
  kind: fc.constantFrom('replace', 'insert', 'delete', 'swap', 'append'),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  char: fc.constantFrom(...CHARS),
});

function mutate(text: string, { kind, at, char }: { kind: string; at: number; char: string }): string {
  const i = Math.floor(at * text.length);
  if (kind === 'replace') return text.slice(0, i) + char + text.slice(i + 1);
  if (kind === 'insert') return text.slice(0, i) + char + text.slice(i);
  if (kind === 'delete') return text.slice(0, i) + text.slice(i + 1);
  if (kind === 'append') return text + char;
  return text.split('.').reverse().join('.');
}

const json = fc.jsonValue({ maxDepth: 2 });
/** Mostly what is right, sometimes anything. */
const mostly = <T>(right: fc.Arbitrary<T>, other: fc.Arbitrary<unknown> = json) =>
  fc.oneof({ weight: 9, arbitrary: right }, { weight: 1, arbitrary: other });
const date = mostly(fc.integer({ min: -2, max: 2 }).map((s) => TOKEN_EPOCH_MS / 1_000 + s));
const oddClaims = fc.record(
  {
    iss: mostly(fc.constant(ISSUER)),
    aud: mostly(fc.constantFrom(AUDIENCE, [AUDIENCE], ['a', AUDIENCE])),
    exp: date,
    nbf: date,
    sub: json,
  },
  { requiredKeys: ['iss', 'aud', 'exp'] },
);
const oddHeader = mostly(
  fc.constantFrom(
    {},
    { typ: 'JWT' },
    { jku: 'https://attacker.example/keys' },
    { jwk: signingKey('ES256').jwk },
  ),
  fc.record(
    {
      alg: fc.constantFrom(
        'none',
        'HS256',
        'ES256',
        'RS256',
        'PS256',
        'EdDSA',
        'es256',
        'ES256 ',
        '',
        null,
        1,
      ),
      kid: fc.constantFrom('e', 'r', 'o', 'p', 'x', '', null, 1),
      typ: fc.constantFrom('at+jwt', '', null),
      crit: fc.constantFrom([], ['b64'], ['exp'], null, 'b64'),
      b64: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
) as fc.Arbitrary<Record<string, unknown>>;

describe('a token', () => {
  it('never verifies once it was changed', async () => {
    const originals = keys.map((key) => token(key));
    for (const text of originals) expect(await verifies(text)).toBe(true);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...originals),
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
        async (text, changes) => {
          const changed = changes.reduce(mutate, text);
          fc.pre(changed !== text);
          expect(await verifies(changed)).toBe(false);
        },
      ),
      { numRuns: 1_500 },
    );
  });

  it('never verifies with the signature, header or claims of another', async () => {
    const parts = keys
      .flatMap((key) => [token(key), token(key, claims({ sub: 'root' }))])
      .map((text) => text.split('.'));
    const part = fc.constantFrom(...parts);
    await fc.assert(
      fc.asyncProperty(part, part, part, async (header, body, signature) => {
        fc.pre(!(header === body && body === signature));
        const text = `${header[0]}.${body[1]}.${signature[2]}`;
        fc.pre(!parts.some((whole) => whole.join('.') === text));
        expect(await verifies(text)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('verifies only if jose accepts it, and also then if it is written plainly', async () => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...keys), oddClaims, oddHeader, async (key, body, header) => {
        const text = token(key, body, header);
        const [own, joses] = [await verifies(text), await josesVerdict(text)];
        if (own) {
          accepted += 1;
          expect(joses).toBe(true);
        }
        // What Ward refuses besides: see `compact-token.ts` and `claim-check.ts`.
        const isPlain =
          header.crit === undefined &&
          (typeof header.kid === 'string' || !('kid' in header)) &&
          header.typ !== null &&
          [body.exp, body.nbf ?? 0].every((date) => typeof date === 'number' && date >= 0);
        if (joses && isPlain) expect(own).toBe(true);
      }),
      { numRuns: 800 },
    );
    expect(accepted).toBeGreaterThan(20);
  });

  it('of any bytes at all is refused, and nothing throws', async () => {
    const bytes = fc.uint8Array({ maxLength: 64 }).map((part) => Buffer.from(part).toString('latin1'));
    const nested = fc.integer({ min: 1, max: 2_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth));
    const coded = fc.oneof(
      bytes,
      nested,
      json.map((value) => JSON.stringify(value)),
    );
    const part = fc.oneof(
      bytes,
      coded.map((text) => Buffer.from(text, 'latin1').toString('base64url')),
    );
    const header = mostly(fc.constant(segment({ alg: 'ES256', kid: 'e' })), part) as fc.Arbitrary<string>;
    await fc.assert(
      fc.asyncProperty(header, part, part, async (first, second, third) => {
        expect(await verifies(`${first}.${second}.${third}`)).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it('signed with any public key as a secret is refused', async () => {
    const texts = keys.flatMap((key) =>
      [
        key.publicKey.export({ type: 'spki', format: 'pem' }),
        key.publicKey.export({ type: 'spki', format: 'der' }),
        JSON.stringify(key.jwk),
        segment(key.jwk),
      ].flatMap((secret) => [secretToken(secret), secretToken(secret, claims(), { kid: key.id })]),
    );
    for (const text of texts) expect(await verifies(text)).toBe(false);
  });
});
