/**
 * Tests of values longer than the window, which are seen in segments overlapping by half (docs/language.md, "Long values").
 */
import type { Condition, Scalar, Selection, Step } from '../../src/dsl/checked-condition.ts';
import type { MaybeValue } from '../../src/http/value.ts';
import { regexOf } from './regex.ts';
import { or } from './logic.ts';
import type { Truth } from './logic.ts';
import type { World } from './moment.ts';
import { compareGrowing } from './relation.ts';
import type { Item } from './selection.ts';
import { LATER } from './moment.ts';
import { FIND_MATCHES_MAX } from '../../src/core/limits.ts';
import { applySteps } from './selection.ts';

type Test = Extract<Condition, { kind: 'test' }>;

/** Steps whose result at a place depends on a short run of bytes there: nothing is lost at the cuts but in that run. */
const LOCAL = new Set(
  'lower upper nfkc percent_decode plus_decode url_decode_uni html_decode js_decode css_decode escape_decode unwrap utf8_to_unicode slashes hex_encode'.split(
    ' ',
  ),
);
/** Steps whose deletions can be measured. */
const MEASURED = new Set(
  'lower upper nfkc percent_decode plus_decode url_decode_uni html_decode js_decode css_decode escape_decode unwrap slashes trim squeeze remove_nulls remove_space strip_comments replace_comments remove_comment_chars cmd_line'.split(
    ' ',
  ),
);
/** Predicates that are asked of each segment. */
const PER_SEGMENT = new Set(['detect_sqli', 'detect_xss']);
/** Bytes such a run may have for each byte of the result. */
const RUN_BYTES = 64;

/**
 * @param item what the segments told so far give after the steps of the selection
 * @param through the steps of the test itself on one of them
 * @param onSegment the test on one of them
 */
export function longTest(
  test: Test,
  item: Item,
  world: World,
  through: (value: MaybeValue) => MaybeValue,
  onSegment: (value: MaybeValue) => Truth,
): Truth {
  const { relation } = test;
  const { occurrence, values } = item;
  const { complete, segments } = occurrence;
  const half = world.windowBytes >>> 1;
  const steps = stepsOf(test.left);
  const sourceSteps = item.steps ?? [];
  const all = [...sourceSteps, ...steps];
  if (
    all.length === 1 &&
    all[0].name === 'length' &&
    relation.kind === 'compare' &&
    relation.right.kind === 'literal'
  ) {
    const length = segments.reduce((sum, text, i) => sum + text.length - (i === 0 ? 0 : half), 0);
    return compareGrowing(
      relation.operator,
      length,
      complete ? length : LATER,
      relation.right.value as number,
    );
  }
  const found = values.map(onSegment);
  const ending: Truth = complete ? 'unknown' : 'open';
  if (relation.kind === 'truth' && PER_SEGMENT.has(all.at(-1)?.name ?? ''))
    return or([...found, complete ? 'false' : 'open']);
  const find = all.findIndex((step) => step.name === 'find');
  if (find >= 0 && all.slice(0, find).every((step) => LOCAL.has(step.name))) {
    // What is found lies inside its segment, and what a cut divides is whole in the next.
    return or([...found, findsShort({ steps: all }, world) && complete ? 'false' : ending]);
  }
  switch (relation.kind) {
    case 'matches': {
      const regex = regexOf(relation.pattern);
      const { info } = regex;
      // In a class or escaped, neither is an anchor.
      const bare = info.source.replace(/\\[^Az]|\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]/g, '');
      const atStart = /\^|\\A/.test(bare);
      const atEnd = /\$|\\z/.test(bare);
      const isMatch = (truth: Truth, i: number): Truth => {
        const before = atStart && i > 0;
        const after = atEnd && !(complete && i === found.length - 1);
        if (truth !== 'true' || (!before && !after)) return truth;
        const text = String(through(values[i]));
        const edged = regex.findAll(`${before ? '\0' : ''}${text}${after ? '\0' : ''}`, FIND_MATCHES_MAX + 1);
        const from = before ? 1 : 0;
        if (edged.some(([start, end]) => start >= from && end <= from + text.length)) return 'true';
        return edged.length > 0 ? 'unknown' : 'false';
      };
      const given = found.map(isMatch);
      const sure = given.map((truth): Truth => (truth === 'unknown' ? 'false' : truth));
      const fits =
        info.maxLength * (all.length === 0 ? 1 : RUN_BYTES) <= half &&
        all.every((step) => LOCAL.has(step.name));
      if (fits) return or([...sure, complete ? 'false' : 'open']);
      const literals = info.requiredLiterals;
      const missed = segments.some((segment, i) => {
        const text = through(values[i]);
        const seen =
          literals.length === 0 ||
          (typeof text === 'string' && literals.some((word) => text.toLowerCase().includes(word)));
        return (given[i] === 'unknown' || seen) && isDivided(all, segment, info.maxLength, half);
      });
      return or([...sure, complete ? (missed ? 'unknown' : 'false') : 'open']);
    }
    case 'contains': {
      const { words } = relation;
      if (words.kind !== 'literals' || all.every((step) => LOCAL.has(step.name)) || !all.every(isMeasured))
        return or([...found, complete ? 'false' : 'open']);
      const longest = Math.max(0, ...words.words.map((word) => String(word).length));
      const missed = segments.some((segment) => isDivided(all, segment, longest, half));
      return or([...found, complete ? (missed ? 'unknown' : 'false') : 'open']);
    }
    case 'starts_with':
      return found[0] === 'true' ? 'true' : complete ? found[0] : 'open';
    case 'ends_with':
      return complete ? (found.at(-1) ?? 'false') : 'open';
    default: {
      // What is longer than a window equals no text that is not.
      const longest = longestWord(relation, world) * (all.length === 0 ? 1 : RUN_BYTES);
      return longest <= world.windowBytes && all.every((step) => LOCAL.has(step.name)) ? 'false' : ending;
    }
  }
}

function isMeasured({ name }: Step): boolean {
  return MEASURED.has(name);
}

/** Whether a match of so many bytes may come from half a window or more, so that a cut may divide it for good. */
function isDivided(steps: readonly Step[], segment: string, matchBytes: number, half: number): boolean {
  if (matchBytes >= half || !steps.every(isMeasured)) return true;
  let text = segment;
  const deleted = steps.map((step) => {
    const [after] = applySteps([{ ...step, keepOriginal: false }], text, new Map());
    const bytes = text.length - String(after).length;
    text = String(after);
    return Math.max(0, bytes);
  });
  const span = steps.reduceRight(
    (bytes, step, i) => (step.name === 'nfkc' ? bytes * 4 : bytes + deleted[i]),
    matchBytes,
  );
  return span >= half;
}

/** One value becomes several. */
export function splits({ steps }: Selection): boolean {
  return steps.some((step) => step.keepOriginal || step.name === 'find');
}

/** Each way through steps that keep the original: with the step or without. */
export function readingsOf([step, ...rest]: readonly Step[]): Step[][] {
  if (step === undefined) return [[]];
  const after = readingsOf(rest);
  const changed = after.map((steps) => [{ ...step, keepOriginal: false }, ...steps]);
  return step.keepOriginal ? [...after, ...changed] : changed;
}

/** What the selection finds fits the overlap of two segments. */
export function findsShort({ steps }: Pick<Selection, 'steps'>, { windowBytes }: World): boolean {
  const at = steps.findIndex((step) => step.name === 'find');
  const argument = steps[at]?.args[0];
  if (argument?.kind !== 'pattern') return false;
  const bytes = regexOf(argument.pattern).info.maxLength * (at === 0 ? 1 : RUN_BYTES);
  return bytes <= windowBytes / 2 && steps.slice(0, at).every((step) => LOCAL.has(step.name));
}

function longestWord(relation: Test['relation'], world: World): number {
  let words: readonly unknown[] = [undefined];
  if (relation.kind === 'compare' && relation.operator === '==' && relation.right.kind === 'literal')
    words = [relation.right.value];
  if (relation.kind === 'in' && relation.set.kind === 'literals') words = relation.set.values;
  if (relation.kind === 'in' && relation.set.kind === 'list')
    words = world.lists.get(relation.set.name) ?? words;
  return Math.max(0, ...words.map((word) => (typeof word === 'string' ? word.length : Infinity)));
}

function stepsOf(scalar: Scalar): Step[] {
  return scalar.kind === 'pipe' ? [...stepsOf(scalar.input), ...scalar.steps] : [];
}
