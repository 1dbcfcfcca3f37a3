/** Conditions: the boolean structure, quantifiers and binders; and pipes, which hold conditions in parentheses. */
import type { OriginName } from '../../http/value.ts';
import type { Argument, Binder, Expr, Pipe, Quantified, Relation, Test } from '../ast-expression.ts';
import type { Condition, Scalar } from '../checked-condition.ts';
import type { Span } from '../source.ts';
import { spanText } from '../source.ts';
import { checkFreeName } from './captures.ts';
import type { CheckedExpression, Context, Use } from './context.ts';
import { checkOperand } from './operands.ts';
import { brokenCondition, checkRelation } from './relations.ts';
import type { Scope } from './scope.ts';
import { bind } from './scope.ts';
import { checkSelection } from './selections.ts';
import { applySteps, plainPipe } from './steps.ts';
import type { SelectionTyped, Typed } from './types.ts';
import { showType } from './types.ts';

/** A condition, and the scope with its captures for the conjuncts to its right. */
export function checkCondition(context: Context, expression: Expr, scope: Scope): CheckedExpression {
  const { span } = expression;
  switch (expression.kind) {
    case 'Or': {
      const items = expression.operands.map((operand) => checkCondition(context, operand, scope).condition);
      return { condition: { kind: 'or', items, span }, scope };
    }
    case 'And': {
      const items: Condition[] = [];
      let inner = scope;
      for (const operand of expression.operands) {
        const checked = checkCondition(context, operand, inner);
        items.push(checked.condition);
        inner = checked.scope;
      }
      return { condition: { kind: 'and', items, span }, scope: inner };
    }
    case 'Not': {
      const item = checkCondition(context, expression.operand, scope).condition;
      return { condition: { kind: 'not', item, span }, scope };
    }
    case 'Paren':
      return checkCondition(context, expression.inner, scope);
    case 'Test':
      return checkTest(context, expression, scope);
    case 'Quantified':
      return { condition: checkQuantified(context, expression, scope), scope };
    case 'Binder':
      return { condition: checkBinder(context, expression, scope), scope };
  }
}

function checkTest(context: Context, node: Test, scope: Scope): CheckedExpression {
  const left = checkPipe(context, node.pipe, scope, 'value');
  if (left.form === 'selection') {
    if (isWholeText(left)) return { condition: checkWholeText(context, node, left, scope), scope };
    reportBareSelection(context, node, left);
    checkElement(context, { value: { form: 'broken', span: left.span } }, node.relation, node.span, scope);
    return { condition: brokenCondition(node.span), scope };
  }
  if (node.relation === undefined) return { condition: truthOf(context, left, node.span), scope };
  return checkRelation(context, left, node.relation, { span: node.span, scope, quantified: false });
}

/** Fields that hold one text, which arrives in segments if it is long. */
const TEXT_ORIGINS: ReadonlySet<OriginName> = new Set(['text', 'response_text', 'ws_text']);

/** Whether a selection is one text (`body.text`), which needs no quantifier. `|>?` and `find` make many of it. */
function isWholeText(typed: SelectionTyped): boolean {
  const { picks, steps } = typed.selection;
  const [pick, more] = picks;
  if (more !== undefined || pick.field === undefined) return false;
  const { origins } = pick.field;
  if (origins.length !== 1 || !TEXT_ORIGINS.has(origins[0])) return false;
  return steps.every((step) => !step.keepOriginal && step.name !== 'find');
}

/** A test of one text is an `any` over it; a negated test is the negation of the whole, not of a segment. */
function checkWholeText(context: Context, node: Test, left: SelectionTyped, scope: Scope): Condition {
  const one = oneValueOf(context, left, node.pipe.span);
  const body = checkElement(context, one, node.relation, node.span, scope);
  const negated = body.kind === 'not';
  const { source, binding } = one;
  const { span } = node;
  const item: Condition = {
    kind: 'quantified',
    quantifier: 'any',
    source: source.selection,
    binding,
    body: negated ? body.item : body,
    span,
  };
  return negated ? { kind: 'not', item, span } : item;
}

function reportBareSelection(context: Context, node: Test, left: SelectionTyped): void {
  const start = node.pipe.span.start;
  const what = left.selection.picks.some((pick) => pick.key !== undefined)
    ? 'an element that may repeat needs a quantifier'
    : 'a list needs a quantifier';
  const head = node.pipe.head.span;
  context.report('E202', left.selection.picks.length > 0 ? head : left.span, what, {
    note: headType(context, node.pipe, left),
    help: `write \`any ${spanText(node.span)}\``,
    fix: [{ span: { ...node.span, start, end: start }, text: 'any ' }],
  });
}

/** The type before any transformation, which is what stands under the carets. */
function headType(context: Context, pipe: Pipe, left: SelectionTyped): string {
  if (pipe.steps.length === 0 || pipe.head.kind !== 'Operand') return left.show;
  const { head } = pipe;
  return context.muted(() => {
    const field = left.selection.picks[0].field;
    return field === undefined
      ? 'List'
      : `${head.selectors.length > 0 && field.form === 'map' && left.selection.picks[0].key === undefined ? 'Map' : 'List'}<${field.type}>`;
  });
}

/** A value as a condition: Bools only. */
function truthOf(context: Context, value: Typed, span: Span): Condition {
  if (value.form === 'broken') return brokenCondition(span);
  if (value.form === 'literal' && value.literal.kind === 'BoolLiteral') {
    return { kind: 'constant', value: value.literal.value, span };
  }
  if (value.form === 'scalar' && value.scalar.type === 'Bool') {
    if (value.scalar.kind === 'condition') return value.scalar.condition;
    return { kind: 'test', left: value.scalar, relation: { kind: 'truth' }, span };
  }
  if (value.form === 'scalar' && value.scalar.type === 'Json') {
    const right: Scalar = { kind: 'literal', type: 'Bool', value: true, span };
    return { kind: 'test', left: value.scalar, relation: { kind: 'compare', operator: '==', right }, span };
  }
  context.report('E201', value.span, 'this is a value, not a condition', {
    note: `${showType(value)}, expected Bool`,
    help: 'compare it with something, as in `… == "x"`',
  });
  return brokenCondition(span);
}

// -- quantifiers

interface OneValue {
  readonly source: SelectionTyped;
  readonly binding: number;
  /** The value a quantifier is at. */
  readonly value: Typed;
}

function oneValueOf(context: Context, source: SelectionTyped, at: Span): OneValue {
  const binding = context.nextBinding();
  if (source.records) return { source, binding, value: { form: 'record', binding, span: at } };
  const scalar: Scalar = { kind: 'bound', binding, type: source.selection.type, span: at };
  const bound: Typed = { form: 'scalar', scalar, optional: false, span: at };
  if (source.tail === undefined) return { source, binding, value: bound };
  const { name, args } = source.tail;
  return { source, binding, value: context.expressions.call(name, [bound, ...args], at) };
}

function checkElement(
  context: Context,
  one: Pick<OneValue, 'value'>,
  relation: Relation | undefined,
  span: Span,
  scope: Scope,
): Condition {
  if (relation === undefined) return truthOf(context, one.value, span);
  return checkRelation(context, one.value, relation, { span, scope, quantified: true }).condition;
}

function checkQuantified(context: Context, node: Quantified, scope: Scope): Condition {
  const { span } = node;
  const source = checkSelection(context, node.source, scope);
  if (source === undefined) {
    checkElement(context, { value: { form: 'broken', span } }, node.relation, span, scope);
    return brokenCondition(span);
  }
  const one = oneValueOf(context, source, node.source.span);
  return quantified(node, one, checkElement(context, one, node.relation, span, scope));
}

function checkBinder(context: Context, node: Binder, scope: Scope): Condition {
  checkFreeName(context, node.variable, scope);
  const source = checkSelection(context, node.source, scope);
  const one = source === undefined ? undefined : oneValueOf(context, source, node.variable.span);
  const value: Typed = one?.value ?? { form: 'broken', span: node.variable.span };
  const inner = bind(scope, node.variable.name, { kind: 'value', value, span: node.variable.span });
  const body = checkCondition(context, node.body, inner).condition;
  return one === undefined ? brokenCondition(node.span) : quantified(node, one, body);
}

function quantified(node: Quantified | Binder, one: OneValue, body: Condition): Condition {
  const { quantifier, span } = node;
  return {
    kind: 'quantified',
    quantifier,
    source: one.source.selection,
    binding: one.binding,
    body,
    span,
  };
}

// -- pipes

/** A value and its transformations. A condition in parentheses is a Bool. */
export function checkPipe(context: Context, pipe: Pipe, scope: Scope, use: Use): Typed {
  return applySteps(context, checkHead(context, pipe, scope, use), pipe.steps, scope);
}

function checkHead(context: Context, pipe: Pipe, scope: Scope, use: Use): Typed {
  const { head } = pipe;
  switch (head.kind) {
    case 'Operand':
      return checkOperand(context, head, scope, use);
    case 'ArrayLiteral':
      return { form: 'array', array: head, span: head.span };
    case 'Paren': {
      const inner = plainPipe(head);
      return inner === undefined
        ? conditionValue(context, head, scope)
        : checkPipe(context, inner, scope, use);
    }
    case 'StringLiteral':
    case 'IntLiteral':
    case 'FloatLiteral':
    case 'PercentLiteral':
    case 'SizeLiteral':
    case 'DurationLiteral':
    case 'DateLiteral':
    case 'MethodLiteral':
    case 'BoolLiteral':
      return { form: 'literal', literal: head, span: head.span };
  }
}

/** A condition as a Bool value. */
export function conditionValue(context: Context, expression: Expr, scope: Scope): Typed {
  const { span } = expression;
  const { condition } = checkCondition(context, expression, scope);
  const scalar: Scalar = { kind: 'condition', condition, type: 'Bool', span };
  return { form: 'scalar', scalar, optional: false, span };
}

/** Arguments of a call. */
export function checkArguments(
  context: Context,
  args: readonly Argument[],
  scope: Scope,
  use: Use,
): readonly Typed[] {
  return args.map((argument) =>
    argument.kind === 'Pipe'
      ? checkPipe(context, argument, scope, use)
      : context.broken('E207', argument.span, 'a pattern is no argument of a function', {
          help: 'declare the pattern and test with `matches` inside the function',
        }),
  );
}
