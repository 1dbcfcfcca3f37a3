/**
 * What the main thread and its workers say to each other. Everything is plain data: rules travel as text, so that all
 * workers compile the same bytes.
 *
 * A reload has two phases. `prepare`: compile and warm beside the running program. `commit`: swap it in. Nothing is
 * swapped unless every worker has prepared.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Config } from '../config/config.ts';
import type { RuleSources } from '../control/rule-sources.ts';
import type { MetricSamples } from '../telemetry/metrics.ts';
import type { FloodEvent } from '../limiter/flood/flood-event.ts';
import type { TlsClientMaterial } from './tls-client-material.ts';
import type { TlsMaterial } from './tls-material.ts';
import type { IssuerStart } from './token-keys.ts';
import type { GateStart } from './worker-gates.ts';

/** What a worker thread is started with. */
export interface WorkerStart {
  /** Serves clients, or calls of the service (egress). */
  readonly direction: 'inbound' | 'egress';
  readonly index: number;
  readonly config: Config;
  readonly sources: RuleSources;
  readonly secrets: ReadonlyMap<string, string>;
  readonly redactionKey: Uint8Array;
  /** `YYYY-MM-DD`, the same in every worker: `until` must not expire in some of them. */
  readonly today: string;
  /** The memory of limits and floods, shared by all workers, and where Redis is. */
  readonly gates: GateStart;
  /** Keys and certificates; undefined without TLS. */
  readonly tls: TlsMaterial | undefined;
  /** What Ward shows and trusts as a client: towards its service, a list of one, or towards each of the hosts of egress. */
  readonly tlsClient: TlsClientMaterial;
  /** Whose tokens are believed; empty without `jwt`. */
  readonly issuers: readonly IssuerStart[];
  /** Its line to the service that fetches their keys (`key-service.ts`), transferred. */
  readonly keyPort: MessagePort;
  /** Its line to the register of bans (`ban-exchange.ts`), transferred. */
  readonly banPort: MessagePort;
}

export type ToWorker =
  | {
      readonly kind: 'prepare';
      readonly generation: number;
      readonly sources: RuleSources;
      readonly today: string;
    }
  | { readonly kind: 'commit'; readonly generation: number }
  | { readonly kind: 'abandon'; readonly generation: number }
  | { readonly kind: 'renew_tls'; readonly generation: number; readonly material: TlsMaterial }
  | {
      readonly kind: 'renew_tls_client';
      readonly generation: number;
      readonly material: TlsClientMaterial;
    }
  | { readonly kind: 'drain'; readonly deadlineMs: number }
  /** The last `log` was taken; send the next. */
  | { readonly kind: 'log_taken' };

export type FromWorker =
  | { readonly kind: 'listening'; readonly port: number; readonly version: string }
  /** The worker cannot start; it ends after this. */
  | {
      readonly kind: 'start_failed';
      readonly code: string;
      readonly message: string;
      readonly hint: string | undefined;
    }
  | { readonly kind: 'prepared'; readonly generation: number; readonly version: string }
  | { readonly kind: 'prepare_failed'; readonly generation: number; readonly message: string }
  /** `problem`: why the new ones cannot be used; those before stay in force. */
  | { readonly kind: 'tls_renewed'; readonly generation: number; readonly problem: string | undefined }
  | { readonly kind: 'log'; readonly text: string }
  /** How its counts stand; every second. */
  | { readonly kind: 'metrics'; readonly samples: MetricSamples }
  /** A flood changed its state in this worker's hands: told once in the whole process. */
  | { readonly kind: 'flood'; readonly event: FloodEvent }
  /** An exception nobody caught; the worker drains and ends. */
  | { readonly kind: 'crashed'; readonly message: string }
  | { readonly kind: 'drained' };
