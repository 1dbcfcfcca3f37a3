/**
 * What a file of HTTP/2 tests plays on: one service for all of its tests, a Ward for each with the listener that speaks
 * HTTP/2, and clients that are gone when their test is.
 */
import { afterAll, afterEach, beforeAll } from 'vitest';
import { RawHttp2 } from './raw-http2.ts';
import { RawUpstream } from './raw-upstream.ts';
import { startWard, type Ward, type WardSettings } from './ward.ts';

export class Http2Stage {
  readonly upstream = new RawUpstream();
  #ward: Ward | undefined;
  #clients: RawHttp2[] = [];

  /** The one that `start` began. */
  get ward(): Ward {
    if (this.#ward === undefined) throw new Error('a test asks for its Ward before it starts one');
    return this.#ward;
  }

  async start(settings: Partial<WardSettings> = {}): Promise<void> {
    this.#ward = await startWard({ listener: 'node', upstreamPort: this.upstream.port, ...settings });
  }

  /** @param settings payload of the client's first SETTINGS frame */
  async open(settings?: Uint8Array): Promise<RawHttp2> {
    const client = await RawHttp2.open(this.ward.port, settings);
    this.#clients.push(client);
    return client;
  }

  async clear(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.destroy();
    await this.#ward?.close();
    this.#ward = undefined;
    this.upstream.reset();
  }
}

/** Call it once, at the top of the file. */
export function http2Stage(): Http2Stage {
  const stage = new Http2Stage();
  beforeAll(async () => {
    await stage.upstream.listen();
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.upstream.close());
  return stage;
}
