/** Transaction variables that one link sets and a later one of the same chain reads. */
import type { Variable } from './ast.ts';
import type { Link } from './chain.ts';
import { partsOf } from './macros.ts';
import { assignmentsOf } from './settings.ts';
import type { Assignment } from './settings.ts';

export interface Copy {
  readonly link: Link;
  readonly value: string;
}

/** The text a link in front has put into a transaction variable. Of several the last. */
export function copyOf(variable: Variable, before: readonly Link[]): Copy | undefined {
  const { selector } = variable;
  if (selector === undefined) return undefined;
  for (const link of before.toReversed()) {
    for (const assignment of assignmentsOf(link)) {
      if (assignment?.operation !== '=' || !isMeant(assignment, selector)) continue;
      return { link, value: assignment.value };
    }
  }
  return undefined;
}

function isMeant({ name }: Assignment, selector: NonNullable<Variable['selector']>): boolean {
  const wanted = selector.text.toLowerCase();
  if (selector.kind === 'name') return name === wanted;
  // A family of names: what stands before its macro is what the selector begins with.
  const [first] = partsOf(name);
  const word = /^\^?(\w*)/.exec(wanted)?.[1] ?? '';
  return first.kind === 'text' && (first.text.startsWith(word) || word.startsWith(first.text));
}
