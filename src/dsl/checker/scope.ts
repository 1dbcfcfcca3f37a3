/** Names bound inside one expression: values of quantifiers, captures, parameters of functions. Scopes are never changed. */
import type { Span } from '../source.ts';
import type { Typed } from './types.ts';

export type Bound =
  /** A value of `any v of S { … }`. */
  | { readonly kind: 'value'; readonly value: Typed; readonly span: Span }
  /** A match of `matches P as m`. */
  | {
      readonly kind: 'capture';
      readonly capture: number;
      readonly groups: number;
      readonly groupNames: readonly string[];
      readonly span: Span;
    }
  /** A parameter of the function whose body is put in place. */
  | { readonly kind: 'parameter'; readonly value: Typed; readonly span: Span };

export interface Scope {
  readonly names: ReadonlyMap<string, Bound>;
  /** Where every capture of the rule is bound, seen from here or not: tells E205 from E206. */
  readonly captures: ReadonlyMap<string, Span>;
  /** False in a function with parameters, which depends on them alone. */
  readonly fields: boolean;
}

export const EMPTY_SCOPE: Scope = { names: new Map(), captures: new Map(), fields: true };

/** The scope with one more name. */
export function bind(scope: Scope, name: string, bound: Bound): Scope {
  return { ...scope, names: new Map(scope.names).set(name, bound) };
}
