/** Relations between a value and something: comparison, membership, text search, patterns, shapes. */
import type { TypeName } from '../../http/transform/transformation.ts';
import type { Value } from '../../http/value.ts';
import type { Cidr } from '../../http/address.ts';
import type {
  ArrayLiteral,
  Comparison,
  IsShape,
  Matches,
  Membership,
  Pipe,
  Relation as RelationNode,
  TextSearch,
} from '../ast-expression.ts';
import type { Condition, Relation, Scalar, ValueSet, Words } from '../checked-condition.ts';
import type { Span } from '../source.ts';
import { spanText } from '../source.ts';
import type { CheckedExpression, Context } from './context.ts';
import { bindCapture } from './captures.ts';
import { literalAs, literalScalar } from './literals.ts';
import { checkOperand } from './operands.ts';
import { checkPatternUse } from './patterns.ts';
import type { Scope } from './scope.ts';
import { settle } from './steps.ts';
import type { ScalarTyped, Typed } from './types.ts';
import { ORDERED_TYPES, comparable, isSearchable, naturalType, showType } from './types.ts';

/** Stands for a condition that is broken, so that checking goes on. */
export function brokenCondition(span: Span): Condition {
  return { kind: 'constant', value: true, span };
}

/** Where a relation stands, as far as it decides what is allowed in it. */
export interface RelationPlace {
  readonly span: Span;
  readonly scope: Scope;
  /** `any S relation` has no conjuncts to its right that could see the same value, so captures make no sense. */
  readonly quantified: boolean;
}

/** A relation of a value to the right side. The returned scope has its capture. */
export function checkRelation(
  context: Context,
  left: Typed,
  relation: RelationNode,
  place: RelationPlace,
): CheckedExpression {
  const outcome = relate(context, left, relation, place);
  if (outcome === undefined) return { condition: brokenCondition(place.span), scope: place.scope };
  return outcome;
}

function relate(
  context: Context,
  left: Typed,
  relation: RelationNode,
  place: RelationPlace,
): CheckedExpression | undefined {
  switch (relation.kind) {
    case 'Comparison':
      return plain(place, compare(context, left, relation, place));
    case 'Membership':
      return plain(place, membership(context, left, relation, place));
    case 'TextSearch':
      return plain(place, textSearch(context, left, relation, place));
    case 'IsShape':
      return plain(place, isShape(context, left, relation, place));
    case 'Matches':
      return matches(context, left, relation, place);
  }
}

function plain(place: RelationPlace, condition: Condition | undefined): CheckedExpression | undefined {
  return condition === undefined ? undefined : { condition, scope: place.scope };
}

function test(left: Scalar, relation: Relation, span: Span, negated: boolean): Condition {
  const item: Condition = { kind: 'test', left, relation, span };
  return negated ? { kind: 'not', item, span } : item;
}

/** The left side as one value, or undefined after a diagnostic. */
function scalarLeft(context: Context, left: Typed): ScalarTyped | undefined {
  const settled = settle(context, left);
  if (settled.form === 'scalar') return settled;
  if (settled.form === 'record') {
    context.report('E201', settled.span, 'a file is no value; look at a part of it', {
      help: 'it has `.name` `.filename` `.type` `.size` `.magic`',
    });
  } else if (settled.form !== 'broken') {
    context.report('E201', settled.span, `${showType(settled)} cannot stand on the left of a relation`);
  }
  return undefined;
}

// -- comparison

const MIRRORED = { '==': '==', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;

function compare(
  context: Context,
  left: Typed,
  relation: Comparison,
  place: RelationPlace,
): Condition | undefined {
  const right = context.expressions.pipe(relation.right, place.scope, 'value');
  if (right.form === 'broken' || left.form === 'broken') return undefined;
  if (left.form === 'literal' && right.form === 'scalar') {
    return compareSides(context, right, left, MIRRORED[relation.operator], place);
  }
  return compareSides(context, left, right, relation.operator, place);
}

function compareSides(
  context: Context,
  left: Typed,
  right: Typed,
  operator: Comparison['operator'],
  place: RelationPlace,
): Condition | undefined {
  const scalar = scalarLeft(context, left);
  if (scalar === undefined) return undefined;
  const { type } = scalar.scalar;
  const ordered = operator !== '==' && operator !== '!=';
  if (ordered && !ORDERED_TYPES.has(type) && type !== 'Json') {
    context.report('E201', scalar.span, `values of type ${type} have no order`, { note: showType(scalar) });
    return undefined;
  }
  const other = rightScalar(context, right, scalar);
  if (other === undefined) return undefined;
  if (ordered && type === 'Json' && !ORDERED_TYPES.has(other.type) && other.type !== 'Json') {
    context.report('E201', other.span, `values of type ${other.type} have no order`, { note: other.type });
    return undefined;
  }
  const negated = operator === '!=';
  return test(
    scalar.scalar,
    { kind: 'compare', operator: operator === '!=' ? '==' : operator, right: other },
    place.span,
    negated,
  );
}

/** The right side as one value comparable with the left, or undefined after a diagnostic. */
function rightScalar(context: Context, right: Typed, left: ScalarTyped): Scalar | undefined {
  const { type } = left.scalar;
  switch (right.form) {
    case 'literal':
      return literalScalar(context, right.literal, type === 'Json' ? naturalType(right.literal) : type);
    case 'route':
      if (type !== 'Route') break;
      return { kind: 'literal', type: 'Route', value: right.name, span: right.span };
    case 'scalar':
      if (!comparable(type, right.scalar.type)) break;
      return right.scalar;
    case 'selection':
      context.report('E202', right.span, 'the right side of a comparison is one value', {
        note: right.show,
        help: `write \`in ${spanText(right.span)}\`, or \`one(${spanText(right.span)})\` if it must not repeat`,
      });
      return undefined;
    case 'array':
    case 'list':
      context.report('E201', right.span, 'a value is compared with one value', {
        note: showType(right),
        help: `write \`in ${spanText(right.span)}\``,
      });
      return undefined;
    case 'record':
      context.report('E201', right.span, 'a file is no value; look at a part of it');
      return undefined;
    case 'broken':
      return undefined;
  }
  context.report('E201', right.span, `${showType(left)} and ${showType(right)} are never equal`, {
    note: showType(right),
    labels: [{ span: left.span, message: showType(left) }],
  });
  return undefined;
}

// -- membership

function membership(
  context: Context,
  left: Typed,
  relation: Membership,
  place: RelationPlace,
): Condition | undefined {
  const scalar = scalarLeft(context, left);
  if (scalar === undefined) {
    if (relation.set.kind === 'Operand') checkOperand(context, relation.set, place.scope, 'selection');
    return undefined;
  }
  const set = valueSet(context, scalar, relation.set, place.scope);
  if (set === undefined) return undefined;
  return test(scalar.scalar, { kind: 'in', set }, place.span, relation.negated);
}

function valueSet(
  context: Context,
  left: ScalarTyped,
  node: Membership['set'],
  scope: Scope,
): ValueSet | undefined {
  const { type } = left.scalar;
  if (node.kind === 'ArrayLiteral') return literalSet(context, node, type);
  if (node.kind === 'IntRange') {
    if (type !== 'Int' && type !== 'Json') {
      context.report('E201', node.span, 'a range holds whole numbers', {
        labels: [{ span: left.span, message: showType(left) }],
      });
      return undefined;
    }
    if (node.first.value > node.last.value) {
      context.report('E302', node.span, 'no number lies in this interval');
      return undefined;
    }
    return { kind: 'range', low: node.first.value, high: node.last.value };
  }
  const right = checkOperand(context, node, scope, 'selection');
  switch (right.form) {
    case 'list': {
      const { list } = right;
      if (list.type === type || type === 'Json' || (type === 'Ip' && list.type === 'Cidr')) {
        return { kind: 'list', name: list.name };
      }
      break;
    }
    case 'selection':
      if (!right.records && right.tail === undefined && comparable(type, right.selection.type)) {
        return { kind: 'selection', source: right.selection };
      }
      break;
    case 'route':
      if (type === 'Route') return { kind: 'routes', names: [right.name] };
      break;
    case 'broken':
      return undefined;
    case 'scalar':
    case 'literal':
    case 'array':
    case 'record':
      context.report('E201', right.span, '`in` takes a list, an interval or a selection', {
        note: showType(right),
        help: `write \`== ${spanText(right.span)}\``,
      });
      return undefined;
  }
  context.report('E201', right.span, `${showType(left)} is never in ${showType(right)}`, {
    note: showType(right),
    labels: [{ span: left.span, message: showType(left) }],
  });
  return undefined;
}

function literalSet(context: Context, node: ArrayLiteral, type: TypeName): ValueSet | undefined {
  if (node.elements.length === 0) {
    context.report('E302', node.span, 'nothing is in an empty list');
    return undefined;
  }
  const entry = type === 'Ip' ? 'Cidr' : type;
  const values: (Value | Cidr)[] = [];
  const seen = new Map<string, Span>();
  let broken = false;
  for (const element of node.elements) {
    const value = literalAs(context, element, type === 'Json' ? naturalType(element) : entry);
    if (value === undefined) {
      broken = true;
      continue;
    }
    const key = typeof value === 'object' ? value.text : `${typeof value} ${String(value)}`;
    const first = seen.get(key);
    if (first !== undefined) {
      context.report('E301', element.span, `${spanText(element.span)} stands twice in the list`, {
        labels: [{ span: first, message: 'first here' }],
      });
    } else seen.set(key, element.span);
    values.push(value);
  }
  return broken ? undefined : { kind: 'literals', values, type: entry };
}

// -- text

/** The left side as text, or undefined after a diagnostic. */
function textLeft(context: Context, left: Typed, what: string): ScalarTyped | undefined {
  const scalar = scalarLeft(context, left);
  if (scalar === undefined || isSearchable(scalar.scalar.type)) return scalar;
  context.report('E201', scalar.span, `\`${what}\` looks into text`, {
    note: `${showType(scalar)}, expected String`,
    help: 'make it a text first: `|> text`',
  });
  return undefined;
}

function textSearch(
  context: Context,
  left: Typed,
  relation: TextSearch,
  place: RelationPlace,
): Condition | undefined {
  const scalar = textLeft(context, left, relation.operator);
  const words = searchWords(context, relation, place.scope);
  if (scalar === undefined || words === undefined) return undefined;
  return test(scalar.scalar, { kind: relation.operator, words }, place.span, relation.negated);
}

function searchWords(context: Context, relation: TextSearch, scope: Scope): Words | undefined {
  const right = context.expressions.pipe(relation.right, scope, 'value');
  if (right.form === 'broken') return undefined;
  const many = right.form === 'list' || right.form === 'array';
  if (many !== relation.any) return anyMismatch(context, relation.right, right, relation.any);
  switch (right.form) {
    case 'list':
      if (right.list.type === 'String') return { kind: 'list', name: right.list.name };
      break;
    case 'array': {
      const set = literalSet(context, right.array, 'String');
      if (set?.kind !== 'literals') return undefined;
      return { kind: 'literals', words: set.values.filter((value) => typeof value === 'string') };
    }
    case 'literal': {
      const word = literalAs(context, right.literal, 'String');
      return typeof word === 'string' ? { kind: 'literals', words: [word] } : undefined;
    }
    case 'scalar':
      if (!isSearchable(right.scalar.type)) break;
      return right.scalar.kind === 'literal' && typeof right.scalar.value === 'string'
        ? { kind: 'literals', words: [right.scalar.value] }
        : { kind: 'scalar', scalar: right.scalar };
    case 'selection':
    case 'record':
    case 'route':
      break;
  }
  context.report('E201', right.span, `\`${relation.operator}\` looks for a text`, {
    note: `${showType(right)}, expected String`,
  });
  return undefined;
}

function anyMismatch(context: Context, node: Pipe, right: Typed, any: boolean): undefined {
  const at: Span = { ...node.span, end: node.span.start };
  if (any) {
    context.report('E201', right.span, '`any` takes a list of texts', { note: showType(right) });
  } else {
    context.report('E201', right.span, 'a text is looked for, not a list', {
      note: showType(right),
      help: `write \`any ${spanText(node.span)}\``,
      fix: [{ span: at, text: 'any ' }],
    });
  }
  return undefined;
}

function matches(
  context: Context,
  left: Typed,
  relation: Matches,
  place: RelationPlace,
): CheckedExpression | undefined {
  const scalar = textLeft(context, left, 'matches');
  const pattern = checkPatternUse(context, relation.pattern);
  const capture =
    relation.capture === undefined
      ? undefined
      : bindCapture(context, relation.capture, pattern?.analysis, {
          scope: place.scope,
          quantified: place.quantified,
          negated: relation.negated,
        });
  const scope = capture?.scope ?? place.scope;
  if (scalar === undefined || pattern === undefined) {
    return { condition: brokenCondition(place.span), scope };
  }
  const checked: Relation = { kind: 'matches', pattern: pattern.use, capture: capture?.id };
  return { condition: test(scalar.scalar, checked, place.span, relation.negated), scope };
}

function isShape(
  context: Context,
  left: Typed,
  relation: IsShape,
  place: RelationPlace,
): Condition | undefined {
  const scalar = scalarLeft(context, left);
  const shape = context.declared.shape(relation.shape);
  if (scalar === undefined || shape === undefined) return undefined;
  if (scalar.scalar.type !== 'Json') {
    context.report('E201', scalar.span, 'only JSON has a shape', {
      note: `${showType(scalar)}, expected Json`,
      help: 'write `body.json is …`',
    });
    return undefined;
  }
  return test(scalar.scalar, { kind: 'is', shape }, place.span, relation.negated);
}
