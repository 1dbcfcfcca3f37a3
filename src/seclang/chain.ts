/** A rule as the reference engine runs it: links, the actions in force, and what a match does. */
import type { Action, Operator, Place, Variable } from './ast.ts';

/** One condition of a chain, with what its match sets. */
export interface Link {
  readonly place: Place;
  readonly variables: readonly Variable[];
  /** Undefined for SecAction: always true. */
  readonly operator: Operator | undefined;
  /** SecLang names, default and `none` resolved. */
  readonly transformations: readonly string[];
  readonly multiMatch: boolean;
  readonly capture: boolean;
  readonly actions: readonly Action[];
}

export type Disruptive = 'pass' | 'block' | 'deny' | 'drop' | 'allow' | 'redirect' | 'proxy';

/** A rule of any number of links. `actions` are those of the first link with the defaults of its phase before them. */
export interface Chain {
  readonly kind: 'chain';
  readonly place: Place;
  readonly id: number | undefined;
  readonly phase: number;
  readonly links: readonly Link[];
  readonly actions: readonly Action[];
  /** `block` is resolved by the defaults of its phase. */
  readonly disruptive: Disruptive;
  readonly tags: readonly string[];
}

export interface Marker {
  readonly kind: 'marker';
  readonly name: string;
}

export interface Removal {
  readonly chain: Chain;
  readonly by: Place;
}

const DISRUPTIVE: ReadonlySet<string> = new Set([
  'pass',
  'block',
  'deny',
  'drop',
  'allow',
  'redirect',
  'proxy',
]);

/** The last disruptive action, which is the one in force. */
export function lastDisruptive(actions: readonly Action[]): Disruptive | undefined {
  return actions.filter((action) => DISRUPTIVE.has(action.name)).at(-1)?.name as Disruptive | undefined;
}
