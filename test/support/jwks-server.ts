/** An issuer on the network: its JWKS address over real HTTP, and a verifier that knows it from there alone. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../src/core/clock.ts';
import { JWKS_COOLDOWN_MS, JWKS_KEEP_MS, JWKS_REFRESH_MS } from '../../src/core/limits.ts';
import { fetchJwks } from '../../src/identity/tokens/jwks-fetch.ts';
import { JwksKeeper } from '../../src/identity/tokens/jwks-keeper.ts';
import { KeyRing } from '../../src/identity/tokens/key-ring.ts';
import { keySetFromJwks } from '../../src/identity/tokens/key-set.ts';
import { jwks, type SigningKey } from './tokens.ts';

export class JwksServer {
  /** Published now. */
  keys: readonly SigningKey[] = [];
  /** Answers with this instead. */
  text: string | undefined;
  /** Takes connections and cuts them. */
  isDown = false;
  asked = 0;
  #server: Server;

  constructor() {
    this.#server = createServer((_, response) => {
      this.asked += 1;
      if (this.isDown) response.destroy();
      else response.setHeader('content-type', 'application/json').end(this.text ?? jwks(...this.keys));
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/jwks.json`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The keys behind an address, on a clock of the test's; `settled` waits for what they were told last. */
export async function ringOf(
  server: JwksServer,
  clock: Clock,
): Promise<{ ring: KeyRing; keeper: JwksKeeper; settled: () => Promise<void> }> {
  let taken = Promise.resolve();
  const keeper: JwksKeeper = new JwksKeeper({
    url: server.url,
    refreshMs: JWKS_REFRESH_MS,
    cooldownMs: JWKS_COOLDOWN_MS,
    clock,
    fetch: (url) => fetchJwks(url, 2_000),
    onState: ({ text, confirmedAtMs }) => {
      taken = taken.then(async () => ring.replace(await keySetFromJwks(text), confirmedAtMs));
    },
    onFailure: () => undefined,
  });
  const ask = async (): Promise<void> => {
    await keeper.want();
    await taken;
  };
  const ring = new KeyRing({ keepMs: JWKS_KEEP_MS, cooldownMs: JWKS_COOLDOWN_MS, clock, ask });
  await keeper.start();
  await taken;
  return { ring, keeper, settled: () => taken };
}
