/** Tokens in the whole program: settings, keys from an address, two workers, rules, metrics, logs and start-up errors. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { JwksServer } from '../support/jwks-server.ts';
import { AUDIENCE, claims, ISSUER, jwks, secretToken, signingKey, token } from '../support/tokens.ts';
import { until } from '../support/until.ts';
import { RunningWard, startService, stopService, ward } from './ward-process.ts';

const RULES = `language 1

policy "orders" {
  mode enforce
}

route orders = ANY "/orders/**"

rule scope.write "Writing orders needs the scope for it" {
  on orders severity error
  when request.method == POST and none jwt.scopes == "orders:write"
  then block 403
}
`;
const SECRET = 'a secret of at least thirty-two bytes';
const key = signingKey('ES256');
const now = (more: Readonly<Record<string, unknown>> = {}) =>
  claims({ exp: Math.floor(Date.now() / 1_000) + 300, ...more });

describe('ward run with tokens', () => {
  const issuer = new JwksServer();
  let directory: string;
  let service: { server: Server; url: string };
  let served: (string | undefined)[] = [];
  let running: RunningWard | undefined;

  beforeAll(async () => {
    await issuer.listen();
    service = await startService((request, response) => {
      served.push(`${String(request.headers['x-user-id'])} ${String(request.headers.authorization)}`);
      response.end('ok');
    });
  });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ward-tokens-'));
    writeFileSync(join(directory, 'orders.ward'), RULES);
    served = [];
    issuer.keys = [key];
    issuer.text = undefined;
  });
  afterEach(async () => {
    await running?.stop();
    running = undefined;
    rmSync(directory, { recursive: true });
  });
  afterAll(async () => {
    await issuer.close();
    await stopService(service.server);
  });

  /** JSON is YAML. */
  function configure(jwt: unknown): void {
    const settings = {
      upstream: { url: service.url },
      rules: ['orders.ward'],
      workers: 2,
      ...(jwt === undefined ? {} : { jwt }),
    };
    writeFileSync(join(directory, 'ward.yaml'), JSON.stringify(settings));
  }

  const fromAddress = () => ({ issuer: ISSUER, audiences: [AUDIENCE], jwks_url: issuer.url });

  it('lets rules decide by scopes, tells the service who it is, and never logs a token', async () => {
    configure({
      issuers: [fromAddress(), { issuer: 'machines', audiences: [AUDIENCE], secret: { env: 'JWT_SECRET' } }],
      required: true,
      exempt_paths: ['/healthz'],
      forward_claims: { sub: 'x-user-id' },
      strip_token: true,
    });
    running = await RunningWard.start([], { cwd: directory, env: { JWT_SECRET: SECRET } });
    const { url } = running;
    const call = async (text: string, method = 'GET'): Promise<number> => {
      const headers = { authorization: `Bearer ${text}`, 'x-user-id': 'root' };
      return (await fetch(`${url}/orders/1`, { method, headers })).status;
    };
    const writer = token(key, now({ scope: 'orders:write' }));
    const forged = token(signingKey('ES256'), now());
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/orders/1`)).status).toBe(401);
    // Both workers: each connection may get the other one.
    for (let i = 0; i < 8; i++) expect(await call(writer, 'POST')).toBe(200);
    expect(await call(secretToken(SECRET, now({ iss: 'machines', sub: 'm-1' })))).toBe(200);
    expect(await call(token(key, now()), 'POST')).toBe(403);
    expect(await call(forged)).toBe(401);
    expect([...new Set(served)]).toEqual(['undefined undefined', 'u-1 undefined', 'm-1 undefined']);
    expect(issuer.asked).toBe(1);
    expect(await running.event('request.denied')).toMatchObject({ denied: 'jwt.missing', status: 401 });
    expect(await running.event('request.blocked')).toMatchObject({
      by: 'scope.write',
      token: { iss: ISSUER, sub: 'u-1', kid: key.jwk.kid },
    });

    await running.metrics([
      /ward_tokens_total\{result="signature"\} 1$/m,
      // The machine's and the other token of one worker each; the writer's of one or of both.
      /ward_tokens_total\{result="verified"\} [34]$/m,
      /ward_refusals_total\{by="jwt.missing"\} 1$/m,
      new RegExp(`ward_jwks_fetches_total\\{issuer="${ISSUER}",result="fetched"\\} 1$`, 'm'),
      new RegExp(`ward_jwks_age_seconds\\{issuer="${ISSUER}"\\}`),
    ]);
    expect(await running.stop()).toBe(0);
    const told = JSON.stringify(running.events) + running.stderr;
    for (const part of [...writer.split('.'), ...forged.split('.'), SECRET]) expect(told).not.toContain(part);
  });

  it('takes over keys of a file that changes', async () => {
    const newer = signingKey('ES256', 'k2');
    const file = join(directory, 'keys.json');
    writeFileSync(file, jwks(key));
    const { jwks_url: _, ...issued } = fromAddress();
    configure({ issuers: [{ ...issued, jwks_file: 'keys.json' }], required: true });
    running = await RunningWard.start([], { cwd: directory });
    const { url } = running;
    const statusWith = async (signer: typeof key): Promise<number> =>
      (await fetch(`${url}/`, { headers: { authorization: `Bearer ${token(signer, now())}` } })).status;
    expect([await statusWith(key), await statusWith(newer)]).toEqual([200, 401]);
    writeFileSync(file, jwks(newer));
    expect(await running.event('jwt.keys_renewed')).toMatchObject({ issuer: ISSUER });
    // Each worker learns of it by itself, and each connection may get the other one.
    await until(async () => (await statusWith(newer)) === 200 && (await statusWith(key)) === 401, 'new keys');
    expect(await running.event('request.denied')).toMatchObject({ denied: 'jwt.key' });
  });

  it('starts while the address is away, and says so', async () => {
    configure({ issuers: [{ ...fromAddress(), jwks_url: 'http://127.0.0.1:1/keys' }], required: true });
    running = await RunningWard.start([], { cwd: directory });
    expect(await running.event('jwks.failed')).toMatchObject({ level: 'warn', issuer: ISSUER });
    const headers = { authorization: `Bearer ${token(key, now())}` };
    expect((await fetch(`${running.url}/`, { headers })).status).toBe(503);
    expect((await fetch(`${running.url}/`)).status).toBe(401);
  });

  it.each<[string, () => unknown, string]>([
    ['rules that read tokens nobody may issue', () => undefined, 'no issuer of tokens is configured'],
    [
      'an address that answers no keys',
      () => ({ issuers: [fromAddress()] }),
      'jwt.issuers[0].jwks_url is no JSON',
    ],
    [
      'a key file that is not there',
      () => ({ issuers: [{ issuer: 'a', audiences: ['b'], key_file: 'missing.pem' }] }),
      'jwt.issuers[0].key_file: cannot read',
    ],
    [
      'a private key',
      () => {
        const pem = key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
        writeFileSync(join(directory, 'key.pem'), pem);
        return { issuers: [{ issuer: 'a', audiences: ['b'], key_file: 'key.pem' }] };
      },
      'jwt.issuers[0].key_file is a private key',
    ],
    [
      'a key set without a key for the algorithms',
      () => {
        writeFileSync(join(directory, 'keys.json'), jwks(key));
        const issuers = [{ issuer: 'a', audiences: ['b'], jwks_file: 'keys.json', algorithms: ['RS256'] }];
        return { issuers };
      },
      'jwt.issuers[0].jwks_file holds no key for RS256',
    ],
    [
      'a secret that can be guessed',
      () => ({ issuers: [{ issuer: 'a', audiences: ['b'], secret: { env: 'SHORT' } }] }),
      'jwt.issuers[0].secret is shorter than 32 bytes',
    ],
    [
      'a public key as a secret',
      () => ({ issuers: [{ ...fromAddress(), algorithms: ['HS256'] }] }),
      'HS256 needs a secret',
    ],
  ])('does not start with %s', async (_what, jwt, message) => {
    issuer.text = '<html>';
    configure(jwt());
    const args = ['run', '--listen', '127.0.0.1:0', '--admin', 'off'];
    const ended = await ward(args, { cwd: directory, env: { SHORT: 'hunter2' } });
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(ended.stderr).not.toContain('hunter2');
  });
});
