/** Which exclusions of a rule touch a test of it, and which values they drop. */
import type { CheckedExclusion } from '../dsl/checked.ts';
import type { Scalar, Selection } from '../dsl/checked-condition.ts';
import { ORIGIN_SCALAR } from '../engine/program.ts';
import type { LeafExclusion } from '../engine/program.ts';
import { escapePointer } from '../engine/shape-validator.ts';
import { ORIGIN } from '../http/value.ts';
import { visitNodes } from './analysis.ts';
import { coverageOf, filterOf } from './coverage.ts';
import type { PatternCompiler, PickCoverage } from './coverage.ts';
import type { RuleExclusion } from './program-builder.ts';
import { fieldLabel } from './scalars.ts';

export function ruleExclusion(
  index: number,
  exclusion: CheckedExclusion,
  compile: PatternCompiler,
): RuleExclusion {
  return {
    index,
    picks: exclusion.target.map((pick) => coverageOf(pick, compile)),
    targets: exclusion.target,
  };
}

/** The exclusions that can drop a value of a selection with these picks. */
export function exclusionsOfSelection(
  exclusions: readonly RuleExclusion[],
  picks: readonly PickCoverage[],
): LeafExclusion[] {
  return exclusions.flatMap((exclusion) => {
    const values = filterOf(exclusion.picks.filter((pick) => pick.scalar === undefined));
    const scalars = picks.flatMap(({ scalar }) =>
      scalar !== undefined && excludesScalar(exclusion, scalar) ? [fieldLabel(scalar)] : [],
    );
    const touches =
      scalars.length > 0 ||
      exclusion.picks.some((drop) =>
        picks.some(
          (pick) =>
            pick.scalar === undefined && (pick.origins & drop.origins) !== 0 && pick.facet === drop.facet,
        ),
      );
    if (!touches) return [];
    return [
      {
        exclusion: exclusion.index,
        drops: (origin, facet, name, path) =>
          origin === ORIGIN_SCALAR ? scalars.includes(name) : values(origin, facet, name, path),
      } satisfies LeafExclusion,
    ];
  });
}

/** The exclusions that drop one of the scalars a test reads. */
export function exclusionsOfScalars(exclusions: readonly RuleExclusion[], test: unknown): number[] {
  const scalars: Scalar[] = [];
  visitNodes(test, (node) => {
    if (node.kind === 'field' || node.kind === 'lines' || node.kind === 'json')
      scalars.push(node as unknown as Scalar);
  });
  return exclusions
    .filter((exclusion) => scalars.some((scalar) => excludesScalar(exclusion, scalar)))
    .map((exclusion) => exclusion.index);
}

/** Numbers of the exclusions that touch anything a part of the tree reads. */
export function touchingExclusions(
  exclusions: readonly RuleExclusion[],
  root: unknown,
  compile: PatternCompiler,
): number[] {
  if (exclusions.length === 0) return [];
  const touching = new Set(exclusionsOfScalars(exclusions, root));
  visitNodes(root, (node) => {
    if (!Array.isArray(node.picks)) return;
    const picks = (node as unknown as Selection).picks.map((pick) => coverageOf(pick, compile));
    for (const { exclusion } of exclusionsOfSelection(exclusions, picks)) touching.add(exclusion);
  });
  return [...touching].sort((a, b) => a - b);
}

function excludesScalar(exclusion: RuleExclusion, scalar: Scalar): boolean {
  return exclusion.picks.some((pick, i) => {
    if (pick.scalar !== undefined) return fieldLabel(pick.scalar) === fieldLabel(scalar);
    if (scalar.kind === 'lines') {
      return exclusion.targets[i].field?.name === scalar.field.name && pick.accepts(scalar.key, scalar.key);
    }
    if (scalar.kind !== 'json' || exclusion.targets[i].field?.form !== 'json') return false;
    const origin = scalar.field.name.startsWith('response.') ? ORIGIN.response_json : ORIGIN.json;
    const name = scalar.path.filter((part) => typeof part === 'string').join('.');
    const path = scalar.path.map((part) => `/${escapePointer(String(part))}`).join('');
    return (pick.origins & (1 << origin)) !== 0 && pick.accepts(name, path);
  });
}
