/** What a proxy is made with: its options, which are plain data, and the ports it is given beside them. */
import type { GuardOptions } from '../http/guard/request-guard.ts';
import type { ConnectionLimits } from './clients/connection-book.ts';
import type { UploadPace } from './clients/slow-uploads.ts';
import type { EntryStep } from './entry/entry-step.ts';
import type { EntryOptions, IdentityPorts } from './entry/entry-steps.ts';
import type { InboundTunnel, ListenerKind, ListenerOptions } from './listener.ts';
import type { OverloadOptions } from './overload/overload-guard.ts';
import type { PageTemplates } from './respond.ts';
import type { BreakerOptions } from './upstream/circuit-breaker.ts';
import type { Upstream, UpstreamOptions } from './upstream/upstream.ts';
import type { UpstreamFieldsOptions } from './upstream-fields.ts';
import type { SocketOptions } from './websocket/handshake.ts';

/** Plain data, so that the configuration maps onto it and a worker can be given it in a message. */
export interface ProxyOptions {
  readonly listener: ListenerKind;
  readonly listenerOptions: ListenerOptions;
  readonly entry: EntryOptions;
  /** The way to the authoriser that `entry.authorizer` asks. */
  readonly authorizer?: UpstreamOptions | undefined;
  readonly guard: GuardOptions;
  /** The service; undefined where `ProxyPorts.service` is the way there, and then there are no WebSockets. */
  readonly upstream: UpstreamOptions | undefined;
  /** Requests and WebSockets to the service at once. */
  readonly upstreamInFlightMax: number;
  readonly breaker: BreakerOptions;
  readonly overload: OverloadOptions;
  readonly clients: ConnectionLimits & UploadPace;
  readonly upstreamFields: UpstreamFieldsOptions;
  readonly sockets: SocketOptions;
  /** Rules may let requests go wrong (`fault`), but on these canonical paths; undefined: nowhere. */
  readonly faults?: { readonly exemptPaths: readonly string[] } | undefined;
  readonly pages: PageTemplates;
  readonly debugRulesHeader: boolean;
  /** Tell clients how they stand with their limits: RateLimit and RateLimit-Policy. */
  readonly rateLimitFields: boolean;
}

/** What becomes of clients that ask for a tunnel. */
export interface TunnelPort {
  open(request: InboundTunnel): void;
  /** No new ones; those there are have so long to end. */
  drain(deadlineMs: number): Promise<void>;
}

/** What a proxy is given beside its options. What is missing is not asked, or made from the options. */
export interface ProxyPorts extends IdentityPorts {
  /** The way to the service, in place of the one to `ProxyOptions.upstream`. */
  readonly service?: Upstream | undefined;
  /** Entry steps before all others. */
  readonly steps?: readonly EntryStep[] | undefined;
  /** Who serves CONNECT; undefined: nobody. */
  readonly tunnels?: TunnelPort | undefined;
}
