/**
 * The contract of a transformation: one file each, holding its types, documentation, examples and code.
 * Transformations are pure, total and linear in their input.
 */
import type { MaybeValue, Value } from '../value.ts';

export type TypeName =
  | 'Bool'
  | 'Int'
  | 'Float'
  | 'String'
  | 'Bytes'
  | 'Ip'
  | 'Cidr'
  | 'Duration'
  | 'Size'
  | 'Date'
  | 'Method'
  | 'MediaType'
  | 'Json'
  | 'Route'
  | 'Secret';

export type ParameterKind = 'Int' | 'String' | 'Pattern' | 'Secret' | 'Value';

export interface Parameter {
  readonly name: string;
  readonly kind: ParameterKind;
  readonly optional?: boolean;
  /** Inclusive bounds of an Int, checked at compile time. */
  readonly range?: readonly [number, number];
}

/** A search for a compiled pattern, supplied by the matcher; transformations do not know RE2. */
export interface PatternSearch {
  /** Spans [start, end) of all non-overlapping matches, at most `max`. */
  findAll(text: string, max: number): readonly (readonly [number, number])[];
}

export type BoundArgument = number | string | PatternSearch | Value;

interface TransformationBase {
  readonly name: string;
  /** One sentence for the reference, then anything a rule author must know. */
  readonly doc: string;
  readonly parameters: readonly Parameter[];
  /** [input, output] or [input, arguments…, output]; run as tests and printed in the reference. Latin1 strings. */
  readonly examples: readonly TransformationExample[];
}

export interface TransformationExample {
  readonly input: Value;
  readonly args?: readonly BoundArgument[];
  readonly output: Value | undefined;
}

/** String to String. */
export interface TextTransformation extends TransformationBase {
  readonly kind: 'text';
  /**
   * Bytes of which at least one must occur for the result to differ from the input; `null` when any text may change.
   * Must never leave out a byte (property test).
   */
  readonly triggers: string | null;
  /** Of the triggers, those that alone do nothing but at the end of the text: without others, before any other last byte. */
  readonly endTriggers?: string;
  /**
   * True when the result differs only by ASCII case and by bytes of `ERASED_BYTES` added, dropped or exchanged, so
   * that a case-folding scanner which skips those bytes sees the same text before and after.
   */
  readonly erases: boolean;
  /** Of an erasing one: erased bytes that the result may have though the text has none. Not given: any of them. */
  readonly brings?: string;
  /**
   * Of an erasing one: bytes that may come to stand directly behind others though white space (of the C locale) stood between
   * them. Not given: any byte.
   */
  readonly joins?: string;
  /** Of an erasing one: it only takes bytes of `ERASED_BYTES` away. */
  readonly drops?: boolean;
  /** Of an erasing one: it takes all its triggers away and does nothing else. */
  readonly dropsEach?: boolean;
  /** The result is the same whether or not the input has bytes of `ERASED_BYTES`. */
  readonly readsOver?: boolean;
  /** The result has at most so many bytes for each byte of the input, rounded down; not given: no bound is known. */
  readonly growth?: number;
  /**
   * Of a decoder, by trigger: the bytes, in any case, of which one must come first, second and so on behind it for it to be
   * decoded. Anywhere else the trigger stays or, if it is one of `ERASED_BYTES`, may go. None: it is exchanged for a space,
   * whatever follows.
   */
  readonly decodesBefore?: Readonly<Record<string, readonly string[]>>;
  /**
   * Of one without parameters: the function that takes the bytes of `dropped` from the text, writes the result into a buffer
   * as long as the text and returns how many bytes it has.
   */
  readonly bindInto?: (dropped: string) => (text: string, into: Uint8Array) => number;
  /** Returns the function; it gives back the *same* string object when nothing changes. */
  bind(args: readonly BoundArgument[]): (text: string) => string;
}

/** Any other type on either side. */
export interface MapTransformation extends TransformationBase {
  readonly kind: 'map';
  readonly from: readonly TypeName[];
  readonly to: TypeName;
  /** For `or_else`: the result has the type of the input, whatever that is, and `to` is not used. */
  readonly sameType?: boolean;
  /** What an absent input becomes; without it, absent passes through. Unknown always passes through. */
  absent?(args: readonly BoundArgument[]): Value;
  /** `optional`: may give an absent value. `many`: gives a list that is flattened into the selection. */
  readonly result: 'one' | 'optional' | 'many';
  /** Of a predicate on text: pieces of which a text must contain one for it to be true (property test). */
  readonly needs?: readonly string[];
  /** The same for it to be false. */
  readonly needsFalse?: readonly string[];
  /** Of a predicate on text, false of anything else: true of a value longer than the window if it is true of a segment of it. */
  readonly perSegment?: boolean;
  bind(args: readonly BoundArgument[]): (value: Value) => MaybeValue;
}

export type Transformation = TextTransformation | MapTransformation;

/**
 * White space, NUL, quotes, backslash, caret, comma, semicolon: bytes a case-folding scanner skips. \xc2 is the first
 * byte of a no-break space in UTF-8, which `remove_space` drops as well.
 */
export const ERASED_BYTES = '\t\n\v\f\r \xa0\xc2\0"\'\\^,;';
