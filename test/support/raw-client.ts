/** Sends exact bytes over a socket and reads responses without helping the server in any way. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RawResponse {
  readonly status: number;
  /** Lower-case names; repeated fields joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly raw: string;
}

/** Longer than an answer takes on a busy machine. Whoever expects silence says how long. */
const WAIT_MS_MAX = 10_000;
/** What is waited for may be elsewhere than on this connection. */
const POLL_MS = 20;

export class RawClient {
  readonly socket: Socket;
  received = '';
  closed = false;
  #wake: (() => void)[] = [];

  /** @param from an address of the loopback network, to be another client */
  constructor(port: number, from = '127.0.0.1') {
    this.socket = connect({ port, host: '127.0.0.1', localAddress: from, noDelay: true });
    this.socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1');
      this.#notify();
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.closed = true;
      this.#notify();
    });
  }

  send(text: string): void {
    if (!this.socket.destroyed) this.socket.write(text, 'latin1');
  }

  /** Sends in pieces cut at the given offsets, each in its own packet: none waits for the connection with the next. */
  async sendCut(text: string, cuts: readonly number[]): Promise<void> {
    if (this.socket.connecting) await once(this.socket, 'connect');
    let from = 0;
    for (const cut of [...cuts, text.length]) {
      this.send(text.slice(from, cut));
      from = cut;
      await sleep(1);
    }
  }

  /** Waits until `done` holds, the connection closes or time is up; says whether it holds. */
  async until(done: () => boolean, ms = WAIT_MS_MAX): Promise<boolean> {
    const end = performance.now() + ms;
    while (!done() && !this.closed && performance.now() < end) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(POLL_MS, Math.max(1, end - performance.now())));
        this.#wake.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return done();
  }

  /** The next complete response, or null when the connection ends or stays silent. */
  async response(method = 'GET', ms = WAIT_MS_MAX): Promise<RawResponse | null> {
    let parsed = parseResponse(this.received, method, this.closed);
    await this.until(() => (parsed = parseResponse(this.received, method, this.closed)) !== null, ms);
    parsed ??= parseResponse(this.received, method, this.closed);
    if (parsed === null) return null;
    this.received = this.received.slice(parsed.raw.length);
    return parsed;
  }

  async waitClosed(ms = WAIT_MS_MAX): Promise<boolean> {
    await this.until(() => this.closed, ms);
    return this.closed;
  }

  destroy(): void {
    this.socket.destroy();
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

function parseResponse(text: string, method: string, closed: boolean): RawResponse | null {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const lines = text.slice(0, end).split('\r\n');
  const status = Number(lines[0].split(' ')[1]);
  if (status < 200 && status !== 101) return parseNext(text, end + 4, method, closed);
  const headers: Record<string, string> = {};
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const start = end + 4;
  const done = (length: number, body: string): RawResponse => ({
    status,
    headers,
    body,
    raw: text.slice(0, length),
  });
  if (method === 'HEAD' || status === 204 || status === 304 || status === 101) return done(start, '');
  if (headers['transfer-encoding'] === 'chunked') {
    let body = '';
    for (let at = start; ; ) {
      const line = text.indexOf('\r\n', at);
      if (line < 0) return null;
      const size = Number.parseInt(text.slice(at, line), 16);
      const next = line + 2 + size + 2;
      if (Number.isNaN(size) || text.length < next) return null;
      if (size === 0) return done(next, body);
      body += text.slice(line + 2, line + 2 + size);
      at = next;
    }
  }
  if (headers['content-length'] !== undefined) {
    const length = start + Number(headers['content-length']);
    return text.length < length ? null : done(length, text.slice(start, length));
  }
  return closed ? done(text.length, text.slice(start)) : null;
}

function parseNext(text: string, from: number, method: string, closed: boolean): RawResponse | null {
  const next = parseResponse(text.slice(from), method, closed);
  return next === null ? null : { ...next, raw: text.slice(0, from) + next.raw };
}

/** One request on a connection of its own. */
export async function exchange(port: number, request: string, method = 'GET'): Promise<RawResponse | null> {
  const client = new RawClient(port);
  client.send(request);
  const response = await client.response(method);
  client.destroy();
  return response;
}
