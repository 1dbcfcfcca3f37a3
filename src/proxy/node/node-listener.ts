/**
 * The strict listener: node:http with llhttp's strict parser. It also takes HTTP/1.0 and absolute-form targets, and
 * its timeouts are configurable, which the default listener cannot offer.
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { SidecarError } from '../../core/errors.ts';
import type { Listener, ListenerHandler, ListenerOptions } from '../listener.ts';
import { NodeInbound } from './node-inbound.ts';
import { NodeUpgrade } from './node-socket.ts';

/** TLS material as PEM texts: this room reads no files. */
export interface NodeTls {
  readonly key: string;
  readonly cert: string;
  readonly passphrase?: string;
}

const BAD_REQUEST =
  'HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncache-control: no-store\r\ncontent-length: 0\r\n\r\n';
const HEAD_TOO_LARGE = BAD_REQUEST.replace('400 Bad Request', '431 Request Header Fields Too Large');
const TIMED_OUT = BAD_REQUEST.replace('400 Bad Request', '408 Request Timeout');

/** Builds the server; nothing listens before `listen`. */
export function createNodeListener(
  options: ListenerOptions,
  tls: NodeTls | undefined,
  handler: ListenerHandler,
): Listener {
  return new NodeListener(options, tls, handler);
}

class NodeListener implements Listener {
  readonly kind = 'node';
  #server: Server;
  #sockets: WebSocketServer;
  #handler: ListenerHandler;
  #scheme: 'http' | 'https';
  #draining = false;
  /** Connections with an unfinished answer, into which no error page may be written. */
  #answering = new WeakSet<Duplex>();

  constructor(options: ListenerOptions, tls: NodeTls | undefined, handler: ListenerHandler) {
    this.#handler = handler;
    this.#scheme = tls === undefined ? 'http' : 'https';
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
    this.#server = tls === undefined ? createServer(strict) : createTlsServer({ ...strict, ...tls });
    // Beyond this node drops fields silently; one more than allowed lets the guard see the excess.
    this.#server.maxHeadersCount = options.headerCountMax + 1;
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: true,
      perMessageDeflate: false,
      maxPayload: options.wsMessageBytesMax,
      handleProtocols: (_offered, request) =>
        (request as IncomingMessage & { wardProtocol?: string }).wardProtocol || false,
    });
    this.#server.on('request', (req, res) => this.#request(req, res, false));
    this.#server.on('checkContinue', (req, res) => this.#request(req, res, true));
    this.#server.on('checkExpectation', (req, res) => this.#request(req, res, false));
    this.#server.on('upgrade', (req, socket, first) => this.#upgrade(req, socket, first));
    this.#server.on('connect', (_req, socket: Duplex) => socket.end(BAD_REQUEST));
    this.#server.on('clientError', (error, socket: Duplex) => this.#unparsed(error, socket));
  }

  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const failed = (cause: Error): void =>
        reject(
          new SidecarError('W_LISTEN_FAILED', `Cannot listen on ${host}:${port}.`, {
            source: 'configuration',
            cause,
          }),
        );
      this.#server.once('error', failed);
      this.#server.listen(port, host, () => {
        this.#server.off('error', failed);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  stopAccepting(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  close(): Promise<void> {
    this.stopAccepting();
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    return Promise.resolve();
  }

  #request(req: IncomingMessage, res: ServerResponse, expectsContinue: boolean): void {
    const inbound = new NodeInbound(req, res, this.#scheme, expectsContinue);
    this.#answering.add(req.socket);
    res.on('finish', () => this.#answering.delete(req.socket));
    if (this.#draining) inbound.closeWhenDone();
    try {
      this.#handler.onRequest(inbound);
    } catch {
      inbound.destroy();
    }
  }

  #upgrade(req: IncomingMessage, socket: Duplex, first: Buffer): void {
    const inbound = new NodeUpgrade(this.#sockets, req, socket, first, this.#scheme);
    try {
      this.#handler.onUpgrade(inbound);
    } catch {
      inbound.destroy();
    }
  }

  /** Answers what llhttp refused; there is no request to speak of, so the answer is fixed. */
  #unparsed(error: Error, socket: Duplex): void {
    const code = (error as NodeJS.ErrnoException).code;
    if (!socket.writable || code === 'ECONNRESET' || this.#answering.has(socket)) socket.destroy();
    else if (code === 'HPE_HEADER_OVERFLOW') socket.end(HEAD_TOO_LARGE);
    else if (code === 'ERR_HTTP_REQUEST_TIMEOUT') socket.end(TIMED_OUT);
    else socket.end(BAD_REQUEST);
  }
}
