/**
 * SecRuleRemoveBy…, SecRuleUpdateTargetBy… and SecRuleUpdateActionById, carried out on the rules themselves.
 *
 * They hold for every request, so the rule that comes out of the import is simply the changed one. The reference
 * engine lets them reach rules read before them; so does this.
 */
import type { Action, Directive, RuleChoice } from './ast.ts';
import { lastDisruptive } from './chain.ts';
import type { Chain, Marker, Removal } from './chain.ts';

export interface UpdatedSequence {
  readonly sequence: readonly (Chain | Marker)[];
  readonly removed: readonly Removal[];
}

export function applyUpdates(
  sequence: readonly (Chain | Marker)[],
  directives: readonly Directive[],
): UpdatedSequence {
  const removed: Removal[] = [];
  let updated = sequence;
  for (const directive of directives) {
    if (directive.kind === 'update-targets') {
      updated = mapChains(updated, directive.rules, (chain) => withVariables(chain, directive.variables));
    } else if (directive.kind === 'update-actions') {
      updated = mapChains(updated, directive.rules, (chain) => withActions(chain, directive.actions));
    } else if (directive.kind === 'remove') {
      updated = updated.filter((item) => {
        if (item.kind === 'marker' || !isChosen(item, directive.rules)) return true;
        removed.push({ chain: item, by: directive.place });
        return false;
      });
    }
  }
  return { sequence: updated, removed };
}

function mapChains(
  sequence: readonly (Chain | Marker)[],
  rules: readonly RuleChoice[],
  change: (chain: Chain) => Chain,
): readonly (Chain | Marker)[] {
  return sequence.map((item) => (item.kind === 'chain' && isChosen(item, rules) ? change(item) : item));
}

/** Whether a rule is meant.  */
export function isChosen(chain: Chain, rules: readonly RuleChoice[]): boolean {
  return rules.some((rule) => {
    if (rule.by === 'id') return chain.id !== undefined && rule.first <= chain.id && chain.id <= rule.last;
    const texts =
      rule.by === 'tag'
        ? chain.tags
        : chain.actions.filter((action) => action.name === 'msg').map((action) => action.value);
    return texts.some((text) => fits(rule.pattern, text));
  });
}

/** What people write here is a plain text; anything else is compared as one, which chooses fewer rules, never more. */
function fits(pattern: string, text: string): boolean {
  return text.includes(pattern);
}

function withVariables(chain: Chain, variables: Chain['links'][number]['variables']): Chain {
  const [first, ...rest] = chain.links;
  return { ...chain, links: [{ ...first, variables: [...first.variables, ...variables] }, ...rest] };
}

function withActions(chain: Chain, actions: readonly Action[]): Chain {
  const [first, ...rest] = chain.links;
  const added = actions.filter((action) => action.name !== 'id' && action.name !== 'phase');
  return {
    ...chain,
    actions: [...chain.actions, ...added],
    disruptive: lastDisruptive(added) ?? chain.disruptive,
    links: [{ ...first, actions: [...first.actions, ...added] }, ...rest],
  };
}
