/**
 * Makes nodes of Ward's syntax tree. The tree is printed, never pointed at, so all nodes share one empty span.
 */
import type {
  And,
  Argument,
  ArrayLiteral,
  Binder,
  Comparison,
  Expr,
  Identifier,
  IntLiteral,
  Literal,
  Name,
  Not,
  Operand,
  OperandSelector,
  Or,
  Pick,
  Pipe,
  Primary,
  RegexLiteral,
  Relation,
  SizeLiteral,
  Step,
  StringLiteral,
  TypeRef,
} from '../dsl/ast-expression.ts';
import { createSource } from '../dsl/source.ts';
import { quoteBytes } from '../dsl/string-literal.ts';

export const SPAN = { source: createSource('import', ''), start: 0, end: 0 };

export function identifier(name: string): Identifier {
  return { kind: 'Identifier', span: SPAN, name };
}

export function nameOf(text: string): Name {
  return { kind: 'Name', span: SPAN, text };
}

/** `bytes` is latin1. */
export function string(bytes: string): StringLiteral {
  return { kind: 'StringLiteral', span: SPAN, raw: quoteBytes(bytes), value: bytes };
}

export function int(value: number): IntLiteral {
  return { kind: 'IntLiteral', span: SPAN, raw: String(value), value };
}

export function size(bytes: number): SizeLiteral {
  return { kind: 'SizeLiteral', span: SPAN, raw: `${bytes}B`, value: bytes };
}

export function regex(pattern: string, flags: string): RegexLiteral {
  return { kind: 'RegexLiteral', span: SPAN, pattern, flags };
}

export function array(elements: readonly Literal[]): ArrayLiteral {
  return { kind: 'ArrayLiteral', span: SPAN, elements };
}

export function typeRef(name: string): TypeRef {
  return { kind: 'TypeRef', span: SPAN, name, args: [], optional: false };
}

/** A field or declared name, `request.headers`. */
export function operand(path: string, ...keys: (StringLiteral | RegexLiteral | IntLiteral)[]): Operand {
  const [root, ...members] = path.split('.');
  const selectors: OperandSelector[] = [
    ...members.map((name) => ({ kind: 'Member', span: SPAN, name: identifier(name) }) as const),
    ...keys.map((key) => ({ kind: 'Index', span: SPAN, key }) as const),
  ];
  return { kind: 'Operand', span: SPAN, root: identifier(root), args: undefined, selectors };
}

/** `count(x)`. */
export function call(name: string, args: readonly Argument[]): Operand {
  return { kind: 'Operand', span: SPAN, root: identifier(name), args, selectors: [] };
}

/** `keepsInput` for `|>?`. */
export function step(name: string, args?: readonly Argument[], keepsInput = false): Step {
  return { kind: 'Step', span: SPAN, keepsInput, name: identifier(name), args };
}

export function pipe(head: Primary, steps: readonly Step[] = []): Pipe {
  return { kind: 'Pipe', span: SPAN, head, steps };
}

export function test(value: Pipe, relation?: Relation): Expr {
  return { kind: 'Test', span: SPAN, pipe: value, relation };
}

export function pick(
  operandNode: Operand,
  except: readonly (StringLiteral | RegexLiteral)[] | undefined = undefined,
): Pick {
  return { kind: 'Pick', span: SPAN, operand: operandNode, except };
}

export function comparison(operator: Comparison['operator'], right: Pipe): Comparison {
  return { kind: 'Comparison', span: SPAN, operator, right };
}

export function quantified(
  quantifier: 'any' | 'none',
  picks: readonly Pick[],
  steps: readonly Step[],
  relation: Relation | undefined,
): Expr {
  return { kind: 'Quantified', span: SPAN, quantifier, source: selection(picks, steps), relation };
}

export function binder(variable: string, picks: readonly Pick[], steps: readonly Step[], body: Expr): Binder {
  const source = selection(picks, steps);
  return {
    kind: 'Binder',
    span: SPAN,
    quantifier: 'any',
    variable: identifier(variable),
    source,
    body,
  };
}

function selection(picks: readonly Pick[], steps: readonly Step[]): Binder['source'] {
  return { kind: 'Selection', span: SPAN, items: picks, grouped: picks.length > 1, steps };
}

/** Conjunction; `true` of no operands. Nested ones are joined, alternatives get their parentheses. */
export function and(operands: readonly Expr[]): Expr {
  const flat = operands.flatMap((operandOf) => (operandOf.kind === 'And' ? operandOf.operands : [operandOf]));
  if (flat.length === 0) return TRUE;
  if (flat.length === 1) return flat[0];
  const grouped = flat.map((expr) => (expr.kind === 'Or' ? paren(expr) : expr));
  return { kind: 'And', span: SPAN, operands: grouped } satisfies And;
}

export function or(operands: readonly Expr[]): Expr {
  const flat = operands.flatMap((operandOf) => (operandOf.kind === 'Or' ? operandOf.operands : [operandOf]));
  return flat.length === 1 ? flat[0] : ({ kind: 'Or', span: SPAN, operands: flat } satisfies Or);
}

export function not(operandNode: Expr): Not {
  const simple = operandNode.kind !== 'And' && operandNode.kind !== 'Or';
  return { kind: 'Not', span: SPAN, operand: simple ? operandNode : paren(operandNode) };
}

function paren(inner: Expr): Expr {
  return { kind: 'Paren', span: SPAN, inner };
}

export const TRUE: Expr = test(pipe({ kind: 'BoolLiteral', span: SPAN, value: true }));
