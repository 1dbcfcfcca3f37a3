/**
 * One tunnel (CONNECT, RFC 9110 §9.3.6): bytes between the service and a host, of which Ward knows name, address, amount and
 * time. The first bytes must be a TLS client's, and the name it asks for the one of the tunnel; nothing is passed on before.
 */
import { connect, type LookupFunction, type Socket } from 'node:net';
import { EGRESS_HELLO_BYTES_MAX } from '../../core/limits.ts';
import type { InboundTunnel } from '../listener.ts';
import { failureOf } from '../upstream/undici-call.ts';
import type { UpstreamFailure } from '../upstream/upstream.ts';
import { readClientHello } from './client-hello.ts';
import type { Destination } from './destination.ts';

/** How it ended. `sni`: what came first was no TLS, or asked for another name; `bytes`, `time`: a limit of the entry. */
export type TunnelEnd =
  | { readonly kind: 'done' | 'sni' | 'bytes' | 'time' | 'closing' }
  | { readonly kind: 'failed'; readonly failure: UpstreamFailure; readonly cause: Error };

const ESTABLISHED = 'HTTP/1.1 200 Connection Established\r\n\r\n';

export class Tunnel {
  readonly destination: Destination;
  /** Bytes of the service, and of the host. */
  sent = 0;
  received = 0;
  /** The service was told that it stands. */
  isEstablished = false;
  readonly #client: Socket;
  readonly #host: Socket;
  readonly #ended: (tunnel: Tunnel, end: TunnelEnd) => void;
  /** What came before the name was read; null from then on. */
  #hello: Buffer | null;
  #timer: NodeJS.Timeout;
  #isOver = false;

  /** @param ended called once, in a later turn; a tunnel that never stood leaves the answer to it */
  constructor(
    inbound: InboundTunnel,
    destination: Destination,
    lookup: LookupFunction,
    ended: (tunnel: Tunnel, end: TunnelEnd) => void,
  ) {
    const { entry, name } = destination;
    this.destination = destination;
    this.#client = inbound.socket;
    this.#hello = inbound.first;
    this.#ended = ended;
    const host = name.replace(/^\[|\]$/g, '');
    this.#host = connect({ host, port: entry.port, lookup, noDelay: true, allowHalfOpen: true });
    this.#timer = setTimeout(() => this.#fail('timeout', new Error('time to connect')), entry.connectMs);
    this.#host.once('connect', () => this.#established());
    this.#host.on('error', (error) => this.#fail(failureOf(error), error));
    this.#client.on('error', () => this.#end({ kind: 'done' }));
    this.#client.once('close', () => this.#end({ kind: 'done' }));
    this.#host.once('close', () => this.#end({ kind: 'done' }));
  }

  /** Ward stops. */
  cut(): void {
    this.#end({ kind: 'closing' });
  }

  #established(): void {
    if (this.#isOver) return;
    this.isEstablished = true;
    this.#client.write(ESTABLISHED);
    // The same time again for the service to say whom it wants to speak to.
    this.#timer.refresh();
    this.#client.on('data', (chunk: Buffer) => this.#fromClient(chunk));
    this.#client.on('end', () => this.#host.end());
    this.#client.on('drain', () => this.#host.resume());
    this.#client.resume();
    if (this.#hello !== null && this.#hello.length > 0) this.#readHello(this.#hello);
  }

  #fromClient(chunk: Buffer): void {
    if (this.#isOver) return;
    if (this.#hello !== null) this.#readHello(Buffer.concat([this.#hello, chunk]));
    else this.#pass(chunk);
  }

  #readHello(hello: Buffer): void {
    this.#hello = hello;
    const reading = readClientHello(hello);
    if (reading.kind === 'incomplete' && hello.length <= EGRESS_HELLO_BYTES_MAX) return;
    const { name } = this.destination;
    // An address has no name to ask for (RFC 6066 §3).
    const wanted = name.startsWith('[') || /^[\d.]+$/.test(name) ? undefined : name;
    if (reading.kind !== 'hello' || reading.name !== wanted) {
      this.#end({ kind: 'sni' });
      return;
    }
    this.#hello = null;
    this.#open(hello);
  }

  #open(hello: Buffer): void {
    const { idleMs, totalMs } = this.destination.entry;
    clearTimeout(this.#timer);
    if (totalMs > 0) this.#timer = setTimeout(() => this.#end({ kind: 'time' }), totalMs).unref();
    this.#host.setTimeout(idleMs, () => this.#end({ kind: 'time' }));
    this.#host.on('data', (chunk: Buffer) => this.#fromHost(chunk));
    this.#host.on('end', () => this.#client.end());
    this.#host.on('drain', () => this.#client.resume());
    this.#pass(hello);
  }

  #pass(chunk: Buffer): void {
    this.sent += chunk.length;
    if (this.sent > this.destination.entry.requestBytesMax) this.#end({ kind: 'bytes' });
    else if (!this.#host.write(chunk)) this.#client.pause();
  }

  #fromHost(chunk: Buffer): void {
    this.received += chunk.length;
    if (this.received > this.destination.entry.answerBytesMax) this.#end({ kind: 'bytes' });
    else if (!this.#client.write(chunk)) this.#host.pause();
  }

  #fail(failure: UpstreamFailure, cause: Error): void {
    this.#end(this.isEstablished ? { kind: 'done' } : { kind: 'failed', failure, cause });
  }

  #end(end: TunnelEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    if (end.kind === 'done') this.#finish();
    else {
      this.#host.destroy();
      if (this.isEstablished) this.#client.destroy();
    }
    setImmediate(() => this.#ended(this, end));
  }

  /** What either side said before it left still reaches the other. */
  #finish(): void {
    for (const socket of this.isEstablished ? [this.#host, this.#client] : [this.#host]) {
      socket.setTimeout(this.destination.entry.idleMs, () => socket.destroy());
      socket.destroySoon();
    }
  }
}
