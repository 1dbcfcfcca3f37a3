/** Operators of SecLang as tests of Ward. */
import type { Comparison, Expr, Pipe, Relation, Step, TextSearch } from '../dsl/ast-expression.ts';
import type { RegexAnalyser } from '../dsl/checker/options.ts';
import type { Operator } from './ast.ts';
import * as make from './build.ts';
import { SPAN } from './build.ts';
import { bytesOutside, literal, regexOf } from './patterns.ts';
import type { SubjectType } from './subjects.ts';
import { networkText } from './networks.ts';
import { Untranslatable } from './untranslatable.ts';

/**
 * A test of one value: steps, then a relation or a predicate. `build` replaces both where the value stands on the
 * right, or where a predicate is negated.
 */
export interface ValueTest {
  readonly steps: readonly Step[];
  readonly relation: Relation | undefined;
  /** The same without negation, for values in segments. */
  readonly positive?: Relation;
  readonly build?: (value: Pipe) => Expr;
  /** True of every value. */
  readonly always?: boolean;
  /** The relation can bind captures. */
  readonly captures?: boolean;
}

/** What operators need to know of the world around. */
export interface OperatorContext {
  readonly type: SubjectType;
  /** The argument with settings in place of their macros; undefined if it has others. */
  readonly constant: string | undefined;
  /** The argument as a text or a number, its macros replaced. */
  readonly argument: (type: 'String' | 'Int') => Pipe;
  readonly regex: RegexAnalyser;
  /** The name of a list of the data files. */
  readonly list: (type: 'String' | 'Cidr') => string;
}

const OPPOSITE = { '==': '!=', '!=': '==', '<': '>=', '>=': '<', '>': '<=', '<=': '>' } as const;
const NUMERIC: Readonly<Record<string, Comparison['operator']>> = {
  eq: '==',
  ge: '>=',
  gt: '>',
  le: '<=',
  lt: '<',
};
const TEXTUAL: Readonly<Record<string, TextSearch['operator']>> = {
  contains: 'contains',
  strmatch: 'contains',
  beginsWith: 'starts_with',
  endsWith: 'ends_with',
};
/** Anchored regexes that every text without a line feed matches, and that only ask whether there is a value. */
const ANYTHING = new Set(['^.*$', '^.*']);

/** @throws Untranslatable */
export function testOf(operator: Operator, context: OperatorContext): ValueTest {
  const { name, negated, argument } = operator;
  const numeric = NUMERIC[name] as Comparison['operator'] | undefined;
  if (numeric !== undefined) return numberTest(numeric, negated, context);
  const search = TEXTUAL[name] as TextSearch['operator'] | undefined;
  if (search !== undefined) return searchTest(search, negated, context.argument('String'), false);
  switch (name) {
    case 'rx':
    case 'rxGlobal':
      return regexTest(context.constant, negated, context.regex);
    case 'containsWord':
      return matchesTest(`(?:^|\\W)${literal(argument)}(?:\\W|$)`, negated);
    case 'streq':
      return relationTest(comparisonOf('==', negated, context.argument('String')), {
        positive: comparisonOf('==', false, context.argument('String')),
      });
    case 'within':
      return {
        steps: [],
        relation: undefined,
        build: (value) => {
          const found = make.test(
            context.argument('String'),
            searchRelation('contains', negated, value, false),
          );
          return found;
        },
      };
    case 'pm':
    case 'pmFromFile': {
      const words =
        name === 'pm'
          ? make.pipe(make.array(wordsOf(argument).map(make.string)))
          : make.pipe(make.operand(context.list('String')));
      return { ...searchTest('contains', negated, words, true), steps: [make.step('lower')] };
    }
    case 'ipMatch':
    case 'ipMatchFromFile':
      return addressTest(name, operator, context);
    case 'validateByteRange': {
      const outside = bytesOutside(argument);
      return matching(outside.pattern, outside.flags, negated);
    }
    case 'validateUtf8Encoding':
      return predicate('is_utf8', !negated);
    case 'validateUrlEncoding':
      return predicate('is_url_encoded', !negated);
    case 'detectSQLi':
      return predicate('detect_sqli', negated);
    case 'detectXSS':
      return predicate('detect_xss', negated);
    case 'unconditionalMatch':
      return { steps: [], relation: undefined, always: true };
    default:
      throw new Untranslatable(`@${name} has no counterpart`);
  }
}

function wordsOf(argument: string): readonly string[] {
  if (/\|[0-9a-fA-F]{2}/.test(argument)) throw new Untranslatable('@pm with bytes in hexadecimal');
  return argument
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}

function regexTest(argument: string | undefined, negated: boolean, analyse: RegexAnalyser): ValueTest {
  if (argument === undefined) throw new Untranslatable('a regex with a macro is not constant');
  if (argument === '^$') {
    const empty = make.pipe(make.string(''));
    return relationTest(comparisonOf('==', negated, empty), { positive: comparisonOf('==', false, empty) });
  }
  const { regex, matchesEmpty } = regexOf(argument, analyse);
  if (matchesEmpty || ANYTHING.has(argument)) {
    if (negated) throw new Untranslatable(`no value differs from /${argument}/`);
    return { steps: [], relation: undefined, always: true };
  }
  const { pattern, flags } = regex;
  return matching(pattern, flags, negated);
}

function matchesTest(pattern: string, negated: boolean): ValueTest {
  return matching(pattern, '', negated);
}

function matching(pattern: string, flags: string, negated: boolean): ValueTest {
  const relation = (not: boolean): Relation => ({
    kind: 'Matches',
    span: SPAN,
    negated: not,
    pattern: make.regex(pattern, flags),
    capture: undefined,
  });
  return { ...relationTest(relation(negated), { positive: relation(false) }), captures: !negated };
}

function relationTest(relation: Relation, more: Partial<ValueTest>): ValueTest {
  return { steps: [], relation, ...more };
}

function searchRelation(
  operator: TextSearch['operator'],
  negated: boolean,
  right: Pipe,
  any: boolean,
): TextSearch {
  return { kind: 'TextSearch', span: SPAN, negated, operator, any, right };
}

function searchTest(
  operator: TextSearch['operator'],
  negated: boolean,
  right: Pipe,
  any: boolean,
): ValueTest {
  return relationTest(searchRelation(operator, negated, right, any), {
    positive: searchRelation(operator, false, right, any),
  });
}

function comparisonOf(operator: Comparison['operator'], negated: boolean, right: Pipe): Comparison {
  return make.comparison(negated ? OPPOSITE[operator] : operator, right);
}

/** Texts are read as atoi reads them: no number is zero, which matters where zero passes the test. */
function numberTest(operator: Comparison['operator'], negated: boolean, context: OperatorContext): ValueTest {
  if (context.type === 'Size') {
    const bytes = context.constant?.trim() ?? '';
    if (!/^\d+$/.test(bytes)) throw new Untranslatable('a size compared with what is no constant');
    return relationTest(comparisonOf(operator, negated, make.pipe(make.size(Number(bytes)))), {});
  }
  const right = context.argument('Int');
  const relation = comparisonOf(operator, negated, right);
  if (context.type === 'Int') return relationTest(relation, {});
  const limit = right.head.kind === 'IntLiteral' ? right.head.value : undefined;
  const zeroHolds = limit === undefined || compare(0, operator, limit);
  const orZero = zeroHolds ? [make.step('or_else', [make.pipe(make.int(0))])] : [];
  return { steps: [make.step('to_int'), ...orZero], relation };
}

function compare(left: number, operator: Comparison['operator'], right: number): boolean {
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

function predicate(name: string, negated: boolean): ValueTest {
  if (!negated) return { steps: [make.step(name)], relation: undefined };
  return {
    steps: [],
    relation: undefined,
    build: (value) => make.not(make.test(make.pipe(value.head, [...value.steps, make.step(name)]))),
  };
}

function addressTest(name: string, operator: Operator, context: OperatorContext): ValueTest {
  if (context.type !== 'Ip') throw new Untranslatable(`@${name} on what is no address`);
  const set =
    name === 'ipMatch'
      ? make.array(partsOf(operator.argument).map((part) => make.string(networkText(part))))
      : make.operand(context.list('Cidr'));
  return relationTest({ kind: 'Membership', span: SPAN, negated: operator.negated, set }, {});
}

function partsOf(argument: string): readonly string[] {
  return argument.split(/[\s,]+/).filter((part) => part !== '');
}
