/**
 * Syntax tree of rules and of what refers to them: actions, exclusions, overrides, and the entries these blocks share with
 * policies and limiters. The requests of examples are in ast-scenario.ts.
 */
import type {
  ArrayLiteral,
  DateLiteral,
  DurationLiteral,
  Expr,
  Identifier,
  IntLiteral,
  ItemNode,
  Literal,
  Name,
  Node,
  Pick,
  Pipe,
  StringLiteral,
} from './ast-expression.ts';
import type { Request } from './ast-scenario.ts';

export type ModeName = 'enforce' | 'monitor' | 'off';
export type SeverityName = 'critical' | 'error' | 'warning' | 'notice';

// -- rules

export interface Rule extends ItemNode {
  readonly kind: 'Rule';
  readonly name: Name;
  readonly title: StringLiteral;
  readonly entries: readonly RuleEntry[];
}

export type RuleEntry =
  | OnEntry
  | SeverityEntry
  | LevelEntry
  | IdEntry
  | TagsEntry
  | ModeEntry
  | SealedEntry
  | WhenEntry
  | ThenEntry
  | UnknownEntry
  | MessageEntry
  | ExamplesEntry;

/** `on route, …`. */
export interface OnEntry extends Node {
  readonly kind: 'OnEntry';
  readonly routes: readonly Identifier[];
}

export interface SeverityEntry extends Node {
  readonly kind: 'SeverityEntry';
  readonly severity: SeverityName;
}

/** Paranoia level. */
export interface LevelEntry extends Node {
  readonly kind: 'LevelEntry';
  readonly level: IntLiteral;
}

export interface IdEntry extends Node {
  readonly kind: 'IdEntry';
  readonly id: IntLiteral;
}

export interface TagsEntry extends Node {
  readonly kind: 'TagsEntry';
  readonly tags: ArrayLiteral;
}

/** `until` is defined in rules only. */
export interface ModeEntry extends Node {
  readonly kind: 'ModeEntry';
  readonly mode: ModeName;
  readonly until: DateLiteral | undefined;
}

export interface SealedEntry extends Node {
  readonly kind: 'SealedEntry';
}

export interface WhenEntry extends Node {
  readonly kind: 'WhenEntry';
  readonly condition: Expr;
}

export interface ThenEntry extends Node {
  readonly kind: 'ThenEntry';
  readonly actions: readonly Action[];
}

export interface UnknownEntry extends Node {
  readonly kind: 'UnknownEntry';
  readonly verdict: 'match' | 'skip' | 'block';
}

/** The `{field}` placeholders inside are found by the checker. */
export interface MessageEntry extends Node {
  readonly kind: 'MessageEntry';
  readonly text: StringLiteral;
}

export interface ExamplesEntry extends Node {
  readonly kind: 'ExamplesEntry';
  readonly examples: readonly Example[];
}

export interface Example extends Node {
  readonly kind: 'Example';
  readonly expectation: 'hit' | 'miss' | 'pass' | 'todo';
  readonly request: Request;
}

// -- actions

export type Action =
  | Block
  | AllowAction
  | RedirectAction
  | ScoreAction
  | LimitAction
  | BanAction
  | MaskAction
  | LogAction
  | TagAction
  | DelayAction
  | AbortAction;

/** `block status [retry delay]`, as an action and as an outcome of the policy. */
export interface Block extends Node {
  readonly kind: 'Block';
  readonly status: IntLiteral;
  readonly retry: DurationLiteral | undefined;
}

export interface AllowAction extends Node {
  readonly kind: 'AllowAction';
}

export interface RedirectAction extends Node {
  readonly kind: 'RedirectAction';
  readonly status: IntLiteral;
  /** A constant URL, or the same URL on https. */
  readonly to: StringLiteral | 'https';
}

/** `points` undefined: what the severity is worth. */
export interface ScoreAction extends Node {
  readonly kind: 'ScoreAction';
  readonly points: IntLiteral | undefined;
  readonly category: Identifier | undefined;
}

/** `limiter` names a limiter or a flood. */
export interface LimitAction extends Node {
  readonly kind: 'LimitAction';
  readonly limiter: Identifier;
}

export interface BanAction extends Node {
  readonly kind: 'BanAction';
  readonly key: Pipe;
  readonly duration: DurationLiteral;
}

/** `keep`: how many characters at the end stay readable. */
export interface MaskAction extends Node {
  readonly kind: 'MaskAction';
  readonly keep: IntLiteral | undefined;
}

/** `log [alert]`, as an action; `log` alone as an outcome of the policy. */
export interface LogAction extends Node {
  readonly kind: 'LogAction';
  readonly alert: boolean;
}

export interface TagAction extends Node {
  readonly kind: 'TagAction';
  readonly tag: StringLiteral;
}

/** `fault delay`. */
export interface DelayAction extends Node {
  readonly kind: 'DelayAction';
  readonly duration: DurationLiteral;
}

/** `fault abort`. */
export interface AbortAction extends Node {
  readonly kind: 'AbortAction';
  readonly status: IntLiteral;
}

// -- tuning

export interface Exclude extends ItemNode {
  readonly kind: 'Exclude';
  readonly selectors: readonly RuleSelector[];
  readonly entries: readonly ExcludeEntry[];
}

export type ExcludeEntry = TargetEntry | OnEntry | WhenEntry | BecauseEntry | UntilEntry;

export interface TargetEntry extends Node {
  readonly kind: 'TargetEntry';
  readonly items: readonly Pick[];
}

export interface BecauseEntry extends Node {
  readonly kind: 'BecauseEntry';
  readonly reason: StringLiteral;
}

export interface UntilEntry extends Node {
  readonly kind: 'UntilEntry';
  readonly date: DateLiteral;
}

export interface Override extends ItemNode {
  readonly kind: 'Override';
  readonly selector: RuleSelector;
  readonly entries: readonly OverrideEntry[];
}

export type OverrideEntry = ModeEntry | SeverityEntry | BecauseEntry | UntilEntry;

/** `override const NAME = value`, `override list NAME = [ … ]`: changes a setting of an imported file. */
export interface OverrideSetting extends ItemNode {
  readonly kind: 'OverrideSetting';
  readonly setting: 'const' | 'list';
  readonly name: Identifier;
  readonly value: Literal | ArrayLiteral;
}

export type RuleSelector = NameSelector | TagSelector | IdSelector;

/** `sqli.union_select`, or with `prefix` `sqli.*`. */
export interface NameSelector extends Node {
  readonly kind: 'NameSelector';
  readonly name: Name;
  readonly prefix: boolean;
}

export interface TagSelector extends Node {
  readonly kind: 'TagSelector';
  readonly tag: StringLiteral;
}

/** `id first` or `id first..last`, both included. */
export interface IdSelector extends Node {
  readonly kind: 'IdSelector';
  readonly first: IntLiteral;
  readonly last: IntLiteral | undefined;
}
