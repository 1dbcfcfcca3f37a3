/**
 * What a request must pass between the guard and the engine: demands on the connection, a certificate, a token.
 *
 * A step has one purpose. It refuses, or adds what it found out: facts for the rules, fields for the service. Steps are
 * written in the order they are asked in one list (`entry-steps.ts`); they know nothing of each other, of bodies or of
 * how a refusal is written. The rules come after all of them, and after the rules of the head the last step, if there is
 * one: it asks somebody else, whose time is spent only on what the rules let on (ADR 28).
 */
import type { RequestFacts } from '../../engine/api.ts';
import type { RequestHead } from '../../http/request-head.ts';
import type { InboundRequest } from '../listener.ts';
import type { RefusalPage } from '../respond.ts';
import type { EntryNote } from './entry-note.ts';

/** Why a step refuses: `<step>.<reason>`. Stable: logs and metrics carry it, clients never see it. */
export type DenialReason =
  | `jwt.${string}`
  | `https.${string}`
  | `tls.${string}`
  | `authorizer.${string}`
  | `egress.${string}`;

/** A refusal. The client gets the status, `fields` and a page, Ward's own unless there is another; nothing of the reason. */
export interface Denial {
  readonly kind: 'denial';
  readonly reason: DenialReason;
  readonly status: number;
  /** Where to go instead; with a 3xx status. */
  readonly location?: string | undefined;
  readonly retryAfterS?: number | undefined;
  /** Fields the status demands, such as `www-authenticate`: name, value, … */
  readonly fields?: readonly string[] | undefined;
  readonly page?: RefusalPage | undefined;
}

/** What a step found out about a request it lets on. */
export interface Finding {
  readonly kind: 'finding';
  /** What the rules may ask of; later steps add to it. */
  readonly facts?: RequestFacts | undefined;
  /** Fields for the service: lower-case name, value, … Clients' own of these names are stripped (`UpstreamFields`). */
  readonly upstreamFields?: readonly string[] | undefined;
  /** Fields for the client, on whatever answer it gets: lower-case name, value, … */
  readonly answerFields?: readonly string[] | undefined;
  /** For the log. */
  readonly note?: EntryNote | undefined;
}

/** Undefined: nothing against the request, and nothing to add. */
export type StepAnswer = Denial | Finding | undefined;

/** A request as steps see it. */
export interface EntryRequest {
  readonly head: RequestHead;
  /** For what the head does not tell, such as the connection's certificate; only read while `ask` runs. */
  readonly inbound: InboundRequest;
  /** What the peer says of the request's earlier way is believed. */
  readonly peerTrusted: boolean;
  /** It asks for a WebSocket: redirects are lost on it. */
  readonly isSocket: boolean;
}

export interface EntryStep {
  /**
   * Called once per request, in the listener's handler or after the steps before it have answered. Answering at once
   * keeps the request on the synchronous path; whoever waits must bound for how long. Throwing or rejecting is our own
   * mistake: the client gets 503.
   */
  ask(request: EntryRequest): StepAnswer | Promise<StepAnswer>;
}

/** What the last step sees and asks of the request's way through Ward. */
export interface LastRequest {
  readonly head: RequestHead;
  readonly peerTrusted: boolean;
  /** What the steps before it write for the service: who the request comes from. */
  readonly upstreamFields: readonly string[];
  /** `giveUp` is called, once, when the exchange ends before the step has answered. */
  onClosed(giveUp: () => void): void;
}

export interface LastStep {
  /** Called once per request that the rules of the head let on. Otherwise as `EntryStep`. */
  ask(request: LastRequest): StepAnswer | Promise<StepAnswer>;
}
