import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../src/core/clock.ts';
import { JWKS_COOLDOWN_MS, JWKS_REFRESH_MS, KEY_SET_BYTES_MAX } from '../../../../src/core/limits.ts';
import { fetchJwks } from '../../../../src/identity/tokens/jwks-fetch.ts';
import { JwksKeeper, type JwksState } from '../../../../src/identity/tokens/jwks-keeper.ts';
import { jwks, signingKey, TOKEN_EPOCH_MS } from '../../../support/tokens.ts';

const key = signingKey('ES256');

/** A keeper whose fetches and time the test plays. */
function keeperOf(answers: (() => Promise<string>)[]) {
  const clock = new ManualClock(TOKEN_EPOCH_MS);
  const states: JwksState[] = [];
  const failures: string[] = [];
  const leftOut: string[] = [];
  let asked = 0;
  const keeper = new JwksKeeper({
    url: 'https://id.example/keys',
    refreshMs: JWKS_REFRESH_MS,
    cooldownMs: JWKS_COOLDOWN_MS,
    clock,
    fetch: () => answers[Math.min(asked++, answers.length - 1)](),
    onState: (state, left) => {
      states.push(state);
      leftOut.push(...left);
    },
    onFailure: (message) => void failures.push(message),
  });
  return { keeper, clock, states, failures, leftOut, asked: () => asked };
}

const good = () => Promise.resolve(jwks(key));
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('JwksKeeper', () => {
  it('fetches at the start and again when it is due', async () => {
    const { keeper, clock, states, asked } = keeperOf([good]);
    await keeper.start();
    expect(states).toEqual([{ text: jwks(key), confirmedAtMs: TOKEN_EPOCH_MS }]);
    clock.advance(JWKS_REFRESH_MS - 1);
    keeper.tick();
    expect(asked()).toBe(1);
    clock.advance(1);
    keeper.tick();
    await settle();
    expect([asked(), states.length, keeper.figures]).toEqual([2, 2, { fetched: 2, failed: 0, ageS: 0 }]);
  });

  it('fetches once for all who miss a key, and not again before the cooldown is over', async () => {
    const { keeper, clock, asked } = keeperOf([good]);
    await keeper.start();
    await keeper.want();
    expect(asked()).toBe(1);
    clock.advance(JWKS_COOLDOWN_MS);
    await Promise.all([keeper.want(), keeper.want(), keeper.want()]);
    expect(asked()).toBe(2);
  });

  it('starts without an answer, keeps trying, and keeps the last good set', async () => {
    const down = () => Promise.reject(new Error('down'));
    const broken = () => Promise.resolve('<html>');
    const { keeper, clock, states, failures } = keeperOf([down, good, broken, good]);
    await keeper.start();
    expect([keeper.state, failures, keeper.figures.ageS]).toEqual([undefined, ['down'], undefined]);
    clock.advance(JWKS_COOLDOWN_MS);
    keeper.tick();
    await settle();
    expect(states.length).toBe(1);
    clock.advance(JWKS_REFRESH_MS);
    keeper.tick();
    await settle();
    expect([states.length, failures.length, keeper.state]).toEqual([1, 2, states[0]]);
    expect(keeper.figures).toEqual({ fetched: 1, failed: 2, ageS: JWKS_REFRESH_MS / 1_000 });
    keeper.tick();
    clock.advance(JWKS_COOLDOWN_MS);
    keeper.tick();
    await settle();
    expect(states.length).toBe(2);
  });

  it('takes an empty set for what it says: all keys are gone', async () => {
    const { keeper, clock, states } = keeperOf([good, () => Promise.resolve('{"keys":[]}')]);
    await keeper.start();
    clock.advance(JWKS_COOLDOWN_MS);
    await keeper.want();
    expect(states.at(-1)?.text).toBe('{"keys":[]}');
  });

  it.each([
    ['no JSON', '<html>'],
    ['no keys', '{"keys":[]}'],
    ['key 1 is of a kind', '{"keys":[{"kty":"oct","k":"AAAA"}]}'],
  ])('does not start with an address that is surely wrong: %s', async (why, text) => {
    const { keeper } = keeperOf([() => Promise.resolve(text)]);
    await expect(keeper.start()).rejects.toThrow(why);
  });

  it('names the keys that it leaves out', async () => {
    const { keeper, leftOut } = keeperOf([() => Promise.resolve(jwks(key, { jwk: { kty: 'oct' } }))]);
    await keeper.start();
    expect(leftOut).toEqual(['key 2 is of a kind that verifies no token']);
  });
});

describe('fetchJwks', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  async function serve(listener: RequestListener): Promise<string> {
    server = createServer(listener);
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  }

  const json = { 'content-type': 'application/json; charset=utf-8' };

  it('reads a set', async () => {
    const url = await serve((_, response) => response.writeHead(200, json).end(jwks(key)));
    expect(await fetchJwks(url, 1_000)).toBe(jwks(key));
  });

  it.each<[string, RequestListener]>([
    ['status 404', (_, response) => response.writeHead(404, json).end('{}')],
    ['status 204', (_, response) => response.writeHead(204).end()],
    ['not JSON', (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(jwks(key))],
    ['not JSON', (_, response) => response.writeHead(200).end(jwks(key))],
    ['larger than', (_, response) => response.writeHead(200, json).end(' '.repeat(KEY_SET_BYTES_MAX + 1))],
    [
      'fetch failed',
      (_, response) => response.writeHead(302, { location: '/other', ...json }).end(jwks(key)),
    ],
    ['terminated', (_, response) => void response.writeHead(200, json).write('{', () => response.destroy())],
    ['timeout', (_, response) => void response.writeHead(200, json).write('{')],
    ['timeout', () => undefined],
  ])('refuses anything else: %s', async (why, listener) => {
    await expect(fetchJwks(await serve(listener), 500)).rejects.toThrow(why);
  });
});
