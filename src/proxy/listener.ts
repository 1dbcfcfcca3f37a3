/**
 * The port through which requests come in. Two adapters stand behind it, uWebSockets.js (`uws/`) and node:http
 * (`node/`); `listener.contract.test.ts` and the wire suite hold both to it.
 *
 * An adapter parses and frames; it decides nothing. Whether a request is acceptable is the guard's business, what
 * becomes of it the exchange's.
 */
import type { Socket } from 'node:net';
import type { Cidr } from '../http/address.ts';
import type { RawRequest } from '../http/guard/raw-request.ts';
import type { ConnectionBook } from './clients/connection-book.ts';

/** One request as an adapter hands it over, and the way back to its client. All methods are no-ops once it is over. */
export interface InboundRequest extends RawRequest {
  /** `TLSv1.3`, …; undefined without TLS, and where the listener cannot tell. */
  readonly tlsVersion: string | undefined;
  /** Name the client asked for in the handshake, lower-case, as far as the listener can tell. */
  readonly serverName: string | undefined;
  /** Trailer fields may be given to `end`, where the head has a field `trailer`. */
  readonly takesTrailers: boolean;
  /** PEM of the client's certificate, which the handshake verified; '' for none. Only while the request handler runs. */
  clientCertificate(): string;
  /** Says who gets body and connection events. Must be called before the request handler returns. */
  attach(receiver: InboundReceiver): void;
  /** Asks for the body; `expect: 100-continue` is answered now where the listener leaves that to us. */
  startBody(): void;
  pauseBody(): void;
  resumeBody(): void;
  /** Keeps the listener's library from losing patience on its own. Called every second while a body is under way. */
  keepWaiting(): void;

  /**
   * The head of a streamed answer. Kept until the first write, so that head and small body leave in one packet.
   * `length` is the body's length if known; `bodyless` is an answer that ends with its head (HEAD, 204, 304), whose
   * `length` is then only announced.
   */
  writeHead(status: number, fields: readonly string[], length: number | undefined, bodyless: boolean): void;
  /** Sends the head now: no body byte is in sight. */
  flushHead(): void;
  /** Returns false when the client reads too slowly: write no more until `onWritable`. The chunk is not kept. */
  write(chunk: Uint8Array): boolean;
  /** @param trailers name, value; only where `takesTrailers` */
  end(trailers?: readonly string[]): void;
  /** A whole answer at once. */
  respond(status: number, fields: readonly string[], body: Uint8Array): void;
  /**
   * The connection ends with the answer, which is announced to the client. Only before the head is written. Of HTTP/2 it
   * stays: the framing of other requests does not depend on this one.
   */
  closeWhenDone(): void;
  /** Cuts the connection, or of HTTP/2 the stream, so that an incomplete answer cannot look complete. */
  destroy(): void;
}

export interface InboundReceiver {
  /** A piece of the body, valid during the call only; `last` may come with an empty piece. */
  onBody(chunk: Uint8Array, last: boolean): void;
  /** The client is gone; nothing may be written. Not called after a complete answer. */
  onAborted(): void;
  /** The client reads again after `write` returned false. */
  onWritable(): void;
}

/** A WebSocket handshake that waits for its answer. */
export interface InboundUpgrade extends InboundRequest {
  /** Completes the handshake (101) with the chosen subprotocol, '' for none. */
  accept(protocol: string, receiver: SocketReceiver): InboundSocket;
}

/** The client's end of a WebSocket. */
export interface InboundSocket {
  /** Returns the bytes that wait to be sent, this message included. */
  send(message: Uint8Array, binary: boolean): number;
  /** Starts the closing handshake. Idempotent. */
  close(code: number, reason: string): void;
  pause(): void;
  resume(): void;
  destroy(): void;
}

export interface SocketReceiver {
  /** A whole message, valid during the call only. */
  onMessage(message: Uint8Array, binary: boolean): void;
  onDrain(): void;
  /** 1005 without a code, 1006 without a closing handshake. */
  onClose(code: number, reason: string): void;
}

/** A client that asks for a tunnel (CONNECT). Its socket is whoever's takes it: the listener has let go of it. */
export interface InboundTunnel {
  /** As sent; latin1. */
  readonly target: string;
  readonly peer: string;
  readonly peerPort: number | undefined;
  readonly socket: Socket;
  /** What the client sent behind the head. */
  readonly first: Buffer;
}

export interface ListenerHandler {
  onRequest(request: InboundRequest): void;
  /** A request with the marks of a WebSocket handshake; it is verified by the handler. */
  onUpgrade(request: InboundUpgrade): void;
  /** Strict listener only. False: there are no tunnels, and nothing was done. */
  onTunnel(request: InboundTunnel): boolean;
  /** Where connections are counted, and asked for. */
  readonly connections: ConnectionBook;
  /** A client that did not take its answer was cut. */
  onSlowRead(): void;
  /** A connection of HTTP/2 was cut for what it cost or sent. */
  onHttp2End(why: Http2End): void;
}

/**
 * Why a connection of HTTP/2 was cut: too many streams reset; too many PING and SETTINGS frames; too many bytes that carry
 * nothing; frames the protocol does not allow. Stable: metrics carry it.
 */
export type Http2End = 'resets' | 'control_frames' | 'overhead' | 'protocol';

export interface Listener {
  readonly kind: ListenerKind;
  /** Resolves to the port; rejects with W_LISTEN_FAILED. */
  listen(host: string, port: number): Promise<number>;
  /** Takes plain HTTP at a second address as well. Resolves to the port; rejects with W_LISTEN_FAILED. */
  listenPlain(host: string, port: number): Promise<number>;
  /** New connections get these certificates; those there are keep theirs. Rejects when they cannot be used: then nothing changed. */
  renewTls(tls: ListenerTls): Promise<void>;
  /** No new connections; answers from now on close theirs. */
  stopAccepting(): void;
  /** Cuts what is left. */
  close(): Promise<void>;
}

export type ListenerKind = 'uws' | 'node';

/** One certificate of Ward, as files for one library and as texts for the other. */
export interface ListenerCertificate {
  /** Host names and `*.` patterns, lower-case; empty for the first, which serves all other names. */
  readonly names: readonly string[];
  readonly certFile: string;
  readonly keyFile: string;
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface ListenerTls {
  readonly certificates: readonly ListenerCertificate[];
  readonly passphrase?: string;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** Authorities that may sign clients. A client may show a certificate; one that does not verify ends the handshake. */
  readonly clients?: { readonly caFile: string; readonly ca: string };
}

/** Plain data for both adapters. */
export interface ListenerOptions {
  readonly tls?: ListenerTls;
  readonly headBytesMax: number;
  readonly headerCountMax: number;
  /** node listener only: HTTP/2 is taken as well, by ALPN under TLS and by prior knowledge in plain text. */
  readonly http2: boolean;
  /** node listener only: uWebSockets.js has fixed timeouts of about 10 s. */
  readonly headersMs: number;
  readonly requestMs: number;
  readonly keepAliveMs: number;
  /** A client that takes nothing of what waits for it is cut after this long, by node up to twice as long. 0: never. */
  readonly writeMs: number;
  readonly wsMessageBytesMax: number;
  readonly wsIdleS: number;
  /**
   * Peers whose PROXY protocol preamble is read. On the uws listener anybody's is, and the guard refuses the request of
   * an untrusted one.
   */
  readonly preamblePeers: readonly Cidr[];
}
