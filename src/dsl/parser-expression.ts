/**
 * Expressions: conditions, selections, relations, pipes and operands, one function per rule of the grammar.
 */
import type {
  Argument,
  Comparison,
  Expr,
  Identifier,
  IntLiteral,
  Membership,
  Operand,
  OperandSelector,
  Pick,
  Pipe,
  Primary,
  Quantifier,
  RegexLiteral,
  Relation,
  Selection,
  Step,
  StringLiteral,
} from './ast-expression.ts';
import type { Cursor } from './parser-cursor.ts';
import { acceptLiteral, parseArray, parseInt10, parseRegex, parseString } from './parser-literal.ts';
import { RESERVED_WORDS } from './token.ts';

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const RELATION_WORDS: ReadonlySet<string> = new Set([
  'in',
  'matches',
  'contains',
  'starts_with',
  'ends_with',
  'is',
]);

export function parseExpr(cursor: Cursor): Expr {
  const first = parseAnd(cursor);
  if (!cursor.at('or')) return first;
  const operands = [first];
  while (cursor.accept('or')) operands.push(parseAnd(cursor));
  return { kind: 'Or', operands, span: cursor.spanFrom(first.span.start) };
}

function parseAnd(cursor: Cursor): Expr {
  const first = parseNot(cursor);
  if (!cursor.at('and')) return first;
  const operands = [first];
  while (cursor.accept('and')) operands.push(parseNot(cursor));
  return { kind: 'And', operands, span: cursor.spanFrom(first.span.start) };
}

function parseNot(cursor: Cursor): Expr {
  const { start } = cursor.token;
  if (!cursor.accept('not')) return parseTest(cursor);
  const operand = cursor.nested(() => parseNot(cursor));
  return { kind: 'Not', operand, span: cursor.spanFrom(start) };
}

function parseTest(cursor: Cursor): Expr {
  for (const quantifier of ['any', 'all', 'none'] as const) {
    if (cursor.at(quantifier)) return parseQuantified(cursor, quantifier);
  }
  const pipe = parsePipe(cursor);
  const relation = acceptRelation(cursor);
  if (relation === undefined && pipe.steps.length === 0 && pipe.head.kind === 'Paren') return pipe.head;
  return { kind: 'Test', pipe, relation, span: cursor.spanFrom(pipe.span.start) };
}

function parseQuantified(cursor: Cursor, quantifier: Quantifier): Expr {
  const { start } = cursor.advance();
  if (cursor.token.kind === 'ident' && cursor.followedBy('of')) {
    const variable = cursor.identifier('the name of the value');
    cursor.expect('of');
    const source = parseSelection(cursor);
    const open = cursor.expect('{', 'after `v of S` the condition about `v` stands in braces');
    const body = cursor.nested(() => parseExpr(cursor));
    cursor.expectClose('}', open, '`and`, `or` or `}`');
    return { kind: 'Binder', quantifier, variable, source, body, span: cursor.spanFrom(start) };
  }
  const source = parseSelection(cursor);
  const relation = acceptRelation(cursor);
  return { kind: 'Quantified', quantifier, source, relation, span: cursor.spanFrom(start) };
}

function parseSelection(cursor: Cursor): Selection {
  const open = cursor.token;
  const grouped = cursor.accept('(');
  const items = grouped ? parseItems(cursor) : [parsePick(cursor)];
  if (grouped) cursor.expectClose(')', open, '`,` or `)`');
  const steps = parseSteps(cursor);
  return { kind: 'Selection', items, grouped, steps, span: cursor.spanFrom(open.start) };
}

/** `pick, pick`: a union of selections. */
export function parseItems(cursor: Cursor): Pick[] {
  return cursor.commaList(() => parsePick(cursor));
}

function parsePick(cursor: Cursor): Pick {
  const operand = parseOperand(cursor);
  let except: (StringLiteral | RegexLiteral)[] | undefined;
  if (cursor.accept('except')) {
    const open = cursor.expect('[');
    except = cursor.commaList(() => parseKey(cursor));
    cursor.expectClose(']', open, '`,` or `]`');
  }
  return { kind: 'Pick', operand, except, span: cursor.spanFrom(operand.span.start) };
}

function parseKey(cursor: Cursor): StringLiteral | RegexLiteral {
  return cursor.token.kind === 'regex'
    ? parseRegex(cursor, 'a regex')
    : parseString(cursor, 'a name or a regex');
}

// -- relations

function acceptRelation(cursor: Cursor): Relation | undefined {
  const { token } = cursor;
  let relation: Relation | undefined;
  if (token.kind === 'punctuation' && COMPARISONS.has(token.text)) {
    cursor.advance();
    refuseQuantifierOnTheRight(cursor);
    const operator = token.text as Comparison['operator'];
    relation = { kind: 'Comparison', operator, right: parsePipe(cursor), span: cursor.spanFrom(token.start) };
  } else if (cursor.at('=')) {
    const fix = [{ span: cursor.spanOf(token), text: '==' }];
    cursor.fail('E001', cursor.spanOf(token), 'expected a relation, found `=`', {
      help: 'equality is written `==`',
      fix,
    });
  } else {
    const negated = cursor.accept('not');
    if (token.kind === 'ident' && RELATION_WORDS.has(cursor.token.text)) {
      relation = parseWordRelation(cursor, negated, token.start);
    } else if (negated) {
      cursor.unexpected(
        '`in`, `matches`, `contains`, `starts_with`, `ends_with` or `is`',
        'the negation of `==` is `!=`',
      );
    }
  }
  if (relation !== undefined) refuseChain(cursor, relation);
  return relation;
}

function refuseQuantifierOnTheRight(cursor: Cursor): void {
  if (cursor.at('any') || cursor.at('all') || cursor.at('none')) {
    cursor.unexpected('a value', 'the selection stands on the left: `any S == value`');
  }
}

function refuseChain(cursor: Cursor, relation: Relation): void {
  const { token } = cursor;
  const chained =
    (token.kind === 'punctuation' && COMPARISONS.has(token.text)) ||
    (token.kind === 'ident' && RELATION_WORDS.has(token.text));
  if (chained) {
    cursor.fail('E017', cursor.spanOf(token), 'a relation follows a relation', {
      labels: [{ span: relation.span, message: 'this one is complete' }],
      help: 'join them: `a < b and b < c`',
    });
  }
}

function parseWordRelation(cursor: Cursor, negated: boolean, start: number): Relation {
  const word = cursor.advance().text;
  switch (word) {
    case 'in': {
      const set = parseSet(cursor);
      return { kind: 'Membership', negated, set, span: cursor.spanFrom(start) };
    }
    case 'matches': {
      const pattern = parsePattern(cursor);
      const capture = cursor.accept('as') ? cursor.identifier('the name of the capture') : undefined;
      return { kind: 'Matches', negated, pattern, capture, span: cursor.spanFrom(start) };
    }
    case 'is': {
      const shape = cursor.typeName('the name of a shape');
      return { kind: 'IsShape', negated, shape, span: cursor.spanFrom(start) };
    }
    default: {
      const any = cursor.accept('any');
      const operator = word as 'contains' | 'starts_with' | 'ends_with';
      return {
        kind: 'TextSearch',
        negated,
        operator,
        any,
        right: parsePipe(cursor),
        span: cursor.spanFrom(start),
      };
    }
  }
}

function parsePattern(cursor: Cursor): RegexLiteral | Identifier {
  if (cursor.token.kind === 'ident') return cursor.identifier('the name of a pattern');
  if (cursor.token.kind === 'string')
    cursor.unexpected('a regex or the name of a pattern', 'a regex is written `/…/`');
  return parseRegex(cursor, 'a regex or the name of a pattern');
}

function parseSet(cursor: Cursor): Membership['set'] {
  if (cursor.at('[')) return parseArray(cursor);
  if (cursor.token.kind === 'int') {
    const first = parseInt10(cursor, 'a number');
    cursor.expect('..', 'a set is an array `[1, 2]`, a list, or a range `1..5`');
    const last: IntLiteral = parseInt10(cursor, 'the last number of the range');
    return { kind: 'IntRange', first, last, span: cursor.spanFrom(first.span.start) };
  }
  return parseOperand(cursor, 'an array, a list or a range');
}

// -- values

export function parsePipe(cursor: Cursor): Pipe {
  const { start } = cursor.token;
  const head = parsePrimary(cursor);
  const steps = parseSteps(cursor);
  return { kind: 'Pipe', head, steps, span: cursor.spanFrom(start) };
}

function parsePrimary(cursor: Cursor): Primary {
  const literal = acceptLiteral(cursor);
  if (literal !== undefined) return literal;
  if (cursor.at('[')) return parseArray(cursor);
  if (cursor.at('(')) {
    const open = cursor.advance();
    const inner = cursor.nested(() => parseExpr(cursor));
    cursor.expectClose(')', open, '`and`, `or` or `)`');
    return { kind: 'Paren', inner, span: cursor.spanFrom(open.start) };
  }
  return parseOperand(cursor, 'a value');
}

/** `{ ( "|>" | "|>?" ) call }`. */
export function parseSteps(cursor: Cursor): Step[] {
  const steps: Step[] = [];
  while (cursor.at('|>') || cursor.at('|>?')) {
    const arrow = cursor.advance();
    const name = cursor.identifier('the name of a transformation');
    const args = acceptArguments(cursor);
    steps.push({
      kind: 'Step',
      keepsInput: arrow.text === '|>?',
      name,
      args,
      span: cursor.spanFrom(arrow.start),
    });
  }
  return steps;
}

function acceptArguments(cursor: Cursor): Argument[] | undefined {
  const open = cursor.token;
  if (!cursor.accept('(')) return undefined;
  const args = cursor.at(')') ? [] : cursor.nested(() => cursor.commaList(() => parseArgument(cursor)));
  cursor.expectClose(')', open, '`,` or `)`');
  return args;
}

function parseArgument(cursor: Cursor): Argument {
  return cursor.token.kind === 'regex' ? parseRegex(cursor, 'a regex') : parsePipe(cursor);
}

function parseOperand(cursor: Cursor, what = 'a field or a name'): Operand {
  if (cursor.token.kind !== 'ident' || RESERVED_WORDS.has(cursor.token.text) || cursor.atEntryStart()) {
    cursor.unexpected(what, cursor.token.kind === 'regex' ? 'a regex stands after `matches`' : undefined);
  }
  const root = cursor.identifier(what);
  const args = acceptArguments(cursor);
  const selectors: OperandSelector[] = [];
  for (;;) {
    const { start } = cursor.token;
    if (cursor.at('.')) {
      cursor.advance();
      selectors.push({
        kind: 'Member',
        name: cursor.identifier('a field name'),
        span: cursor.spanFrom(start),
      });
    } else if (cursor.at('[')) selectors.push(parseIndex(cursor));
    else break;
  }
  return { kind: 'Operand', root, args, selectors, span: cursor.spanFrom(root.span.start) };
}

function parseIndex(cursor: Cursor): OperandSelector {
  const open = cursor.expect('[');
  const key = parseIndexKey(cursor);
  cursor.expectClose(']', open);
  return { kind: 'Index', key, span: cursor.spanFrom(open.start) };
}

function parseIndexKey(cursor: Cursor): Extract<OperandSelector, { kind: 'Index' }>['key'] {
  const { token } = cursor;
  if (token.kind === 'int') return parseInt10(cursor, 'an index');
  if (token.kind === 'regex') return parseRegex(cursor, 'a regex');
  if (cursor.accept('*')) return { kind: 'Wildcard', span: cursor.spanOf(token) };
  return parseString(cursor, 'a name in quotes, a number, a regex or `*`');
}
