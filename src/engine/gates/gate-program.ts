/**
 * What a compiled policy says about limits, floods and bans: the part of a program that the gatekeeper runs.
 *
 * A *source* is whatever a `limit` can name that hands out tokens: every limiter, then every flood with its own
 * `limit to` stages. Keys are closures of the compiler that join their parts.
 */
import type { FloodPolicy } from '../../limiter/flood-gauge.ts';
import type { LimitPolicy } from '../../limiter/limit-policy.ts';
import type { EvaluationContext, ScalarReader, TruthTest } from '../evaluation-context.ts';

/** The key of a request, or null where a part of it could not be read. */
export type KeyReader = (evaluation: EvaluationContext) => string | null;

export interface GateLimiter {
  readonly policy: LimitPolicy;
  readonly key: KeyReader;
  /** The leaf that holds what key, cost and rates read alive where a rule names the limiter. */
  readonly carrier: number;
  /** One for each rate of the policy; null: always. The last is null. */
  readonly rates: readonly (TruthTest | null)[];
  /** Null: one token. */
  readonly cost: ScalarReader | null;
  /** Over the response: FALSE gives the tokens back. Null: what is taken is spent. */
  readonly count: TruthTest | null;
}

export interface GateFlood {
  readonly policy: FloodPolicy;
  /** Counted with the first gates, so that every head is, unless its key takes a selection whole. */
  readonly phase: number;
  readonly key: KeyReader;
  /** For its `limit to` stages; null without one. */
  readonly limit: LimitPolicy | null;
  /** Number of the rate of `limit` for each stage; -1 for other stages. */
  readonly rateOfStage: readonly number[];
  /** Name under which its key is hashed in reports, where it may not be printed. */
  readonly redacted: string | undefined;
}

/** One kind of ban that requests are looked up for. */
export interface BanKind {
  /** As in `Ban.kind`. */
  readonly kind: string;
  readonly phase: number;
  readonly key: KeyReader;
  /** A rule on trial sets bans of this kind, in a list of their own. */
  readonly shadow: boolean;
}

/** One `limit NAME` of a rule. Exactly one of the two numbers is not -1. */
export interface GateUse {
  /** In `ProgramGates.limiters`. */
  readonly limiter: number;
  /** In `ProgramGates.floods`. */
  readonly flood: number;
}

/** One `ban KEY for TIME` of a rule. */
export interface BanAction {
  readonly kind: string;
  readonly key: KeyReader;
  readonly forMs: number;
  /** Name under which the key is hashed in reports, where it may not be printed. */
  readonly redacted: string | undefined;
}

export interface ProgramGates {
  readonly limiters: readonly GateLimiter[];
  readonly floods: readonly GateFlood[];
  /** By phase; empty lists where nothing is looked up. */
  readonly bansOfPhase: readonly (readonly BanKind[])[];
  /** Numbers of floods, by phase. */
  readonly floodsOfPhase: readonly (readonly number[])[];
  /** Whether the client is on a `never ban` list; null without one. */
  readonly neverBan: TruthTest | null;
  /** Leaves that hold what keys of floods and bans read alive on every route. */
  readonly carriers: readonly number[];
  /** Leaves that read what a limiter returned: decided anew after each trip. */
  readonly limiterLeaves: readonly number[];
  /** A key of a flood or a ban takes a selection of the head whole: the values must have been looked at. */
  readonly awaitsValues: boolean;
}

/** Bans of rules on trial are kept under kinds of their own, so that they refuse nothing. */
export function shadowKind(kind: string): string {
  return `shadow:${kind}`;
}
