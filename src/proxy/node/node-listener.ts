/**
 * The strict listener: node:http with llhttp's strict parser, and HTTP/2 behind the same port. It also takes HTTP/1.0 and
 * absolute-form targets, and its timeouts are configurable, which the default listener cannot offer.
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { WebSocketServer } from 'ws';
import { SidecarError } from '../../core/errors.ts';
import { PIPELINED_REQUESTS_MAX } from '../../core/limits.ts';
import type {
  Http2End,
  InboundRequest,
  Listener,
  ListenerHandler,
  ListenerOptions,
  ListenerTls,
} from '../listener.ts';
import { Http2Door, type Http2Handler } from './http2/http2-door.ts';
import { readPreface } from './http2/preface.ts';
import { NodeInbound, type NodeOrigin } from './node-inbound.ts';
import { NodeUpgrade } from './node-socket.ts';
import { NodeTls } from './node-tls.ts';
import { PreambleReader } from './preamble.ts';

/** llhttp also takes 0.9 and 2.0 in a request line of this syntax; no such message exists (RFC 9112 §2.3). */
const HTTP_1 = /^1\.[01]$/;
const NOTHING = new Uint8Array(0);

const BAD_REQUEST =
  'HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncache-control: no-store\r\ncontent-length: 0\r\n\r\n';
const HEAD_TOO_LARGE = BAD_REQUEST.replace('400 Bad Request', '431 Request Header Fields Too Large');
const TIMED_OUT = BAD_REQUEST.replace('400 Bad Request', '408 Request Timeout');

/** Builds the server; nothing listens before `listen`. @throws SidecarError W_TLS_INVALID */
export function createNodeListener(options: ListenerOptions, handler: ListenerHandler): Listener {
  return new NodeListener(options, handler);
}

/** What is remembered of a client's connection. */
interface Connection {
  /** The last request; answers are sent in order, so once it is answered all are. */
  latest: NodeInbound;
  /** Pipelined requests that are not served yet. */
  waiting: number;
}

class NodeListener implements Listener, Http2Handler {
  readonly kind = 'node';
  #options: ListenerOptions;
  #tls: NodeTls | undefined;
  #server: Server;
  #plainServer: Server | undefined;
  #sockets: WebSocketServer;
  #handler: ListenerHandler;
  #preambles: PreambleReader;
  #http2: Http2Door | undefined;
  /** Sockets of which it is not known yet what they speak. */
  #unknown = new Set<Socket>();
  #draining = false;
  #connections = new WeakMap<Duplex, Connection>();

  constructor(options: ListenerOptions, handler: ListenerHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#preambles = new PreambleReader(options.preamblePeers, options.headersMs);
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: true,
      perMessageDeflate: false,
      maxPayload: options.wsMessageBytesMax,
      handleProtocols: (_offered, request) =>
        (request as IncomingMessage & { wardProtocol?: string }).wardProtocol || false,
    });
    if (options.http2) this.#http2 = new Http2Door(options, this);
    this.#server = this.#open(options.tls);
  }

  #open(tls: ListenerTls | undefined): Server {
    const options = this.#options;
    const strict: ServerOptions = {
      insecureHTTPParser: false,
      // A missing Host gets our own answer from the guard.
      requireHostHeader: false,
      maxHeaderSize: options.headBytesMax,
      headersTimeout: options.headersMs,
      requestTimeout: options.requestMs,
      keepAliveTimeout: options.keepAliveMs,
      joinDuplicateHeaders: false,
      connectionsCheckingInterval: Math.max(100, Math.min(options.headersMs, options.requestMs) / 4),
    };
    const server = tls === undefined ? createServer(strict) : this.#createTlsServer(strict, tls);
    if (tls === undefined && this.#http2 !== undefined) this.#installPreface(server, this.#http2);
    if (options.preamblePeers.length > 0) this.#preambles.install(server);
    this.#installGate(server);
    server.setTimeout(options.writeMs, (socket) => this.#silent(socket));
    // Beyond this node drops fields silently; one more than allowed lets the guard see the excess.
    server.maxHeadersCount = options.headerCountMax + 1;
    server.on('request', (req, res) => this.#request(req, res, false));
    server.on('checkContinue', (req, res) => this.#request(req, res, true));
    server.on('checkExpectation', (req, res) => this.#request(req, res, false));
    server.on('upgrade', (req, socket, first) => this.#upgrade(req, socket, first));
    server.on('connect', (req, socket: Socket, first) => this.#tunnel(req, socket, first));
    server.on('clientError', (error, socket: Duplex) => this.#unparsed(error, socket));
    return server;
  }

  #createTlsServer(strict: ServerOptions, tls: ListenerTls): HttpsServer {
    const own = tlsOrRefusal(() => new NodeTls(tls));
    const handshakeTimeout = this.#options.headersMs;
    const ALPNProtocols = this.#http2 === undefined ? ['http/1.1'] : ['h2', 'http/1.1'];
    const server = createTlsServer({ ...strict, ...own.serverOptions(tls), handshakeTimeout, ALPNProtocols });
    standBefore<TLSSocket>(server, 'secureConnection', (socket, speakHttp1) => {
      socket.on('error', endsInClose);
      // Renegotiation costs a client little and us much, and TLS 1.3 has none.
      socket.disableRenegotiation();
      if (!own.admits(socket)) socket.destroy();
      else if (socket.alpnProtocol === 'h2') this.#http2?.take(socket, this.#originOf(socket));
      else speakHttp1();
    });
    this.#tls = own;
    return server;
  }

  listen(host: string, port: number): Promise<number> {
    return listening(this.#server, host, port);
  }

  listenPlain(host: string, port: number): Promise<number> {
    this.#plainServer = this.#open(undefined);
    return listening(this.#plainServer, host, port);
  }

  renewTls(tls: ListenerTls): Promise<void> {
    return Promise.resolve().then(() =>
      tlsOrRefusal(() => this.#tls?.renew(this.#server as HttpsServer, tls)),
    );
  }

  stopAccepting(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#http2?.finish();
    for (const socket of this.#unknown) socket.destroy();
    for (const server of this.#servers()) {
      server.close();
      server.closeIdleConnections();
    }
  }

  close(): Promise<void> {
    this.stopAccepting();
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http2?.close();
    for (const server of this.#servers()) server.closeAllConnections();
    return Promise.resolve();
  }

  #servers(): Server[] {
    return this.#plainServer === undefined ? [this.#server] : [this.#server, this.#plainServer];
  }

  /** Stands before the readers of preamble, TLS and HTTP: a connection there is no room for costs next to nothing. */
  #installGate(server: Server): void {
    standBefore<Socket>(server, 'connection', (socket, read) => {
      const { connections } = this.#handler;
      const client = connections.open(socket.remoteAddress ?? '');
      if (client === null) {
        socket.destroy();
        return;
      }
      socket.on('error', endsInClose);
      socket.once('close', () => connections.close(client));
      read();
    });
  }

  /** Stands before the reader of HTTP/1 on a plain port. */
  #installPreface(server: Server, http2: Http2Door): void {
    standBefore<Socket>(server, 'connection', (socket, speakHttp1) => {
      const decided = (): boolean => this.#unknown.delete(socket);
      this.#unknown.add(socket);
      socket.once('close', decided);
      readPreface(socket, this.#options.headersMs, {
        http1: () => decided() && speakHttp1(),
        http2: () => decided() && http2.take(socket, this.#originOf(socket)),
        silent: () => socket.end(TIMED_OUT),
      });
    });
  }

  // -- Http2Handler

  onRequest(request: InboundRequest): void {
    this.#handler.onRequest(request);
  }

  onSlowRead(): void {
    this.#handler.onSlowRead();
  }

  onHttp2End(why: Http2End): void {
    this.#handler.onHttp2End(why);
  }

  /**
   * Neither side said anything for a while, and the system took no byte of what waits for the client. An answer the
   * service still owes is waited for; a connection between two requests is unused.
   */
  #silent(socket: Socket): void {
    const isStalled = socket.writableLength > 0;
    if (!isStalled && this.#connections.get(socket)?.latest.answered !== true) return;
    if (isStalled) this.#handler.onSlowRead();
    socket.destroy();
  }

  /**
   * Requests of one connection are served one after the other, so that they reach the service in the client's order.
   * node parses a whole packet and hands over what stands behind a refused request as well; that is dropped, because
   * nobody knows whether a request begins there (RFC 9112 §9.6).
   */
  #request(req: IncomingMessage, res: ServerResponse, expectsContinue: boolean): void {
    const { socket } = req;
    const connection = this.#connections.get(socket);
    const before = connection?.latest;
    if (before?.closing === true) return;
    const inbound = new NodeInbound(req, res, this.#originOf(socket), expectsContinue);
    if (connection === undefined || before === undefined || before.answered) {
      this.#connections.set(socket, { latest: inbound, waiting: 0 });
      this.#serve(req, inbound);
      return;
    }
    if (connection.waiting >= PIPELINED_REQUESTS_MAX) {
      socket.destroy();
      return;
    }
    connection.latest = inbound;
    connection.waiting += 1;
    before.whenAnswered(() => {
      connection.waiting -= 1;
      if (!before.closing) this.#serve(req, inbound);
    });
  }

  #serve(req: IncomingMessage, inbound: NodeInbound): void {
    if (this.#draining) inbound.closeWhenDone();
    if (!HTTP_1.test(req.httpVersion)) {
      inbound.closeWhenDone();
      inbound.respond(505, ['cache-control', 'no-store'], NOTHING);
      return;
    }
    try {
      this.#handler.onRequest(inbound);
    } catch {
      inbound.destroy();
    }
  }

  /** Its answer could not wait for the one before it, and behind it there are no more requests. */
  #tunnel(req: IncomingMessage, socket: Socket, first: Buffer): void {
    const before = this.#connections.get(socket)?.latest;
    const isAlone = before === undefined || (!before.closing && before.answered);
    const { remoteAddress: peer = '', remotePort: peerPort } = socket;
    const request = { target: req.url ?? '', peer, peerPort, socket, first };
    const isTaken = isAlone && !this.#draining && this.#handler.onTunnel(request);
    if (!isTaken) socket.end(BAD_REQUEST);
  }

  #upgrade(req: IncomingMessage, socket: Duplex, first: Buffer): void {
    // Its answer could not wait for the one before it.
    const before = this.#connections.get(socket)?.latest;
    if (before !== undefined && (before.closing || !before.answered)) {
      socket.destroy();
      return;
    }
    const inbound = new NodeUpgrade(this.#sockets, req, socket, first, {
      origin: this.#originOf(req.socket),
      idleS: this.#options.wsIdleS,
    });
    try {
      this.#handler.onUpgrade(inbound);
    } catch {
      inbound.destroy();
    }
  }

  #originOf(socket: Socket): NodeOrigin {
    return { proxied: this.#preambles.proxied(socket), tls: this.#tls };
  }

  /** Answers what llhttp refused; there is no request to speak of, so the answer is fixed. */
  #unparsed(error: Error, socket: Duplex): void {
    const code = (error as NodeJS.ErrnoException).code;
    const latest = this.#connections.get(socket)?.latest;
    const answering = latest?.answered === false;
    // The last answer of this connection is out or on its way, and ends it.
    if (code === 'HPE_CLOSED_CONNECTION' && answering) return;
    // No page may be written into an unfinished answer.
    if (!socket.writable || code === 'ECONNRESET' || answering) socket.destroy();
    else if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') socket.destroy();
    else if (latest?.closing === true || code === 'HPE_CLOSED_CONNECTION') socket.end();
    else if (code === 'HPE_HEADER_OVERFLOW') socket.end(HEAD_TOO_LARGE);
    else if (code === 'ERR_HTTP_REQUEST_TIMEOUT') socket.end(TIMED_OUT);
    else socket.end(BAD_REQUEST);
  }
}

/**
 * Every error of a socket ends in 'close', which those who serve it wait for. Each of its readers listens to errors only
 * while the socket is theirs; a reset that comes between two of them must not end the process.
 */
function endsInClose(): void {}

/** Puts a step before what a server does with a socket. */
function standBefore<S extends Socket>(
  server: Server,
  event: 'connection' | 'secureConnection',
  step: (socket: S, next: () => void) => void,
): void {
  const readers = server.listeners(event) as ((socket: S) => void)[];
  server.removeAllListeners(event);
  server.on(event, (socket: S) => step(socket, () => readers.forEach((read) => read.call(server, socket))));
}

function listening(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (cause: Error): void => {
      const message = `Cannot listen on ${host}:${port}.`;
      reject(new SidecarError('W_LISTEN_FAILED', message, { source: 'configuration', cause }));
    };
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function tlsOrRefusal<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `The keys and certificates of tls cannot be used: ${reason}.`;
    throw new SidecarError('W_TLS_INVALID', message, { source: 'configuration', cause });
  }
}
