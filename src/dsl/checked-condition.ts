/** Conditions of the checked policy: what rules, limits and exclusions test, on which values, and the shapes of JSON. */
import type { Cidr } from '../http/address.ts';
import type { FieldPhase, FieldSchema } from '../http/schema.ts';
import type { TypeName } from '../http/transform/transformation.ts';
import type { Value } from '../http/value.ts';
import type { Span } from './source.ts';

// -- conditions

export type Condition =
  | { readonly kind: 'constant'; readonly value: boolean; readonly span: Span }
  | { readonly kind: 'and'; readonly items: readonly Condition[]; readonly span: Span }
  | { readonly kind: 'or'; readonly items: readonly Condition[]; readonly span: Span }
  | { readonly kind: 'not'; readonly item: Condition; readonly span: Span }
  | { readonly kind: 'test'; readonly left: Scalar; readonly relation: Relation; readonly span: Span }
  /**
   * `any S t` and `any v of S { … }` are one form: `body` reads the value as `{kind: 'bound', binding}`.
   * `source.steps` have been applied to the value before `body` sees it.
   */
  | {
      readonly kind: 'quantified';
      readonly quantifier: 'any' | 'all' | 'none';
      readonly source: Selection;
      readonly binding: number;
      readonly body: Condition;
      readonly span: Span;
    };

/** Evaluates to a value, to absent, or to unknown. */
export type Scalar =
  | { readonly kind: 'literal'; readonly type: TypeName; readonly value: Value | Cidr; readonly span: Span }
  | { readonly kind: 'field'; readonly field: FieldSchema; readonly type: TypeName; readonly span: Span }
  /** A header, cookie or route parameter under a fixed name: lines joined by `separator`; absent without lines. */
  | {
      readonly kind: 'lines';
      readonly field: FieldSchema;
      readonly key: string;
      readonly separator: string;
      readonly type: TypeName;
      readonly span: Span;
    }
  /** One JSON value at a path without `[*]`. */
  | {
      readonly kind: 'json';
      readonly field: FieldSchema;
      readonly path: readonly (string | number)[];
      readonly type: TypeName;
      readonly span: Span;
    }
  | { readonly kind: 'switch'; readonly name: string; readonly type: TypeName; readonly span: Span }
  | { readonly kind: 'secret'; readonly name: string; readonly type: TypeName; readonly span: Span }
  /** `limiter.<name>.used` or `.remaining`: what the gates of this request returned; absent when it was not asked. */
  | {
      readonly kind: 'limiterPart';
      readonly limiter: string;
      readonly part: 'used' | 'remaining';
      /** That of the limiter: it is asked then or later, and no rule that reads it is decided before. */
      readonly phase: FieldPhase;
      readonly type: TypeName;
      readonly span: Span;
    }
  /** `flood.<name>.active` (Bool) or `.ratio` (Float): known before the limits of its phase are asked. */
  | {
      readonly kind: 'floodPart';
      readonly flood: string;
      readonly part: 'active' | 'ratio';
      /** That of the flood. */
      readonly phase: FieldPhase;
      readonly type: TypeName;
      readonly span: Span;
    }
  /** The value a quantifier binds. */
  | { readonly kind: 'bound'; readonly binding: number; readonly type: TypeName; readonly span: Span }
  /** `v.name .path .source`, for files also `.filename .type .size .magic`. */
  | {
      readonly kind: 'boundPart';
      readonly binding: number;
      readonly part: string;
      readonly type: TypeName;
      readonly span: Span;
    }
  | {
      readonly kind: 'capture';
      readonly capture: number;
      readonly group: number | string;
      readonly type: TypeName;
      readonly span: Span;
    }
  | {
      readonly kind: 'pipe';
      readonly input: Scalar;
      readonly steps: readonly Step[];
      readonly type: TypeName;
      readonly span: Span;
    }
  | {
      readonly kind: 'aggregate';
      readonly operation: 'count' | 'sum' | 'repeats' | 'one';
      readonly source: Selection;
      readonly type: TypeName;
      readonly span: Span;
    }
  /** `exists(x)` of a selection is an aggregate test; of a scalar, whether it is there. Bool. */
  | { readonly kind: 'exists'; readonly of: Selection | Scalar; readonly type: TypeName; readonly span: Span }
  /** `sample(p%, key?)`: share in 0..1. Bool. */
  | {
      readonly kind: 'sample';
      readonly share: number;
      readonly key: Scalar | undefined;
      readonly type: TypeName;
      readonly span: Span;
    }
  /** A condition used as a Bool value: `(a or b)`, an inlined `fn … : Bool`. */
  | {
      readonly kind: 'condition';
      readonly condition: Condition;
      readonly type: TypeName;
      readonly span: Span;
    };

export type Relation =
  /** The left side is a Bool. */
  | { readonly kind: 'truth' }
  /** `!=`, `not in` and the like are `not` around the test. */
  | { readonly kind: 'compare'; readonly operator: '==' | '<' | '<=' | '>' | '>='; readonly right: Scalar }
  | { readonly kind: 'in'; readonly set: ValueSet }
  | { readonly kind: 'matches'; readonly pattern: PatternUse; readonly capture: number | undefined }
  | { readonly kind: 'contains' | 'starts_with' | 'ends_with'; readonly words: Words }
  | { readonly kind: 'is'; readonly shape: CheckedShape };

export type ValueSet =
  | { readonly kind: 'literals'; readonly values: readonly (Value | Cidr)[]; readonly type: TypeName }
  | { readonly kind: 'range'; readonly low: number; readonly high: number }
  | { readonly kind: 'list'; readonly name: string }
  /** Methods, routes and the like named bare. */
  | { readonly kind: 'routes'; readonly names: readonly string[] }
  | { readonly kind: 'selection'; readonly source: Selection };

export type Words =
  | { readonly kind: 'literals'; readonly words: readonly string[] }
  | { readonly kind: 'list'; readonly name: string }
  | { readonly kind: 'scalar'; readonly scalar: Scalar };

export interface PatternUse {
  /** The declared name, or undefined for an inline pattern. */
  readonly name: string | undefined;
  /** Between the slashes, with `\/` undone. */
  readonly source: string;
  readonly flags: string;
  readonly span: Span;
}

// -- selections

export interface Selection {
  readonly picks: readonly Pick[];
  readonly steps: readonly Step[];
  readonly type: TypeName;
  readonly span: Span;
}

export interface Pick {
  /** `undefined` when `scalar` is given: a single value in a list of picks, e.g. `request.target`. */
  readonly field: FieldSchema | undefined;
  readonly scalar: Scalar | undefined;
  /** `args["q"]`, `args[/^x_/]`; undefined: all. Header names compare without case. */
  readonly key: Key | undefined;
  readonly except: readonly Key[];
  /** For `json` fields: the path below the document; `*` is every element. */
  readonly jsonPath: readonly (string | number | { readonly every: true })[];
  readonly span: Span;
}

export type Key =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'pattern'; readonly pattern: PatternUse };

export interface Step {
  readonly name: string;
  readonly args: readonly StepArgument[];
  /** `|>?`: the value before the step goes on beside the one after it. */
  readonly keepOriginal: boolean;
  readonly span: Span;
}

export type StepArgument =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'pattern'; readonly pattern: PatternUse }
  | { readonly kind: 'secret'; readonly name: string }
  | { readonly kind: 'value'; readonly value: Value };

// -- shapes

export type CheckedShape =
  | {
      readonly kind: 'object';
      readonly fields: readonly ShapeField[];
      readonly closed: boolean;
      readonly nullable: boolean;
    }
  | {
      readonly kind: 'list';
      readonly low: number;
      readonly high: number;
      readonly of: CheckedShape;
      readonly nullable: boolean;
    }
  | { readonly kind: 'map'; readonly of: CheckedShape; readonly nullable: boolean }
  | {
      readonly kind: 'one';
      readonly values: readonly (string | number | boolean)[];
      readonly nullable: boolean;
    }
  | {
      readonly kind: 'base';
      readonly base:
        | 'string'
        | 'int'
        | 'number'
        | 'bool'
        | 'uuid'
        | 'date'
        | 'datetime'
        | 'email'
        | 'uri'
        | 'ip'
        | 'json';
      /** Characters of a string, value of a number. */
      readonly low: number;
      readonly high: number;
      readonly matching: PatternUse | undefined;
      readonly nullable: boolean;
    };

export interface ShapeField {
  readonly name: string;
  readonly optional: boolean;
  readonly shape: CheckedShape;
}
