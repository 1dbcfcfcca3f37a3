/**
 * What SecLang directives mean together: chains joined, default actions applied, removals and updates carried out.
 *
 * The result is a sequence in the order of the files, because markers, settings and counters depend on it.
 */
import { SECLANG_CHAIN_LINKS_MAX } from '../core/limits.ts';
import { valueOf, valuesOf } from './actions.ts';
import type { Action, Directive, Place, RuleDirective, SettingDirective } from './ast.ts';
import { lastDisruptive } from './chain.ts';
import type { Chain, Disruptive, Link, Marker, Removal } from './chain.ts';
import { DEFAULT_PHASE, phaseNumber } from './phases.ts';
import type { ReportProblem } from './problem.ts';
import { knownTransformation } from './transformations.ts';
import { applyUpdates } from './updates.ts';

export interface SecLangModel {
  readonly sequence: readonly (Chain | Marker)[];
  readonly settings: readonly SettingDirective[];
  /** Chains that directives took away, with those directives. */
  readonly removed: readonly Removal[];
}

export function modelOf(directives: readonly Directive[], report: ReportProblem): SecLangModel {
  const defaults = new Map<number, readonly Action[]>();
  const sequence: (Chain | Marker)[] = [];
  const settings: SettingDirective[] = [];
  const places = new Map<number, Place>();
  let open: RuleDirective[] = [];
  for (const directive of directives) {
    if (open.length > 0 && directive.kind !== 'rule') {
      report({ code: 'S011', place: open[0].place, reason: 'the chain has no end', kept: CHAIN_LEFT_OUT });
      open = [];
    }
    if (directive.kind === 'rule') {
      open.push(directive);
      if (valuesOf(directive.actions, 'chain').length > 0) continue;
      const chain = soundChain(open, defaults, places, report);
      if (chain !== undefined) sequence.push(chain);
      open = [];
    } else if (directive.kind === 'marker') sequence.push({ kind: 'marker', name: directive.name });
    else if (directive.kind === 'defaults') defaults.set(phaseOf(directive.actions), directive.actions);
    else if (directive.kind === 'setting') settings.push(directive);
  }
  if (open.length > 0) {
    report({ code: 'S011', place: open[0].place, reason: 'the chain has no end', kept: CHAIN_LEFT_OUT });
  }
  return { ...applyUpdates(sequence, directives), settings };
}

const CHAIN_LEFT_OUT = 'the chain was left out';

/** The rules of a chain as one, or undefined after a report. */
function soundChain(
  rules: readonly RuleDirective[],
  defaults: ReadonlyMap<number, readonly Action[]>,
  places: Map<number, Place>,
  report: ReportProblem,
): Chain | undefined {
  const [{ place }] = rules;
  if (rules.length > SECLANG_CHAIN_LINKS_MAX) {
    const reason = `the chain has more than ${SECLANG_CHAIN_LINKS_MAX} links`;
    report({ code: 'S011', place, reason, kept: CHAIN_LEFT_OUT });
    return undefined;
  }
  const chain = chainOf(rules, defaults);
  const first = chain.id === undefined ? undefined : places.get(chain.id);
  if (first !== undefined) {
    const reason = `the id ${chain.id ?? ''} is that of ${first.file}:${first.line}`;
    report({ code: 'S010', place, reason, kept: 'the first rule stays, this one was left out' });
    return undefined;
  }
  if (chain.id !== undefined) places.set(chain.id, place);
  return chain;
}

/** The phase the actions name; 2 if they do not. */
function phaseOf(actions: readonly Action[]): number {
  const written = valueOf(actions, 'phase');
  return (written === undefined ? undefined : phaseNumber(written)) ?? DEFAULT_PHASE;
}

function chainOf(rules: readonly RuleDirective[], defaults: ReadonlyMap<number, readonly Action[]>): Chain {
  const [first] = rules;
  const phase = phaseOf(first.actions);
  const inherited = defaults.get(phase) ?? [];
  const id = valueOf(first.actions, 'id');
  return {
    kind: 'chain',
    place: first.place,
    id: id === undefined ? undefined : Number(id),
    phase,
    links: rules.map((rule) => linkOf(rule, inherited)),
    actions: [...inherited, ...first.actions],
    disruptive: disruptiveOf(first.actions, inherited),
    tags: valuesOf(first.actions, 'tag'),
  };
}

function linkOf(rule: RuleDirective, inherited: readonly Action[]): Link {
  const written = [...valuesOf(inherited, 't'), ...valuesOf(rule.actions, 't')];
  const names = written.map((name) => knownTransformation(name) ?? name);
  return {
    place: rule.place,
    variables: rule.variables,
    operator: rule.operator,
    transformations: names.slice(names.lastIndexOf('none') + 1),
    multiMatch: rule.actions.some((action) => action.name === 'multimatch'),
    capture: rule.actions.some((action) => action.name === 'capture'),
    actions: rule.actions,
  };
}

/** `block` means what SecDefaultAction says; without any, the reference engine passes. */
function disruptiveOf(actions: readonly Action[], inherited: readonly Action[]): Disruptive {
  const own = lastDisruptive(actions);
  if (own !== 'block' && own !== undefined) return own;
  const given = lastDisruptive(inherited);
  return given === undefined || given === 'block' ? 'pass' : given;
}
