/**
 * The client's end of a WebSocket on uWebSockets.js.
 *
 * The library upgrades whatever has a 24-character key; the handshake is verified by `websocket/handshake.ts` before.
 * An open socket cannot be paused, so the bridge bounds what waits and closes with 1013.
 */
import type {
  HttpRequest,
  HttpResponse,
  us_socket_context_t,
  WebSocket,
  WebSocketBehavior,
} from 'uWebSockets.js';
import type { InboundSocket, InboundUpgrade, ListenerOptions, SocketReceiver } from '../listener.ts';
import { type InboundOwner, type InboundWay, UwsInbound } from './uws-inbound.ts';

/** `uws.DISABLED`, which the library's types leave out. */
const COMPRESSION_DISABLED = 0;

/** What hangs on each open socket. */
interface SocketData {
  socket: UwsSocket;
}

export class UwsUpgrade extends UwsInbound implements InboundUpgrade {
  #context: us_socket_context_t;
  #key: string;

  constructor(
    res: HttpResponse,
    req: HttpRequest,
    way: InboundWay,
    owner: InboundOwner,
    context: us_socket_context_t,
  ) {
    super(res, req, way, owner);
    this.#context = context;
    this.#key = req.getHeader('sec-websocket-key');
  }

  accept(protocol: string, receiver: SocketReceiver): InboundSocket {
    const socket = new UwsSocket(receiver, () => this.connectionEnded());
    const res = this.takeResponse();
    if (res !== null) {
      // No extensions: compressed frames would be inflated before any size limit is known.
      res.cork(() => res.upgrade<SocketData>({ socket }, this.#key, protocol, '', this.#context));
    }
    return socket;
  }
}

class UwsSocket implements InboundSocket {
  readonly receiver: SocketReceiver;
  #open: WebSocket<SocketData> | null = null;
  #ended: () => void;

  /** @param ended called once the connection is gone */
  constructor(receiver: SocketReceiver, ended: () => void) {
    this.receiver = receiver;
    this.#ended = ended;
  }

  opened(socket: WebSocket<SocketData>): void {
    this.#open = socket;
  }

  closed(code: number, reason: string): void {
    this.#ended();
    if (this.#open === null) return;
    this.#open = null;
    this.receiver.onClose(code, reason);
  }

  send(message: Uint8Array, binary: boolean): number {
    if (this.#open === null) return 0;
    this.#open.send(message, binary, false);
    return this.#open.getBufferedAmount();
  }

  close(code: number, reason: string): void {
    const open = this.#open;
    if (open === null) return;
    // Taken away first: `end` calls the close handler at once.
    this.#open = null;
    if (code === 1005) open.end();
    else open.end(code, reason);
  }

  pause(): void {}

  resume(): void {}

  destroy(): void {
    const open = this.#open;
    this.#open = null;
    open?.close();
  }
}

/** The `ws` behaviour of an app; every handshake goes to `onUpgrade`. */
export function socketBehavior(
  options: ListenerOptions,
  onUpgrade: (res: HttpResponse, req: HttpRequest, context: us_socket_context_t) => void,
): WebSocketBehavior<SocketData> {
  return {
    maxPayloadLength: options.wsMessageBytesMax,
    idleTimeout: options.wsIdleS,
    // Waiting bytes are bounded by the bridge, which sees both directions.
    maxBackpressure: 0,
    sendPingsAutomatically: true,
    compression: COMPRESSION_DISABLED,
    upgrade: onUpgrade,
    open: (socket) => socket.getUserData().socket.opened(socket),
    message: (socket, message, binary) =>
      socket.getUserData().socket.receiver.onMessage(new Uint8Array(message), binary),
    drain: (socket) => socket.getUserData().socket.receiver.onDrain(),
    close: (socket, code, reason) =>
      socket.getUserData().socket.closed(code, Buffer.from(reason).toString('utf8')),
  };
}
