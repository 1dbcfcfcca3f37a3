/** PROXY protocol on the strict listener beyond what wire cases can say: in pieces, under TLS, never, and for WebSockets. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Authority, type Certificate, listenerTls } from '../support/certificates.ts';
import { RawClient } from '../support/raw-client.ts';
import { RawUpstream } from '../support/raw-upstream.ts';
import { startWard, type Ward, type WardSettings } from '../support/ward.ts';

const LINE = 'PROXY TCP4 203.0.113.9 127.0.0.1 12345 80\r\n';
const GET = 'GET / HTTP/1.1\r\nHost: s.example\r\n\r\n';
const WAIT_MS = 5_000;

describe('PROXY protocol on listener node', () => {
  const upstream = new RawUpstream();
  let authority: Authority;
  let certificate: Certificate;
  let ward: Ward;

  const start = async (more: Partial<WardSettings> = {}): Promise<void> => {
    ward = await startWard({
      listener: 'node',
      upstreamPort: upstream.port,
      trusted: ['127.0.0.1/32'],
      ...more,
    });
  };
  const clients = (): (string | undefined)[] => ward.records.map(({ head }) => head?.client.ip.text);

  beforeAll(async () => {
    authority = new Authority('Ours');
    certificate = authority.issue({ names: 'DNS:localhost' });
    await upstream.listen();
  });
  afterEach(() => ward.close());
  afterAll(async () => {
    authority.remove();
    await upstream.close();
  });

  it('reads a preamble byte by byte, and requests that follow on the same connection', async () => {
    await start();
    const client = new RawClient(ward.port);
    await client.sendCut(
      LINE + GET,
      Array.from({ length: LINE.length + 3 }, (_, index) => index + 1),
    );
    expect(await client.until(() => client.received.includes('200'), WAIT_MS)).toBe(true);
    client.received = '';
    client.send(GET);
    expect(await client.until(() => client.received.includes('200'), WAIT_MS)).toBe(true);
    client.socket.destroy();
    expect(clients()).toEqual(['203.0.113.9', '203.0.113.9']);
  });

  it('keeps the addresses of connections apart and forgets them', async () => {
    await start();
    for (const address of ['203.0.113.1', '', '203.0.113.2']) {
      const client = new RawClient(ward.port);
      client.send((address === '' ? '' : LINE.replace('203.0.113.9', address)) + GET);
      expect(await client.until(() => client.received.includes('200'), WAIT_MS)).toBe(true);
      client.socket.destroy();
    }
    expect(clients()).toEqual(['203.0.113.1', '127.0.0.1', '203.0.113.2']);
  });

  it('cuts a trusted peer that never finishes its preamble', async () => {
    await start({ listenerOptions: { headersMs: 200 } });
    const client = new RawClient(ward.port);
    client.send(LINE.slice(0, 9));
    expect(await client.waitClosed(WAIT_MS)).toBe(true);
    expect(ward.records).toEqual([]);
  });

  it('reads the preamble before the TLS handshake', async () => {
    await start({ listenerOptions: { tls: listenerTls([{ names: [], certificate }]) } });
    const socket = connect(ward.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(LINE);
    const tls = connectTls({ socket, ca: authority.ca, servername: 'localhost' });
    await once(tls, 'secureConnect');
    tls.write(GET);
    const [answer] = (await once(tls, 'data')) as [Buffer];
    tls.destroy();
    expect(answer.toString('latin1')).toContain('200 OK');
    expect(clients()).toEqual(['203.0.113.9']);
  });

  it('gives the address to WebSocket handshakes too', async () => {
    await start();
    const client = new RawClient(ward.port);
    client.send(
      `${LINE}GET /ws HTTP/1.1\r\nHost: s.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    expect(await client.until(() => client.received.includes('HTTP/1.1'), WAIT_MS)).toBe(true);
    client.socket.destroy();
    expect(await client.until(() => ward.records.length === 1, WAIT_MS)).toBeDefined();
    expect(clients()).toEqual(['203.0.113.9']);
  });
});
