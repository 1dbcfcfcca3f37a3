/**
 * Where sockets that speak HTTP/2 are taken over from the strict listener: by ALPN under TLS, by prior knowledge in plain
 * text (RFC 9113 §3). node:http2 frames, nghttp2 checks; here are their settings.
 */
import { performServerHandshake, type ServerOptions } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import {
  COOKIE_COUNT_MAX,
  HTTP2_CONNECTION_MEGABYTES_MAX,
  HTTP2_FIELD_TABLE_BYTES_MAX,
  HTTP2_INVALID_FRAMES_MAX,
  HTTP2_REJECTED_STREAMS_MAX,
  HTTP2_SETTINGS_MAX,
  HTTP2_STREAMS_MAX,
  HTTP2_STREAM_WINDOW_BYTES,
} from '../../../core/limits.ts';
import type { Http2End, ListenerOptions } from '../../listener.ts';
import type { NodeOrigin } from '../node-inbound.ts';
import { Http2Connection, type Http2Owner } from './http2-connection.ts';
import type { ConnectionFacts, Http2Inbound } from './http2-inbound.ts';

/** What becomes of requests and of connections that were cut. */
export interface Http2Handler {
  onRequest(request: Http2Inbound): void;
  onSlowRead(): void;
  onHttp2End(why: Http2End): void;
}

/** Pseudo fields, and one line more than allowed, so that the guard sees the excess. */
const LINES_BESIDE = 5;
/** RFC 9113 §6.5.2 counts so much for a line beyond its text. */
const LINE_BYTES = 32;

export class Http2Door implements Http2Owner {
  #options: ListenerOptions;
  #http2: ServerOptions;
  #handler: Http2Handler;
  #connections = new Set<Http2Connection>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ListenerOptions, handler: Http2Handler) {
    this.#options = options;
    this.#handler = handler;
    const lines = options.headerCountMax + COOKIE_COUNT_MAX + LINES_BESIDE;
    this.#http2 = {
      maxSettings: HTTP2_SETTINGS_MAX,
      maxSessionMemory: HTTP2_CONNECTION_MEGABYTES_MAX,
      maxHeaderListPairs: lines,
      maxSessionInvalidFrames: HTTP2_INVALID_FRAMES_MAX,
      maxSessionRejectedStreams: HTTP2_REJECTED_STREAMS_MAX,
      settings: {
        headerTableSize: HTTP2_FIELD_TABLE_BYTES_MAX,
        initialWindowSize: HTTP2_STREAM_WINDOW_BYTES,
        maxConcurrentStreams: HTTP2_STREAMS_MAX,
        // Twice what is let in: up to there the guard answers 431, beyond the stream is reset.
        maxHeaderListSize: 2 * options.headBytesMax + lines * LINE_BYTES,
        enablePush: false,
      },
    };
  }

  /** Serves a socket of which HTTP/2 is expected, from its preface on. */
  take(socket: Socket, origin: NodeOrigin): void {
    if (socket.destroyed) return;
    const session = performServerHandshake(socket, this.#http2);
    this.#connections.add(new Http2Connection(session, socket, factsOf(socket, origin), this.#options, this));
    this.#timer ??= setInterval(() => this.#sweep(), sweepMs(this.#options)).unref();
  }

  /** GOAWAY: streams that are open are finished, others refused. */
  finish(): void {
    for (const connection of this.#connections) connection.finish();
  }

  /** Cuts what is left. */
  close(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  // -- Http2Owner

  onRequest(request: Http2Inbound): void {
    this.#handler.onRequest(request);
  }

  onSlowRead(): void {
    this.#handler.onSlowRead();
  }

  onCut(why: Http2End): void {
    this.#handler.onHttp2End(why);
  }

  onClose(connection: Http2Connection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const connection of this.#connections) connection.sweep(nowMs);
  }
}

/** Once a second, or often enough for clocks that are shorter. */
function sweepMs({ headersMs, requestMs, keepAliveMs, writeMs }: ListenerOptions): number {
  const shortest = Math.min(headersMs, requestMs, keepAliveMs, writeMs > 0 ? writeMs : Infinity);
  return Math.max(50, Math.min(1_000, shortest / 4));
}

function factsOf(socket: Socket, origin: NodeOrigin): ConnectionFacts {
  const { proxied, tls } = origin;
  const isSecure = socket instanceof TLSSocket;
  return {
    scheme: isSecure ? 'https' : 'http',
    peer: socket.remoteAddress ?? '',
    peerPort: socket.remotePort,
    proxied,
    tlsVersion: isSecure ? (socket.getProtocol() ?? undefined) : undefined,
    serverName:
      isSecure && typeof socket.servername === 'string' ? socket.servername.toLowerCase() : undefined,
    clientCertificate: () => tls?.certificateOf(socket) ?? '',
  };
}
