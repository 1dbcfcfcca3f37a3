/** Keys of tokens from settings, files and addresses to the verifiers of workers, over a real line between threads. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KeyService } from '../../../src/app/key-service.ts';
import { linkTokens } from '../../../src/app/token-link.ts';
import { loadIssuers } from '../../../src/app/token-keys.ts';
import type { JwtConfig, TokenIssuerConfig, TokenKeys } from '../../../src/config/jwt-config.ts';
import { ManualClock } from '../../../src/core/clock.ts';
import {
  JWKS_COOLDOWN_MS,
  JWKS_KEEP_MS,
  JWKS_REFRESH_MS,
  KEY_SET_BYTES_MAX,
} from '../../../src/core/limits.ts';
import type { TokenVerifier } from '../../../src/identity/tokens/token-verifier.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { LogQueue } from '../../../src/telemetry/log-queue.ts';
import { JwksServer } from '../../support/jwks-server.ts';
import { until } from '../../support/until.ts';
import {
  AUDIENCE,
  claims,
  ISSUER,
  jwks,
  secretToken,
  signingKey,
  token,
  TOKEN_EPOCH_MS,
} from '../../support/tokens.ts';

const es256 = signingKey('ES256');
const SECRET = 'a secret of at least thirty-two bytes';

function issuer(keys: TokenKeys, changes: Partial<TokenIssuerConfig> = {}): TokenIssuerConfig {
  return {
    issuer: ISSUER,
    audiences: [AUDIENCE],
    algorithms: keys.kind === 'secret' ? ['HS256'] : ['ES256'],
    requiredClaims: [],
    type: undefined,
    keys,
    ...changes,
  };
}

function settings(issuers: readonly TokenIssuerConfig[], changes: Partial<JwtConfig> = {}): JwtConfig {
  return {
    issuers,
    required: true,
    exemptPaths: [],
    exemptPreflights: false,
    sources: [],
    tokenBytesMax: 8_192,
    skewMs: 0,
    forwardClaims: {},
    stripToken: false,
    jwks: {
      refreshMs: JWKS_REFRESH_MS,
      cooldownMs: JWKS_COOLDOWN_MS,
      keepMs: JWKS_KEEP_MS,
      timeoutMs: 2_000,
    },
    ...changes,
  };
}

describe('loadIssuers', () => {
  let directory: string;
  const file = (text: string): string => {
    writeFileSync(join(directory, 'keys'), text);
    return join(directory, 'keys');
  };
  const load = (keys: TokenKeys, changes: Partial<TokenIssuerConfig> = {}, environment = {}) =>
    loadIssuers(settings([issuer(keys, changes)]), environment);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ward-keys-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it('reads local keys and leaves addresses for later', async () => {
    const pem = es256.publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const texts = [
      await load({ kind: 'jwks_file', file: file(jwks(es256)) }),
      await load({ kind: 'key_file', file: file(pem) }),
      await load({ kind: 'secret', source: { env: 'S' } }, {}, { S: SECRET }),
      await load({ kind: 'secret', source: { file: file(`${SECRET}\n`) } }),
      await load({ kind: 'jwks_url', url: 'https://id.example' }),
    ].map(([loaded]) => loaded.keys);
    expect(texts).toEqual([
      { kind: 'jwks', text: jwks(es256) },
      { kind: 'pem', text: pem },
      { kind: 'secret', text: SECRET },
      { kind: 'secret', text: SECRET },
      undefined,
    ]);
  });

  it('says precisely which keys cannot be used, and nothing of what they are', async () => {
    const [jwksFile, keyFile] = ['jwks_file', 'key_file'] as const;
    const missing = join(directory, 'missing');
    const cases: [string, () => Promise<unknown>][] = [
      [
        `jwt.issuers[0].jwks_file: cannot read ${missing}: ENOENT`,
        () => load({ kind: jwksFile, file: missing }),
      ],
      [
        `jwt.issuers[0].key_file: cannot read ${directory}: EISDIR`,
        () => load({ kind: keyFile, file: directory }),
      ],
      ['jwt.issuers[0].jwks_file is no JSON', () => load({ kind: jwksFile, file: file('{') })],
      ['jwt.issuers[0].jwks_file is no JWK set', () => load({ kind: jwksFile, file: file('{"k":[]}') })],
      ['jwks_file holds no key for ES256', () => load({ kind: jwksFile, file: file('{"keys":[]}') })],
      [
        'jwks_file holds no key for ES256: key 1 is of a kind that verifies no token',
        () => load({ kind: jwksFile, file: file('{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}') }),
      ],
      [
        'holds no key for RS256',
        () => load({ kind: jwksFile, file: file(jwks(es256)) }, { algorithms: ['RS256'] }),
      ],
      ['is no public key or certificate', () => load({ kind: keyFile, file: file('no key') })],
      [
        `is larger than ${KEY_SET_BYTES_MAX}`,
        () => load({ kind: keyFile, file: file(' '.repeat(KEY_SET_BYTES_MAX + 1)) }),
      ],
      ['environment variable S is missing', () => load({ kind: 'secret', source: { env: 'S' } })],
      [
        'jwt.issuers[0].secret is shorter than 32 bytes',
        () => load({ kind: 'secret', source: { env: 'S' } }, {}, { S: 'hunter2' }),
      ],
      [
        'holds no key for HS512',
        () => load({ kind: 'secret', source: { env: 'S' } }, { algorithms: ['HS512'] }, { S: SECRET }),
      ],
    ];
    for (const [message, attempt] of cases) await expect(attempt()).rejects.toThrow(message);
    const leaked = load({ kind: 'secret', source: { env: 'S' } }, {}, { S: 'hunter2' });
    await expect(leaked).rejects.not.toThrow('hunter2');
  });
});

describe('KeyService and its workers', () => {
  const server = new JwksServer();
  const clock = new ManualClock(TOKEN_EPOCH_MS);
  const lines: string[] = [];
  const log = createLog(
    new LogQueue((text) => {
      lines.push(text);
      return Promise.resolve();
    }),
    'info',
  );
  let service: KeyService;

  beforeAll(() => server.listen());
  afterAll(() => server.close());
  beforeEach(() => {
    server.keys = [es256];
    server.isDown = false;
    server.text = undefined;
    server.asked = 0;
    lines.length = 0;
  });
  afterEach(() => service.stop());

  async function start(jwt = settings([issuer({ kind: 'jwks_url', url: server.url })]), environment = {}) {
    const issuers = await loadIssuers(jwt, environment);
    service = new KeyService({ jwt, issuers, environment, log, clock });
    await service.start();
    return (): Promise<TokenVerifier> => linkTokens(jwt, issuers, service.connect(), clock);
  }

  const late = (key = es256, more = {}) =>
    token(key, claims({ exp: TOKEN_EPOCH_MS / 1_000 + 10 * 86_400, ...more }));

  it('fetches once for all workers, who know all keys when they start', async () => {
    const worker = await start();
    const verifiers = await Promise.all([worker(), worker(), worker()]);
    for (const verifier of verifiers) expect(verifier.verify(late())).toMatchObject({ kind: 'verified' });
    expect(server.asked).toBe(1);
    expect(service.samples()).toContainEqual(['ward_jwks_fetches_total', `${ISSUER}\nfetched`, 1]);
    expect(service.samples()).toContainEqual(['ward_jwks_age_seconds', ISSUER, 0]);
  });

  it('fetches for a worker that misses a key, and tells all of it', async () => {
    const worker = await start();
    const [first, second] = await Promise.all([worker(), worker()]);
    const newer = signingKey('ES256', 'k2');
    server.keys = [newer];
    clock.advance(JWKS_COOLDOWN_MS);
    expect(await first.verify(late(newer))).toMatchObject({ kind: 'verified' });
    expect(await second.verify(late(newer))).toMatchObject({ kind: 'verified' });
    expect(first.verify(late())).toEqual({ kind: 'refused', fault: 'key' });
    expect(server.asked).toBe(2);
  });

  it('serves local keys, secrets and names beyond ASCII without any address', async () => {
    const jwt = settings(
      [issuer({ kind: 'secret', source: { env: 'S' } }, { issuer: 'Zürich', audiences: ['Größe'] })],
      { forwardClaims: { '/näme/x': 'x-name' } },
    );
    const verifier = await (await start(jwt, { S: SECRET }))();
    const body = claims({ iss: 'Zürich', aud: 'Größe', näme: { x: 'ü' } });
    expect(verifier.verify(secretToken(SECRET, body))).toMatchObject({
      kind: 'verified',
      fields: ['x-name', Buffer.from('ü').toString('latin1')],
    });
  });

  it('reads files again when they change, for workers there are and those that come', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ward-keys-'));
    const [keyFile, secretFile] = [join(directory, 'keys.json'), join(directory, 'secret')];
    const newer = signingKey('ES256', 'k2');
    try {
      writeFileSync(keyFile, jwks(es256));
      writeFileSync(secretFile, SECRET);
      const worker = await start(
        settings([
          issuer({ kind: 'jwks_file', file: keyFile }),
          issuer({ kind: 'secret', source: { file: secretFile } }, { issuer: 'machines' }),
        ]),
      );
      await service.follow(true);
      const first = await worker();
      const machine = (secret: string) => secretToken(secret, claims({ iss: 'machines' }));
      const kinds = (verifier: TokenVerifier): unknown[] =>
        [late(), late(newer), machine(SECRET), machine('another '.repeat(5))].map(
          (text) => (verifier.verify(text) as { kind: string }).kind,
        );
      expect(kinds(first)).toEqual(['verified', 'refused', 'verified', 'refused']);
      writeFileSync(keyFile, '{"keys":[');
      await until(() => lines.join('').includes('jwt.keys_renewal_failed'), 'the broken file was seen');
      expect(kinds(first)).toEqual(['verified', 'refused', 'verified', 'refused']);
      writeFileSync(keyFile, jwks(newer));
      writeFileSync(secretFile, 'another '.repeat(5));
      const renewed = ['refused', 'verified', 'refused', 'verified'];
      await until(() => JSON.stringify(kinds(first)) === JSON.stringify(renewed), 'the new keys hold');
      expect(kinds(await worker())).toEqual(renewed);
      // Nothing has changed since.
      const told = lines.length;
      await service.renew();
      expect(lines.length).toBe(told);
      for (const part of ['another', SECRET]) expect(lines.join('')).not.toContain(part);
    } finally {
      await service.stop();
      rmSync(directory, { recursive: true });
    }
  });

  it('starts without an answer, says so, and judges nothing until there is one', async () => {
    server.isDown = true;
    const worker = await start();
    const verifier = await worker();
    expect(await verifier.verify(late())).toEqual({ kind: 'unjudged', why: 'keys' });
    await new Promise(setImmediate);
    expect(lines.join('')).toContain('jwks.failed');
    server.isDown = false;
    clock.advance(JWKS_COOLDOWN_MS);
    expect(await verifier.verify(late())).toMatchObject({ kind: 'verified' });
  });

  it('does not start with an address that answers something else', async () => {
    server.text = '<html>';
    await expect(start()).rejects.toThrow(
      `jwt.issuers[0].jwks_url is no JSON, or names a member twice: ${server.url}`,
    );
    server.text = '{"keys":[]}';
    await expect(start()).rejects.toThrow('jwt.issuers[0].jwks_url holds no keys');
  });
});
