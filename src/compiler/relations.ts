/** Relations as specialised closures: the kind of comparison is chosen here, once, and not per value. */
import { unreachable } from '../core/assert.ts';
import type { PatternUse, Relation, Scalar, ValueSet, Words } from '../dsl/checked-condition.ts';
import type { EvaluationContext, ScalarReader, ValueTest } from '../engine/evaluation-context.ts';
import { equal, equalInConstantTime, isAddress, ordered } from '../engine/operators/equality.ts';
import { matchesShape } from '../engine/operators/shape-of-value.ts';
import { wordSearch } from '../engine/operators/word-search.ts';
import { FALSE, TRUE, UNKNOWN, truth } from '../engine/three-valued.ts';
import type { Truth } from '../engine/three-valued.ts';
import type { Cidr, IpAddress } from '../http/address.ts';
import { CidrSet } from '../http/cidr-set.ts';
import { networkOf } from '../http/address.ts';
import { UNKNOWN as UNREADABLE } from '../http/value.ts';
import type { Value } from '../http/value.ts';
import type { ProgramBuilder, Scope } from './program-builder.ts';
import { rememberingExec } from './remembered-matches.ts';
import { compileShape } from './shapes.ts';

/** Compiles a scalar; handed in, because scalars and relations need each other. */
export type ScalarCompiler = (scalar: Scalar, scope: Scope) => ScalarReader;

/** The relation as a test of its left side. Absent is false, unreadable is unknown. */
export function compileRelation(
  builder: ProgramBuilder,
  relation: Relation,
  scope: Scope,
  scalars: ScalarCompiler,
  secretLeft: boolean,
): ValueTest {
  switch (relation.kind) {
    case 'truth':
      return known((value) => truth(unboxed(value) === true));
    case 'compare':
      return comparison(relation, scope, scalars, secretLeft);
    case 'in':
      return membership(builder, relation.set);
    case 'matches':
      return matching(builder, relation, scope);
    case 'contains':
    case 'starts_with':
    case 'ends_with':
      return searching(builder, relation.kind, relation.words, scope, scalars);
    case 'is': {
      const shape = compileShape(builder, relation.shape);
      return known((value) => truth(matchesShape(value, shape)));
    }
    default:
      return unreachable(relation, 'relation');
  }
}

function known(test: (value: Value, evaluation: EvaluationContext) => Truth): ValueTest {
  return (evaluation, value) => {
    if (value === undefined) return FALSE;
    return value === UNREADABLE ? UNKNOWN : test(value, evaluation);
  };
}

/** A JSON value out of its box, so that it compares with any literal. */
function unboxed(value: Value): Value | null {
  if (typeof value !== 'object' || !('json' in value)) return value;
  const { json } = value;
  return typeof json === 'object' ? null : json;
}

function comparison(
  relation: Extract<Relation, { kind: 'compare' }>,
  scope: Scope,
  scalars: ScalarCompiler,
  secretLeft: boolean,
): ValueTest {
  const { operator, right } = relation;
  const secret = secretLeft || right.type === 'Secret' || right.kind === 'secret';
  const same = secret ? equalInConstantTime : equal;
  const compare = (left: Value, other: Value): boolean => {
    const [a, b] = [unboxed(left), unboxed(other)];
    if (a === null || b === null) return false;
    return operator === '==' ? same(a, b) : ordered(operator, a, b);
  };
  if (right.kind === 'literal') {
    const literal = right.value as Value;
    if (operator === '==' && typeof literal === 'string' && !secret) {
      return known((value) => truth(value === literal || unboxed(value) === literal));
    }
    return known((value) => truth(compare(value, literal)));
  }
  const read = scalars(right, scope);
  return known((value, evaluation) => {
    const other = read(evaluation);
    if (other === undefined) return FALSE;
    return other === UNREADABLE ? UNKNOWN : truth(compare(value, other));
  });
}

function membership(builder: ProgramBuilder, set: ValueSet): ValueTest {
  switch (set.kind) {
    case 'literals':
      return memberOf(set.values);
    case 'range':
      return known((value) => {
        const number = unboxed(value);
        return truth(typeof number === 'number' && number >= set.low && number <= set.high);
      });
    case 'list': {
      if (builder.isStale(set.name)) return known(() => UNKNOWN);
      return memberOf(builder.list(set.name).entries);
    }
    case 'routes': {
      const names = new Set<Value>(set.names);
      return known((value) => truth(names.has(value)));
    }
    case 'selection':
      // The compiler of conditions turns it into a quantified test.
      return known(() => UNKNOWN);
    default:
      return unreachable(set, 'set');
  }
}

function memberOf(values: readonly (Value | Cidr)[]): ValueTest {
  const plain = new Set<Value>(values.filter((value) => typeof value !== 'object'));
  const networks = values.flatMap((value) => networkIn(value));
  if (networks.length === 0) {
    return known((value) => {
      const key = unboxed(value);
      return truth(key !== null && plain.has(key));
    });
  }
  const set = new CidrSet(networks);
  return known((value) => truth(isAddress(value) && set.contains(value)));
}

function networkIn(value: Value | Cidr | IpAddress): Cidr[] {
  if (typeof value !== 'object') return [];
  if ('bits' in value) return [value];
  return isAddress(value) ? [networkOf(value, value.family === 4 ? 32 : 128)] : [];
}

function matching(
  builder: ProgramBuilder,
  relation: { readonly pattern: PatternUse; readonly capture: number | undefined },
  scope: Scope,
): ValueTest {
  const regex = builder.regex(relation.pattern.source, relation.pattern.flags);
  const capture = relation.capture === undefined ? -1 : scope.capture(relation.capture);
  const exec = capture < 0 ? regex.exec.bind(regex) : rememberingExec(builder, regex);
  return known((value, evaluation) => {
    const text = unboxed(value);
    if (typeof text !== 'string') return FALSE;
    if (capture < 0 && !evaluation.watchesMatches) return truth(regex.test(text));
    const match = exec(text);
    if (capture >= 0) evaluation.captures[capture] = match;
    if (match !== null && evaluation.watchesMatches && (capture >= 0 || evaluation.lastFound === null)) {
      evaluation.lastFound = { text: match.text(0) ?? '', start: match.start(0), subject: text };
    }
    return truth(match !== null);
  });
}

function searching(
  builder: ProgramBuilder,
  place: 'contains' | 'starts_with' | 'ends_with',
  words: Words,
  scope: Scope,
  scalars: ScalarCompiler,
): ValueTest {
  if (words.kind === 'scalar') {
    const read = scalars(words.scalar, scope);
    return known((value, evaluation) => {
      const word = read(evaluation);
      if (word === undefined) return FALSE;
      if (word === UNREADABLE) return UNKNOWN;
      const text = unboxed(value);
      const other = unboxed(word);
      return truth(typeof text === 'string' && typeof other === 'string' && wordSearch(place, [other])(text));
    });
  }
  const list = wordsOf(builder, words);
  const search = wordSearch(place, list);
  return known((value, evaluation) => {
    const text = unboxed(value);
    if (typeof text !== 'string' || !search(text)) return FALSE;
    if (evaluation.watchesMatches) evaluation.lastFound ??= locate(place, list, text);
    return TRUE;
  });
}

/** The words of a literal or a list. */
export function wordsOf(builder: ProgramBuilder, words: Exclude<Words, { kind: 'scalar' }>): string[] {
  const entries = words.kind === 'literals' ? words.words : builder.list(words.name).entries;
  return entries.filter((entry) => typeof entry === 'string');
}

function locate(
  place: string,
  words: readonly string[],
  text: string,
): { text: string; start: number; subject: string } | null {
  for (const word of words) {
    const start = place === 'ends_with' ? text.lastIndexOf(word) : text.indexOf(word);
    if (start >= 0) return { text: word, start, subject: text };
  }
  return null;
}
