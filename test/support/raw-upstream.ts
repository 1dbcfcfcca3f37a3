/**
 * A service made of a bare socket: it records the exact bytes it got and answers with exact bytes.
 *
 * It frames requests by content-length and chunks just far enough to know when one is complete.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface RawExchange {
  readonly socket: Socket;
  /** The request's bytes as they came, latin1. */
  readonly text: string;
  /** Head without the blank line. */
  readonly head: string;
  readonly body: string;
}

export type RawAnswer = (exchange: RawExchange) => void;

export const OK_ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

export class RawUpstream {
  /** Complete requests, in order. */
  readonly requests: RawExchange[] = [];
  /** All bytes of all connections, latin1. */
  received = '';
  connections = 0;
  /** Connections that ended before their request was complete. */
  aborted = 0;
  port = 0;
  /** Called for each complete request. */
  answer: RawAnswer = ({ socket }) => void socket.write(OK_ANSWER, 'latin1');
  /** Called when a head is complete, before its body. */
  onHead: (head: string, socket: Socket) => void = () => undefined;
  #server: Server;
  #sockets = new Set<Socket>();

  constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  async listen(where: number | string = 0): Promise<this> {
    await new Promise<void>((resolve) => {
      if (typeof where === 'string') this.#server.listen(where, resolve);
      else this.#server.listen(where, '127.0.0.1', resolve);
    });
    if (typeof where === 'number') this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** Another address than 127.0.0.1; rejects when it is taken. */
  async listenAt(address: string, port: number): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, address, resolve);
    });
    this.port = port;
    return this;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Forgets what was recorded and answers as at first. */
  reset(): void {
    this.requests.length = 0;
    this.received = '';
    this.connections = 0;
    this.aborted = 0;
    this.answer = ({ socket }) => void socket.write(OK_ANSWER, 'latin1');
    this.onHead = () => undefined;
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    let pending = '';
    let headSeen = false;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (pending !== '') this.aborted += 1;
    });
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      this.received += text;
      pending += text;
      for (;;) {
        const end = pending.indexOf('\r\n\r\n');
        if (end < 0) return;
        const head = pending.slice(0, end);
        if (!headSeen) this.onHead(head, socket);
        headSeen = true;
        const length = completeLength(pending, head, end + 4);
        if (length < 0) return;
        const request = pending.slice(0, length);
        pending = pending.slice(length);
        headSeen = false;
        const exchange = { socket, text: request, head, body: bodyOf(request, head, end + 4) };
        this.requests.push(exchange);
        this.answer(exchange);
      }
    });
  }
}

/** Where the request ends in `text`, -1 if it is not complete. */
function completeLength(text: string, head: string, start: number): number {
  if (/^transfer-encoding: chunked$/im.test(head)) {
    let at = start;
    for (;;) {
      const line = text.indexOf('\r\n', at);
      if (line < 0) return -1;
      const size = Number.parseInt(text.slice(at, line), 16);
      at = line + 2 + size + 2;
      if (text.length < at) return -1;
      if (size === 0) return at;
    }
  }
  const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
  return text.length >= start + length ? start + length : -1;
}

function bodyOf(request: string, head: string, start: number): string {
  if (!/^transfer-encoding: chunked$/im.test(head)) return request.slice(start);
  let body = '';
  let at = start;
  for (;;) {
    const line = request.indexOf('\r\n', at);
    const size = Number.parseInt(request.slice(at, line), 16);
    if (size === 0) return body;
    body += request.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
}
