/**
 * The tunnels of the service: to entries of the list that allow them, and to nothing else. No rule sees inside; what is left
 * are the list, rates, addresses, bytes and time.
 */
import type { LookupFunction } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { EGRESS_TUNNELS_MAX } from '../../core/limits.ts';
import { type IpAddress, parseIp } from '../../http/address.ts';
import type { DenialReason } from '../entry/entry-step.ts';
import type { ExchangeRecord } from '../events.ts';
import type { InboundTunnel } from '../listener.ts';
import { type Refusal, refusalOfFailure } from '../respond.ts';
import { reasonPhrase } from '../status-line.ts';
import type { AddressGuard } from './address-guard.ts';
import type { Destination, DestinationTable } from './destination.ts';
import type { EgressStep } from './egress-step.ts';
import { Tunnel, type TunnelEnd } from './tunnel.ts';

export interface TunnelsOptions {
  readonly table: DestinationTable;
  readonly guard: AddressGuard;
  readonly lookup: LookupFunction;
  /** Whose rates count for tunnels as well. */
  readonly step: EgressStep;
  readonly clock: Clock;
  newRequestId(): string;
  /** Called once for each tunnel, and for each that was refused. */
  finished(record: ExchangeRecord): void;
}

const MS_PER_S = 1_000;
/** For the record of a client whose address cannot be read. */
const NOWHERE = parseIp('0.0.0.0') as IpAddress;

export class Tunnels {
  readonly #options: TunnelsOptions;
  readonly #open = new Set<Tunnel>();
  #whenIdle: (() => void) | null = null;
  #isDraining = false;

  constructor(options: TunnelsOptions) {
    this.#options = options;
  }

  /** Tunnels that stand or are being made. */
  get active(): number {
    return this.#open.size;
  }

  /** Answers it: with a tunnel, or a status. */
  open(inbound: InboundTunnel): void {
    const { guard, lookup, clock } = this.#options;
    inbound.socket.removeAllListeners('timeout');
    inbound.socket.setTimeout(0);
    const startedAtMs = clock.now();
    const start = clock.monotonic();
    const finish = (rest: Partial<ExchangeRecord>): void => {
      const base = this.#record(inbound, startedAtMs, clock.monotonic() - start);
      this.#options.finished({ ...base, ...rest });
    };
    const admission = this.#admit(inbound.target);
    if ('refusal' in admission) {
      const { refusal, reason } = admission;
      answer(inbound, refusal);
      finish({ outcome: 'refused', status: refusal.status, denial: reason });
      return;
    }
    const literal = parseIp(admission.name.replace(/^\[|\]$/g, ''));
    if (literal !== null && !guard.permits(literal)) {
      answer(inbound, { status: 403 });
      const cause = new Error(`${admission.name} may not be called`);
      finish({ outcome: 'failed', status: 403, failure: { kind: 'forbidden', cause } });
      return;
    }
    const tunnel = new Tunnel(inbound, admission, lookup, (ended, end) => {
      this.#open.delete(ended);
      finish(this.#outcomeOf(inbound, ended, end));
      if (this.#open.size === 0) this.#whenIdle?.();
    });
    this.#open.add(tunnel);
  }

  /** No new ones; those there are have so long to end. */
  async drain(deadlineMs: number): Promise<void> {
    this.#isDraining = true;
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        for (const tunnel of [...this.#open]) tunnel.cut();
      }, deadlineMs);
      this.#whenIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #admit(target: string): Destination | { readonly refusal: Refusal; readonly reason: DenialReason } {
    const { table, step } = this.#options;
    const destination = table.findTunnel(target);
    if (destination === undefined) return { refusal: { status: 403 }, reason: 'egress.tunnel' };
    const { entry, index } = destination;
    const beside = [...this.#open].filter((tunnel) => tunnel.destination.index === index).length;
    if (this.#isDraining || this.#open.size >= EGRESS_TUNNELS_MAX || beside >= entry.inFlightMax) {
      return { refusal: refusalOfFailure('busy'), reason: 'egress.tunnels_full' };
    }
    const waitMs = step.spend(entry, index);
    if (waitMs === 0) return destination;
    const retryAfterS = Math.ceil(waitMs / MS_PER_S);
    return { refusal: { status: 429, retryAfterS }, reason: 'egress.rate' };
  }

  #outcomeOf(inbound: InboundTunnel, tunnel: Tunnel, end: TunnelEnd): Partial<ExchangeRecord> {
    const { sent: requestBytes, received: responseBytes } = tunnel;
    const bytes = { requestBytes, responseBytes };
    switch (end.kind) {
      case 'failed': {
        const refusal = refusalOfFailure(end.failure);
        answer(inbound, refusal);
        return {
          ...bytes,
          outcome: 'failed',
          status: refusal.status,
          failure: { kind: end.failure, cause: end.cause },
        };
      }
      case 'sni':
        return { ...bytes, outcome: 'cut', status: 200, denial: 'egress.sni' };
      case 'bytes':
      case 'time':
        return { ...bytes, outcome: 'cut', status: 200, denial: `egress.tunnel_${end.kind}` };
      case 'closing':
      case 'done':
        return {
          ...bytes,
          outcome: tunnel.isEstablished ? 'forwarded' : 'client_gone',
          status: tunnel.isEstablished ? 200 : 0,
        };
    }
  }

  #record(
    { target, peer, peerPort }: InboundTunnel,
    startedAtMs: number,
    durationMs: number,
  ): ExchangeRecord {
    const requestId = this.#options.newRequestId();
    const ip = parseIp(peer) ?? NOWHERE;
    // What could not be read as host and port is not repeated in logs as if it were one.
    const host = /^[\w.:[\]-]{1,300}$/.test(target) ? target.toLowerCase() : '';
    return {
      requestId,
      outcome: 'forwarded',
      status: 200,
      head: {
        id: requestId,
        method: 'CONNECT',
        target: '',
        sentTarget: target,
        rawPath: '',
        query: '',
        hasQuery: false,
        path: '',
        pathViews: [],
        version: '1.1',
        scheme: 'http',
        host,
        fields: [],
        contentLength: undefined,
        hasBody: false,
        client: { ip, peer: ip, port: peerPort },
      },
      report: undefined,
      refusal: undefined,
      failure: undefined,
      peer,
      method: 'CONNECT',
      requestBytes: 0,
      responseBytes: 0,
      startedAtMs,
      durationMs,
      upstreamMs: undefined,
      websocket: false,
    };
  }
}

/** The connection ends with it: what follows a refused CONNECT may be anything. */
function answer({ socket }: InboundTunnel, { status, retryAfterS }: Refusal): void {
  const wait = retryAfterS === undefined ? '' : `retry-after: ${Math.ceil(retryAfterS)}\r\n`;
  const head = `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n${wait}cache-control: no-store\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`;
  socket.on('error', () => undefined);
  socket.end(head);
  // Whatever else it sends is read and forgotten until it closes.
  socket.resume();
}
