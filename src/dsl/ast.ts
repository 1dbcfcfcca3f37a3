/**
 * Syntax tree of a rule file: the file, its declarations and the policy. Limiters and floods are in ast-limiter.ts, shapes in
 * ast-shape.ts, rules and what refers to them in ast-rule.ts, requests and scenarios in ast-scenario.ts, expressions and
 * literals in ast-expression.ts.
 *
 * A block keeps its entries in the order written (order means nothing, but the formatter keeps it); `entryOf` in
 * walk.ts finds one by kind. Wherever the grammar leaves something out, the property is `undefined`. The SecLang
 * importer builds this same tree.
 */
import type {
  ArrayLiteral,
  DurationLiteral,
  Expr,
  Identifier,
  IntLiteral,
  ItemNode,
  Literal,
  MethodLiteral,
  Node,
  Pick,
  RegexLiteral,
  SizeLiteral,
  Step,
  StringLiteral,
  TypeRef,
} from './ast-expression.ts';
import type { Flood, Limiter } from './ast-limiter.ts';
import type {
  Block,
  Exclude,
  LogAction,
  ModeEntry,
  OnEntry,
  Override,
  OverrideSetting,
  Rule,
  SeverityName,
} from './ast-rule.ts';
import type { Scenario } from './ast-scenario.ts';
import type { Shape } from './ast-shape.ts';

/** A whole file. `comments` are all of its comments, doc comments included, in order. */
export interface File extends Node {
  readonly kind: 'File';
  /** Undefined if the `language` line is missing or broken; a diagnostic says so. */
  readonly language: IntLiteral | undefined;
  readonly items: readonly Item[];
  readonly comments: readonly Comment[];
}

/** `text` is the comment from its slashes to the end of the line, trailing blanks removed. */
export interface Comment extends Node {
  readonly kind: 'Comment';
  readonly text: string;
  /** Written with three slashes. */
  readonly doc: boolean;
}

export type Item =
  | Import
  | Policy
  | Rule
  | Limiter
  | Flood
  | Exclude
  | Override
  | OverrideSetting
  | Scenario
  | Route
  | List
  | Const
  | Switch
  | Secret
  | Pattern
  | Targets
  | Fn
  | Shape;

// -- declarations of one line

export interface Import extends ItemNode {
  readonly kind: 'Import';
  readonly path: StringLiteral;
}

export interface Route extends ItemNode {
  readonly kind: 'Route';
  readonly name: Identifier;
  readonly methods: readonly MethodLiteral[];
  readonly path: StringLiteral;
}

/** Either `values` or `from` is defined. */
export interface List extends ItemNode {
  readonly kind: 'List';
  readonly name: Identifier;
  readonly type: TypeRef;
  readonly values: ArrayLiteral | undefined;
  readonly from: StringLiteral | undefined;
  readonly steps: readonly Step[];
  readonly refresh: Refresh | undefined;
}

export interface Refresh extends Node {
  readonly kind: 'Refresh';
  readonly interval: DurationLiteral;
  readonly whenStale: 'keep_last' | 'require';
}

export interface Const extends ItemNode {
  readonly kind: 'Const';
  readonly name: Identifier;
  readonly type: TypeRef;
  readonly value: Literal;
}

export interface Switch extends ItemNode {
  readonly kind: 'Switch';
  readonly name: Identifier;
  readonly on: boolean;
}

export interface Secret extends ItemNode {
  readonly kind: 'Secret';
  readonly name: Identifier;
}

export interface Pattern extends ItemNode {
  readonly kind: 'Pattern';
  readonly name: Identifier;
  readonly regex: RegexLiteral;
}

export interface Targets extends ItemNode {
  readonly kind: 'Targets';
  readonly name: Identifier;
  readonly items: readonly Pick[];
}

export interface Fn extends ItemNode {
  readonly kind: 'Fn';
  readonly name: Identifier;
  readonly params: readonly Param[];
  readonly result: TypeRef;
  readonly body: Expr;
}

export interface Param extends Node {
  readonly kind: 'Param';
  readonly name: Identifier;
  readonly type: TypeRef;
}

// -- policy

export type Direction = 'request' | 'response';

export interface Policy extends ItemNode {
  readonly kind: 'Policy';
  readonly name: StringLiteral;
  readonly entries: readonly PolicyEntry[];
}

export type PolicyEntry =
  | ModeEntry
  | DefaultEntry
  | BudgetEntry
  | EventEntry
  | BodyEntry
  | ResponseEntry
  | PointsEntry
  | ThresholdEntry
  | ParanoiaEntry
  | NeverBanEntry
  | RedactEntry
  | ProfileEntry;

export interface DefaultEntry extends Node {
  readonly kind: 'DefaultEntry';
  readonly verdict: 'allow' | 'deny';
  /** What a denied request gets; undefined for `allow`. */
  readonly outcome: Outcome | undefined;
}

export interface BudgetEntry extends Node {
  readonly kind: 'BudgetEntry';
  readonly parts: readonly BudgetPart[];
}

export interface BudgetPart extends Node {
  readonly kind: 'BudgetPart';
  readonly scope: 'request' | 'rule';
  readonly duration: DurationLiteral;
}

/** `on engine_error -> …`; `direction` is defined for `uninspectable` only. */
export interface EventEntry extends Node {
  readonly kind: 'EventEntry';
  readonly event: 'engine_error' | 'banned' | 'uninspectable';
  readonly direction: Direction | undefined;
  readonly outcome: Outcome;
}

export interface BodyEntry extends Node {
  readonly kind: 'BodyEntry';
  readonly hold: SizeLiteral;
  readonly window: SizeLiteral;
  readonly max: SizeLiteral;
  readonly outcome: Outcome;
}

export interface ResponseEntry extends Node {
  readonly kind: 'ResponseEntry';
  readonly hold: SizeLiteral;
  /** What happens beyond `hold`. */
  readonly over: 'scan' | Outcome;
}

/** `score critical = 5, …`: the points a severity is worth. */
export interface PointsEntry extends Node {
  readonly kind: 'PointsEntry';
  readonly points: readonly SeverityPoints[];
}

export interface SeverityPoints extends Node {
  readonly kind: 'SeverityPoints';
  readonly severity: SeverityName;
  readonly value: IntLiteral;
}

/** `subject` is `request`, `response`, `exchange` (both together) or a category. */
export interface ThresholdEntry extends Node {
  readonly kind: 'ThresholdEntry';
  readonly subject: Identifier;
  readonly atLeast: IntLiteral;
  readonly on: OnEntry | undefined;
  readonly outcome: Outcome;
  /** `id 949110 "title"`: the event lists it like a rule. */
  readonly label: { readonly id: IntLiteral; readonly title: StringLiteral } | undefined;
}

export interface ParanoiaEntry extends Node {
  readonly kind: 'ParanoiaEntry';
  readonly level: IntLiteral;
  readonly observe: IntLiteral | undefined;
}

export interface NeverBanEntry extends Node {
  readonly kind: 'NeverBanEntry';
  readonly lists: readonly Identifier[];
}

export interface RedactEntry extends Node {
  readonly kind: 'RedactEntry';
  readonly items: readonly Pick[];
}

export interface ProfileEntry extends Node {
  readonly kind: 'ProfileEntry';
  readonly name: StringLiteral;
  readonly entries: readonly PolicyEntry[];
}

export type Outcome = Pass | LogAction | Block;

export interface Pass extends Node {
  readonly kind: 'Pass';
}
