import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../src/core/clock.ts';
import {
  KEY_ID_CHARS_MAX,
  TOKEN_CHECKS_MAX,
  TOKEN_HEADER_CHARS_MAX,
  TOKEN_HEADERS_KEPT_MAX,
  TOKEN_REFUSED_MS,
  TOKENS_KEPT_MAX,
  TOKENS_REFUSED_KEPT_MAX,
} from '../../../../src/core/limits.ts';
import { algorithmsOf, type AlgorithmName } from '../../../../src/identity/tokens/algorithm.ts';
import { KeyRing } from '../../../../src/identity/tokens/key-ring.ts';
import { keySetFromJwks, keySetFromSecret } from '../../../../src/identity/tokens/key-set.ts';
import { type TokenIssuer, TokenVerifier } from '../../../../src/identity/tokens/token-verifier.ts';
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
} from '../../../support/tokens.ts';

const es256 = signingKey('ES256');
const rs256 = signingKey('RS256', 'r1');
const SECRET = 'a secret of at least thirty-two bytes';

async function verifierOf(changes: Partial<TokenIssuer> = {}, clock = new ManualClock(TOKEN_EPOCH_MS)) {
  return new TokenVerifier([await issuerOf([es256, rs256], changes, clock)], [], clock);
}

const refused = (fault: string) => ({ kind: 'refused', fault });

describe('TokenVerifier', () => {
  it('believes a token of a known issuer, for a known audience, signed with a known key', async () => {
    const verifier = await verifierOf();
    const verdict = await verifier.verify(token(es256, claims({ scope: 'orders.read', name: 'Zoë' })));
    expect(verdict).toMatchObject({
      kind: 'verified',
      claims: { sub: 'u-1', scope: 'orders.read', name: Buffer.from('Zoë').toString('latin1') },
    });
    expect(await verifier.verify(token(rs256))).toMatchObject({ kind: 'verified' });
    expect(await verifier.verify(token(es256, claims({ aud: ['other', AUDIENCE] })))).toMatchObject({
      kind: 'verified',
    });
  });

  it.each(['RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const)(
    'reads %s',
    async (algorithm) => {
      const key = signingKey(algorithm);
      const clock = new ManualClock(TOKEN_EPOCH_MS);
      const verifier = new TokenVerifier([await issuerOf([key], { algorithms: [algorithm] })], [], clock);
      expect(await verifier.verify(token(key))).toMatchObject({ kind: 'verified' });
      const other = signingKey(algorithm);
      expect(await verifier.verify(token(other))).toEqual(refused('signature'));
    },
  );

  it.each([
    ['malformed', ''],
    ['malformed', 'a.b'],
    ['malformed', 'not a token at all'],
    ['malformed', `${token(es256)}.`],
    ['malformed', `${token(es256)}=`],
    ['malformed', ` ${token(es256)}`],
    ['malformed', `${segment({ alg: 'ES256' })}.${segment([])}.AAAA`],
    [
      'malformed',
      `${Buffer.from('{"alg":"ES256","alg":"ES256"}').toString('base64url')}.${segment({})}.AAAA`,
    ],
    ['malformed', token(es256, claims(), { kid: 'k'.repeat(KEY_ID_CHARS_MAX + 1) })],
    ['malformed', token(es256, claims(), { x5c: ['A'.repeat(TOKEN_HEADER_CHARS_MAX)] })],
    ['malformed', token(es256, claims(), { typ: 1 })],
    ['algorithm', `${segment({ alg: 'none' })}.${segment(claims())}.AAAA`],
    ['algorithm', `${segment({ alg: 'None', kid: 'k1' })}.${segment(claims())}.AAAA`],
    ['algorithm', `${segment({ kid: 'k1' })}.${segment(claims())}.AAAA`],
    ['algorithm', secretToken(SECRET)],
    ['critical', token(es256, claims(), { crit: ['b64'], b64: false })],
    ['critical', token(es256, claims(), { crit: [] })],
    ['issuer', token(es256, claims({ iss: 'https://other.example' }))],
    ['issuer', token(es256, claims({ iss: `${ISSUER}/` }))],
    ['issuer', token(es256, claims({ iss: undefined }))],
    ['issuer', token(es256, claims({ iss: [ISSUER] }))],
    ['audience', token(es256, claims({ aud: 'other' }))],
    ['audience', token(es256, claims({ aud: undefined }))],
    ['audience', token(es256, claims({ aud: [[AUDIENCE]] }))],
    ['expired', token(es256, claims({ exp: TOKEN_EPOCH_MS / 1_000 }))],
    ['not_yet_valid', token(es256, claims({ nbf: TOKEN_EPOCH_MS / 1_000 + 1 }))],
    ['claims', token(es256, claims({ exp: undefined }))],
    ['claims', token(es256, claims({ exp: '9999999999' }))],
    ['claims', token(es256, claims({ nbf: 'now' }))],
    ['key', token(es256, claims(), { kid: 'k2' })],
    ['key', token({ ...es256, id: 'r1' })],
    ['signature', token({ ...signingKey('ES256') })],
    ['signature', token(es256).replace(/\.[^.]*$/, '.AAAA')],
    [
      'signature',
      token(es256, claims(), { jwk: signingKey().jwk }).replace(/\.[^.]*$/, `.${'A'.repeat(86)}`),
    ],
  ])('refuses for its %s: %#', async (fault, text) => {
    expect(await (await verifierOf()).verify(text)).toEqual(refused(fault));
  });

  it('takes no key from the token: what it says of keys does not count', async () => {
    const own = signingKey('ES256');
    for (const header of [{ jwk: own.jwk }, { jku: 'http://127.0.0.1:1/' }, { x5u: 'http://127.0.0.1:1/' }]) {
      const verifier = await verifierOf();
      expect(await verifier.verify(token(own, claims(), header))).toEqual(refused('signature'));
      expect(await verifier.verify(token(es256, claims(), header))).toMatchObject({ kind: 'verified' });
    }
  });

  it('cannot be given a public key for a secret, whatever the issuer allows', async () => {
    const pem = rs256.publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const algorithms: AlgorithmName[] = ['RS256', ...algorithmsOf('secret')];
    const verifier = await verifierOf({ algorithms });
    for (const secret of [pem, pem.trim(), rs256.publicKey.export({ type: 'spki', format: 'der' })]) {
      for (const header of [{}, { kid: 'r1' }]) {
        expect(await verifier.verify(secretToken(secret, claims(), header))).toEqual(refused('key'));
      }
    }
  });

  it('takes secrets for their own algorithms alone', async () => {
    const issuer = await issuerOf(keySetFromSecret(SECRET), { algorithms: ['HS256', 'HS512', 'RS256'] });
    const verifier = new TokenVerifier([issuer], [], new ManualClock(TOKEN_EPOCH_MS));
    expect(await verifier.verify(secretToken(SECRET))).toMatchObject({ kind: 'verified' });
    expect(await verifier.verify(secretToken(SECRET, claims(), { kid: 'any' }))).toMatchObject({
      kind: 'verified',
    });
    expect(await verifier.verify(secretToken(`${SECRET}.`))).toEqual(refused('signature'));
    expect(await verifier.verify(secretToken(SECRET, claims(), { alg: 'HS512' }))).toEqual(refused('key'));
    expect(await verifier.verify(token(rs256))).toEqual(refused('key'));
  });

  it('asks each issuer for its own keys, audiences and demands', async () => {
    const other = signingKey('ES256', 'k1');
    const clock = new ManualClock(TOKEN_EPOCH_MS);
    const issuers = [
      await issuerOf([es256]),
      await issuerOf([other], {
        name: 'machines',
        audiences: ['m'],
        type: 'at+jwt',
        requiredClaims: ['client_id'],
      }),
    ];
    const verifier = new TokenVerifier(issuers, [], clock);
    const machine = claims({ iss: 'machines', aud: 'm', client_id: 'c' });
    const typed = { typ: 'application/at+JWT' };
    expect(await verifier.verify(token(other, machine, typed))).toMatchObject({ kind: 'verified' });
    expect(await verifier.verify(token(other, machine))).toEqual(refused('type'));
    expect(await verifier.verify(token(other, { ...machine, client_id: null }, typed))).toEqual(
      refused('claims'),
    );
    expect(await verifier.verify(token(es256, machine, typed))).toEqual(refused('signature'));
    expect(await verifier.verify(token(other))).toEqual(refused('signature'));
  });

  it('allows for clocks that differ, by the skew and no more', async () => {
    const verifier = await verifierOf({ skewMs: 2_000 });
    const at = (seconds: number) => TOKEN_EPOCH_MS / 1_000 + seconds;
    expect(await verifier.verify(token(es256, claims({ exp: at(-1) })))).toMatchObject({ kind: 'verified' });
    expect(await verifier.verify(token(es256, claims({ exp: at(-2) })))).toEqual(refused('expired'));
    expect(await verifier.verify(token(es256, claims({ nbf: at(2) })))).toMatchObject({ kind: 'verified' });
    expect(await verifier.verify(token(es256, claims({ nbf: at(3) })))).toEqual(refused('not_yet_valid'));
  });

  it('hands on claims as fields, and refuses a token whose claims would break a field line', async () => {
    const forwarded = [
      { path: ['sub'], field: 'x-user' },
      { path: ['realm', 'roles'], field: 'x-roles' },
      { path: ['level'], field: 'x-level' },
    ];
    const clock = new ManualClock(TOKEN_EPOCH_MS);
    const verifier = new TokenVerifier([await issuerOf([es256])], forwarded, clock);
    const said = { realm: { roles: ['a', 'b'] }, level: 3 };
    expect(await verifier.verify(token(es256, claims(said)))).toMatchObject({
      fields: ['x-user', 'u-1', 'x-roles', '["a","b"]', 'x-level', '3'],
    });
    for (const sub of ['a\r\nx-admin: 1', 'a\0', ' a']) {
      expect(await verifier.verify(token(es256, claims({ sub })))).toEqual(refused('unforwardable'));
    }
  });
});

describe('what a TokenVerifier remembers', () => {
  it('is answered at once and is the same verdict, until it expires', async () => {
    const clock = new ManualClock(TOKEN_EPOCH_MS);
    const verifier = await verifierOf({ skewMs: 1_000 }, clock);
    const text = token(es256);
    const first = verifier.verify(text);
    expect(verifier.verify(text)).toBe(first);
    clock.advance(300_999);
    expect(verifier.verify(text)).toBe(first);
    clock.advance(1);
    expect(verifier.verify(text)).toEqual(refused('expired'));
    expect(verifier.figures).toEqual({ verified: 1, cached: 2, refused: { expired: 1 }, unjudged: 0 });
  });

  it('does not hold before its time again when the clock is set back', async () => {
    const clock = new ManualClock(TOKEN_EPOCH_MS);
    const verifier = await verifierOf({}, clock);
    const text = token(es256, claims({ nbf: TOKEN_EPOCH_MS / 1_000 }));
    expect(verifier.verify(text)).toMatchObject({ kind: 'verified' });
    clock.advance(-1);
    expect(verifier.verify(text)).toEqual(refused('not_yet_valid'));
  });

  it('ends with its key, and outlives a replacement of the others', async () => {
    const clock = new ManualClock(TOKEN_EPOCH_MS);
    const issuer = await issuerOf([es256, rs256], {}, clock);
    const verifier = new TokenVerifier([issuer], [], clock);
    const text = token(es256);
    const first = verifier.verify(text);
    issuer.keys.replace(await keySetFromJwks(jwks(es256, signingKey('ES256', 'new'))), clock.now());
    expect(verifier.verify(text)).toBe(first);
    issuer.keys.replace(await keySetFromJwks(jwks(rs256)), clock.now());
    expect(verifier.verify(text)).toEqual(refused('key'));
    // The same name, another key.
    issuer.keys.replace(await keySetFromJwks(jwks(signingKey('ES256'))), clock.now());
    expect(verifier.verify(text)).toEqual(refused('signature'));
  });

  it('is not good for long when bad: a refusal ends by itself and with the keys', async () => {
    const clock = new ManualClock(TOKEN_EPOCH_MS);
    const newer = signingKey('ES256');
    const issuer = await issuerOf([es256], {}, clock);
    const verifier = new TokenVerifier([issuer], [], clock);
    const text = token(newer);
    for (let i = 0; i < 3; i++) expect(verifier.verify(text)).toEqual(refused('signature'));
    expect(verifier.figures.cached).toBe(2);
    clock.advance(TOKEN_REFUSED_MS);
    expect(verifier.verify(text)).toEqual(refused('signature'));
    expect(verifier.figures.cached).toBe(2);
    issuer.keys.replace(await keySetFromJwks(jwks(newer)), clock.now());
    expect(verifier.verify(text)).toMatchObject({ kind: 'verified' });
  });

  it('is bounded, and bad tokens push out no good one', async () => {
    const secret = keySetFromSecret(SECRET);
    const issuer = await issuerOf(secret, { algorithms: ['HS256'] });
    const verifier = new TokenVerifier([issuer], [], new ManualClock(TOKEN_EPOCH_MS));
    const good = secretToken(SECRET);
    void verifier.verify(good);
    for (let i = 0; i <= TOKENS_REFUSED_KEPT_MAX; i++)
      void verifier.verify(`${good.slice(0, -43)}${segment(i).padEnd(43, 'A')}`);
    expect(verifier.kept.refused).toBeLessThanOrEqual(TOKENS_REFUSED_KEPT_MAX);
    expect(verifier.kept.verified).toBe(1);
    for (let i = 0; i <= TOKENS_KEPT_MAX; i++) void verifier.verify(secretToken(SECRET, claims({ i })));
    expect(verifier.kept.verified).toBeLessThanOrEqual(TOKENS_KEPT_MAX);
    expect(verifier.kept.verified).toBeGreaterThanOrEqual(TOKENS_KEPT_MAX / 2);
  });

  it('knows headers again, however many others come by', async () => {
    const verifier = await verifierOf();
    for (let i = 0; i <= TOKEN_HEADERS_KEPT_MAX; i++) {
      expect(verifier.verify(token(es256, claims({ i }), { n: i }))).toMatchObject({ kind: 'verified' });
    }
  });
});

describe('a TokenVerifier that must wait', () => {
  const asking = (clock: ManualClock, ask: () => Promise<void>, keepMs = 3_600_000) =>
    new KeyRing({ keepMs, cooldownMs: 30_000, clock, ask });

  it('asks once for a key it has not, for all tokens that name it, and again only after a while', async () => {
    const clock = new ManualClock(TOKEN_EPOCH_MS);
    let asked = 0;
    const keys: KeyRing = asking(clock, async () => {
      asked += 1;
      keys.replace(await keySetFromJwks(jwks(es256)), clock.now());
    });
    keys.replace(await keySetFromJwks(jwks(rs256)), clock.now());
    const verifier = new TokenVerifier([await issuerOf([], { keys })], [], clock);
    const texts = [1, 2, 3].map((i) => token(es256, claims({ i })));
    const verdicts = await Promise.all([...texts, texts[0]].map(async (text) => verifier.verify(text)));
    expect(verdicts.map((verdict) => verdict.kind)).toEqual(Array(4).fill('verified'));
    expect([asked, verifier.figures.verified]).toEqual([1, 3]);
    const unknown = token(es256, claims(), { kid: 'made-up' });
    expect(verifier.verify(unknown)).toEqual(refused('key'));
    clock.advance(30_000);
    expect(await verifier.verify(unknown)).toEqual(refused('key'));
    expect(asked).toBe(2);
  });

  it('judges nothing without keys, and nothing by keys that are too old', async () => {
    const clock = new ManualClock(TOKEN_EPOCH_MS);
    const keys = asking(clock, () => Promise.resolve(), 60_000);
    const verifier = new TokenVerifier([await issuerOf([], { keys })], [], clock);
    const text = token(es256);
    const unjudged = { kind: 'unjudged', why: 'keys' };
    expect(await verifier.verify(text)).toEqual(unjudged);
    keys.replace(await keySetFromJwks(jwks(es256)), clock.now());
    expect(verifier.verify(text)).toMatchObject({ kind: 'verified' });
    clock.advance(60_000);
    expect(verifier.verify(text)).toMatchObject({ kind: 'verified' });
    clock.advance(1);
    expect(await verifier.verify(text)).toEqual(unjudged);
    keys.confirm(clock.now());
    expect(verifier.verify(text)).toMatchObject({ kind: 'verified' });
  });

  it('lets only so many wait', async () => {
    const clock = new ManualClock(TOKEN_EPOCH_MS);
    let answer: () => void = () => undefined;
    const keys = asking(clock, () => new Promise((resolve) => (answer = resolve)));
    keys.replace(await keySetFromJwks(jwks(rs256)), clock.now());
    const verifier = new TokenVerifier([await issuerOf([], { keys })], [], clock);
    const waiting = Array.from({ length: TOKEN_CHECKS_MAX }, async (_, i) =>
      verifier.verify(token(es256, claims({ i }))),
    );
    expect(verifier.verify(token(es256))).toEqual({ kind: 'unjudged', why: 'busy' });
    // Who is known already, and whose key is, need not wait.
    expect(verifier.verify(token(rs256))).toMatchObject({ kind: 'verified' });
    answer();
    expect((await Promise.all(waiting)).every((verdict) => verdict.kind === 'refused')).toBe(true);
    expect(verifier.verify(token(es256))).toEqual(refused('key'));
  });

  it('lets only so many of a slow algorithm be under way', async () => {
    const slow = signingKey('EdDSA');
    const verifier = new TokenVerifier([await issuerOf([slow])], [], new ManualClock(TOKEN_EPOCH_MS));
    const texts = Array.from({ length: TOKEN_CHECKS_MAX + 1 }, (_, i) => token(slow, claims({ i })));
    const verdicts = await Promise.all(texts.map(async (text) => verifier.verify(text)));
    expect(verdicts.map((verdict) => verdict.kind)).toEqual([
      ...Array<string>(TOKEN_CHECKS_MAX).fill('verified'),
      'unjudged',
    ]);
  });

  it('does not believe a token whose key went while it was checked', async () => {
    const slow = signingKey('EdDSA');
    const clock = new ManualClock(TOKEN_EPOCH_MS);
    const issuer = await issuerOf([slow], {}, clock);
    const verifier = new TokenVerifier([issuer], [], clock);
    const others = await keySetFromJwks(jwks(es256));
    const verdict = verifier.verify(token(slow));
    issuer.keys.replace(others, clock.now());
    expect((await verdict).kind).not.toBe('verified');
  });
});
