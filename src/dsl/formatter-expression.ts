/**
 * Layout of expressions, literals and JSON.
 *
 * `flat…` prints a construct on one line. `layout…` prints it from a column on: the first line without indentation,
 * further lines with all of theirs. A construct stays on one line if it fits, else it breaks at its outermost joint:
 * `or`, `and`, before the relation, before a step, between elements.
 */
import { FORMATTED_CONDITION_COLUMNS_MAX, FORMATTED_LINE_COLUMNS_MAX } from '../core/limits.ts';
import { unreachable } from '../core/assert.ts';
import type {
  Argument,
  ArrayLiteral,
  Binder,
  Expr,
  Json,
  Literal,
  Operand,
  Pick,
  Pipe,
  Primary,
  Quantified,
  RegexLiteral,
  Relation,
  Selection,
  Step,
  Test,
  TypeRef,
} from './ast-expression.ts';

const LINE = FORMATTED_LINE_COLUMNS_MAX;

export function indentation(columns: number): string {
  return ' '.repeat(columns);
}

// -- one line

export function flatLiteral(literal: Literal): string {
  switch (literal.kind) {
    case 'MethodLiteral':
      return literal.name;
    case 'BoolLiteral':
      return String(literal.value);
    default:
      return literal.raw;
  }
}

export function flatRegex(regex: RegexLiteral): string {
  return `/${regex.pattern}/${regex.flags}`;
}

export function flatArray(array: ArrayLiteral): string {
  return `[${array.elements.map(flatLiteral).join(', ')}]`;
}

export function flatType(type: TypeRef): string {
  const args = type.args.length === 0 ? '' : `<${type.args.map(flatType).join(', ')}>`;
  return `${type.name}${args}${type.optional ? '?' : ''}`;
}

function flatExpr(expr: Expr): string {
  switch (expr.kind) {
    case 'Or':
      return expr.operands.map(flatExpr).join(' or ');
    case 'And':
      return expr.operands.map(flatExpr).join(' and ');
    case 'Not':
      return `not ${flatExpr(expr.operand)}`;
    case 'Paren':
      return `(${flatExpr(expr.inner)})`;
    case 'Test':
      return flatPipe(expr.pipe) + flatRelationAfter(expr.relation);
    case 'Quantified':
      return `${expr.quantifier} ${flatSelection(expr.source)}${flatRelationAfter(expr.relation)}`;
    case 'Binder':
      return `${binderHead(expr)} { ${flatExpr(expr.body)} }`;
    default:
      return unreachable(expr, 'expression');
  }
}

function binderHead(binder: Binder): string {
  return `${binder.quantifier} ${binder.variable.name} of ${flatSelection(binder.source)}`;
}

function flatSelection(selection: Selection): string {
  const items = selection.items.map(flatPick).join(', ');
  return (selection.grouped ? `(${items})` : items) + flatSteps(selection.steps);
}

export function flatPick(pick: Pick): string {
  const operand = flatOperand(pick.operand);
  if (pick.except === undefined) return operand;
  const keys = pick.except.map((key) => (key.kind === 'RegexLiteral' ? flatRegex(key) : key.raw));
  return `${operand} except [${keys.join(', ')}]`;
}

export function flatPipe(pipe: Pipe): string {
  return flatPrimary(pipe.head) + flatSteps(pipe.steps);
}

function flatPrimary(primary: Primary): string {
  if (primary.kind === 'Paren') return flatExpr(primary);
  if (primary.kind === 'Operand') return flatOperand(primary);
  return primary.kind === 'ArrayLiteral' ? flatArray(primary) : flatLiteral(primary);
}

export function flatSteps(steps: readonly Step[]): string {
  return steps.map((step) => ` ${flatStep(step)}`).join('');
}

function flatStep(step: Step): string {
  return `${step.keepsInput ? '|>?' : '|>'} ${step.name.name}${flatArguments(step.args)}`;
}

function flatArguments(args: readonly Argument[] | undefined): string {
  if (args === undefined) return '';
  return `(${args.map((arg) => (arg.kind === 'RegexLiteral' ? flatRegex(arg) : flatPipe(arg))).join(', ')})`;
}

function flatOperand(operand: Operand): string {
  let text = operand.root.name + flatArguments(operand.args);
  for (const selector of operand.selectors) {
    if (selector.kind === 'Member') text += `.${selector.name.name}`;
    else text += `[${flatIndexKey(selector.key)}]`;
  }
  return text;
}

function flatIndexKey(key: Extract<Operand['selectors'][number], { kind: 'Index' }>['key']): string {
  if (key.kind === 'Wildcard') return '*';
  return key.kind === 'RegexLiteral' ? flatRegex(key) : key.raw;
}

function flatRelationAfter(relation: Relation | undefined): string {
  return relation === undefined ? '' : ` ${flatRelation(relation)}`;
}

function flatRelation(relation: Relation): string {
  if (relation.kind === 'Comparison') return `${relation.operator} ${flatPipe(relation.right)}`;
  const not = relation.negated ? 'not ' : '';
  switch (relation.kind) {
    case 'Membership':
      return `${not}in ${flatSet(relation.set)}`;
    case 'Matches': {
      const pattern =
        relation.pattern.kind === 'Identifier' ? relation.pattern.name : flatRegex(relation.pattern);
      return `${not}matches ${pattern}${relation.capture === undefined ? '' : ` as ${relation.capture.name}`}`;
    }
    case 'TextSearch':
      return `${not}${relation.operator} ${relation.any ? 'any ' : ''}${flatPipe(relation.right)}`;
    case 'IsShape':
      return `${not}is ${relation.shape.name}`;
    default:
      return unreachable(relation, 'relation');
  }
}

function flatSet(set: Extract<Relation, { kind: 'Membership' }>['set']): string {
  if (set.kind === 'IntRange') return `${set.first.raw}..${set.last.raw}`;
  return set.kind === 'ArrayLiteral' ? flatArray(set) : flatOperand(set);
}

export function flatJson(json: Json): string {
  switch (json.kind) {
    case 'JsonObject': {
      const members = json.members.map((member) => `${member.key.raw}: ${flatJson(member.value)}`);
      return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
    }
    case 'JsonArray':
      return `[${json.elements.map(flatJson).join(', ')}]`;
    case 'JsonNull':
      return 'null';
    case 'BoolLiteral':
      return String(json.value);
    default:
      return json.raw;
  }
}

// -- several lines

/** Packs items with commas into lines up to the width, each indented by `column`. */
export function fillLines(items: readonly string[], column: number): string[] {
  const lines: string[] = [];
  let line = '';
  items.forEach((item, index) => {
    const text = index < items.length - 1 ? `${item},` : item;
    if (line !== '' && column + line.length + 1 + text.length > LINE) {
      lines.push(indentation(column) + line);
      line = '';
    }
    line += line === '' ? text : ` ${text}`;
  });
  if (line !== '') lines.push(indentation(column) + line);
  return lines;
}

/** An array from `column` on; broken lines are indented two columns more than `hang`, where its bracket closes. */
export function layoutArray(array: ArrayLiteral, column: number, hang: number): string[] {
  const flat = flatArray(array);
  if (column + flat.length <= LINE || array.elements.length < 2) return [flat];
  return ['[', ...fillLines(array.elements.map(flatLiteral), hang + 2), `${indentation(hang)}]`];
}

export function layoutPipe(pipe: Pipe, column: number): string[] {
  const flat = flatPipe(pipe);
  if (column + flat.length <= LINE) return [flat];
  return [flatPrimary(pipe.head), ...pipe.steps.map((step) => indentation(column + 2) + flatStep(step))];
}

/** An expression from `column` on; its further lines begin at `hang`. */
export function layoutExpr(expr: Expr, column: number, hang = column): string[] {
  const flat = flatExpr(expr);
  const chain = expr.kind === 'Or' || expr.kind === 'And';
  if (column + flat.length <= (chain ? FORMATTED_CONDITION_COLUMNS_MAX : LINE)) return [flat];
  switch (expr.kind) {
    case 'Or':
      return layoutChain(expr.operands, 'or ', column, hang);
    case 'And':
      return layoutChain(expr.operands, 'and ', column, hang);
    case 'Not':
      return prefixed('not ', layoutExpr(expr.operand, column + 4, hang + 4));
    case 'Paren':
      return suffixed(prefixed('(', layoutExpr(expr.inner, column + 1, hang + 1)), ')');
    case 'Test':
      return layoutTest(layoutPipe(expr.pipe, hang), expr, column, hang);
    case 'Quantified':
      return layoutTest(layoutQuantifiedHead(expr, column, hang), expr, column, hang);
    case 'Binder': {
      const body = layoutExpr(expr.body, hang + 2);
      return [
        `${binderHead(expr)} {`,
        indentation(hang + 2) + body[0],
        ...body.slice(1),
        `${indentation(hang)}}`,
      ];
    }
    default:
      return unreachable(expr, 'expression');
  }
}

/** Operands under each other, each after its word; what an operand breaks into is indented by the width of the word. */
function layoutChain(operands: readonly Expr[], word: string, column: number, hang: number): string[] {
  const start = hang + word.length;
  const lines: string[] = [];
  operands.forEach((operand, index) => {
    // The braces of a binder are mark enough.
    const operandHang = operand.kind === 'Binder' ? hang : start;
    if (index === 0) lines.push(...layoutExpr(operand, column, operandHang));
    else lines.push(...prefixed(indentation(hang) + word, layoutExpr(operand, start, operandHang)));
  });
  return lines;
}

function layoutQuantifiedHead(expr: Quantified, column: number, hang: number): string[] {
  const { source } = expr;
  const flat = `${expr.quantifier} ${flatSelection(source)}`;
  if (column + flat.length <= LINE || !source.grouped) return [flat];
  const items = fillLines(source.items.map(flatPick), hang + 2);
  return [`${expr.quantifier} (`, ...items, `${indentation(hang)})${flatSteps(source.steps)}`];
}

/** A test whose relation goes on a line of its own; a set in brackets is broken inside its brackets instead. */
function layoutTest(head: string[], test: Test | Quantified, column: number, hang: number): string[] {
  const { relation } = test;
  if (relation === undefined) return head;
  const indentedColumn = head.length === 1 ? column : hang;
  if (relation.kind === 'Membership' && relation.set.kind === 'ArrayLiteral') {
    const word = relation.negated ? ' not in ' : ' in ';
    const start = indentedColumn + head[head.length - 1].length + word.length;
    const [first, ...rest] = layoutArray(relation.set, start, hang);
    return [...suffixed(head, word + first), ...rest];
  }
  return [...head, indentation(hang) + flatRelation(relation)];
}

/** A JSON value from `column` on; broken lines are indented two columns more than `hang`. */
export function layoutJson(json: Json, column: number, hang: number): string[] {
  const flat = flatJson(json);
  if (column + flat.length <= LINE) return [flat];
  const inner = hang + 2;
  const lines = (parts: readonly string[][]): string[] =>
    parts.flatMap((part, index) => (index < parts.length - 1 ? suffixed(part, ',') : part));
  if (json.kind === 'JsonArray' && json.elements.length > 0) {
    const parts = json.elements.map((element) =>
      prefixed(indentation(inner), layoutJson(element, inner, inner)),
    );
    return ['[', ...lines(parts), `${indentation(hang)}]`];
  }
  if (json.kind === 'JsonObject' && json.members.length > 0) {
    const parts = json.members.map((member) => {
      const key = `${member.key.raw}: `;
      return prefixed(indentation(inner) + key, layoutJson(member.value, inner + key.length, inner));
    });
    return ['{', ...lines(parts), `${indentation(hang)}}`];
  }
  return [flat];
}

export function prefixed(prefix: string, lines: readonly string[]): string[] {
  return [prefix + lines[0], ...lines.slice(1)];
}

export function suffixed(lines: readonly string[], suffix: string): string[] {
  return [...lines.slice(0, -1), lines[lines.length - 1] + suffix];
}
