/** An external authoriser over real HTTP: it remembers what it was asked and answers as it is told. */
import type { Server } from 'node:http';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface AskedQuestion {
  readonly method: string;
  readonly target: string;
  /** Lower-case names and values, line by line. */
  readonly fields: readonly (readonly [string, string])[];
}

export type AuthorizerReply = (request: IncomingMessage, response: ServerResponse) => void;

export class AuthorizerServer {
  readonly asked: AskedQuestion[] = [];
  reply: AuthorizerReply = admit;
  /** Questions whose connection ended before they were answered. */
  abandoned = 0;
  port = 0;
  #server: Server;
  #sockets = new Set<Socket>();

  constructor() {
    this.#server = createServer((request, response) => {
      const lines = request.rawHeaders;
      const fields = lines.flatMap((name, i) =>
        i % 2 === 0 ? [[name.toLowerCase(), lines[i + 1]] as const] : [],
      );
      this.asked.push({ method: request.method ?? '', target: request.url ?? '', fields });
      response.on('close', () => (this.abandoned += response.writableFinished ? 0 : 1));
      this.reply(request, response);
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
  }

  /** The connections at this moment. */
  get connections(): number {
    return this.#sockets.size;
  }

  reset(): void {
    this.asked.length = 0;
    this.abandoned = 0;
    this.reply = admit;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export const admit: AuthorizerReply = (_request, response) => void response.end();

export const hang: AuthorizerReply = () => undefined;

/** Ends with a status and fields, and perhaps a page. */
export function answering(
  status: number,
  fields: Readonly<Record<string, string | string[]>> = {},
  body = '',
): AuthorizerReply {
  return (_request, response) => void response.writeHead(status, { ...fields }).end(body);
}
