/** One request of node:http behind the `InboundRequest` port. llhttp has checked the framing strictly. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { InboundReceiver, InboundRequest } from '../listener.ts';
import { reasonPhrase } from '../status-line.ts';
import type { NodeTls } from './node-tls.ts';

const EMPTY = new Uint8Array(0);

/** What the listener knows of a connection. */
export interface NodeOrigin {
  /** The address a PROXY preamble gave, '' without one. */
  readonly proxied: string;
  readonly tls: NodeTls | undefined;
}

export class NodeInbound implements InboundRequest {
  readonly method: string;
  readonly target: string;
  readonly version: '1.0' | '1.1';
  readonly scheme: 'http' | 'https';
  readonly fields: readonly string[];
  readonly peer: string;
  readonly peerPort: number | undefined;
  readonly proxied: string;
  readonly tlsVersion: string | undefined;
  readonly serverName: string | undefined;
  readonly takesTrailers: boolean;
  /** The connection ends with this answer. */
  closing = false;
  #tls: NodeTls | undefined;
  #req: IncomingMessage;
  #res: ServerResponse;
  #receiver: InboundReceiver | null = null;
  #over = false;
  #expectsContinue: boolean;
  #head: { status: number; fields: string[] } | null = null;

  constructor(req: IncomingMessage, res: ServerResponse, origin: NodeOrigin, expectsContinue: boolean) {
    this.#req = req;
    this.#res = res;
    this.#expectsContinue = expectsContinue;
    this.method = req.method ?? '';
    this.target = req.url ?? '';
    this.version = req.httpVersion === '1.0' ? '1.0' : '1.1';
    const { socket } = req;
    const isSecure = socket instanceof TLSSocket;
    this.scheme = isSecure ? 'https' : 'http';
    this.tlsVersion = isSecure ? (socket.getProtocol() ?? undefined) : undefined;
    this.serverName =
      isSecure && typeof socket.servername === 'string' ? socket.servername.toLowerCase() : undefined;
    this.#tls = origin.tls;
    this.proxied = origin.proxied;
    this.fields = lowerCaseNames(req.rawHeaders);
    this.takesTrailers = this.version === '1.1' && takesTrailers(String(req.headers['te'] ?? ''));
    this.peer = req.socket.remoteAddress ?? '';
    this.peerPort = req.socket.remotePort;
    res.on('drain', () => this.#receiver?.onWritable());
    res.on('close', () => this.#closed());
    res.on('error', () => this.#closed());
    req.on('error', () => this.#closed());
  }

  clientCertificate(): string {
    return this.#tls?.certificateOf(this.#req.socket) ?? '';
  }

  /** The last byte of the answer was handed to the operating system. */
  get answered(): boolean {
    return this.#res.writableFinished;
  }

  /** Calls back once; never if the connection dies first. */
  whenAnswered(callback: () => void): void {
    this.#res.once('finish', callback);
  }

  attach(receiver: InboundReceiver): void {
    this.#receiver = receiver;
  }

  startBody(): void {
    if (this.#over) return;
    if (this.#expectsContinue) this.#res.writeContinue();
    this.#req.on('data', (chunk: Buffer) => {
      if (!this.#over) this.#receiver?.onBody(chunk, false);
    });
    this.#req.on('end', () => {
      if (!this.#over && this.#req.complete) this.#receiver?.onBody(EMPTY, true);
    });
  }

  pauseBody(): void {
    this.#req.pause();
  }

  resumeBody(): void {
    this.#req.resume();
  }

  /** Its clocks are those of the configuration. */
  keepWaiting(): void {}

  closeWhenDone(): void {
    this.closing = true;
    if (!this.#res.headersSent) this.#res.setHeader('connection', 'close');
  }

  writeHead(status: number, fields: readonly string[], length: number | undefined, bodyless: boolean): void {
    if (this.#over) return;
    const lines = [...fields];
    if (length !== undefined && status !== 204 && status !== 304)
      lines.push('content-length', String(length));
    if (bodyless && length === undefined) this.#res.removeHeader('transfer-encoding');
    this.#head = { status, fields: lines };
  }

  flushHead(): void {
    if (this.#over) return;
    this.#sendHead();
    this.#res.flushHeaders();
  }

  write(chunk: Uint8Array): boolean {
    if (this.#over || chunk.length === 0) return true;
    this.#res.cork();
    this.#sendHead();
    // Copied: node keeps a chunk it cannot send at once, and this one is only lent.
    const taken = this.#res.write(Buffer.from(chunk));
    this.#res.uncork();
    return taken;
  }

  end(trailers: readonly string[] = []): void {
    if (this.#over) return;
    this.#over = true;
    this.#sendHead();
    for (let i = 0; i < trailers.length; i += 2) this.#res.addTrailers([[trailers[i], trailers[i + 1]]]);
    this.#res.end();
  }

  respond(status: number, fields: readonly string[], body: Uint8Array): void {
    if (this.#over) return;
    const bodyless = status === 204 || status === 304;
    this.writeHead(status, fields, bodyless ? undefined : body.length, bodyless);
    this.#sendHead();
    this.#over = true;
    if (bodyless || this.method === 'HEAD') this.#res.end();
    else this.#res.end(body);
  }

  destroy(): void {
    if (this.#over) return;
    this.#over = true;
    this.#req.socket.destroy();
  }

  /** For the WebSocket adapter: the socket, after which this object is done. Null when it is over. */
  takeSocket(): Socket | null {
    if (this.#over) return null;
    this.#over = true;
    return this.#req.socket;
  }

  #sendHead(): void {
    const head = this.#head;
    if (head === null) return;
    this.#head = null;
    const connection = this.#res.getHeader('connection');
    // `writeHead` with an array ignores fields set before, so the close mark is repeated in it.
    if (connection !== undefined) head.fields.push('connection', String(connection));
    this.#res.sendDate = !head.fields.includes('date');
    this.#res.writeHead(head.status, reasonPhrase(head.status), head.fields);
  }

  #closed(): void {
    if (this.#over) return;
    this.#over = true;
    this.#receiver?.onAborted();
  }
}

/** RFC 9110 §10.1.4: the client, and each hop before it, keeps trailer fields. */
function takesTrailers(te: string): boolean {
  return te.split(',').some((coding) => coding.trim().toLowerCase() === 'trailers');
}

/** node:http keeps the case names were sent in; everything behind the port is lower-case. */
function lowerCaseNames(rawHeaders: readonly string[]): string[] {
  const fields = new Array<string>(rawHeaders.length);
  for (let i = 0; i < rawHeaders.length; i += 2) {
    fields[i] = rawHeaders[i].toLowerCase();
    fields[i + 1] = rawHeaders[i + 1];
  }
  return fields;
}
