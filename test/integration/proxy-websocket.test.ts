/** WebSocket pass-through on both listeners: handshake, messages, verdicts, bounds, closes. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { setTimeout as sleep } from 'node:timers/promises';
import { ManualClock } from '../../src/core/clock.ts';
import { WS_IDLE_S, WS_MESSAGE_BYTES_MAX } from '../../src/core/limits.ts';
import { allowAllEngine, fixedEngine } from '../support/fixed-engine.ts';
import { exchange, RawClient } from '../support/raw-client.ts';
import { RecordedGates } from '../support/recorded-gates.ts';
import { engineFor } from '../support/transaction-of.ts';
import { LISTENERS, startWard, type Ward } from '../support/ward.ts';
import { until } from '../support/until.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const handshake = (changes: Record<string, string | null> = {}, line = 'GET /ws?x=1 HTTP/1.1') => {
  const fields: Record<string, string | null> = {
    Host: 's.example',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': KEY,
    ...changes,
  };
  const lines = Object.entries(fields).filter(([, value]) => value !== null);
  return `${line}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
};

interface Closed {
  readonly code: number;
  readonly reason: string;
}

function closeOf(socket: WebSocket): Promise<Closed> {
  return new Promise((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    socket.on('error', () => undefined);
  });
}

const opened = (socket: WebSocket) =>
  new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
const messageOf = (socket: WebSocket) =>
  new Promise<string>((resolve) =>
    socket.once('message', (message) => resolve((message as Buffer).toString('latin1'))),
  );

describe.each(LISTENERS)('websocket on %s', (listener) => {
  let service: Server;
  let sockets: WebSocketServer;
  let ward: Ward;
  let seen: IncomingMessage[] = [];
  let serviceClosed: Closed[] = [];
  const clients: WebSocket[] = [];
  const open = (path = '/ws', protocols: string[] = [], options = {}) => {
    const socket = new WebSocket(`ws://127.0.0.1:${ward.port}${path}`, protocols, {
      perMessageDeflate: false,
      ...options,
    });
    socket.on('error', () => undefined);
    clients.push(socket);
    return socket;
  };

  beforeAll(async () => {
    service = createServer((_req, res) => res.end('plain'));
    sockets = new WebSocketServer({
      noServer: true,
      handleProtocols: (offered) => [...offered].at(-1) ?? false,
    });
    service.on('upgrade', (request, socket, first) => {
      seen.push(request);
      if (request.url === '/refused') {
        socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      sockets.handleUpgrade(request, socket, first, (open) => {
        open.on('close', (code, reason) => serviceClosed.push({ code, reason: reason.toString() }));
        open.on('message', (message, binary) => {
          const text = (message as Buffer).toString('latin1');
          if (text === 'close') open.close(4_001, 'bye');
          else if (text === 'die') open.terminate();
          else if (text === 'flood') for (let i = 0; i < 400; i++) open.send(Buffer.alloc(60_000, 'f'));
          else open.send(message as Buffer, { binary });
        });
      });
    });
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    ward = await startWard({
      listener,
      upstreamPort: (service.address() as AddressInfo).port,
      // WS_QUEUE_BYTES_MAX and WS_MESSAGE_BYTES_MAX are the defaults of `startWard`.
    });
  });
  afterEach(async () => {
    for (const socket of clients.splice(0)) socket.terminate();
    await until(() => ward.proxy.active === 0 && sockets.clients.size === 0, 'nothing to be left open');
    ward.engine = allowAllEngine;
    ward.records.length = 0;
    seen = [];
    serviceClosed = [];
  });
  afterAll(async () => {
    await ward.close();
    sockets.close();
    await new Promise((resolve) => service.close(resolve));
  });

  it('passes messages both ways with the target and the chosen protocol', async () => {
    const socket = open('/ws?q=%41', ['one', 'two'], { headers: { cookie: 'a=1', 'x-real-ip': '9.9.9.9' } });
    await opened(socket);
    expect(socket.protocol).toBe('two');
    socket.send('hello');
    expect(await messageOf(socket)).toBe('hello');
    socket.send(Buffer.from([0, 255]));
    expect(await messageOf(socket)).toBe('\x00\xff');
    expect(seen[0].url).toBe('/ws?q=%41');
    expect(seen[0].headers).toMatchObject({ cookie: 'a=1', 'x-forwarded-for': '127.0.0.1' });
    expect(seen[0].headers['x-real-ip']).toBeUndefined();
    expect(seen[0].headers['sec-websocket-extensions']).toBeUndefined();
  });

  it('carries closes with code and reason both ways', async () => {
    const first = open();
    await opened(first);
    const firstClosed = closeOf(first);
    first.send('close');
    expect(await firstClosed).toEqual({ code: 4_001, reason: 'bye' });
    const second = open();
    await opened(second);
    serviceClosed = [];
    second.close(4_002, 'ciao');
    await until(() => serviceClosed.length > 0, 'the close at the service');
    expect(serviceClosed).toEqual([{ code: 4_002, reason: 'ciao' }]);
  });

  it('closes with 1011 when the service dies', async () => {
    const socket = open();
    await opened(socket);
    const closed = closeOf(socket);
    socket.send('die');
    expect((await closed).code).toBe(1_011);
  });

  it('relays the status of a refused handshake', async () => {
    expect((await exchange(ward.port, handshake({}, 'GET /refused HTTP/1.1')))?.status).toBe(401);
  });

  it('blocks a text message in either direction with 1008', async () => {
    ward.engine = fixedEngine({ blockMessageText: 'ATTACK' });
    const socket = open();
    await opened(socket);
    socket.send('fine');
    expect(await messageOf(socket)).toBe('fine');
    const closed = closeOf(socket);
    socket.send('an ATTACK');
    expect((await closed).code).toBe(1_008);
    expect(ward.records.at(-1)?.outcome).toBe('blocked');
  });

  it('judges each message by the rules of its time', async () => {
    let closedTransactions = 0;
    ward.engine = fixedEngine({ onClose: () => closedTransactions++ });
    const socket = open();
    await opened(socket);
    socket.send('an ATTACK');
    expect(await messageOf(socket)).toBe('an ATTACK');
    ward.engine = fixedEngine({ blockMessageText: 'ATTACK', onClose: () => closedTransactions++ });
    socket.send('fine');
    expect(await messageOf(socket)).toBe('fine');
    expect(closedTransactions).toBe(1);
    const closed = closeOf(socket);
    socket.send('an ATTACK');
    expect((await closed).code).toBe(1_008);
    expect(closedTransactions).toBe(2);
  });

  it('lets limits count accepted handshakes, and those alone', async () => {
    const clock = new ManualClock();
    const gates = new RecordedGates(clock);
    const rules = `
      limiter sockets { key client.ip  allow 2 per 1h  count response.status == 101  then block 429 }
      rule dos.sockets "x" { severity warning then limit sockets }`;
    ward.engine = engineFor(rules, {}, { gates, clock });
    expect((await exchange(ward.port, handshake({}, 'GET /refused HTTP/1.1')))?.status).toBe(401);
    expect(gates.refunds).toHaveLength(1);
    for (let i = 0; i < 2; i++) {
      const socket = open();
      await opened(socket);
      const closed = closeOf(socket);
      socket.close();
      await closed;
    }
    expect((await exchange(ward.port, handshake()))?.status).toBe(429);
    expect(gates.refunds).toHaveLength(1);
  });

  it('refuses a handshake by what the service answers, before the client has a socket', async () => {
    ward.engine = engineFor(`rule t.upgrade "x" {
      severity critical when response.status == 101 and any response.headers["upgrade"] contains "websocket"
      then block 403
    }`);
    expect((await exchange(ward.port, handshake()))?.status).toBe(403);
    expect(seen).toHaveLength(1);
    ward.engine = fixedEngine({ throwIn: 'responseHead' });
    expect((await exchange(ward.port, handshake()))?.status).toBe(503);
  });

  it('leaves a socket alone with rules on bodies of responses, also when rules are loaded anew', async () => {
    const rules = (text: string) => `
      rule t.mask "x" { severity notice when any response.body.text |> find(/secret/) != "" then mask }
      rule t.body "x" { severity critical when any response.body.text contains "leak" then block 502 }
      rule t.message "x" { severity critical when any ws.text contains "${text}" then block 403 }`;
    ward.engine = engineFor(rules('one'));
    const socket = open();
    await opened(socket);
    socket.send('secret leak');
    expect(await messageOf(socket)).toBe('secret leak');
    ward.engine = engineFor(rules('two'));
    socket.send('one secret leak');
    expect(await messageOf(socket)).toBe('one secret leak');
    const closed = closeOf(socket);
    socket.send('two');
    expect((await closed).code).toBe(1_008);
  });

  it('fails closed when new rules cannot begin with the handshake', async () => {
    const socket = open();
    await opened(socket);
    ward.engine = fixedEngine({ throwIn: 'begin' });
    const closed = closeOf(socket);
    socket.send('x');
    expect((await closed).code).toBe(1_011);
  });

  it('refuses a handshake by its head, before the service sees it', async () => {
    ward.engine = fixedEngine({ blockHead: () => 403 });
    expect((await exchange(ward.port, handshake()))?.status).toBe(403);
    expect(seen).toHaveLength(0);
  });

  it('fails closed when the engine throws on a message', async () => {
    ward.engine = fixedEngine({ throwIn: 'wsMessage' });
    const socket = open();
    await opened(socket);
    const closed = closeOf(socket);
    socket.send('x');
    expect((await closed).code).toBe(1_011);
  });

  it('closes on a message beyond WS_MESSAGE_BYTES_MAX', async () => {
    const socket = open();
    await opened(socket);
    const closed = closeOf(socket);
    socket.send(Buffer.alloc(WS_MESSAGE_BYTES_MAX, 'm'));
    expect(await messageOf(socket)).toHaveLength(WS_MESSAGE_BYTES_MAX);
    socket.send(Buffer.alloc(WS_MESSAGE_BYTES_MAX + 1));
    expect([1_006, 1_009]).toContain((await closed).code);
  });

  it('closes on a client that is silent for WS_IDLE_S, pings unanswered', async () => {
    // uWebSockets.js takes no less than 8 seconds.
    const wsIdleS = listener === 'uws' ? 8 : 1;
    expect(WS_IDLE_S).toBeGreaterThanOrEqual(wsIdleS);
    const port = (service.address() as AddressInfo).port;
    const impatient = await startWard({ listener, upstreamPort: port, listenerOptions: { wsIdleS } });
    const answering = new WebSocket(`ws://127.0.0.1:${impatient.port}/ws`);
    clients.push(answering);
    await opened(answering);
    const client = new RawClient(impatient.port);
    client.send(handshake());
    expect((await client.response())?.status).toBe(101);
    expect(await client.waitClosed(20_000)).toBe(true);
    expect(answering.readyState).toBe(WebSocket.OPEN);
    answering.terminate();
    await impatient.close();
  });

  it('bounds what waits for a client that does not read', async () => {
    const socket = open();
    await opened(socket);
    socket.pause();
    socket.send('flood');
    const bytesWaiting = (): number =>
      [...sockets.clients].reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0);
    await until(() => bytesWaiting() > 0, 'the flood');
    let waiting = Infinity;
    // Until nothing more of it goes on.
    await until(async () => {
      const before = waiting;
      await sleep(100);
      waiting = bytesWaiting();
      return waiting === before;
    }, 'a standstill');
    // 24 MB were sent; kernel buffers and the queue hold the rest.
    expect(waiting).toBeGreaterThan(1_000_000);
  });

  it.each([
    ['no upgrade field', { Upgrade: null }, null],
    ['another upgrade', { Upgrade: 'h2c' }, 400],
    ['no connection option', { Connection: 'keep-alive' }, null],
    ['no version', { 'Sec-WebSocket-Version': null }, 426],
    ['an old version', { 'Sec-WebSocket-Version': '8' }, 426],
    ['no key', { 'Sec-WebSocket-Key': null }, 400],
    ['a key that is not base64 of 16 bytes', { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ=x' }, 400],
    ['a short key', { 'Sec-WebSocket-Key': 'abc' }, 400],
    ['two keys', { 'Sec-WebSocket-Key': KEY, 'sec-websocket-key': KEY }, 400],
    ['a body', { 'Content-Length': '3' }, 400],
    ['chunks', { 'Transfer-Encoding': 'chunked' }, 400],
    ['a protocol that is no token', { 'Sec-WebSocket-Protocol': 'a b' }, 400],
    ['a protocol offered twice', { 'Sec-WebSocket-Protocol': 'a, a' }, 400],
  ] as const)('refuses a handshake with %s', async (_what, changes, status) => {
    const response = await exchange(ward.port, handshake(changes));
    // Without these it is an ordinary request to the node listener, and refused by the other one.
    if (status === null) expect([200, 400]).toContain(response?.status);
    else expect(response?.status).toBe(status);
    expect(seen).toHaveLength(0);
    if (status === 426) expect(response?.headers['sec-websocket-version']).toBe('13');
  });

  it('refuses a handshake that is not a GET', async () => {
    const response = await exchange(ward.port, handshake({}, 'POST /ws HTTP/1.1'));
    expect(response?.status).toBe(400);
    expect(seen).toHaveLength(0);
  });

  it('lets in configured origins only', async () => {
    const port = (service.address() as AddressInfo).port;
    const strict = await startWard({
      listener,
      upstreamPort: port,
      options: {
        sockets: { origins: ['https://s.example'], messageBytesMax: 64_000, queueBytesMax: 64_000 },
      },
    });
    expect((await exchange(strict.port, handshake({ Origin: 'https://evil.example' })))?.status).toBe(403);
    expect((await exchange(strict.port, handshake()))?.status).toBe(403);
    const client = new RawClient(strict.port);
    client.send(handshake({ Origin: 'https://S.example' }));
    expect((await client.response())?.status).toBe(101);
    client.destroy();
    await strict.close();
  });

  it('gives up the service when the client goes away during the handshake', async () => {
    const client = new RawClient(ward.port);
    client.send(handshake());
    client.destroy();
    await until(() => ward.proxy.active === 0, 'the end of the exchange');
  });
});
