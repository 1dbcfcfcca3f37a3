/** The client's end of a WebSocket on node:http, framed by the `ws` package. */
import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import type { InboundSocket, InboundUpgrade, SocketReceiver } from '../listener.ts';
import { NodeInbound, type NodeOrigin } from './node-inbound.ts';

const MS_PER_S = 1_000;

/** What the listener knows of the connection. */
export interface UpgradeFacts {
  readonly origin: NodeOrigin;
  readonly idleS: number;
}

export class NodeUpgrade extends NodeInbound implements InboundUpgrade {
  #server: WebSocketServer;
  #request: IncomingMessage;
  #first: Buffer;
  #idleS: number;
  #stopWatching: () => void = () => undefined;

  constructor(
    server: WebSocketServer,
    request: IncomingMessage,
    socket: Duplex,
    first: Buffer,
    facts: UpgradeFacts,
  ) {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(request.socket);
    super(request, response, facts.origin, false);
    this.#server = server;
    this.#request = request;
    this.#first = first;
    this.#idleS = facts.idleS;
    response.on('finish', () => socket.end());
    socket.on('error', () => socket.destroy());
    this.#watchWaiting(socket);
    this.closeWhenDone();
  }

  /** Nothing is taken from a client before its handshake is answered; that it left is seen only by looking for more. */
  #watchWaiting(socket: Duplex): void {
    const look = (): void => {
      if (socket.readableLength === 0) socket.read();
    };
    const leave = (): void => void socket.destroy();
    socket.on('readable', look).on('end', leave);
    this.#stopWatching = () => void socket.off('readable', look).off('end', leave);
  }

  accept(protocol: string, receiver: SocketReceiver): InboundSocket {
    const adapter = new NodeSocket(receiver, this.#idleS);
    const socket = this.takeSocket();
    if (socket === null) return adapter;
    this.#stopWatching();
    // The protocol was chosen by the service: `ws` may only repeat it.
    const chosen = this.#request as IncomingMessage & { wardProtocol?: string };
    chosen.wardProtocol = protocol;
    this.#server.handleUpgrade(chosen, socket, this.#first, (open) => adapter.opened(open));
    return adapter;
  }
}

class NodeSocket implements InboundSocket {
  #receiver: SocketReceiver;
  #open: WebSocket | null = null;
  #idleS: number;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(receiver: SocketReceiver, idleS: number) {
    this.#receiver = receiver;
    this.#idleS = idleS;
  }

  opened(socket: WebSocket): void {
    this.#open = socket;
    socket.on('message', (message, binary) => this.#receiver.onMessage(message as Buffer, binary));
    this.#watch(socket);
    socket.on('close', (code, reason) => {
      clearInterval(this.#idleTimer);
      if (this.#open === null) return;
      this.#open = null;
      this.#receiver.onClose(code, reason.toString('utf8'));
    });
    // `ws` closes the connection itself after an error; the close handler tells the bridge.
    socket.on('error', () => socket.terminate());
  }

  /** A client of which nothing was heard is asked with a ping, as uWebSockets.js does; one that is silent still is gone. */
  #watch(socket: WebSocket): void {
    let heard = true;
    for (const event of ['message', 'ping', 'pong']) socket.on(event, () => (heard = true));
    this.#idleTimer = setInterval(
      () => {
        // Nothing is read while it is paused.
        if (!heard && !socket.isPaused) socket.terminate();
        heard = false;
        socket.ping();
      },
      (this.#idleS * MS_PER_S) / 2,
    ).unref();
  }

  send(message: Uint8Array, binary: boolean): number {
    const open = this.#open;
    if (open === null) return 0;
    open.send(Buffer.from(message), { binary, compress: false }, () => {
      if (open.bufferedAmount === 0) this.#receiver.onDrain();
    });
    return open.bufferedAmount;
  }

  close(code: number, reason: string): void {
    const open = this.#open;
    this.#open = null;
    if (code === 1005) open?.close();
    else open?.close(code, reason);
  }

  pause(): void {
    this.#open?.pause();
  }

  resume(): void {
    this.#open?.resume();
  }

  destroy(): void {
    const open = this.#open;
    this.#open = null;
    open?.terminate();
  }
}
