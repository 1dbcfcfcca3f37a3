/**
 * Tests of values longer than the window, which are seen in segments overlapping by half (LANGUAGE.md, "Long values").
 */
import type { Condition, Scalar, Step } from '../../src/dsl/checked.ts';
import type { MaybeValue } from '../../src/http/value.ts';
import { regexOf } from './regex.ts';
import { and, or } from './logic.ts';
import type { Truth } from './logic.ts';
import type { World } from './moment.ts';
import { compareGrowing } from './relation.ts';
import type { Item } from './selection.ts';
import { LATER } from './moment.ts';

type Test = Extract<Condition, { kind: 'test' }>;

/** Steps whose result at a place depends on a short run of bytes there: nothing is lost at the cuts but in that run. */
const LOCAL = new Set(
  'lower upper nfkc percent_decode plus_decode url_decode_uni html_decode js_decode css_decode escape_decode utf8_to_unicode slashes hex_encode'.split(
    ' ',
  ),
);
/** Bytes such a run may have for each byte of the result. */
const RUN_BYTES = 64;

/**
 * @param item what the segments told so far give after the steps of the selection
 * @param onSegment the test on one of them
 */
export function longTest(
  test: Test,
  item: Item,
  world: World,
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
  switch (relation.kind) {
    case 'matches': {
      const { info } = regexOf(relation.pattern);
      const atStart = /\^|\\A/.test(info.source);
      const atEnd = /\$|\\z/.test(info.source);
      const sure = found.map((truth, i): Truth => {
        const edge = (atStart && i > 0) || (atEnd && !(complete && i === found.length - 1));
        return truth === 'true' && edge ? ending : truth;
      });
      const fits =
        info.maxLength * (all.length === 0 ? 1 : RUN_BYTES) <= half &&
        all.every((step) => LOCAL.has(step.name));
      if (fits) return or([...sure, complete ? 'false' : 'open']);
      const literals = info.requiredLiterals;
      const seen =
        all.length > 0 ||
        literals.length === 0 ||
        segments.some((text) => literals.some((word) => text.toLowerCase().includes(word)));
      return or([...sure, complete ? (seen ? 'unknown' : 'false') : 'open']);
    }
    case 'contains':
      return or([...found, complete ? 'false' : 'open']);
    case 'starts_with':
      return found[0];
    case 'ends_with':
      return complete ? (found.at(-1) ?? 'false') : 'open';
    default:
      return and([ending]);
  }
}

function stepsOf(scalar: Scalar): Step[] {
  return scalar.kind === 'pipe' ? [...stepsOf(scalar.input), ...scalar.steps] : [];
}
