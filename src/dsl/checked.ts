/**
 * The checked policy: what the checker makes of the syntax tree and the compiler makes a program of.
 *
 * Names are resolved, functions, targets, constants and patterns are put in place, literals have the type their
 * context gave them, phases are inferred and every relation has one form. No string here is still source text.
 * A naive evaluator in the tests runs this tree as it stands, as the oracle of the compiled program.
 */
import type { MatchPart } from '../core/match-part.ts';
import type { Cidr, IpAddress } from '../http/address.ts';
import type { FieldPhase, FieldProvider } from '../http/schema.ts';
import type { Condition, Pick, Scalar, Step } from './checked-condition.ts';
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
