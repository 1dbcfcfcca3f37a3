/**
 * The compiled policy: what the compiler hands to the engine. Immutable once made; running transactions keep theirs.
 *
 * A rule is a small Kleene tree over numbered *leaves*. Leaves are tests, shared by all rules that contain the same
 * one. A *selection leaf* asks "does any value of this selection satisfy the test": `all S t` is `not any S not t`,
 * `none S t` is `not any S t`, so that one kind is enough. A *scalar leaf* is a test on what is known at one moment.
 * Nothing here knows source text; closures are chosen by the compiler.
 */
import type { MatchPart } from '../core/match-part.ts';
import type { BodyKind } from '../http/body/reader.ts';
import type { CandidateBuffer } from '../matcher/candidate-buffer.ts';
import type { MaybeValue } from '../http/value.ts';
import type { Fault, Severity } from './api.ts';
import type { EvaluationContext, ScalarReader, TruthTest, ValueTest } from './evaluation-context.ts';
import type { BanAction, GateUse, ProgramGates } from './gates/gate-program.ts';
import type { RouteTable } from './route-table.ts';
import type { ShapeNode } from './shape-node.ts';

/** What a value carries; the position of a target class is (origin, facet). */
export const FACET = Object.freeze({ VALUE: 0, NAME: 1, PATH: 2 });
export type Facet = number;
export const FACETS = 3;

/** Whether a selection takes a value of this name; used where the target class alone does not decide. */
export type NameFilter = (origin: number, facet: Facet, name: string, path: string) => boolean;

/** Origin numbers of values that have none in `http/value`: scalars among the picks, and files. */
export const ORIGIN_SCALAR = 29;
export const ORIGIN_FILE = 30;

export interface ProgramRule {
  /** Position in `RuleProgram.rules`: highest severity first, then lowest name, so the lowest index is primary. */
  readonly index: number;
  readonly name: string;
  readonly title: string;
  readonly id: number | undefined;
  readonly severity: Severity;
  readonly level: number;
  readonly tags: readonly string[];
  readonly enforced: boolean;
  readonly phase: number;
  readonly tree: TruthTest;
  /** Leaves in order of writing, for the witness. */
  readonly leaves: Int32Array;
  /** True when the rule may hold although none of its selection leaves was touched: it is evaluated every time. */
  readonly eager: boolean;
  /** Bits of the route numbers it is limited to, by words of 31; null: everywhere. */
  readonly routes: readonly number[] | null;
  readonly relaxes: boolean;
  /** Exclusions that drop the whole rule. */
  readonly exclusions: readonly number[];
  readonly unknown: 'match' | 'skip' | 'block' | undefined;
  /** What it limits. A rule that limits is judged by the gates: it matches when its tree holds and one of these refuses. */
  readonly limits: readonly GateUse[];
  readonly actions: RuleActions;
  readonly message: readonly MessagePiece[];
  /** Worst-case cost at the reference request, in microseconds. */
  readonly costUs: number;
}

export interface RuleActions {
  readonly block: BlockOutcome | null;
  readonly redirect: { readonly status: number; readonly location: string | null } | null;
  readonly allow: boolean;
  readonly scores: readonly { readonly points: number; readonly category: string | undefined }[];
  /** Bytes a mask spares at the end of each span; -1 without `mask`. */
  readonly maskKeep: number;
  readonly tags: readonly string[];
  readonly bans: readonly BanAction[];
  readonly alert: boolean;
  /** What goes wrong on purpose; null for nothing. */
  readonly fault: Fault | null;
  /** As printed in reports. */
  readonly effects: readonly string[];
}

export interface BlockOutcome {
  readonly kind: 'block';
  readonly status: number;
  readonly retryAfterS: number | undefined;
}

export type PolicyOutcome = { readonly kind: 'pass' } | { readonly kind: 'log' } | BlockOutcome;

export type MessagePiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'scalar'; readonly read: ScalarReader; readonly redacted: string | undefined }
  | { readonly kind: 'match'; readonly part: MatchPart };

export interface ProgramExclusion {
  readonly routes: readonly number[] | null;
  readonly condition: TruthTest | null;
}

/** An exclusion of some values of a leaf. */
export interface LeafExclusion {
  readonly exclusion: number;
  readonly drops: NameFilter;
}

export interface Leaf {
  readonly id: number;
  /** `observed` leaves are settled by what arrives; `scalar` leaves are decided when a rule asks. */
  readonly kind: 'scalar' | 'observed';
  /** The phase in which it can be decided. */
  readonly phase: number;
  /** Needs the end of its phase, not only its beginning. */
  readonly atEnd: boolean;
  /** Decides before the end of the phase, or says OPEN: `count(S) > n` once it is exceeded. */
  readonly early: TruthTest | null;
  /** JSON paths that must have arrived (or their phase have ended) before a scalar leaf is decided. */
  readonly slots: readonly number[];
  readonly rules: readonly number[];
  /** Decides a scalar leaf; never called on an observed one. */
  readonly evaluate: TruthTest;
  readonly selection: SelectionTest | null;
  /** Text of the field for a scalar leaf's witness, e.g. `request.method`. */
  readonly field: string;
  readonly subject: ScalarReader | null;
  /** Exclusions that settle a scalar leaf, on the value that favours no match. */
  readonly scalarExclusions: readonly number[];
  /** The leaf stands under a `not`: an excluded value counts as satisfying. */
  readonly negative: boolean;
}

export interface SelectionTest {
  /** Where the body finds the value. */
  readonly binding: number;
  readonly test: ValueTest;
  readonly filter: NameFilter | null;
  /** JSON leaves are numbers and booleans to the test, not their text. */
  readonly typed: boolean;
  /** The result depends on the value alone: it may be cached by value. */
  readonly pure: boolean;
  readonly exclusions: readonly LeafExclusion[];
  /** Every satisfying value is wanted, not only the first: masks. */
  readonly spans: SpanFinder | null;
  readonly segments: SegmentTest;
}

/** Spans [start, end) inside a value that satisfy the test, for masks; flat pairs. */
export type SpanFinder = (evaluation: EvaluationContext, text: string) => readonly number[];

/**
 * How a selection leaf reads a value longer than the window (docs/language.md, Streaming, "Long values"). Atoms are the tests
 * inside its body; each keeps the best it has seen over the segments, and the body is decided over those.
 */
/** Atoms of a test beyond so many are tested on every segment: the others are bits of one number. */
export const SOUGHT_ATOMS_MAX = 31;

export interface SegmentTest {
  /** TRUE settles an atom; FALSE and UNKNOWN are what one segment alone says. */
  readonly atoms: readonly ValueTest[];
  /** Bit a: atom a is false in a segment in which the prefilter did not find it. */
  readonly soughtAtoms: number;
  /** The body over the states of its atoms, in `evaluation.atoms`. */
  readonly decide: TruthTest;
  /** The prefilter cannot tell which segments matter: every one is tested. */
  readonly every: boolean;
}

export interface AccumulatorSpec {
  readonly kind: 'count' | 'sum' | 'repeats' | 'one' | 'collect';
  readonly phase: number;
  readonly filter: NameFilter;
  /** Bits of origins and of facets it looks at. */
  readonly origins: number;
  readonly facets: number;
  readonly typed: boolean;
  /** Has no transformations: a long value counts like any other. */
  readonly plain: boolean;
  /** Transformations of the selection; calls `take` with each result. */
  readonly expand: (
    evaluation: EvaluationContext,
    value: MaybeValue,
    take: (value: MaybeValue) => void,
  ) => void;
  /** Leaves to look at again when the accumulator grows: `count(S) > n` is final when exceeded. */
  readonly watchers: readonly number[];
  /** Scalars among the picks, added when their phase begins. */
  readonly scalars: readonly {
    readonly read: ScalarReader;
    readonly field: string;
    readonly phase: number;
  }[];
  /** The part of a file it takes; null: the record itself. */
  readonly filePart: string | null;
}

/** A scalar with text that selection leaves look at, as a target class of its own. */
export interface ScalarTarget {
  readonly target: number;
  readonly field: string;
  readonly phase: number;
  readonly read: ScalarReader;
  /** Leaves listening, to tell whether the scan is worth it on a route. */
  readonly leaves: readonly number[];
}

/** Where values of one (origin, facet) go. */
export interface TargetSet {
  /** Class of values with a name no selection mentions, -1 when nobody listens. */
  readonly generic: number;
  readonly byName: ReadonlyMap<string, number> | null;
}

export interface TargetIndex {
  /** By kind of the request's body, as the raw text has tests that hang on it; then at origin * 3 + facet. */
  readonly setsOfKind: Readonly<Record<BodyKind, readonly TargetSet[]>>;
  /** Leaves of each class. Segments of long values of class n are scanned as class n + leavesOf.length. */
  readonly leavesOf: readonly Int32Array[];
  /** Leaves by origin, all facets: those a broken selection makes unknown. */
  readonly leavesOfOrigin: readonly Int32Array[];
  /** Leaves that must see every segment of a long value, by class. */
  readonly segmentedOf: readonly Int32Array[];
  /** Classes of the texts of files that somebody looks at. */
  readonly fileTexts: readonly { readonly part: 'name' | 'filename'; readonly target: number }[];
  /** Leaves on files: they test the record itself, or a part of it that is none of these texts. */
  readonly fileLeaves: readonly { readonly leaf: number; readonly part: string | null }[];
}

export interface Prefilter {
  scan(target: number, text: string, out: CandidateBuffer): void;
}

export interface JsonSlot {
  readonly direction: 'request' | 'response';
  readonly path: readonly (string | number)[];
  /** Leaves that read it. */
  readonly leaves: readonly number[];
}

export interface ShapeWatch {
  readonly direction: 'request' | 'response';
  readonly path: readonly (string | number)[];
  readonly shape: ShapeNode;
  readonly leaf: number;
}

export interface DigestSpec {
  readonly direction: 'request' | 'response';
  readonly algorithm: 'sha1' | 'sha256' | 'hmac_sha256';
  readonly key: string | undefined;
}

export interface ThresholdSpec {
  readonly name: string;
  readonly subject: string;
  readonly points: number;
  readonly routes: readonly number[] | null;
  readonly outcome: PolicyOutcome;
  /** Set for one that reports list like a rule; a piece of the title is a text or the points of a subject. */
  readonly label:
    | {
        readonly id: number;
        readonly title: readonly { readonly text: string; readonly subject: string | undefined }[];
      }
    | undefined;
}

export interface ProgramSettings {
  /** Nothing is refused, only recorded. */
  readonly monitorOnly: boolean;
  readonly defaultOutcome: PolicyOutcome;
  readonly onEngineError: PolicyOutcome;
  readonly onBanned: PolicyOutcome;
  readonly onUninspectableRequest: PolicyOutcome;
  readonly onUninspectableResponse: PolicyOutcome;
  readonly bodyHoldBytes: number;
  readonly bodyWindowBytes: number;
  readonly bodyBytesMax: number;
  readonly bodyOverMax: PolicyOutcome;
  readonly responseHoldBytes: number;
  readonly responseOver: 'scan' | PolicyOutcome;
  readonly thresholds: readonly ThresholdSpec[];
}

/** Which values are printed as a keyed hash. */
export interface RedactionPlan {
  covers(origin: number, name: string): boolean;
  /** Scalars that contain redacted values, e.g. `request.query` when an argument is redacted. */
  readonly fields: ReadonlySet<string>;
  readonly hashKey: Uint8Array;
}

/** What one leaf makes the engine read; bits. */
export const NEED = Object.freeze({
  ARGUMENTS: 1,
  TEXT: 2,
  FILES: 4,
  STRUCTURE: 8,
  NESTED: 16,
  SIZE: 32,
  DIGEST: 64,
  RESPONSE_TEXT: 128,
  RESPONSE_JSON: 256,
  RESPONSE_SIZE: 512,
  RESPONSE_DIGEST: 1024,
  RESPONSE_STRUCTURE: 2048,
  COOKIES: 4096,
  QUERY: 8192,
  MALFORMED: 16384,
  GRAPHQL: 262144,
  HEADERS: 32768,
  RESPONSE_HEADERS: 65536,
  CLAIMS: 131072,
  /** The lists of the client's certificate. */
  CERTIFICATE: 524288,
});

export interface RuleProgram {
  readonly version: string;
  readonly policy: string;
  readonly profile: string | undefined;
  readonly settings: ProgramSettings;
  readonly routes: RouteTable;
  /** The same routes in the form in which views of a path are written (`decodePath`). */
  readonly viewRoutes: RouteTable;
  /** The same for servers that ignore letter case and a final slash; views are compared in lower case. */
  readonly laxViewRoutes: RouteTable;
  readonly rules: readonly ProgramRule[];
  readonly gates: ProgramGates;
  readonly exclusions: readonly ProgramExclusion[];
  readonly leaves: readonly Leaf[];
  /** NEED bits of each leaf. */
  readonly leafNeeds: Int32Array;
  readonly entryLeaf: Int32Array;
  /** The atom that an entry for segments is about; -1: the whole test. */
  readonly entryAtom: Int32Array;
  readonly patterns: Prefilter;
  readonly targets: TargetIndex;
  readonly scalarTargets: readonly ScalarTarget[];
  readonly accumulators: readonly AccumulatorSpec[];
  readonly slots: readonly JsonSlot[];
  readonly shapes: readonly ShapeWatch[];
  readonly digests: readonly DigestSpec[];
  /** `body.size > n` and its kin: offsets at which a body's size decides something. */
  readonly sizeMarks: readonly number[];
  readonly responseSizeMarks: readonly number[];
  /** Leaves that read the size of a body, by direction. */
  readonly sizeLeaves: Int32Array;
  readonly responseSizeLeaves: Int32Array;
  readonly redaction: RedactionPlan;
  readonly bindings: number;
  readonly captures: number;
}
