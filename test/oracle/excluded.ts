/** What exclusions take away from a rule: values of its selections, and single values it tests. */
import type { Pick, Scalar } from '../../src/dsl/checked-condition.ts';
import { elementsAt } from './moment.ts';
import type { Moment } from './moment.ts';
import { isJsonPick, takes } from './selection.ts';
import type { Occurrence } from './selection.ts';

/** Whether an exclusion takes a value of a selection away. */
export function drops(targets: readonly Pick[], moment: Moment, pick: Pick, occurrence: Occurrence): boolean {
  return targets.some((target) => {
    if (occurrence.origin === 'scalar') return pick.scalar !== undefined && isTarget(target, pick.scalar);
    if (isJsonPick(target))
      return (
        isJsonPick(pick) &&
        elementsAt(moment.document(target.field as never), target.jsonPath).some(
          ({ pointer }) => pointer === occurrence.path,
        )
      );
    return target.field?.part === pick.field?.part && takes(target, occurrence.origin, occurrence.name);
  });
}

/** Whether a test on the scalar reads one that an exclusion takes away. */
export function readsExcluded(targets: readonly Pick[], scalar: Scalar): boolean {
  if (scalar.kind === 'pipe') return readsExcluded(targets, scalar.input);
  if (scalar.kind === 'sample') return scalar.key !== undefined && readsExcluded(targets, scalar.key);
  if (scalar.kind === 'exists' && !('picks' in scalar.of)) return readsExcluded(targets, scalar.of);
  return targets.some((target) => isTarget(target, scalar));
}

function isTarget(target: Pick, scalar: Scalar): boolean {
  if (scalar.kind === 'field')
    return target.scalar?.kind === 'field' && target.scalar.field.name === scalar.field.name;
  if (scalar.kind === 'lines') {
    if (target.scalar?.kind === 'lines')
      return target.scalar.field.name === scalar.field.name && target.scalar.key === scalar.key;
    return (
      target.field?.name === scalar.field.name &&
      takes(target, scalar.field.origins[0] ?? 'scalar', scalar.key)
    );
  }
  if (scalar.kind !== 'json') return false;
  const path =
    target.scalar?.kind === 'json'
      ? target.scalar.path
      : target.field?.form === 'json'
        ? target.jsonPath
        : undefined;
  return path?.every((step, i) => typeof step === 'object' || step === scalar.path[i]) === true;
}
