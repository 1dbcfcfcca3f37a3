/**
 * Bearer tokens over real sockets, on both listeners, with keys from a real JWKS address: what each kind of token gets,
 * what the service sees of it, and what happens when keys change or their address is away.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { compilePolicyForTests } from '../../src/control/rule-set.ts';
import { ManualClock } from '../../src/core/clock.ts';
import {
  JWKS_COOLDOWN_MS,
  JWKS_KEEP_MS,
  JWKS_REFRESH_MS,
  TOKEN_BYTES_DEFAULT,
} from '../../src/core/limits.ts';
import type { ForwardedClaim } from '../../src/identity/tokens/forwarded-claims.ts';
import type { JwksKeeper } from '../../src/identity/tokens/jwks-keeper.ts';
import { TokenVerifier } from '../../src/identity/tokens/token-verifier.ts';
import type { TokenStepOptions } from '../../src/proxy/entry/token-step.ts';
import { checkText } from '../support/check-rules.ts';
import { JwksServer, ringOf } from '../support/jwks-server.ts';
import { RawClient, type RawResponse } from '../support/raw-client.ts';
import { RawUpstream } from '../support/raw-upstream.ts';
import {
  claims,
  issuerOf,
  secretToken,
  segment,
  type SigningKey,
  signingKey,
  token,
  TOKEN_EPOCH_MS,
} from '../support/tokens.ts';
import { LISTENERS, startWard, type Ward, type WardSettings } from '../support/ward.ts';

const RULES = `
route orders = ANY "/orders/**"

rule scope.write "Writing needs a scope" {
  on orders severity error
  when request.method == POST and none jwt.scopes == "orders:write"
  then block 403
}
rule token.tier "Gold is for known customers" {
  severity error
  when request.path == "/gold" and not (jwt.valid and jwt.claims.tier == "gold")
  then block 403
}
`;

const rules = checkText(RULES);
if (rules.policy === null) throw new Error(JSON.stringify(rules.diagnostics.map(({ message }) => message)));
const engine = compilePolicyForTests(rules.policy);

const es256 = signingKey('ES256');
const rs256 = signingKey('RS256', 'r1');
const SECONDS = TOKEN_EPOCH_MS / 1_000;

const step: TokenStepOptions = {
  sources: [{ kind: 'field', name: 'authorization' }],
  tokenBytesMax: TOKEN_BYTES_DEFAULT,
  required: true,
  exemptPaths: ['/healthz', '/public/*'],
  exemptPreflights: false,
};

describe.each(LISTENERS)('tokens on %s', (listener) => {
  const upstream = new RawUpstream();
  const server = new JwksServer();
  let clock: ManualClock;
  let ward: Ward;
  let verifier: TokenVerifier;
  let keeper: JwksKeeper;
  let settled: () => Promise<void>;
  const clients: RawClient[] = [];

  beforeAll(async () => {
    await upstream.listen();
    await server.listen();
  });
  beforeEach(() => {
    clock = new ManualClock(TOKEN_EPOCH_MS);
    server.keys = [es256, rs256];
    server.isDown = false;
    server.text = undefined;
    server.asked = 0;
    upstream.requests.length = 0;
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await ward.close();
  });
  afterAll(async () => {
    await upstream.close();
    await server.close();
  });

  async function start(
    changes: Partial<TokenStepOptions> = {},
    forwarded: readonly ForwardedClaim[] = [],
    more: Partial<WardSettings> = {},
  ): Promise<void> {
    const known = await ringOf(server, clock);
    ({ keeper, settled } = known);
    verifier = new TokenVerifier([await issuerOf([], { keys: known.ring })], forwarded, clock);
    const entry = {
      https: undefined,
      certificates: { exemptPaths: [], forward: true },
      tokens: { ...step, ...changes },
    };
    ward = await startWard({
      listener,
      upstreamPort: upstream.port,
      engine,
      ports: { tokens: verifier },
      ...more,
      options: { entry, ...more.options },
    });
  }

  async function send(
    lines: readonly string[],
    target = '/',
    method = 'GET',
    body = '',
  ): Promise<RawResponse> {
    const client = new RawClient(ward.port);
    clients.push(client);
    const length = body === '' ? [] : [`Content-Length: ${body.length}`];
    client.send(
      [`${method} ${target} HTTP/1.1`, 'Host: s.example', ...lines, ...length, '', body].join('\r\n'),
    );
    const response = await client.response(method);
    if (response === null) throw new Error('no answer');
    return response;
  }

  const bearer = (text: string): string[] => [`Authorization: Bearer ${text}`];
  const get = (text: string, target = '/') => send(bearer(text), target);
  /** The fields of the last request as the service got them. */
  const served = (): string[] => upstream.requests.at(-1)?.head.toLowerCase().split('\r\n').slice(1) ?? [];

  it('lets a valid token pass and refuses everything else with 401, the same to all', async () => {
    await start();
    expect((await get(token(es256))).status).toBe(200);
    expect((await get(token(rs256))).status).toBe(200);
    const pem = rs256.publicKey.export({ type: 'spki', format: 'pem' });
    const bad: Record<string, string> = {
      malformed: 'a.b.c',
      algorithm: `${segment({ alg: 'none' })}.${segment(claims())}.AAAA`,
      critical: token(es256, claims(), { crit: ['exp'] }),
      issuer: token(es256, claims({ iss: 'https://other.example' })),
      audience: token(es256, claims({ aud: 'other' })),
      expired: token(es256, claims({ exp: SECONDS - 1 })),
      not_yet_valid: token(es256, claims({ nbf: SECONDS + 60 })),
      key: token(es256, claims(), { kid: 'unknown' }),
      signature: token(signingKey('ES256'), claims(), { jku: server.url, x5u: server.url, jwk: es256.jwk }),
      too_long: token(es256, claims({ filler: 'x'.repeat(TOKEN_BYTES_DEFAULT) })),
    };
    upstream.requests.length = 0;
    const answers = new Set<string>();
    for (const [reason, text] of Object.entries(bad)) {
      const { status, headers, body } = await get(text);
      const id = ward.records.at(-1)?.requestId ?? '';
      answers.add(JSON.stringify([status, headers['www-authenticate'], body.replace(id, '')]));
      expect([reason, ward.records.at(-1)]).toMatchObject([
        reason,
        { outcome: 'refused', denial: `jwt.${reason}`, report: undefined },
      ]);
    }
    expect((await get(secretToken(pem))).status).toBe(401);
    expect((await get(secretToken(pem, claims(), { kid: 'r1' }))).status).toBe(401);
    expect([...answers]).toEqual([
      expect.stringContaining('[401,"Bearer realm=\\"service\\", error=\\"invalid_token\\""'),
    ]);
    expect(upstream.requests.length).toBe(0);
  });

  it('asks for a token without naming an error, and tells other schemes the same', async () => {
    await start();
    for (const lines of [[], ['Authorization: Basic dTpw'], ['Cookie: authorization=Bearer x']]) {
      const { status, headers } = await send(lines);
      expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer realm="service"']);
    }
    expect(ward.records.map(({ denial }) => denial)).toEqual(Array(3).fill('jwt.missing'));
  });

  it('refuses two tokens, whichever is good', async () => {
    await start({
      sources: [
        { kind: 'field', name: 'x-token' },
        { kind: 'cookie', name: 'session' },
      ],
    });
    const [good, other] = [token(es256), token(es256, claims({ sub: 'other' }))];
    expect((await send([`X-Token: ${good}`])).status).toBe(200);
    expect((await send([`Cookie: a=b; session=${good}`, `X-Token: ${good}`])).status).toBe(200);
    for (const lines of [
      [`X-Token: ${good}`, `X-Token: ${other}`],
      [`X-Token: ${good}`, `Cookie: session=${other}`],
      [`Cookie: session=${good}; session=x`],
    ]) {
      expect((await send(lines)).status).toBe(400);
      expect(ward.records.at(-1)?.denial).toBe('jwt.ambiguous');
    }
    await ward.close();
    await start();
    // The guard lets nobody repeat this field at all.
    expect((await send([...bearer(good), ...bearer(other)])).status).toBe(400);
  });

  it('asks for none on exempt paths, in no other spelling of theirs', async () => {
    await start();
    for (const path of ['/healthz', '/healthz?full', '/public/a', '/public/a/b']) {
      expect([path, (await send([], path)).status]).toEqual([path, 200]);
    }
    for (const path of ['/healthz/', '/HEALTHZ', '/public', '/publicity', '/healthz;a', '/public/%2e%2e/a']) {
      const { status } = await send([], path);
      expect([path, status === 401 || status === 400]).toEqual([path, true]);
    }
    expect((await send([], '/public/..%2forders')).status).not.toBe(200);
    expect((await send([], '/public/..%5corders')).status).not.toBe(200);
    // No token is looked at there: rules see none.
    expect((await send(bearer(token(es256, claims({ tier: 'gold' }))), '/public/gold')).status).toBe(200);
    expect(verifier.figures.verified).toBe(0);
  });

  it('lets preflights of browsers pass where told to', async () => {
    const lines = ['Origin: https://app.example', 'Access-Control-Request-Method: POST'];
    await start();
    expect((await send(lines, '/', 'OPTIONS')).status).toBe(401);
    await ward.close();
    await start({ exemptPreflights: true });
    expect((await send(lines, '/', 'OPTIONS')).status).toBe(200);
    expect((await send(lines.slice(1), '/', 'OPTIONS')).status).toBe(401);
    expect((await send(lines, '/', 'GET')).status).toBe(401);
    expect((await send(lines, '/', 'OPTIONS', 'body')).status).toBe(401);
  });

  it('tells rules what the token says, and leaves bad ones to them where none is required', async () => {
    await start({ required: false });
    const writer = token(es256, claims({ scope: 'orders:read orders:write' }));
    expect((await send(bearer(writer), '/orders/1', 'POST', 'a=1')).status).toBe(200);
    expect((await send(bearer(token(es256)), '/orders/1', 'POST', 'a=1')).status).toBe(403);
    expect((await send([], '/orders/1', 'POST', 'a=1')).status).toBe(403);
    expect((await get(token(es256, claims({ tier: 'gold' })), '/gold')).status).toBe(200);
    const expired = token(es256, claims({ tier: 'gold', exp: SECONDS - 1 }));
    const forged = token(signingKey('ES256'), claims({ tier: 'gold' }));
    for (const text of [expired, forged, 'x'.repeat(TOKEN_BYTES_DEFAULT + 1)]) {
      expect((await get(text, '/gold')).status).toBe(403);
      expect(ward.records.at(-1)?.report?.verdict.by).toBe('token.tier');
      expect((await get(text)).status).toBe(200);
    }
  });

  it('writes claims for the service, which nobody else can, and keeps the token from it', async () => {
    const forwarded = [
      { path: ['sub'], field: 'x-user-id' },
      { path: ['tier'], field: 'x-tier' },
    ];
    const sources = [
      { kind: 'field', name: 'authorization' },
      { kind: 'cookie', name: 'session' },
    ] as const;
    await start({ required: false, sources }, forwarded, {
      options: {
        upstreamFields: {
          write: 'none',
          passFromAnyone: [],
          passOddNames: ['x_user_id'],
          owned: ['x-user-id', 'x-tier'],
          strippedTokens: sources,
        },
      },
    });
    const forged = ['X-User-Id: root', 'x_user_id: root', 'X-Tier: gold', 'Cookie: a=1; session=zzz; b=2'];
    await send(forged);
    expect(served().filter((line) => /user|tier|cookie|authorization/.test(line))).toEqual([
      'cookie: a=1; b=2',
    ]);
    const text = token(es256);
    await send([...bearer(text), ...forged.slice(0, 3), `Cookie: session=${text}`]);
    expect(served().filter((line) => /user|tier|cookie|authorization/.test(line))).toEqual([
      'x-user-id: u-1',
    ]);
    await send(['Authorization: Basic dTpw']);
    expect(served()).toContain('authorization: basic dtpw');
  });

  it('waits for a key it does not know yet, with the body held back, and keeps others out of it', async () => {
    await start();
    const newer = signingKey('ES256', 'k2');
    server.keys = [es256, newer];
    clock.advance(JWKS_COOLDOWN_MS);
    const body = 'a='.padEnd(100_000, 'x');
    const scoped = claims({ scope: 'orders:write' });
    const answers = await Promise.all([
      send(bearer(token(newer, scoped)), '/orders/1', 'POST', body),
      send(bearer(token(newer, scoped)), '/orders/2', 'POST', body),
      get(token(es256)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(server.asked).toBe(2);
    const long = upstream.requests.filter(({ body: sent }) => sent === body);
    expect(long.length).toBe(2);
    // Whoever makes up names of keys has no fetch to wait for.
    for (let i = 0; i < 20; i++)
      expect((await get(token(es256, claims(), { kid: `made-up-${i}` }))).status).toBe(401);
    expect(server.asked).toBe(2);
  });

  it('notices a key that was taken back, also in tokens it remembers', async () => {
    await start();
    const text = token(es256, claims({ exp: SECONDS + 86_400 }));
    expect((await get(text)).status).toBe(200);
    server.keys = [rs256];
    clock.advance(JWKS_REFRESH_MS - 1);
    keeper.tick();
    expect((await get(text)).status).toBe(200);
    clock.advance(1);
    keeper.tick();
    await keeper.want();
    await settled();
    expect((await get(text)).status).toBe(401);
    expect((await get(token(rs256, claims({ exp: SECONDS + 86_400 })))).status).toBe(200);
  });

  it('outlives an hour without the JWKS address: known keys go on, new ones do not, and all ends after a day', async () => {
    await start();
    const late = (key: SigningKey, more = {}) => token(key, claims({ exp: SECONDS + 10 * 86_400, ...more }));
    const remembered = late(es256);
    expect((await get(remembered)).status).toBe(200);
    server.isDown = true;
    const newer = signingKey('ES256', 'k2');
    server.keys = [es256, rs256, newer];
    for (let minute = 0; minute < 60; minute++) {
      clock.advance(60_000);
      keeper.tick();
      await keeper.want();
    }
    expect(keeper.figures.failed).toBeGreaterThan(40);
    expect((await get(remembered)).status).toBe(200);
    expect((await get(late(rs256, { sub: 'first seen now' }))).status).toBe(200);
    expect((await get(late(newer))).status).toBe(401);
    expect((await get(token(es256, claims({ exp: SECONDS + 3_599 })))).status).toBe(401);
    clock.advance(JWKS_KEEP_MS);
    const old = await get(remembered);
    expect([old.status, old.headers['retry-after']]).toEqual([503, '1']);
    expect(ward.records.at(-1)?.denial).toBe('jwt.keys_unavailable');
    server.isDown = false;
    clock.advance(JWKS_COOLDOWN_MS);
    await keeper.want();
    await settled();
    expect((await get(remembered)).status).toBe(200);
    expect((await get(late(newer))).status).toBe(200);
  });

  it('keeps the last keys when the address answers nonsense', async () => {
    await start();
    server.text = '<html>maintenance</html>';
    clock.advance(JWKS_REFRESH_MS);
    keeper.tick();
    await keeper.want();
    expect(keeper.figures.failed).toBeGreaterThan(0);
    expect((await get(token(es256, claims({ exp: SECONDS + 86_400 })))).status).toBe(200);
  });

  it('fails closed when the verifier breaks, at once or later', async () => {
    await start();
    const text = token(es256);
    for (const broken of [
      () => {
        throw new Error('broken');
      },
      () => Promise.reject(new Error('broken later')),
    ]) {
      verifier.verify = broken;
      expect((await get(text)).status).toBe(503);
      expect((await send(bearer(text), '/orders/1', 'POST', 'a=1')).status).toBe(503);
      expect(ward.records.at(-1)).toMatchObject({ outcome: 'failed', failure: { kind: 'engine' } });
    }
    expect(upstream.requests.length).toBe(0);
  });

  it('forgets a client that leaves while its key is fetched', async () => {
    await start();
    let answer: (verdict: Awaited<ReturnType<TokenVerifier['verify']>>) => void = () => undefined;
    verifier.verify = () => new Promise((resolve) => (answer = resolve));
    const client = new RawClient(ward.port);
    client.send(`GET / HTTP/1.1\r\nHost: s.example\r\n${bearer(token(es256))[0]}\r\n\r\n`);
    while (ward.proxy.active === 0) await sleep(5);
    client.destroy();
    while (ward.proxy.active > 0) await sleep(5);
    answer({
      kind: 'verified',
      claims: {},
      fields: [],
      bearer: { issuer: 'i', subject: undefined, keyId: undefined },
    });
    await sleep(20);
    expect([upstream.requests.length, ward.records.length]).toEqual([0, 1]);
    expect(ward.records[0]).toMatchObject({ outcome: 'client_gone', report: undefined });
  });

  it('asks WebSockets for tokens too', async () => {
    await start();
    const answerOf = (headers: Record<string, string>): Promise<number> =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(`ws://127.0.0.1:${ward.port}/orders/live`, { headers });
        socket.on('unexpected-response', (request, response) => {
          request.destroy();
          resolve(response.statusCode ?? 0);
        });
        socket.on('error', reject);
      });
    expect(await answerOf({})).toBe(401);
    expect(await answerOf({ authorization: `Bearer ${token(signingKey('ES256'))}` })).toBe(401);
    expect(upstream.requests.length).toBe(0);
    // The service of these tests opens none: its own answer comes back.
    expect(await answerOf({ authorization: `Bearer ${token(es256)}` })).toBe(502);
    expect(upstream.requests.length).toBe(1);
  });
});
