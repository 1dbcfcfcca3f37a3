/** The relations of the language on single values. An absent side makes `false`, an unreadable one `unknown`. */
import type { Relation, Scalar } from '../../src/dsl/checked-condition.ts';
import type { Cidr } from '../../src/http/address.ts';
import { cidrContains } from '../../src/http/address.ts';
import { UNKNOWN } from '../../src/http/value.ts';
import type { Value } from '../../src/http/value.ts';
import type { RegexMatch } from '../../src/matcher/regex.ts';
import { is } from './logic.ts';
import type { Truth } from './logic.ts';
import { LATER } from './moment.ts';
import { regexOf } from './regex.ts';
import type { Reading } from './moment.ts';

export type Operator = Extract<Relation, { kind: 'compare' }>['operator'];

/** `open` and `unknown` of a side; undefined when the value is there. */
function missing(side: Reading): Truth | undefined {
  if (side === undefined) return 'false';
  if (side === LATER) return 'open';
  return side === UNKNOWN ? 'unknown' : undefined;
}

function withBoth(left: Reading, right: Reading, test: (left: Value, right: Value) => boolean): Truth {
  const sides = [missing(left), missing(right)];
  for (const one of ['false', 'open', 'unknown'] as const) if (sides.includes(one)) return one;
  return is(test(left as Value, right as Value));
}

export function equal(left: Reading, right: Reading): Truth {
  return withBoth(left, right, same);
}

export function relate(
  left: Reading,
  relation: Relation,
  lists: ReadonlyMap<string, readonly Value[]>,
  read: (scalar: Scalar) => Reading,
  matched: (match: RegexMatch) => void,
): Truth {
  switch (relation.kind) {
    case 'truth':
      return withBoth(left, true, same);
    case 'compare':
      return withBoth(left, read(relation.right), (a, b) => compare(relation.operator, a, b));
    case 'in':
      return withBoth(left, true, (value) => isIn(value, relation.set, lists));
    case 'matches': {
      const regex = regexOf(relation.pattern);
      return withBoth(left, true, (value) => {
        const text = unbox(value);
        const match = typeof text === 'string' ? regex.exec(text) : null;
        if (match !== null) matched(match);
        return match !== null;
      });
    }
    case 'contains':
    case 'starts_with':
    case 'ends_with': {
      const { words } = relation;
      const right = words.kind === 'scalar' ? read(words.scalar) : true;
      return withBoth(left, right, (value, word) => {
        const text = unbox(value);
        const list =
          words.kind === 'scalar'
            ? [unbox(word)]
            : words.kind === 'literals'
              ? words.words
              : (lists.get(words.name) ?? []);
        return (
          typeof text === 'string' &&
          list.some((one) => typeof one === 'string' && holds(relation.kind, text, one))
        );
      });
    }
    case 'is':
      throw new Error('shapes of parsed values are not modelled');
  }
}

/** A number known to be `atLeast` so much, and known exactly at the end. */
export function compareGrowing(operator: Operator, atLeast: number, value: Reading, limit: Reading): Truth {
  if (typeof limit !== 'number') return missing(limit) ?? 'false';
  if (operator === '>' && atLeast > limit) return 'true';
  if (operator === '>=' && atLeast >= limit) return 'true';
  if (operator === '<' && atLeast >= limit) return 'false';
  if ((operator === '<=' || operator === '==') && atLeast > limit) return 'false';
  return withBoth(value, limit, (a, b) => compare(operator, a, b));
}

function holds(place: string, text: string, word: string): boolean {
  if (place === 'contains') return text.includes(word);
  return place === 'starts_with' ? text.startsWith(word) : text.endsWith(word);
}

/** A JSON value compares with any literal; containers and null with none. */
function unbox(value: Value): Value | undefined {
  if (typeof value !== 'object' || !('json' in value)) return value;
  return typeof value.json === 'object' ? undefined : value.json;
}

function same(a: Value, b: Value): boolean {
  const [left, right] = [unbox(a), unbox(b)];
  if (left === undefined || right === undefined) return false;
  if (typeof left === 'object' && typeof right === 'object' && 'words' in left && 'words' in right) {
    return left.words.join() === right.words.join();
  }
  return left === right;
}

function compare(operator: Operator, a: Value, b: Value): boolean {
  if (operator === '==') return same(a, b);
  const [left, right] = [unbox(a), unbox(b)];
  if (typeof left !== 'number' || typeof right !== 'number') return false;
  switch (operator) {
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

function isIn(
  value: Value,
  set: Extract<Relation, { kind: 'in' }>['set'],
  lists: ReadonlyMap<string, readonly Value[]>,
): boolean {
  switch (set.kind) {
    case 'literals':
      return set.values.some((entry) => isEntry(value, entry));
    case 'list':
      return (lists.get(set.name) ?? []).some((entry) => isEntry(value, entry));
    case 'routes':
      return set.names.some((name) => name === value);
    case 'range': {
      const number = unbox(value);
      return typeof number === 'number' && number >= set.low && number <= set.high;
    }
    case 'selection':
      throw new Error('membership of a selection is a quantified test');
  }
}

function isEntry(value: Value, entry: Value | Cidr): boolean {
  if (typeof entry === 'object' && 'bits' in entry) {
    return typeof value === 'object' && 'words' in value && cidrContains(entry, value);
  }
  return same(value, entry);
}
