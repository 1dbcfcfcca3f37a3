/**
 * The checked policy: what the checker makes of the syntax tree and the compiler makes a program of.
 *
 * Names are resolved, functions, targets, constants and patterns are put in place, literals have the type their
 * context gave them, phases are inferred and every relation has one form. No string here is still source text.
 * A naive evaluator in the tests runs this tree as it stands, as the oracle of the compiled program.
 */
import type { MatchPart } from '../core/match-part.ts';
import type { Cidr, IpAddress } from '../http/address.ts';
import type { FieldSchema, FieldPhase, FieldProvider } from '../http/schema.ts';
import type { TypeName } from '../http/transform/transformation.ts';
import type { Value } from '../http/value.ts';
import type { CheckedExample, CheckedScenario } from './checked-request.ts';
import type { Span } from './source.ts';

export interface CheckedPolicy {
  readonly name: string;
  readonly settings: PolicySettings;
  /** Settings after a profile is applied, by profile name. */
  readonly profiles: ReadonlyMap<string, PolicySettings>;
  readonly routes: readonly CheckedRoute[];
  readonly lists: readonly CheckedList[];
  readonly switches: readonly { readonly name: string; readonly on: boolean }[];
  readonly secrets: readonly { readonly name: string; readonly span: Span }[];
  readonly rules: readonly CheckedRule[];
  readonly exclusions: readonly CheckedExclusion[];
  readonly limiters: readonly CheckedLimiter[];
  readonly floods: readonly CheckedFlood[];
  readonly scenarios: readonly CheckedScenario[];
  /** What the rules read and something outside them must provide, the first use of each field. */
  readonly needs: readonly ProvidedField[];
}

/** A field of a `provider` that an embedding or the configuration sets up; without it the policy is refused. */
export interface ProvidedField {
  readonly provider: FieldProvider;
  readonly field: string;
  readonly span: Span;
}

export type Outcome =
  | { readonly kind: 'pass' }
  | { readonly kind: 'log' }
  | { readonly kind: 'block'; readonly status: number; readonly retryAfterS: number | undefined };

export type SeverityName = 'critical' | 'error' | 'warning' | 'notice';
export type ModeName = 'enforce' | 'monitor' | 'off';

export interface PolicySettings {
  readonly mode: ModeName;
  readonly defaultOutcome: Outcome;
  /** Microseconds, and where it is written. */
  readonly budgetRequest: { readonly us: number; readonly span: Span } | undefined;
  readonly budgetRuleUs: number | undefined;
  readonly onEngineError: Outcome;
  readonly onBanned: Outcome;
  readonly onUninspectableRequest: Outcome;
  readonly onUninspectableResponse: Outcome;
  readonly bodyHoldBytes: number;
  readonly bodyWindowBytes: number;
  readonly bodyBytesMax: number;
  readonly bodyOverMax: Outcome;
  readonly responseHoldBytes: number;
  readonly responseOver: 'scan' | Outcome;
  readonly scores: Readonly<Record<SeverityName, number>>;
  readonly thresholds: readonly Threshold[];
  readonly paranoia: number;
  readonly paranoiaObserve: number;
  /** Lists whose members can never be banned. */
  readonly neverBan: readonly string[];
  readonly redact: readonly Pick[];
}

/** `subject` undefined: text. Else the points of that subject. */
export interface ScoreTextPiece {
  readonly text: string;
  readonly subject: string | undefined;
}

export interface Threshold {
  /** `request`, `response`, `exchange` or a category. */
  readonly subject: string;
  readonly points: number;
  /** Empty: everywhere. */
  readonly routes: readonly string[];
  readonly outcome: Outcome;
  readonly label: { readonly id: number; readonly title: readonly ScoreTextPiece[] } | undefined;
}

export interface CheckedRoute {
  readonly name: string;
  /** Empty for ANY. */
  readonly methods: readonly string[];
  readonly pattern: string;
  readonly segments: readonly RouteSegment[];
  readonly span: Span;
}

export type RouteSegment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'one' } // *
  | { readonly kind: 'rest' }; // **, last only

export interface CheckedList {
  readonly name: string;
  readonly type: 'String' | 'Cidr' | 'Ip' | 'Int' | 'Method' | 'MediaType';
  /** Inline entries, after the list's own transformations; for a file, empty until it is loaded. */
  readonly entries: readonly (string | number | Cidr | IpAddress)[];
  readonly file: string | undefined;
  readonly refreshMs: number | undefined;
  readonly stale: 'keep_last' | 'require';
  /** Transformations applied to each entry, `list x : T = […] |> lower`. */
  readonly steps: readonly Step[];
  readonly span: Span;
}

export interface CheckedRule {
  readonly name: string;
  readonly title: string;
  readonly doc: string;
  readonly id: number | undefined;
  readonly severity: SeverityName;
  readonly level: number;
  readonly tags: readonly string[];
  /** After overrides, `until` and paranoia; the policy's own mode is applied by the compiler. */
  readonly mode: ModeName;
  readonly sealed: boolean;
  /** Routes the rule is limited to; empty: all. */
  readonly routes: readonly string[];
  /** True where a match relaxes (`allow` alone): a route then must match in all views. */
  readonly relaxes: boolean;
  /** The latest of what the condition reads; where the rule limits, of its limiters and floods too. */
  readonly phase: FieldPhase;
  /** `undefined`: always (a rule without `when`). */
  readonly condition: Condition | undefined;
  readonly actions: readonly CheckedAction[];
  readonly unknown: 'match' | 'skip' | 'block' | undefined;
  readonly message: readonly MessagePart[];
  readonly examples: readonly CheckedExample[];
  readonly span: Span;
}

export type CheckedAction =
  | { readonly kind: 'block'; readonly status: number; readonly retryAfterS: number | undefined }
  | { readonly kind: 'allow' }
  | {
      readonly kind: 'redirect';
      readonly status: number;
      readonly to: 'https' | { readonly location: string };
    }
  | { readonly kind: 'score'; readonly points: number | undefined; readonly category: string | undefined }
  | { readonly kind: 'mask'; readonly keep: number }
  | { readonly kind: 'log'; readonly alert: boolean }
  | { readonly kind: 'tag'; readonly tag: string }
  /** The rule matches when its condition holds and one of its limits refuses. */
  | { readonly kind: 'limit'; readonly of: 'limiter' | 'flood'; readonly name: string }
  /** `label` is the key as written, e.g. `client.ip |> subnet(24, 56)`: bans of one label are of one kind. */
  | { readonly kind: 'ban'; readonly key: Scalar; readonly label: string; readonly forMs: number }
  /** `fault delay` and `fault abort`. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'abort'; readonly status: number };

export type MessagePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'scalar'; readonly scalar: Scalar }
  | { readonly kind: 'match'; readonly part: MatchPart };

export interface CheckedExclusion {
  /** Names of the rules it applies to, resolved. */
  readonly rules: readonly string[];
  /** What is dropped; empty: the whole rule. */
  readonly target: readonly Pick[];
  readonly routes: readonly string[];
  readonly condition: Condition | undefined;
  readonly because: string;
  readonly span: Span;
}

// -- limits

export interface CheckedLimiter {
  readonly name: string;
  readonly doc: string;
  readonly key: readonly Scalar[];
  /** The first whose `when` holds counts; the last has none. */
  readonly rates: readonly CheckedRate[];
  /** `token_bucket` is `gcra`. */
  readonly algorithm: 'gcra' | 'sliding_window' | 'fixed_window';
  /** Over the response: tokens are reserved on the request and given back when this turns out false. */
  readonly count: Condition | undefined;
  /** Int or Size, never absent; 1 when not given. */
  readonly cost: Scalar | undefined;
  readonly sharing: 'exact' | 'leased' | 'process';
  readonly down: 'local' | 'open' | 'closed';
  readonly status: number;
  readonly blockMs: number;
  /** The latest phase of key, `when` and cost: headers (at least, so that the limits of a head are one trip) or body. */
  readonly phase: FieldPhase;
  readonly span: Span;
}

export interface CheckedRate {
  readonly count: number;
  readonly periodMs: number;
  /** Equals `count` where none is written. */
  readonly burst: number;
  readonly when: Condition | undefined;
}

export interface CheckedFlood {
  readonly name: string;
  readonly doc: string;
  readonly key: readonly Scalar[];
  readonly baselineMs: number;
  readonly tripTimes: number;
  readonly floor: { readonly count: number; readonly periodMs: number };
  readonly releaseTimes: number;
  readonly releaseMs: number;
  /** By `afterMs`, ascending; the first begins at 0. */
  readonly stages: readonly CheckedFloodStage[];
  /** Headers: a flood is counted with the head. */
  readonly phase: FieldPhase;
  readonly span: Span;
}

export type CheckedFloodStage =
  | { readonly kind: 'limit'; readonly rate: CheckedRate; readonly afterMs: number }
  | { readonly kind: 'block'; readonly status: number; readonly forMs: number; readonly afterMs: number }
  | { readonly kind: 'ban'; readonly forMs: number; readonly afterMs: number };

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
