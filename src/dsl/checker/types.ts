/**
 * Types of expressions while they are checked.
 *
 * A `Typed` is what an operand or a pipe turned out to be. Literals stay untyped until their context is known, because
 * "no implicit conversion but literal-from-context" (LANGUAGE, section 4) needs both sides.
 */
import type { TypeName } from '../../http/transform/transformation.ts';
import type { ArrayLiteral, Identifier, Literal, TypeRef } from '../ast-expression.ts';
import type { CheckedList } from '../checked.ts';
import type { Pick, Scalar, Selection } from '../checked-condition.ts';
import type { Span } from '../source.ts';

export type Typed =
  /** One value, perhaps absent. */
  | { readonly form: 'scalar'; readonly scalar: Scalar; readonly optional: boolean; readonly span: Span }
  /** Many values. `records`: they are files, which have parts but no value. `show` is the type as an author reads it. */
  | {
      readonly form: 'selection';
      readonly selection: Selection;
      readonly records: boolean;
      readonly show: string;
      /** A condition each value goes through last: a `fn` that is no plain chain of transformations. */
      readonly tail?: ElementTest;
      readonly span: Span;
    }
  /** One file of `files`, bound by a quantifier: it has parts but no value. */
  | { readonly form: 'record'; readonly binding: number; readonly span: Span }
  | { readonly form: 'literal'; readonly literal: Literal; readonly span: Span }
  | { readonly form: 'array'; readonly array: ArrayLiteral; readonly span: Span }
  | { readonly form: 'list'; readonly list: CheckedList; readonly span: Span }
  | { readonly form: 'route'; readonly name: string; readonly span: Span }
  /** Something wrong, already reported: whatever is done with it is silent. */
  | { readonly form: 'broken'; readonly span: Span };

/** A function applied to every value of a selection, `args` being those after the value. */
export interface ElementTest {
  readonly name: Identifier;
  readonly args: readonly Typed[];
}

export type ScalarTyped = Extract<Typed, { form: 'scalar' }>;
export type SelectionTyped = Extract<Typed, { form: 'selection' }>;

/** The types an author can write. `Json`, `Bytes` and `Route` have no literals but are types of parameters. */
export const NAMED_TYPES: readonly TypeName[] = [
  'Bool',
  'Int',
  'Float',
  'String',
  'Bytes',
  'Ip',
  'Cidr',
  'Duration',
  'Size',
  'Date',
  'Method',
  'MediaType',
  'Json',
  'Route',
];

/** Types with an order, for `<` and its kin. */
export const ORDERED_TYPES: ReadonlySet<TypeName> = new Set(['Int', 'Float', 'Size', 'Duration', 'Date']);

/** Types that `sum` adds up. */
export const SUMMABLE_TYPES: ReadonlySet<TypeName> = new Set(['Int', 'Float', 'Size', 'Duration']);

/** Texts that patterns and text searches look into. A `Json` that is no string makes such a test false. */
export function isSearchable(type: TypeName): boolean {
  return type === 'String' || type === 'Json';
}

/** The type a literal has where the context does not say. */
export function naturalType(literal: Literal): TypeName {
  switch (literal.kind) {
    case 'StringLiteral':
      return 'String';
    case 'IntLiteral':
      return 'Int';
    case 'FloatLiteral':
    case 'PercentLiteral':
      return 'Float';
    case 'SizeLiteral':
      return 'Size';
    case 'DurationLiteral':
      return 'Duration';
    case 'DateLiteral':
      return 'Date';
    case 'MethodLiteral':
      return 'Method';
    case 'BoolLiteral':
      return 'Bool';
  }
}

/** A type as authors write it: `String?`, `List<String>`. */
export function showType(typed: Typed): string {
  switch (typed.form) {
    case 'scalar':
      return typed.optional ? `${typed.scalar.type}?` : typed.scalar.type;
    case 'selection':
      return typed.show;
    case 'record':
      return 'a file';
    case 'literal':
      return naturalType(typed.literal);
    case 'array':
      return 'a list';
    case 'list':
      return `List<${typed.list.type}>`;
    case 'route':
      return 'Route';
    case 'broken':
      return 'unknown';
  }
}

/** `List<String>?` as it was written. */
export function showTypeRef(ref: TypeRef): string {
  const args = ref.args.length > 0 ? `<${ref.args.map(showTypeRef).join(', ')}>` : '';
  return `${ref.name}${args}${ref.optional ? '?' : ''}`;
}

/** Whether two sides of `==` can be equal. `Json` compares with anything, a secret with text. */
export function comparable(left: TypeName, right: TypeName): boolean {
  if (left === right || left === 'Json' || right === 'Json') return true;
  if (left === 'Secret' || right === 'Secret') return left === 'String' || right === 'String';
  return false;
}

/** A selection of one value that never repeats: what `|>?` and `find` make of a scalar. */
export function selectionOfScalar(scalar: Scalar): Selection {
  const pick: Pick = {
    field: undefined,
    scalar,
    key: undefined,
    except: [],
    jsonPath: [],
    span: scalar.span,
  };
  return { picks: [pick], steps: [], type: scalar.type, span: scalar.span };
}
