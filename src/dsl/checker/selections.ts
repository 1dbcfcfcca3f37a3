/** Selections: what a quantifier ranges over. Picks, `except`, `targets`, and transformations lifted over them. */
import type {
  Pick as PickNode,
  RegexLiteral,
  Selection as SelectionNode,
  StringLiteral,
} from '../ast-expression.ts';
import type { Key, Pick } from '../checked-condition.ts';
import type { Context } from './context.ts';
import { nameIn } from './fields.ts';
import { flattenSelection } from './flatten.ts';
import { checkOperand } from './operands.ts';
import { checkRegex } from './patterns.ts';
import type { Scope } from './scope.ts';
import { applySteps } from './steps.ts';
import type { SelectionTyped } from './types.ts';
import { selectionOfScalar, showType } from './types.ts';

/** The selection of a quantifier, or undefined after a diagnostic. */
export function checkSelection(
  context: Context,
  node: SelectionNode,
  scope: Scope,
): SelectionTyped | undefined {
  const picks = checkPicks(context, node.items, scope);
  if (picks === undefined || picks.length === 0) return undefined;
  const flat = flattenSelection(context, picks, node.span);
  const value = applySteps(context, flat, node.steps, scope);
  return value.form === 'selection' ? { ...value, span: node.span } : undefined;
}

/** Picks with `targets` put in place, or undefined after a diagnostic. */
export function checkPicks(
  context: Context,
  nodes: readonly PickNode[],
  scope: Scope,
): readonly Pick[] | undefined {
  const picks: Pick[] = [];
  let broken = false;
  for (const node of nodes) {
    const checked = checkPick(context, node, scope);
    if (checked === undefined) broken = true;
    else picks.push(...checked);
  }
  return broken ? undefined : picks;
}

function checkPick(context: Context, node: PickNode, scope: Scope): readonly Pick[] | undefined {
  const value = checkOperand(context, node.operand, scope, 'selection');
  if (value.form === 'broken') return undefined;
  const span = node.operand.span;
  if (value.form === 'scalar') {
    if (node.except !== undefined) return noNames(context, node);
    return selectionOfScalar(value.scalar).picks;
  }
  if (value.form !== 'selection' || value.selection.steps.length > 0) {
    context.report('E201', span, 'a selection is made of fields', { note: showType(value) });
    return undefined;
  }
  if (node.except === undefined) return value.selection.picks;
  const except = node.except;
  const excluded: Pick[] = [];
  for (const pick of value.selection.picks) {
    if (pick.field?.form === 'json' || pick.field === undefined) return noNames(context, node);
    const keys = exceptKeys(context, except, pick);
    if (keys === undefined) return undefined;
    excluded.push({ ...pick, except: [...pick.except, ...keys] });
  }
  return excluded;
}

function noNames(context: Context, node: PickNode): undefined {
  context.report('E201', node.operand.span, '`except` leaves out names, and these values have none', {
    help: 'use `except` after a map such as `args` or `request.cookies`',
  });
  return undefined;
}

function exceptKeys(
  context: Context,
  nodes: readonly (StringLiteral | RegexLiteral)[],
  pick: Pick,
): readonly Key[] | undefined {
  const keys: Key[] = [];
  const seen = new Set<string>();
  for (const node of nodes) {
    if (node.kind === 'RegexLiteral') {
      const checked = checkRegex(context, node);
      if (checked === undefined) return undefined;
      keys.push({ kind: 'pattern', pattern: checked.use });
      continue;
    }
    const name = nameIn(pick.field, node.value);
    if (seen.has(name)) context.report('E301', node.span, `\`${name}\` stands twice after \`except\``);
    seen.add(name);
    keys.push({ kind: 'name', name });
  }
  return keys;
}
