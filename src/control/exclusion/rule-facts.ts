/**
 * What must be known of a rule to say how a request could be excepted from it. Made once for a program, so that a
 * suggestion costs no more than putting its text together.
 */
import { fieldLabel } from '../../compiler/scalars.ts';
import type { CheckedExample } from '../../dsl/checked-request.ts';
import type { CheckedPolicy, CheckedRule } from '../../dsl/checked.ts';
import type { Pick, Scalar } from '../../dsl/checked-condition.ts';
import { visitCondition } from '../../dsl/checker/tree.ts';
import { HitExample } from './hit-example.ts';

export interface RuleFacts {
  readonly sealed: boolean;
  /** It limits: such a rule is changed at its limiter. */
  readonly isGate: boolean;
  /** It refuses or redirects by itself. */
  readonly decides: boolean;
  /** Points by what they count towards: `request` or `response`, and categories. */
  readonly points: ReadonlyMap<string, number>;
  /** Every single value it tests, by the name reports give it. */
  readonly scalars: ReadonlySet<string>;
  /** Origins of values it tests, with the part of them: `query value`, `form name`. */
  readonly values: ReadonlySet<string>;
  /** It tests places of the JSON body. */
  readonly readsJson: boolean;
  /** `files.filename` and the like, as far as it tests them. */
  readonly fileFields: ReadonlySet<string>;
  readonly hits: readonly HitExample[];
}

/** The facts of all rules, by name. O(size of the policy). */
export function ruleFacts(policy: CheckedPolicy): ReadonlyMap<string, RuleFacts> {
  return new Map(policy.rules.map((rule) => [rule.name, factsOf(rule, policy)]));
}

function factsOf(rule: CheckedRule, policy: CheckedPolicy): RuleFacts {
  const scalars = new Set<string>();
  const values = new Set<string>();
  const fileFields = new Set<string>();
  let readsJson = false;
  const lookAt = (pick: Pick): void => {
    const { field, scalar } = pick;
    if (scalar !== undefined) scalars.add(fieldLabel(scalar));
    else if (field === undefined) return;
    else if (field.form === 'json') readsJson = true;
    else if (field.name.startsWith('files.')) fileFields.add(field.name);
    else if (field.form === 'scalar') scalars.add(field.name);
    else for (const origin of field.origins) values.add(`${origin} ${field.part}`);
  };
  const lookAtScalar = (scalar: Scalar): void => {
    if (scalar.kind === 'field' || scalar.kind === 'lines' || scalar.kind === 'json')
      scalars.add(fieldLabel(scalar));
  };
  if (rule.condition !== undefined) {
    visitCondition(rule.condition, {
      pick: (pick, aggregated) => {
        if (!aggregated) lookAt(pick);
      },
      scalar: (scalar, aggregated) => {
        if (!aggregated) lookAtScalar(scalar);
      },
    });
  }
  return {
    sealed: rule.sealed,
    isGate: rule.actions.some((action) => action.kind === 'limit'),
    decides: rule.actions.some((action) => action.kind === 'block' || action.kind === 'redirect'),
    points: pointsOf(rule, policy),
    scalars,
    values,
    readsJson,
    fileFields,
    hits: rule.examples.filter(isHit).map(({ request, span }) => new HitExample(request, span)),
  };
}

function isHit({ expect }: CheckedExample): boolean {
  return expect === 'hit';
}

function pointsOf(rule: CheckedRule, { settings }: CheckedPolicy): ReadonlyMap<string, number> {
  const points = new Map<string, number>();
  const direction = rule.phase.startsWith('response') ? 'response' : 'request';
  for (const action of rule.actions) {
    if (action.kind !== 'score') continue;
    const given = action.points ?? settings.scores[rule.severity];
    for (const subject of action.category === undefined ? [direction] : [direction, action.category])
      points.set(subject, (points.get(subject) ?? 0) + given);
  }
  return points;
}
