/** Mutants of what a condition looks at: picks of a selection, their keys and exceptions, and transformations. */
import { TRANSFORMATIONS } from '../../http/transform/registry.ts';
import type { Key, Pick, Scalar, Selection, Step } from '../checked-condition.ts';
import { spanText } from '../source.ts';
import { changesOf, eachLeftOut } from './mutant.ts';
import type { Change } from './mutant.ts';

/** One pick or step less, a pick without its key or with an exception less, one round of decoding less. */
export function selectionMutants(selection: Selection): Change<Selection>[] {
  const { picks } = selection;
  const whole = (changed: readonly Pick[]): Selection => ({ ...selection, picks: changed });
  const dropped: Change<Selection>[] = (picks.length > 1 ? eachLeftOut(picks) : []).map(({ item, rest }) => ({
    span: item.span,
    change: `\`${textOf(item)}\` is not looked at`,
    wanted: `a \`hit\` with the value in \`${textOf(item)}\` alone`,
    part: whole(rest),
  }));
  const changed = picks.flatMap((pick, index) =>
    changesOf(pickMutants(pick), (other) => whole(picks.map((one, at) => (at === index ? other : one)))),
  );
  const steps = changesOf(stepMutants(selection.steps, true), (part) => ({ ...selection, steps: part }));
  return [...dropped, ...changed, ...steps];
}

function pickMutants(pick: Pick): Change<Pick>[] {
  const found: Change<Pick>[] = eachLeftOut(pick.except).map(({ item, rest }) => ({
    span: pick.span,
    change: `\`${keyText(item)}\` is no exception`,
    wanted: `a \`pass\` or \`miss\` with the value in \`${keyText(item)}\``,
    part: { ...pick, except: rest },
  }));
  if (pick.key !== undefined && pick.field !== undefined) {
    found.push({
      span: pick.span,
      change: `\`[${keyText(pick.key)}]\` is left out`,
      wanted: `a \`pass\` or \`miss\` with the value beside \`${keyText(pick.key)}\``,
      part: { ...pick, key: undefined },
    });
  }
  return found;
}

function keyText(key: Key): string {
  return key.kind === 'name' ? JSON.stringify(key.name) : `/${key.pattern.source}/`;
}

/** Each step left out that gives text for text, `|>?` as `|>`, one round less where a step counts rounds. */
function stepMutants(steps: readonly Step[], isSelection: boolean): Change<readonly Step[]>[] {
  return steps.flatMap((step, index) => {
    const put = (...by: Step[]): readonly Step[] => steps.toSpliced(index, 1, ...by);
    const found: Change<readonly Step[]>[] = [];
    if (keepsType(step, isSelection)) {
      found.push({
        span: step.span,
        change: `\`${step.name}\` is left out`,
        wanted: `an example that comes out otherwise without \`${step.name}\``,
        part: put(),
      });
    }
    if (step.keepOriginal) {
      found.push({
        span: step.span,
        change: `\`|>? ${step.name}\` becomes \`|>\``,
        wanted: `an example in which the value before \`${step.name}\` counts`,
        part: put({ ...step, keepOriginal: false }),
      });
    }
    const [rounds] = step.args;
    const [least] = TRANSFORMATIONS.get(step.name)?.parameters[0]?.range ?? [Infinity];
    if (rounds?.kind === 'int' && rounds.value > least) {
      const fewer = rounds.value - 1;
      found.push({
        span: step.span,
        change: `\`${step.name}(${rounds.value})\` becomes \`${step.name}(${fewer})\``,
        wanted: `a \`hit\` that takes all ${rounds.value} of \`${step.name}\``,
        part: put({ ...step, args: [{ kind: 'int', value: fewer }, ...step.args.slice(1)] }),
      });
    }
    return found;
  });
}

/** Text steps go anywhere; `find` makes several values of one, which a selection does not mind. */
function keepsType(step: Step, isSelection: boolean): boolean {
  return TRANSFORMATIONS.get(step.name)?.kind === 'text' || (isSelection && step.name === 'find');
}

/** Mutants of a single value: its steps, and the selection that an aggregate counts. */
export function scalarMutants(scalar: Scalar): Change<Scalar>[] {
  switch (scalar.kind) {
    case 'pipe': {
      const steps = changesOf(
        stepMutants(scalar.steps, false),
        (part): Scalar => ({ ...scalar, steps: part }),
      );
      return [...steps, ...changesOf(scalarMutants(scalar.input), (input): Scalar => ({ ...scalar, input }))];
    }
    case 'aggregate':
      return changesOf(selectionMutants(scalar.source), (source): Scalar => ({ ...scalar, source }));
    case 'exists':
      return 'picks' in scalar.of
        ? changesOf(selectionMutants(scalar.of), (of): Scalar => ({ ...scalar, of }))
        : [];
    case 'sample':
    case 'condition':
    case 'literal':
    case 'field':
    case 'lines':
    case 'json':
    case 'switch':
    case 'secret':
    case 'limiterPart':
    case 'floodPart':
    case 'bound':
    case 'boundPart':
    case 'capture':
      return [];
  }
}

function textOf(pick: Pick): string {
  return spanText(pick.span).replace(/\s+/g, ' ');
}
