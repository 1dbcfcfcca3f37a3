/** Syntax tree of limiters and floods. */
import type {
  DurationLiteral,
  Expr,
  Identifier,
  IntLiteral,
  ItemNode,
  Node,
  Pipe,
} from './ast-expression.ts';

export interface Limiter extends ItemNode {
  readonly kind: 'Limiter';
  readonly name: Identifier;
  readonly entries: readonly LimiterEntry[];
}

export type LimiterEntry =
  | KeyEntry
  | AllowEntry
  | UsingEntry
  | CountEntry
  | CostEntry
  | StoreEntry
  | PenaltyEntry;

export interface KeyEntry extends Node {
  readonly kind: 'KeyEntry';
  readonly parts: readonly Pipe[];
}

export interface AllowEntry extends Node {
  readonly kind: 'AllowEntry';
  readonly rate: Rate;
  readonly burst: IntLiteral | undefined;
  readonly when: Expr | undefined;
}

/** `count per duration`. */
export interface Rate extends Node {
  readonly kind: 'Rate';
  readonly count: IntLiteral;
  readonly per: DurationLiteral;
}

export interface UsingEntry extends Node {
  readonly kind: 'UsingEntry';
  readonly algorithm: 'sliding_window' | 'gcra' | 'token_bucket' | 'fixed_window';
}

export interface CountEntry extends Node {
  readonly kind: 'CountEntry';
  readonly condition: Expr;
}

export interface CostEntry extends Node {
  readonly kind: 'CostEntry';
  readonly amount: Pipe;
}

export interface StoreEntry extends Node {
  readonly kind: 'StoreEntry';
  readonly store: 'cluster' | 'local';
  /** `cluster leased`: a replica takes tokens ahead. */
  readonly leased: boolean;
  readonly down: 'local' | 'open' | 'closed' | undefined;
}

/** `then` of a limiter. */
export interface PenaltyEntry extends Node {
  readonly kind: 'PenaltyEntry';
  readonly penalty: Penalty;
}

/** `block status [for duration]`. */
export interface Penalty extends Node {
  readonly kind: 'Penalty';
  readonly status: IntLiteral;
  readonly duration: DurationLiteral | undefined;
}

export interface Flood extends ItemNode {
  readonly kind: 'Flood';
  readonly name: Identifier;
  readonly entries: readonly FloodEntry[];
}

export type FloodEntry = KeyEntry | BaselineEntry | TripEntry | ReleaseEntry | StagesEntry;

export interface BaselineEntry extends Node {
  readonly kind: 'BaselineEntry';
  readonly window: DurationLiteral;
}

export interface TripEntry extends Node {
  readonly kind: 'TripEntry';
  readonly times: IntLiteral;
  readonly floor: Rate;
}

export interface ReleaseEntry extends Node {
  readonly kind: 'ReleaseEntry';
  readonly times: IntLiteral;
  readonly duration: DurationLiteral;
}

/** `then` of a flood. */
export interface StagesEntry extends Node {
  readonly kind: 'StagesEntry';
  readonly stages: readonly FloodStage[];
}

/** What a flood does, `after` it has gone on for so long; undefined: at once. */
export interface FloodStage extends Node {
  readonly kind: 'FloodStage';
  readonly measure: FloodLimit | FloodBan | Penalty;
  readonly after: DurationLiteral | undefined;
}

/** `limit to rate`. */
export interface FloodLimit extends Node {
  readonly kind: 'FloodLimit';
  readonly rate: Rate;
}

/** `ban for duration`: of the key of the flood. */
export interface FloodBan extends Node {
  readonly kind: 'FloodBan';
  readonly duration: DurationLiteral;
}
