/**
 * Puts the parts of the wire together: listener, guard, engine, upstream, WebSocket bridge.
 *
 * One `Proxy` per worker.
 */
import { assert } from '../core/assert.ts';
import type { Clock } from '../core/clock.ts';
import type { EngineSlot } from '../engine/api.ts';
import { Authorizer } from './authorizer/authorizer.ts';
import { type Admission, RequestGuard } from '../http/guard/request-guard.ts';
import { REFUSAL_STATUS, type RefusalReason } from '../http/guard/refusal.ts';
import type { RequestHead } from '../http/request-head.ts';
import { SlabPool } from './chunk-queue.ts';
import { ConnectionBook } from './clients/connection-book.ts';
import { SlowUploads } from './clients/slow-uploads.ts';
import { UnreadAnswers } from './clients/unread-answers.ts';
import { Entrance } from './entry/entrance.ts';
import { entrySteps, lastStep } from './entry/entry-steps.ts';
import type { Passage } from './entry/passage.ts';
import type { ExchangeRecord, ProxyEvents } from './events.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeContext } from './exchange-context.ts';
import { FaultDrill } from './faults/fault-drill.ts';
import type { ProxyFigures } from './figures.ts';
import type {
  Http2End,
  InboundRequest,
  InboundTunnel,
  InboundUpgrade,
  Listener,
  ListenerHandler,
  ListenerTls,
} from './listener.ts';
import { type Conduct, OverloadGuard, type Shedding } from './overload/overload-guard.ts';
import type { ProxyOptions, ProxyPorts, TunnelPort } from './proxy-settings.ts';
import { Responder } from './respond.ts';
import { CircuitBreaker } from './upstream/circuit-breaker.ts';
import { ShieldedUpstream } from './upstream/shielded-upstream.ts';
import { UndiciUpstream } from './upstream/undici-upstream.ts';
import type { UpstreamTls } from './upstream/upstream.ts';
import { UpstreamPermits } from './upstream/upstream-permits.ts';
import { UpstreamFields } from './upstream-fields.ts';
import { SocketExchange } from './websocket/socket-exchange.ts';
import { readHandshake } from './websocket/handshake.ts';

export class Proxy implements ListenerHandler {
  readonly connections: ConnectionBook;
  #options: ProxyOptions;
  #slot: EngineSlot;
  #events: ProxyEvents;
  #guard: RequestGuard;
  #entrance: Entrance;
  #authorizer: Authorizer | undefined;
  #context: ExchangeContext;
  #upstream: ShieldedUpstream;
  #service: UndiciUpstream | undefined;
  #permits: UpstreamPermits;
  #overload: OverloadGuard;
  #slowUploads: SlowUploads;
  #unreadAnswers: UnreadAnswers;
  #drill: FaultDrill | undefined;
  #tunnels: TunnelPort | undefined;
  #slowReads = 0;
  #http2Ends = { resets: 0, control_frames: 0, overhead: 0, protocol: 0 };
  #clock: Clock;
  #listener: Listener | null = null;
  #active = 0;
  #whenIdle: (() => void) | null = null;

  constructor(
    options: ProxyOptions,
    slot: EngineSlot,
    events: ProxyEvents,
    clock: Clock,
    ports: ProxyPorts = {},
  ) {
    this.#options = options;
    this.#tunnels = ports.tunnels;
    this.#slot = slot;
    this.#events = events;
    this.#clock = clock;
    this.#guard = new RequestGuard(options.guard);
    this.#authorizer =
      options.authorizer === undefined
        ? undefined
        : new Authorizer(options.authorizer, clock, (change) =>
            events.onChange?.({ kind: 'authorizer', change }),
          );
    const last = lastStep(options.entry, this.#authorizer);
    this.#entrance = new Entrance([...(ports.steps ?? []), ...entrySteps(options.entry, ports)], slot, last);
    const breaker = new CircuitBreaker(options.breaker, clock, Math.random, (change) =>
      events.onChange?.({ kind: 'breaker', change }),
    );
    this.#permits = new UpstreamPermits(breaker, options.upstreamInFlightMax, clock);
    this.#service = options.upstream === undefined ? undefined : new UndiciUpstream(options.upstream);
    const service = ports.service ?? this.#service;
    assert(service !== undefined, 'there is a way to the service');
    this.#upstream = new ShieldedUpstream(service, this.#permits);
    this.#overload = new OverloadGuard(options.overload, clock, (change) =>
      events.onChange?.({ kind: 'overload', change }),
    );
    this.connections = new ConnectionBook(options.clients, options.guard.trustedPeers, clock);
    this.#slowUploads = new SlowUploads(options.clients, clock);
    this.#unreadAnswers = new UnreadAnswers(
      options.upstream?.connectionsMax ?? options.upstreamInFlightMax,
      () => this.#upstream.stats.running,
      clock,
    );
    this.#drill = options.faults === undefined ? undefined : new FaultDrill(options.faults.exemptPaths);
    this.#context = {
      upstream: this.#upstream,
      upstreamFields: new UpstreamFields(options.upstreamFields),
      responder: new Responder(options.pages),
      slabs: new SlabPool(),
      slowUploads: this.#slowUploads,
      unreadAnswers: this.#unreadAnswers,
      drill: this.#drill,
      clock,
      debugRulesHeader: options.debugRulesHeader,
      rateLimitFields: options.rateLimitFields,
      finished: (record) => this.#finished(record),
    };
  }

  /** Exchanges and sockets under way. */
  get active(): number {
    return this.#active;
  }

  /** As they are now. Made when asked for. */
  get figures(): ProxyFigures {
    const { breaker, inFlight, overfull } = this.#permits;
    return {
      active: this.#active,
      upstream: {
        ...this.#upstream.stats,
        inFlight,
        overfull,
        breaker: breaker.state,
        breakerOpenings: breaker.openings,
        breakerRejected: breaker.rejected,
        breakerRetryAfterMs: breaker.retryAfterMs,
      },
      authorizer: this.#authorizer?.figures,
      overload: this.#overload.figures,
      clients: {
        ...this.connections.figures,
        slowBodies: this.#slowUploads.cut,
        slowReads: this.#slowReads + this.#unreadAnswers.cut,
        http2Ends: this.#http2Ends,
      },
    };
  }

  /** Resolves to the port. Rejects with W_LISTEN_FAILED or W_PLATFORM_UNSUPPORTED. */
  async listen(host: string, port: number): Promise<number> {
    const { listener, listenerOptions } = this.#options;
    // Loaded on demand: a platform without the uWebSockets.js binary can still run the strict listener.
    if (listener === 'uws') {
      const { createUwsListener } = await import('./uws/uws-listener.ts');
      this.#listener = await createUwsListener(listenerOptions, this);
    } else {
      const { createNodeListener } = await import('./node/node-listener.ts');
      this.#listener = createNodeListener(listenerOptions, this);
    }
    this.#overload.start();
    this.#slowUploads.start();
    return this.#listener.listen(host, port);
  }

  /** Takes plain HTTP at a second address as well. After `listen`. */
  async listenPlain(host: string, port: number): Promise<number> {
    assert(this.#listener !== null, 'listens');
    return this.#listener.listenPlain(host, port);
  }

  /** New connections get these certificates. Rejects with W_TLS_INVALID; then nothing changed. */
  async renewTls(tls: ListenerTls): Promise<void> {
    await this.#listener?.renewTls(tls);
  }

  /** New connections to the service use these; WebSockets that are open keep theirs. */
  renewUpstreamTls(tls: UpstreamTls | undefined): void {
    if (this.#options.upstream === undefined) return;
    const { tls: _, ...rest } = this.#options.upstream;
    const upstream = tls === undefined ? rest : { ...rest, tls };
    this.#options = { ...this.#options, upstream };
    this.#service?.renewTls(tls);
  }

  /** Stops accepting, lets running exchanges end for at most `deadlineMs`, then cuts the rest. */
  async drain(deadlineMs: number): Promise<void> {
    this.#listener?.stopAccepting();
    this.#overload.stop();
    this.#drill?.drain();
    const tunnels = this.#tunnels?.drain(deadlineMs);
    if (this.#active > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadlineMs);
        this.#whenIdle = () => {
          clearTimeout(timer);
          // One turn of the loop, so that the last answer leaves the process.
          setImmediate(resolve);
        };
      });
    }
    await tunnels;
    this.#slowUploads.stop();
    await this.#listener?.close();
    await Promise.all([this.#upstream.close(), this.#authorizer?.close()]);
  }

  // -- ListenerHandler

  onRequest(inbound: InboundRequest): void {
    const admission = this.#guard.check(inbound);
    if (admission.refusal !== null) {
      this.#reject(inbound, admission.refusal, admission.requestId);
      return;
    }
    if (admission.upgrade !== undefined) {
      this.#reject(inbound, 'upgrade.refused', admission.head.id);
      return;
    }
    const passage = this.#enter(inbound, admission, false);
    if (passage === null) return;
    const exchange = new Exchange(this.#context, inbound, admission, passage);
    this.#active += 1;
    exchange.start();
  }

  onUpgrade(inbound: InboundUpgrade): void {
    const admission = this.#guard.check(inbound);
    if (admission.refusal !== null) {
      this.#reject(inbound, admission.refusal, admission.requestId);
      return;
    }
    const { upstream, sockets } = this.#options;
    if (upstream === undefined) {
      this.#reject(inbound, 'upgrade.refused', admission.head.id);
      return;
    }
    const handshake = readHandshake(admission, sockets);
    if (!handshake.ok) {
      this.#reject(inbound, handshake.reason, admission.head.id);
      return;
    }
    const passage = this.#enter(inbound, admission, true);
    if (passage === null) return;
    const exchange = new SocketExchange(
      this.#context,
      { upstream, sockets, permits: this.#permits, slot: this.#slot },
      inbound,
      admission,
      handshake.protocols,
      passage,
    );
    this.#active += 1;
    exchange.start();
  }

  onTunnel(request: InboundTunnel): boolean {
    this.#tunnels?.open(request);
    return this.#tunnels !== undefined;
  }

  onSlowRead(): void {
    this.#slowReads += 1;
  }

  onHttp2End(why: Http2End): void {
    this.#http2Ends[why] += 1;
  }

  /** The passage of a request there is room for; null when it was answered here. */
  #enter(inbound: InboundRequest, admission: Admission, isSocket: boolean): Passage | null {
    const shedding = this.#overload.enter(admission.head, isSocket);
    if (shedding !== null) {
      this.#shed(inbound, admission.head, isSocket, shedding);
      return null;
    }
    try {
      return this.#entrance.enter({
        head: admission.head,
        inbound,
        peerTrusted: admission.peerTrusted,
        isSocket,
      });
    } catch (cause) {
      this.#overload.leave(admission.head, isSocket, 'neutral');
      inbound.closeWhenDone();
      const bytes = this.#context.responder.refuse(inbound, admission.head.id, { status: 503 }, []);
      this.#events.onExchangeEnd({
        ...this.#bareRecord(inbound, admission.head.id, 503, bytes),
        outcome: 'failed',
        head: admission.head,
        failure: { kind: 'engine', cause },
      });
      return null;
    }
  }

  /**
   * No room. The connection stays open where it can: another one, with its handshake, would cost this worker more than
   * the next request on this one does.
   */
  #shed(inbound: InboundRequest, head: RequestHead, isSocket: boolean, shedding: Shedding): void {
    if (shedding.close || isSocket || head.hasBody) inbound.closeWhenDone();
    const bytes = this.#context.responder.refuse(inbound, head.id, shedding, []);
    this.#events.onExchangeEnd({
      ...this.#bareRecord(inbound, head.id, shedding.status, bytes),
      outcome: 'shed',
      head,
      shed: shedding,
    });
  }

  /** Refused by the guard: its framing cannot be relied on, so the connection ends too. */
  #reject(inbound: InboundRequest, reason: RefusalReason, requestId: string): void {
    inbound.closeWhenDone();
    const status = REFUSAL_STATUS[reason];
    const extra = reason === 'upgrade.version' ? ['sec-websocket-version', '13'] : [];
    const bytes = this.#context.responder.refuse(inbound, requestId, { status }, extra);
    this.#events.onExchangeEnd({ ...this.#bareRecord(inbound, requestId, status, bytes), refusal: reason });
  }

  #bareRecord(inbound: InboundRequest, requestId: string, status: number, bytes: number): ExchangeRecord {
    return {
      requestId,
      outcome: 'refused',
      status,
      head: undefined,
      report: undefined,
      refusal: undefined,
      failure: undefined,
      peer: inbound.peer,
      method: inbound.method,
      requestBytes: 0,
      responseBytes: bytes,
      startedAtMs: this.#clock.now(),
      durationMs: 0,
      upstreamMs: undefined,
      websocket: false,
    };
  }

  #finished(record: ExchangeRecord): void {
    this.#active -= 1;
    if (record.head !== undefined)
      this.#overload.leave(record.head, record.websocket, conductOf(record), record.upstreamMs);
    this.#events.onExchangeEnd(record);
    if (this.#active === 0) this.#whenIdle?.();
  }
}

/** What the end of an exchange tells of its client. */
function conductOf(record: ExchangeRecord): Conduct {
  switch (record.outcome) {
    case 'forwarded':
      return record.status < 400 ? 'good' : 'neutral';
    case 'blocked':
      return 'refused';
    case 'client_gone':
      return record.responseBytes === 0 ? 'gave_up' : 'neutral';
    default:
      return 'neutral';
  }
}
