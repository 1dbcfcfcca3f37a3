/**
 * Syntax tree of expressions and literals: what stands after `when`, in keys, targets, lists and JSON examples.
 *
 * One small node per construct of the grammar; `kind` equals the name of the interface and is unique in the whole
 * tree. Nodes hold what the author wrote (parentheses, literal text), because the formatter prints from the tree.
 */
import type { Span } from './source.ts';

/** What every node has. `span` covers the construct from its first to its last token. */
export interface Node {
  readonly kind: string;
  readonly span: Span;
}

/** What every item has: the doc comments right before it, slashes removed, joined by line feeds. */
export interface ItemNode extends Node {
  readonly doc: string | undefined;
}

/** A dotted name, `sqli.union_select`. */
export interface Name extends Node {
  readonly kind: 'Name';
  readonly text: string;
}

/** A name with a place: a declaration, a reference, a bound variable, a keyword the checker must resolve. */
export interface Identifier extends Node {
  readonly kind: 'Identifier';
  readonly name: string;
}

// -- literals

/** `value` is a latin1 string of bytes (http/value.ts): non-ASCII text as UTF-8, `\xNN` as one byte. `raw` has its quotes. */
export interface StringLiteral extends Node {
  readonly kind: 'StringLiteral';
  readonly raw: string;
  readonly value: string;
}

export interface IntLiteral extends Node {
  readonly kind: 'IntLiteral';
  readonly raw: string;
  readonly value: number;
}

export interface FloatLiteral extends Node {
  readonly kind: 'FloatLiteral';
  readonly raw: string;
  readonly value: number;
}

/** `value` counts percent: `5%` is 5. */
export interface PercentLiteral extends Node {
  readonly kind: 'PercentLiteral';
  readonly raw: string;
  readonly value: number;
}

/** `value` in bytes. */
export interface SizeLiteral extends Node {
  readonly kind: 'SizeLiteral';
  readonly raw: string;
  readonly value: number;
}

/** `value` in microseconds. */
export interface DurationLiteral extends Node {
  readonly kind: 'DurationLiteral';
  readonly raw: string;
  readonly value: number;
}

/** `value` is midnight UTC of the day, in milliseconds since 1970. */
export interface DateLiteral extends Node {
  readonly kind: 'DateLiteral';
  readonly raw: string;
  readonly value: number;
}

export interface MethodLiteral extends Node {
  readonly kind: 'MethodLiteral';
  readonly name: string;
}

export interface BoolLiteral extends Node {
  readonly kind: 'BoolLiteral';
  readonly value: boolean;
}

/** `pattern` is the text between the slashes as written (`\/` is a slash to RE2 too), so offsets in it map to the source. */
export interface RegexLiteral extends Node {
  readonly kind: 'RegexLiteral';
  readonly pattern: string;
  readonly flags: string;
}

export type Literal =
  | StringLiteral
  | IntLiteral
  | FloatLiteral
  | PercentLiteral
  | SizeLiteral
  | DurationLiteral
  | DateLiteral
  | MethodLiteral
  | BoolLiteral;

export interface ArrayLiteral extends Node {
  readonly kind: 'ArrayLiteral';
  readonly elements: readonly Literal[];
}

// -- conditions

export type Expr = Or | And | Not | Paren | Test | Quantified | Binder;

/** Two or more operands; `a or b or c` is one node. */
export interface Or extends Node {
  readonly kind: 'Or';
  readonly operands: readonly Expr[];
}

/** Two or more operands, in order: a capture is seen by the operands to the right. */
export interface And extends Node {
  readonly kind: 'And';
  readonly operands: readonly Expr[];
}

export interface Not extends Node {
  readonly kind: 'Not';
  readonly operand: Expr;
}

export interface Paren extends Node {
  readonly kind: 'Paren';
  readonly inner: Expr;
}

/** A value, alone (a Bool) or in a relation. A bare parenthesis is a `Paren`, never a `Test` of one. */
export interface Test extends Node {
  readonly kind: 'Test';
  readonly pipe: Pipe;
  readonly relation: Relation | undefined;
}

export type Quantifier = 'any' | 'all' | 'none';

/** `any S relation`: one test over every value of a selection. */
export interface Quantified extends Node {
  readonly kind: 'Quantified';
  readonly quantifier: Quantifier;
  readonly source: Selection;
  readonly relation: Relation | undefined;
}

/** `any v of S { … }`: a condition about one and the same value. */
export interface Binder extends Node {
  readonly kind: 'Binder';
  readonly quantifier: Quantifier;
  readonly variable: Identifier;
  readonly source: Selection;
  readonly body: Expr;
}

/** What a quantifier ranges over: picks, in parentheses if `grouped`, then transformations lifted over them. */
export interface Selection extends Node {
  readonly kind: 'Selection';
  readonly items: readonly Pick[];
  readonly grouped: boolean;
  readonly steps: readonly Step[];
}

/** `operand` or `operand except [keys]`. */
export interface Pick extends Node {
  readonly kind: 'Pick';
  readonly operand: Operand;
  readonly except: readonly (StringLiteral | RegexLiteral)[] | undefined;
}

// -- relations

export type Relation = Comparison | Membership | Matches | TextSearch | IsShape;

export interface Comparison extends Node {
  readonly kind: 'Comparison';
  readonly operator: '==' | '!=' | '<' | '<=' | '>' | '>=';
  readonly right: Pipe;
}

/** `[not] in set`. */
export interface Membership extends Node {
  readonly kind: 'Membership';
  readonly negated: boolean;
  readonly set: ArrayLiteral | Operand | IntRange;
}

/** `[not] matches pattern [as capture]`. */
export interface Matches extends Node {
  readonly kind: 'Matches';
  readonly negated: boolean;
  readonly pattern: RegexLiteral | Identifier;
  readonly capture: Identifier | undefined;
}

/** `[not] contains|starts_with|ends_with [any] value`; `any` says that the right side is a list. */
export interface TextSearch extends Node {
  readonly kind: 'TextSearch';
  readonly negated: boolean;
  readonly operator: 'contains' | 'starts_with' | 'ends_with';
  readonly any: boolean;
  readonly right: Pipe;
}

/** `[not] is Shape`. */
export interface IsShape extends Node {
  readonly kind: 'IsShape';
  readonly negated: boolean;
  readonly shape: Identifier;
}

/** `first..last`, both included. */
export interface IntRange extends Node {
  readonly kind: 'IntRange';
  readonly first: IntLiteral;
  readonly last: IntLiteral;
}

// -- values

/** A value and the transformations it goes through. */
export interface Pipe extends Node {
  readonly kind: 'Pipe';
  readonly head: Primary;
  readonly steps: readonly Step[];
}

export type Primary = Literal | ArrayLiteral | Paren | Operand;

/** `|> name(args)`, or `|>? name(args)`, which keeps its input beside its result. `args` is undefined without parentheses. */
export interface Step extends Node {
  readonly kind: 'Step';
  readonly keepsInput: boolean;
  readonly name: Identifier;
  readonly args: readonly Argument[] | undefined;
}

export type Argument = Pipe | RegexLiteral;

/** A field, a declared name, a bound name or a function call, with selectors. */
export interface Operand extends Node {
  readonly kind: 'Operand';
  readonly root: Identifier;
  readonly args: readonly Argument[] | undefined;
  readonly selectors: readonly OperandSelector[];
}

export type OperandSelector = Member | Index;

/** `.name`; the span begins at the dot. */
export interface Member extends Node {
  readonly kind: 'Member';
  readonly name: Identifier;
}

/** `[key]`; the span covers the brackets. */
export interface Index extends Node {
  readonly kind: 'Index';
  readonly key: StringLiteral | IntLiteral | RegexLiteral | Wildcard;
}

/** The `*` of `[*]`. */
export interface Wildcard extends Node {
  readonly kind: 'Wildcard';
}

/** `List<String>?`. */
export interface TypeRef extends Node {
  readonly kind: 'TypeRef';
  readonly name: string;
  readonly args: readonly TypeRef[];
  readonly optional: boolean;
}

// -- JSON of examples (RFC 8259)

export type Json = JsonObject | JsonArray | JsonNumber | JsonNull | StringLiteral | BoolLiteral;

export interface JsonObject extends Node {
  readonly kind: 'JsonObject';
  readonly members: readonly JsonMember[];
}

export interface JsonMember extends Node {
  readonly kind: 'JsonMember';
  readonly key: StringLiteral;
  readonly value: Json;
}

export interface JsonArray extends Node {
  readonly kind: 'JsonArray';
  readonly elements: readonly Json[];
}

export interface JsonNumber extends Node {
  readonly kind: 'JsonNumber';
  readonly raw: string;
}

export interface JsonNull extends Node {
  readonly kind: 'JsonNull';
}
