/**
 * Mutants of a rule's condition (mutation testing: DeMillo, Lipton and Sayward, "Hints on test data selection", 1978):
 * each is the condition with one small mistake an author could make. A rule whose examples cannot tell a mutant from
 * the rule would not notice that mistake.
 *
 * They are made of the checked tree, where names are resolved and every change has a type that fits, so a mutant never
 * fails for another reason than its mistake. Two that say the same are one, and none says what the condition says.
 */
import { MUTANTS_PER_LIST_MAX } from '../../core/limits.ts';
import { unreachable } from '../../core/assert.ts';
import type { Condition, PatternUse, Relation, Scalar, ValueSet, Words } from '../checked-condition.ts';
import { keyOf } from '../checker/same.ts';
import { visitCondition } from '../checker/tree.ts';
import { spanText } from '../source.ts';
import type { Span } from '../source.ts';
import { changesOf, eachLeftOut, isLiteral, shownLiteral, spread } from './mutant.ts';
import type { Change, Mutant } from './mutant.ts';
import { cutOut, patternCuts } from './pattern-alternatives.ts';
import { scalarMutants, selectionMutants } from './value-mutants.ts';

/** All mutants of a condition, in order of the tree. O(mutants × size of the condition). */
export function mutantsOf(condition: Condition): readonly Mutant[] {
  const known = new Set([keyOf(condition)]);
  return conditionMutants(condition).flatMap(({ part, ...change }) => {
    const key = keyOf(part);
    if (known.has(key)) return [];
    known.add(key);
    return [{ ...change, condition: part }];
  });
}

function conditionMutants(condition: Condition): Change<Condition>[] {
  switch (condition.kind) {
    case 'constant':
      return [];
    case 'and':
    case 'or':
      return [...junctionMutants(condition), ...itemMutants(condition)];
    case 'not':
      return [
        {
          span: condition.span,
          change: '`not` is left out',
          wanted: 'any example',
          part: condition.item,
        },
        ...changesOf(
          conditionMutants(condition.item).filter(isNoNegation),
          (item): Condition => ({ ...condition, item }),
        ),
      ];
    case 'test':
      return testMutants(condition);
    case 'quantified':
      return quantifiedMutants(condition);
    default:
      return unreachable(condition, 'condition');
  }
}

const NEGATED = 'is negated';

/** Under a `not`, leaving that out is the negation already. */
function isNoNegation({ change }: Change<Condition>): boolean {
  return !change.endsWith(NEGATED);
}

type Junction = Extract<Condition, { kind: 'and' | 'or' }>;

/** `and` for `or` and the other way round, and each operand left out. */
function junctionMutants(junction: Junction): Change<Condition>[] {
  // An operand that binds a capture cannot go: those to its right read it.
  if (junction.items.some(bindsCapture)) return [];
  const { kind, items, span } = junction;
  const other = kind === 'and' ? 'or' : 'and';
  const swapped: Change<Condition> = {
    span,
    change: `\`${kind}\` becomes \`${other}\``,
    wanted:
      kind === 'and'
        ? 'a `pass` or `miss` in which only some of the operands hold'
        : 'a `hit` in which only some of the operands hold',
    part: { kind: other, items, span },
  };
  const dropped = eachLeftOut(items).map(({ item, rest }): Change<Condition> => {
    const text = shortText(item.span);
    return {
      span: item.span,
      change: `\`${text}\` is left out`,
      wanted:
        kind === 'and'
          ? `a \`pass\` or \`miss\` in which all holds but \`${text}\``
          : `a \`hit\` in which \`${text}\` alone holds`,
      part: rest.length === 1 ? rest[0] : { kind, items: rest, span },
    };
  });
  return [swapped, ...dropped];
}

function itemMutants(junction: Junction): Change<Condition>[] {
  return junction.items.flatMap((item, index) =>
    changesOf(
      conditionMutants(item),
      (part): Condition => ({ ...junction, items: junction.items.with(index, part) }),
    ),
  );
}

function bindsCapture(condition: Condition): boolean {
  let binds = false;
  visitCondition(condition, {
    condition(part) {
      if (part.kind === 'test' && part.relation.kind === 'matches' && part.relation.capture !== undefined)
        binds = true;
    },
  });
  return binds;
}

function testMutants(test: Extract<Condition, { kind: 'test' }>): Change<Condition>[] {
  const { left, relation, span } = test;
  if (left.kind === 'condition' && relation.kind === 'truth') {
    return changesOf(conditionMutants(left.condition), (condition): Condition => {
      const inner: Scalar = { ...left, condition };
      return { ...test, left: inner };
    });
  }
  const negated: Change<Condition>[] = bindsCapture(test)
    ? []
    : [
        {
          span,
          change: `\`${shortText(span)}\` ${NEGATED}`,
          wanted: 'any example that hangs on it',
          part: { kind: 'not', item: test, span },
        },
      ];
  return [
    ...negated,
    ...changesOf(scalarMutants(left), (part): Condition => ({ ...test, left: part })),
    ...changesOf(relationMutants(relation, span), (part): Condition => ({ ...test, relation: part })),
  ];
}

const OTHER_QUANTIFIERS = {
  any: ['all', 'none'],
  all: ['any', 'none'],
  none: ['any', 'all'],
} as const;

function quantifiedMutants(quantified: Extract<Condition, { kind: 'quantified' }>): Change<Condition>[] {
  const { quantifier, source, body, span } = quantified;
  const swapped = OTHER_QUANTIFIERS[quantifier].map(
    (other): Change<Condition> => ({
      span: { ...span, end: span.start + quantifier.length },
      change: `\`${quantifier}\` becomes \`${other}\``,
      wanted: 'an example with several values, of which some pass the test',
      part: { ...quantified, quantifier: other },
    }),
  );
  return [
    ...swapped,
    ...changesOf(selectionMutants(source), (part): Condition => ({ ...quantified, source: part })),
    ...changesOf(conditionMutants(body), (part): Condition => ({ ...quantified, body: part })),
  ];
}

// -- relations

function relationMutants(relation: Relation, span: Span): Change<Relation>[] {
  switch (relation.kind) {
    case 'compare':
      return comparisonMutants(relation, span);
    case 'in':
      return changesOf(setMutants(relation.set, span), (set): Relation => ({ ...relation, set }));
    case 'matches':
      return changesOf(patternMutants(relation.pattern), (pattern): Relation => ({ ...relation, pattern }));
    case 'contains':
    case 'starts_with':
    case 'ends_with':
      return changesOf(wordMutants(relation.words, span), (words): Relation => ({ ...relation, words }));
    case 'truth':
    case 'is':
      return [];
  }
}

const WITH_EQUAL = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' } as const;

/** The bound belongs to the other side, and the bound moved by one. Of `==`, the negation says all there is to say. */
function comparisonMutants(relation: Extract<Relation, { kind: 'compare' }>, span: Span): Change<Relation>[] {
  const { operator, right } = relation;
  if (operator === '==') return [];
  const other = WITH_EQUAL[operator];
  const bound = isLiteral(right) ? shownLiteral(right.value) : shortText(right.span);
  const found: Change<Relation>[] = [
    {
      span,
      change: `\`${operator}\` becomes \`${other}\``,
      wanted: `an example in which the value is exactly ${bound}`,
      part: { ...relation, operator: other },
    },
  ];
  if (isLiteral(right) && typeof right.value === 'number' && right.type !== 'Float') {
    // Whichever way the operator does not go.
    const moved = right.value + (operator === '>' || operator === '<=' ? 1 : -1);
    found.push({
      span,
      change: `\`${operator} ${right.value}\` becomes \`${operator} ${moved}\``,
      wanted: `an example in which the value is exactly ${moved}`,
      part: { ...relation, right: { ...right, value: moved } },
    });
  }
  return found;
}

function setMutants(set: ValueSet, span: Span): Change<ValueSet>[] {
  switch (set.kind) {
    case 'literals':
      return leftOut(set.values, span, 'in the set').map(({ part, ...change }) => ({
        ...change,
        part: { ...set, values: part },
      }));
    case 'range':
      return rangeMutants(set, span);
    case 'routes':
      return leftOut(set.names, span, 'in the set').map(({ part, ...change }) => ({
        ...change,
        part: { ...set, names: part },
      }));
    case 'list':
    case 'selection':
      return [];
  }
}

function rangeMutants(set: Extract<ValueSet, { kind: 'range' }>, span: Span): Change<ValueSet>[] {
  const { low, high } = set;
  if (high <= low) return [];
  const narrowed = (bound: number, part: ValueSet): Change<ValueSet> => ({
    span,
    change: `${bound} is not in the range`,
    wanted: `an example in which the value is exactly ${bound}`,
    part,
  });
  return [
    ...(Number.isFinite(low) ? [narrowed(low, { ...set, low: low + 1 })] : []),
    ...(Number.isFinite(high) ? [narrowed(high, { ...set, high: high - 1 })] : []),
  ];
}

function wordMutants(words: Words, span: Span): Change<Words>[] {
  if (words.kind !== 'literals') return [];
  return leftOut(words.words, span, 'among the words').map(({ part, ...change }) => ({
    ...change,
    part: { ...words, words: part },
  }));
}

function leftOut<Item>(items: readonly Item[], span: Span, where: string): Change<readonly Item[]>[] {
  if (items.length < 2) return [];
  return eachLeftOut(items).map(({ item, rest }) => ({
    span,
    change: `${shown(item)} is not ${where}`,
    wanted: `an example with ${shown(item)}`,
    part: rest,
  }));
}

function shown(item: unknown): string {
  return typeof item === 'object' && item !== null && 'text' in item ? String(item.text) : shownLiteral(item);
}

/** Alternatives cut out; of a long pattern some, evenly spread. */
function patternMutants(pattern: PatternUse): Change<PatternUse>[] {
  const cuts = patternCuts(pattern.source).filter(({ text }) => text !== '');
  return spread(cuts.length, MUTANTS_PER_LIST_MAX).map((index) => {
    const text = clipped(cuts[index].text);
    return {
      span: pattern.span,
      change: `\`${text}\` is cut out of the pattern`,
      wanted: `a \`hit\` that only \`${text}\` finds`,
      part: { ...pattern, name: undefined, source: cutOut(pattern.source, cuts[index]) },
    };
  });
}

const TEXT_CHARS_MAX = 60;

function clipped(text: string): string {
  return text.length <= TEXT_CHARS_MAX ? text : `${text.slice(0, TEXT_CHARS_MAX)}…`;
}

function shortText(span: Span): string {
  return clipped(spanText(span).replace(/\s+/g, ' '));
}
