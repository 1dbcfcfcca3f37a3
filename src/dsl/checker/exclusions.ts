/** Exclusions: the rules they name, the values they take away, and whether that has any effect (E303). */
import type { Exclude, ExcludeEntry } from '../ast-rule.ts';
import type { CheckedExclusion } from '../checked.ts';
import type { Condition, Key, Pick } from '../checked-condition.ts';
import { entryOf } from '../walk.ts';
import { collectCaptures } from './captures.ts';
import type { Context } from './context.ts';
import { checkUntil } from './dates.ts';
import { checkReason } from './overrides.ts';
import { isLater, latestUse, phaseUses } from './phases.ts';
import { routeNames } from './policy-settings.ts';
import { checkRelaxing } from './relaxing.ts';
import type { RuleDraft } from './rules.ts';
import { keyOf } from './same.ts';
import { EMPTY_SCOPE } from './scope.ts';
import { checkPicks } from './selections.ts';
import { selectRules } from './selectors.ts';
import { visitCondition } from './tree.ts';

/** All exclusions, with the rules they apply to by name. */
export function checkExclusions(context: Context, drafts: readonly RuleDraft[]): CheckedExclusion[] {
  return context.names.excludes.map((node) => checkExclusion(context, node, drafts));
}

function checkExclusion(context: Context, node: Exclude, drafts: readonly RuleDraft[]): CheckedExclusion {
  const selected = new Set<RuleDraft>();
  for (const selector of node.selectors) {
    for (const draft of selectRules(context, selector, drafts)) selected.add(draft);
  }
  const because = checkReason(context, node, 'exclude');
  const until = entryOf<ExcludeEntry, 'UntilEntry'>(node.entries, 'UntilEntry');
  if (until !== undefined) checkUntil(context, until.date, 'this exclusion');
  const targetEntry = entryOf<ExcludeEntry, 'TargetEntry'>(node.entries, 'TargetEntry');
  const target = targetEntry === undefined ? [] : (checkPicks(context, targetEntry.items, EMPTY_SCOPE) ?? []);
  for (const pick of target) checkTarget(context, pick, [...selected]);
  const on = entryOf<ExcludeEntry, 'OnEntry'>(node.entries, 'OnEntry');
  const routes = on === undefined ? [] : routeNames(context, on);
  const condition = checkWaiver(context, node);
  if (targetEntry === undefined && on === undefined && condition === undefined) {
    for (const draft of selected) {
      context.report('E302', node.span, `the rule \`${draft.checked.name}\` is wholly excluded`, {
        labels: [{ span: draft.node.name.span, message: 'never runs' }],
        help: 'add `target`, `on` or `when`, or write an `override` with `mode off`',
      });
    }
  }
  return {
    rules: [...selected].map((draft) => draft.checked.name),
    target,
    routes,
    condition,
    because,
    span: node.span,
  };
}

/** The condition of an exclusion relaxes, and is decided before the first body value. */
function checkWaiver(context: Context, node: Exclude): Condition | undefined {
  const when = entryOf<ExcludeEntry, 'WhenEntry'>(node.entries, 'WhenEntry');
  if (when === undefined) return undefined;
  const scope = { ...EMPTY_SCOPE, captures: collectCaptures(when.condition) };
  const { condition } = context.expressions.condition(when.condition, scope);
  const latest = latestUse(phaseUses(condition));
  if (latest !== undefined && isLater(latest.phase, 'headers')) {
    context.report('E403', latest.span, 'an exclusion is decided before the first body value', {
      note: `\`${latest.what}\` is there in the phase ${latest.phase}`,
    });
  }
  checkRelaxing(context, condition);
  return condition;
}

/** E303 for values that no selected rule tests. */
function checkTarget(context: Context, target: Pick, selected: readonly RuleDraft[]): void {
  if (selected.length === 0) return;
  let aggregated = false;
  for (const { checked } of selected) {
    let tested = false;
    const look = (pick: Pick, inAggregate: boolean): void => {
      if (!overlap(target, pick)) return;
      if (inAggregate) aggregated = true;
      else tested = true;
    };
    if (checked.condition !== undefined) {
      visitCondition(checked.condition, {
        pick: look,
        scalar: (scalar, inAggregate) => {
          look(scalarPick(scalar), inAggregate);
        },
      });
    }
    if (tested) return;
  }
  const message = aggregated
    ? 'this excludes nothing: only an aggregate reads these values'
    : 'this excludes nothing: no selected rule reads these values';
  context.report('E303', target.span, message);
}

function scalarPick(scalar: NonNullable<Pick['scalar']>): Pick {
  const base: Pick = {
    field: undefined,
    scalar,
    key: undefined,
    except: [],
    jsonPath: [],
    span: scalar.span,
  };
  if (scalar.kind === 'lines') {
    return { ...base, scalar: undefined, field: scalar.field, key: { kind: 'name', name: scalar.key } };
  }
  if (scalar.kind === 'json')
    return { ...base, scalar: undefined, field: scalar.field, jsonPath: scalar.path };
  return base;
}

/** Whether a value could be in both. */
function overlap(target: Pick, read: Pick): boolean {
  if (target.scalar !== undefined || read.scalar !== undefined) {
    return (
      target.scalar !== undefined && read.scalar !== undefined && keyOf(target.scalar) === keyOf(read.scalar)
    );
  }
  const a = target.field;
  const b = read.field;
  if (a === undefined || b === undefined) return false;
  const shared =
    a.name === b.name || (a.part === b.part && a.origins.some((origin) => b.origins.includes(origin)));
  return (
    shared &&
    keysMeet(target.key, read.key) &&
    !removed(target.key, read.except) &&
    pathsMeet(target.jsonPath, read.jsonPath)
  );
}

/** A path holds whatever lies below it. */
function pathsMeet(a: Pick['jsonPath'], b: Pick['jsonPath']): boolean {
  return a.every((step, index) => {
    const other = b[index];
    if (other === undefined || typeof step === 'object' || typeof other === 'object') return true;
    return step === other;
  });
}

function keysMeet(a: Key | undefined, b: Key | undefined): boolean {
  if (a === undefined || b === undefined || a.kind === 'pattern' || b.kind === 'pattern') return true;
  return a.name === b.name;
}

function removed(key: Key | undefined, except: readonly Key[]): boolean {
  return key?.kind === 'name' && except.some((one) => one.kind === 'name' && one.name === key.name);
}
