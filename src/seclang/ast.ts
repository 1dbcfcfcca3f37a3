/**
 * Syntax tree of SecLang, the language of ModSecurity rules.
 *
 * Text is latin1: one character per byte of the file. Every node knows where it was written. The tree holds what the
 * author wrote; what a directive means once defaults, chains and settings are applied is in model.ts.
 */

/** Where something was written; lines count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** `ARGS:name`, `&ARGS`, `!ARGS:/regex/`. */
export interface Variable {
  /** Upper-case: `REQUEST_HEADERS`, `TX`. */
  readonly collection: string;
  readonly selector: Selector | undefined;
  /** `&`: how many there are. */
  readonly counted: boolean;
  /** `!`: taken out of the others. */
  readonly excluded: boolean;
}

/** `text` without its slashes if it is a regex. */
export interface Selector {
  readonly kind: 'name' | 'regex';
  readonly text: string;
}

/** `!@name argument`; a bare text is `@rx`. */
export interface Operator {
  /** As the table in operators.ts spells it. */
  readonly name: string;
  readonly negated: boolean;
  readonly argument: string;
}

/** `name` or `name:value`, quotes removed; the name is lower-case. */
export interface Action {
  readonly name: string;
  readonly value: string;
}

/** SecRule, or SecAction, which has no variables and no operator. */
export interface RuleDirective {
  readonly kind: 'rule';
  readonly place: Place;
  readonly variables: readonly Variable[];
  readonly operator: Operator | undefined;
  readonly actions: readonly Action[];
}

export interface MarkerDirective {
  readonly kind: 'marker';
  readonly place: Place;
  readonly name: string;
}

/** SecDefaultAction. */
export interface DefaultsDirective {
  readonly kind: 'defaults';
  readonly place: Place;
  readonly actions: readonly Action[];
}

/** Which rules a directive is about: ids from `first` to `last`, or rules whose tag or message fits a regex. */
export type RuleChoice =
  | { readonly by: 'id'; readonly first: number; readonly last: number }
  | { readonly by: 'tag' | 'msg'; readonly pattern: string };

/** SecRuleRemoveById, …ByTag, …ByMsg. */
export interface RemoveDirective {
  readonly kind: 'remove';
  readonly place: Place;
  readonly rules: readonly RuleChoice[];
}

/** SecRuleUpdateTargetById, …ByTag, …ByMsg. */
export interface UpdateTargetsDirective {
  readonly kind: 'update-targets';
  readonly place: Place;
  readonly rules: readonly RuleChoice[];
  readonly variables: readonly Variable[];
}

/** SecRuleUpdateActionById. */
export interface UpdateActionsDirective {
  readonly kind: 'update-actions';
  readonly place: Place;
  readonly rules: readonly RuleChoice[];
  readonly actions: readonly Action[];
}

/** Any other directive: settings of the server the rules were written for. */
export interface SettingDirective {
  readonly kind: 'setting';
  readonly place: Place;
  readonly name: string;
  readonly words: readonly string[];
}

export type Directive =
  | RuleDirective
  | MarkerDirective
  | DefaultsDirective
  | RemoveDirective
  | UpdateTargetsDirective
  | UpdateActionsDirective
  | SettingDirective;
