/**
 * Mutation testing of rules: runs the examples of a rule against its mutants and says which of them no example notices.
 *
 * A rule is compiled alone for this, so a mutant costs milliseconds. What stands outside of a rule (`targets`, `fn`,
 * `pattern`) is shared: a mistake there is one mutant, noticed as soon as one rule that uses it notices. An example
 * notices when the rule matches it and its mutant does not, or the other way round.
 */
import { MUTANTS_PER_RULE_MAX } from '../core/limits.ts';
import type { CheckedPolicy, CheckedRule } from '../dsl/checked.ts';
import { spread } from '../dsl/mutation/mutant.ts';
import type { Mutant } from '../dsl/mutation/mutant.ts';
import { mutantsOf } from '../dsl/mutation/mutants.ts';
import { spanText } from '../dsl/source.ts';
import type { Span } from '../dsl/source.ts';
import type { Engine } from '../engine/api.ts';
import type { CorpusCase } from './corpus-runner.ts';
import { policyOfRule } from './example-runner.ts';
import type { CompilePolicy } from './example-runner.ts';
import { inspect } from './inspection.ts';
import type { WrittenRequest } from './inspection.ts';

/** A mistake that nothing would notice. */
export interface Survivor {
  /** The rule, or all rules that use what was changed. */
  readonly rules: readonly string[];
  readonly path: string;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
  readonly text: string;
  readonly change: string;
  /** The example that would notice it, in words. */
  readonly wanted: string;
}

export interface MutationRun {
  readonly mutants: number;
  readonly killed: number;
  /** Of the mutants that were run, rounded down; 100 if there were none. */
  readonly percent: number;
  readonly survivors: readonly Survivor[];
  /** Rules with more mutants than are run, and how many of them were not. */
  readonly notRun: readonly { readonly rule: string; readonly mutants: number }[];
}

export interface MutationOptions {
  /** Only these rules; all if empty. */
  readonly rules?: readonly string[];
  /** Files, as spans name them, in which no mistakes are made: the rules of others. */
  readonly without?: ReadonlySet<string>;
  /** Requests that may notice what the examples do not; a case belongs to the rules it names, a harmless one to all. */
  readonly corpus?: readonly CorpusCase[];
  /** Runs each n-th mutant only. */
  readonly every?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** One mutant of one rule. */
interface Trial {
  readonly rule: CheckedRule;
  readonly mutant: Mutant;
}

/** A mistake and the rules it is a mistake of. */
interface Mistake {
  readonly trials: Trial[];
  killed: boolean;
}

/** A rule that examples were run against as it stands. */
interface Baseline {
  readonly requests: readonly WrittenRequest[];
  readonly matched: readonly boolean[];
}

/** Runs the mutants of all rules that examples can speak of. Cost: a few milliseconds a mutant. */
export async function runMutants(
  policy: CheckedPolicy,
  compile: CompilePolicy,
  options: MutationOptions = {},
): Promise<MutationRun> {
  const { rules = [], every = 1, without = new Set(), onProgress = () => undefined } = options;
  const asked = policy.rules.filter(({ name }) => rules.length === 0 || rules.includes(name));
  const notRun: { rule: string; mutants: number }[] = [];
  const own = asked.filter((rule) => isUpToExamples(rule) && !without.has(rule.span.source.path));
  const all = mistakesOf(own, without, notRun);
  const mistakes = all.filter((_, index) => index % every === 0);
  const baselines = new Map<string, Promise<Baseline>>();
  for (const [index, mistake] of mistakes.entries()) {
    for (const trial of mistake.trials) {
      const { name } = trial.rule;
      const baseline = baselines.get(name) ?? baselineOf(policy, trial.rule, compile, options.corpus ?? []);
      baselines.set(name, baseline);
      mistake.killed = await isNoticed(engineOf(policy, trial, compile), await baseline);
      if (mistake.killed) break;
    }
    onProgress(index + 1, mistakes.length);
  }
  const killed = mistakes.filter((mistake) => mistake.killed).length;
  return {
    mutants: mistakes.length,
    killed,
    percent: mistakes.length === 0 ? 100 : Math.floor((100 * killed) / mistakes.length),
    survivors: mistakes.filter((mistake) => !mistake.killed).map(survivor),
    notRun,
  };
}

/** A rule that limits matches no first request, so no example of it tells anything. */
function isUpToExamples(rule: CheckedRule): boolean {
  return rule.examples.length > 0 && !rule.actions.some((action) => action.kind === 'limit');
}

function mistakesOf(
  rules: readonly CheckedRule[],
  without: ReadonlySet<string>,
  notRun: { rule: string; mutants: number }[],
): readonly Mistake[] {
  const mistakes = new Map<string, Mistake>();
  for (const rule of rules) {
    const made = rule.condition === undefined ? [] : mutantsOf(rule.condition);
    const mutants = made.filter(({ span }) => !without.has(span.source.path));
    const run = spread(mutants.length, MUTANTS_PER_RULE_MAX).map((index) => mutants[index]);
    if (run.length < mutants.length) notRun.push({ rule: rule.name, mutants: mutants.length - run.length });
    for (const mutant of run) {
      const owner = isInside(mutant.span, rule.span) ? rule.name : '';
      const { source, start, end } = mutant.span;
      const key = `${owner} ${source.path} ${start} ${end} ${mutant.change}`;
      const known = mistakes.get(key);
      if (known === undefined) mistakes.set(key, { trials: [{ rule, mutant }], killed: false });
      else known.trials.push({ rule, mutant });
    }
  }
  return [...mistakes.values()];
}

function isInside(span: Span, outer: Span): boolean {
  return span.source.path === outer.source.path && span.start >= outer.start && span.end <= outer.end;
}

function engineOf(policy: CheckedPolicy, { rule, mutant }: Trial, compile: CompilePolicy): Engine {
  return compile(policyOfRule(policy, { ...rule, condition: mutant.condition }));
}

async function baselineOf(
  policy: CheckedPolicy,
  rule: CheckedRule,
  compile: CompilePolicy,
  corpus: readonly CorpusCase[],
): Promise<Baseline> {
  const own = rule.examples.map(({ request }) => request).filter(({ later }) => later.length === 0);
  const cases = corpus.filter(({ expect, by }) => expect === 'pass' || by.includes(rule.name));
  const requests: WrittenRequest[] = [...own, ...cases.map(({ request }) => request)];
  const engine = compile(policyOfRule(policy, rule));
  const matched: boolean[] = [];
  for (const request of requests) matched.push(await matches(engine, request));
  return { requests, matched };
}

async function isNoticed(engine: Engine, { requests, matched }: Baseline): Promise<boolean> {
  for (const [index, request] of requests.entries()) {
    if ((await matches(engine, request)) !== matched[index]) return true;
  }
  return false;
}

async function matches(engine: Engine, request: WrittenRequest): Promise<boolean> {
  const inspection = await inspect(engine, request);
  return inspection.kind === 'judged' && inspection.report.matches.length > 0;
}

function survivor({ trials }: Mistake): Survivor {
  const { span, change, wanted } = trials[0].mutant;
  const { line, column } = span.source.lineAt(span.start);
  return {
    rules: [...new Set(trials.map(({ rule }) => rule.name))],
    path: span.source.path,
    line,
    column,
    text: spanText(span).replace(/\s+/g, ' '),
    change,
    wanted,
  };
}
