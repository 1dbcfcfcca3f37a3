/** Patience of the strict listener: NODE_HEADERS_MS, NODE_REQUEST_MS and NODE_KEEPALIVE_MS, made short enough to wait for. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority, listenerTls } from '../support/certificates.ts';
import { RawClient } from '../support/raw-client.ts';
import { RawUpstream } from '../support/raw-upstream.ts';
import { startWard, type Ward } from '../support/ward.ts';

const WAIT_MS = 5_000;

describe('listener node', () => {
  const upstream = new RawUpstream();
  let ward: Ward;

  beforeAll(async () => {
    await upstream.listen();
    ward = await startWard({
      listener: 'node',
      upstreamPort: upstream.port,
      listenerOptions: { headersMs: 300, requestMs: 600, keepAliveMs: 200 },
    });
  });
  afterAll(async () => {
    await ward.close();
    await upstream.close();
  });

  it.each([
    ['a head that does not end', 'GET / HTTP/1.1\r\nHost: s.example\r\n', '408'],
    ['a body that does not end', 'POST / HTTP/1.1\r\nHost: s.example\r\nContent-Length: 9\r\n\r\nabc', ''],
    ['a connection nobody uses any more', 'GET / HTTP/1.1\r\nHost: s.example\r\n\r\n', '200'],
  ])('closes on %s', async (_what, bytes, status) => {
    upstream.reset();
    const client = new RawClient(ward.port);
    client.send(bytes);
    expect(await client.waitClosed(WAIT_MS)).toBe(true);
    expect(client.received).toContain(status);
    expect(upstream.requests.filter(({ head }) => head.startsWith('POST'))).toEqual([]);
  });

  it('closes on a TLS handshake that does not begin', async () => {
    const authority = new Authority('ward test');
    const secure = await startWard({
      listener: 'node',
      upstreamPort: upstream.port,
      listenerOptions: {
        headersMs: 300,
        tls: listenerTls([{ names: [], certificate: authority.issue({ names: 'DNS:s.example' }) }]),
      },
    });
    const client = new RawClient(secure.port);
    expect(await client.waitClosed(WAIT_MS)).toBe(true);
    await secure.close();
    authority.remove();
  });
});
