/**
 * The `Upstream` over undici: one `Client` per connection and a small pool of our own around them.
 *
 * undici's `Pool` is not used: its queue has no cap, a waiting request cannot be withdrawn, it searches its clients
 * one by one, and it hides whether a connection was used before, which decides whether a request may be repeated.
 * The last used connection is taken first, so that unneeded ones reach their keep-alive timeout.
 */
import { isIP } from 'node:net';
import { buildConnector, Client } from 'undici';
import { KIB, UPSTREAM_QUEUE_SWEEP_MS } from '../../core/limits.ts';
import { DirectReads } from './direct-reads.ts';
import { type CallOwner, UndiciCall, type UpstreamConnection } from './undici-call.ts';
import type {
  Upstream,
  UpstreamCall,
  UpstreamHandler,
  UpstreamOptions,
  UpstreamRequest,
  UpstreamStats,
  UpstreamTls,
} from './upstream.ts';

/** Emptied before the callback of a read returns, so that one serves all connections of a worker. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * KIB);

export class UndiciUpstream implements Upstream, CallOwner {
  #options: UpstreamOptions;
  #connections: UpstreamConnection[] = [];
  #idle: UpstreamConnection[] = [];
  #queue: UndiciCall[] = [];
  #sweep: NodeJS.Timeout | undefined;
  #closing = false;

  constructor(options: UpstreamOptions) {
    this.#options = options;
  }

  get stats(): UpstreamStats {
    return { running: this.#connections.length - this.#idle.length, queued: this.#queue.length };
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    const { queueMax, queueMsMax, totalMs } = this.#options;
    const call = new UndiciCall(request, handler, this, performance.now() + queueMsMax);
    if (totalMs > 0) call.limitTotal(totalMs);
    const connection = this.#closing ? undefined : (this.#idle.pop() ?? this.#connect());
    if (connection !== undefined) {
      this.#run(call, connection);
    } else if (this.#closing || this.#queue.length >= queueMax) {
      const failure = this.#closing ? 'closing' : 'busy';
      process.nextTick(() => call.fail(failure, new Error('no upstream connection is free')));
    } else {
      this.#queue.push(call);
      this.#sweep ??= setInterval(() => this.#expire(), UPSTREAM_QUEUE_SWEEP_MS).unref();
    }
    return call;
  }

  /** Connects by other keys and certificates from now on; connections made before end with the call they carry. */
  renewTls(tls: UpstreamTls | undefined): void {
    const { tls: _, ...rest } = this.#options;
    this.#options = tls === undefined ? rest : { ...rest, tls };
    for (const connection of this.#connections) connection.isRetired = true;
    for (const connection of this.#idle.splice(0)) this.#retire(connection);
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const call of this.#queue.splice(0)) call.fail('closing', new Error('Ward is stopping'));
    clearInterval(this.#sweep);
    await Promise.all(this.#connections.map((connection) => connection.client.destroy()));
  }

  // -- CallOwner

  release(call: UndiciCall): void {
    const connection = call.connection;
    if (connection === null) return;
    call.connection = null;
    connection.served += 1;
    const free = connection.isRetired ? this.#replace(connection) : connection;
    if (free === undefined) return;
    const next = this.#queue.shift();
    if (next === undefined) this.#idle.push(free);
    else this.#run(next, free);
  }

  /** A connection in the place of a retired one; undefined when nobody waits for it. */
  #replace(connection: UpstreamConnection): UpstreamConnection | undefined {
    this.#retire(connection);
    return this.#queue.length === 0 || this.#closing ? undefined : this.#connect();
  }

  #retire(connection: UpstreamConnection): void {
    this.#connections.splice(this.#connections.indexOf(connection), 1);
    // Next tick: undici may be in the middle of its answer.
    process.nextTick(() => void connection.client.destroy());
  }

  repeat(call: UndiciCall): void {
    const connection = call.connection;
    // Next tick: undici is in the middle of taking the dead socket away.
    process.nextTick(() => {
      if (connection === null) return;
      if (call.over) this.release(call);
      else this.#run(call, connection);
    });
  }

  forget(call: UndiciCall): void {
    const index = this.#queue.indexOf(call);
    if (index >= 0) this.#queue.splice(index, 1);
  }

  // -- connections

  #run(call: UndiciCall, connection: UpstreamConnection): void {
    call.connection = connection;
    call.reused = connection.served > 0;
    const { method, target, fields, body } = call.request;
    let payload: Uint8Array | AsyncIterable<Uint8Array> | null = null;
    if (body instanceof Uint8Array) payload = body;
    else if (body !== 'none') {
      payload = call;
      if (body.length !== undefined) fields.push('content-length', String(body.length));
    }
    try {
      // undici takes any async iterable (its documentation says so; its types do not).
      const options = {
        path: target,
        method,
        headers: fields,
        body: payload as Uint8Array | null,
        idempotent: false,
        // Else undici would take the name from the client's `Host`, and reconnect whenever that changes.
        servername: this.#options.host,
      };
      call.dispatching = true;
      connection.client.dispatch(options, call);
      call.dispatching = false;
    } catch (cause) {
      call.dispatching = false;
      process.nextTick(() => call.onError(cause instanceof Error ? cause : new Error(String(cause))));
    }
  }

  #connect(): UpstreamConnection | undefined {
    if (this.#connections.length >= this.#options.connectionsMax) return undefined;
    const { protocol, host, port, tls } = this.#options;
    // The name the certificate must carry and SNI announces. An address has none (RFC 6066 §3): it is checked itself.
    const servername = tls?.servername ?? (isIP(host) === 0 ? host : '');
    const connection: UpstreamConnection = {
      client: new Client(`${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`, {
        connect: (target, done) =>
          connect({ ...target, servername }, (...outcome) => {
            const [error, socket] = outcome;
            connection.socket = error === null ? socket : null;
            connection.reads = error === null && protocol === 'http' ? new DirectReads(socket) : null;
            connection.served = 0;
            done(...outcome);
          }),
        pipelining: 1,
        headersTimeout: this.#options.headersMs,
        bodyTimeout: this.#options.idleMs,
        keepAliveTimeout: this.#options.keepAliveMs,
        // A hint of the service may shorten our timeout, never lengthen it.
        keepAliveMaxTimeout: this.#options.keepAliveMs,
        maxHeaderSize: this.#options.headBytesMax,
      }),
      socket: null,
      reads: null,
      served: 0,
      isRetired: false,
    };
    const connect = this.#connector(connection);
    connection.client.on('disconnect', () => {
      connection.socket = null;
      connection.reads = null;
      connection.served = 0;
    });
    this.#connections.push(connection);
    return connection;
  }

  /**
   * undici's own connector, but that plain sockets read into one buffer all connections share: node would take
   * 64 KiB for every read and give most of it back, which cost 10 % of the time of a small exchange.
   */
  #connector(connection: UpstreamConnection): buildConnector.connector {
    const { protocol, socketPath, tls, lookup, connectMs } = this.#options;
    const onread = {
      buffer: READ_BUFFER,
      callback: (bytes: number) =>
        connection.reads?.arrived(Buffer.from(READ_BUFFER.subarray(0, bytes))) ?? false,
    };
    return buildConnector({
      timeout: connectMs,
      ...(socketPath === undefined ? {} : { socketPath }),
      ...(lookup === undefined ? {} : { lookup }),
      // Said explicitly: an environment variable of Node could turn the default off.
      ...(protocol === 'https' ? { ...tls, rejectUnauthorized: true } : { onread }),
    });
  }

  #expire(): void {
    const now = performance.now();
    while (this.#queue.length > 0 && this.#queue[0].waitUntilMs <= now) {
      this.#queue[0].fail('busy', new Error('waited too long for an upstream connection'));
    }
    if (this.#queue.length > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}
