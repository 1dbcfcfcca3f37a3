/** `ward test`: the examples inside the rules, their scenarios and the corpus, through the real engine. */
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { loadCorpus, runCase } from '../control/corpus-runner.ts';
import type { CorpusCase, CorpusResult } from '../control/corpus-runner.ts';
import { coverageOf } from '../control/example-coverage.ts';
import type { Coverage } from '../control/example-coverage.ts';
import { policyAsEnforced, runExamples } from '../control/example-runner.ts';
import type { ExampleRun } from '../control/example-runner.ts';
import { runMutants } from '../control/mutation-runner.ts';
import type { MutationRun } from '../control/mutation-runner.ts';
import { checkRuleSet, compilePolicyForTests, compileScenario } from '../control/rule-set.ts';
import { importedShipped } from '../control/rule-sources.ts';
import { runScenarios } from '../control/scenario/scenario-runner.ts';
import type { ScenarioResult } from '../control/scenario/scenario-runner.ts';
import { todayUtc } from '../control/today.ts';
import type { CheckedPolicy } from '../dsl/checked.ts';
import type { Diagnostic } from '../dsl/diagnostics/diagnostic.ts';
import { renderJson } from '../dsl/diagnostics/render-json.ts';
import { EXIT } from './exit-code.ts';
import { printMutation } from './mutation-report.ts';
import { createProgress } from './progress.ts';
import { addRuleOptions, isRuleNamed, loadRules, plural, printDiagnostics } from './rule-options.ts';
import type { RuleOptions } from './rule-options.ts';
import type { Terminal } from './terminal.ts';

interface TestOutcome {
  readonly run: ExampleRun;
  readonly scenarios: readonly ScenarioResult[];
  readonly corpus: readonly CorpusResult[];
  readonly coverage: Coverage | undefined;
  readonly mutation: MutationRun | undefined;
  /** The share of mutants that must be noticed, in percent. */
  readonly mutateMin: number | undefined;
}

interface TestOptions extends RuleOptions {
  readonly coverage?: boolean;
  readonly mutate?: boolean;
  readonly mutateMin?: number;
  readonly mutateRule?: readonly string[];
  readonly corpus?: string;
}

export function addTestCommand(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  const command = program
    .command('test')
    .summary('run the examples and scenarios inside the rules')
    .description(
      'Runs every example of every rule and every scenario through the real engine, and the cases of a corpus if one is given. Scenarios run on a clock of their own.',
    );
  addRuleOptions(command, ['text', 'json'])
    .option(
      '--coverage',
      'show rules without examples, and parts of conditions never true or never false in them',
    )
    .option('--corpus <directory>', 'also run the requests with a known answer found there')
    .option(
      '--mutate',
      'make small mistakes in conditions and show those that no example notices; not in rules of Ward that others import',
    )
    .option(
      '--mutate-min <percent>',
      'exit 1 if fewer of them are noticed (default: they are only shown)',
      readPercent,
    )
    .option(
      '--mutate-rule <name>',
      'only mistakes in this rule, whoever wrote it; `shop.*` for all below; repeatable',
      collect,
    )
    .addHelpText(
      'after',
      `
Examples:
  ward test
  ward test rules --coverage
  ward test --corpus corpus
  ward test rules --mutate --mutate-rule shop.price_in_review
  ward test rules --mutate --mutate-rule 'shop.*'
  ward test rules --coverage --mutate --mutate-min 80 --format json`,
    )
    .action(async (paths: string[], options: TestOptions) => {
      const { sources, profile } = await loadRules(paths, options);
      const policy = checkRuleSet(sources, { profile, today: todayUtc() }).demand();
      const progress = createProgress();
      const run = await runExamples(policy, compilePolicyForTests, (done, total) =>
        progress.show(`examples ${done}/${total}`),
      );
      const scenarios = await runScenarios(policy, compileScenario, (done, total) =>
        progress.show(`scenarios ${done}/${total}`),
      );
      const cases = options.corpus === undefined ? [] : await loadCorpus(resolve(options.corpus));
      const corpus = await runCorpus(cases, policy, progress.show);
      const coverage =
        options.coverage === true
          ? await coverageOf(policy, (done, total) => progress.show(`coverage ${done}/${total}`))
          : undefined;
      const mutation = await runMutation(policy, cases, importedShipped(sources), options, progress.show);
      progress.clear();
      const { mutateMin } = options;
      const outcome: TestOutcome = { run, scenarios, corpus, coverage, mutation, mutateMin };
      if (options.format === 'json') printJson(outcome, terminal);
      else printText(outcome, terminal);
      const isWrong =
        failuresOf(outcome).length > 0 ||
        corpus.some((result) => result.failure !== undefined) ||
        (mutation !== undefined && mutation.percent < (mutateMin ?? 0));
      exit(isWrong ? EXIT.FOUND : EXIT.OK);
    });
}

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

function readPercent(text: string): number {
  const percent = /^\d{1,3}$/.test(text) ? Number(text) : NaN;
  if (!(percent <= 100)) throw new InvalidArgumentError('it must be a whole number from 0 to 100');
  return percent;
}

/** @throws InvalidArgumentError for a rule that is not there: nothing would be tested, and all seem well */
async function runMutation(
  policy: CheckedPolicy,
  corpus: readonly CorpusCase[],
  shipped: ReadonlySet<string>,
  { mutate, mutateMin, mutateRule: asked = [] }: TestOptions,
  show: (text: string) => void,
): Promise<MutationRun | undefined> {
  if (mutate !== true && mutateMin === undefined && asked.length === 0) return undefined;
  const names = policy.rules.map((rule) => rule.name);
  const unknown = asked.filter((name) => !names.some((rule) => isRuleNamed(rule, name)));
  if (unknown.length > 0) throw new InvalidArgumentError(`no rule is named ${unknown.join(', ')}`);
  const rules = names.filter((rule) => asked.some((name) => isRuleNamed(rule, name)));
  const onProgress = (done: number, total: number): void => {
    show(`mutants ${done}/${total}`);
  };
  const without = asked.length > 0 ? undefined : shipped;
  return runMutants(policy, compilePolicyForTests, {
    rules,
    corpus,
    onProgress,
    ...(without && { without }),
  });
}

async function runCorpus(
  cases: readonly CorpusCase[],
  policy: CheckedPolicy,
  show: (text: string) => void,
): Promise<readonly CorpusResult[]> {
  if (cases.length === 0) return [];
  const engine = compilePolicyForTests(policyAsEnforced(policy));
  const results: CorpusResult[] = [];
  for (const given of cases) {
    results.push(await runCase(engine, given));
    show(`corpus ${results.length}/${cases.length}`);
  }
  return results;
}

function failuresOf({ run, scenarios }: TestOutcome): readonly Diagnostic[] {
  return [...run.results, ...scenarios].flatMap(({ diagnostic }) =>
    diagnostic === undefined ? [] : [diagnostic],
  );
}

function printText(outcome: TestOutcome, terminal: Terminal): void {
  const { run, scenarios, corpus, coverage } = outcome;
  printDiagnostics(failuresOf(outcome), 'text', terminal);
  const failures = corpus.filter((result) => result.failure !== undefined);
  for (const { case: given, failure } of failures) {
    terminal.out(`${terminal.paint('red', 'corpus')} ${given.path}: ${failure ?? ''}`);
  }
  if (coverage !== undefined) printCoverage(coverage, terminal);
  if (outcome.mutation !== undefined) printMutation(outcome.mutation, outcome.mutateMin, terminal);
  const later = run.later === 0 ? '' : `, ${run.later} not run (they use what is not built yet)`;
  terminal.out(`${plural(run.results.length, 'example')}: ${run.held} held, ${run.failed} failed${later}`);
  if (scenarios.length > 0) {
    const failed = scenarios.filter(({ diagnostic }) => diagnostic !== undefined).length;
    terminal.out(
      `${plural(scenarios.length, 'scenario')}: ${scenarios.length - failed} held, ${failed} failed`,
    );
  }
  if (corpus.length > 0) {
    terminal.out(
      `${plural(corpus.length, 'corpus case')}: ${corpus.length - failures.length} held, ${failures.length} failed`,
    );
  }
}

function printCoverage({ rules, outcomes, diagnostics }: Coverage, terminal: Terminal): void {
  printDiagnostics(diagnostics, 'text', terminal);
  for (const { rule, missing } of rules) {
    if (missing.length > 0)
      terminal.out(`${terminal.paint('yellow', 'uncovered')} ${rule}: ${missing.join('; ')}`);
  }
  const full = rules.filter(({ missing }) => missing.length === 0);
  terminal.out(`${full.length} of ${plural(rules.length, 'rule')} with positive and negative examples`);
  terminal.out(
    `${outcomes.seen} of ${outcomes.total} outcomes of sub-expressions covered (${outcomes.percent}%)`,
  );
}

function printJson(outcome: TestOutcome, terminal: Terminal): void {
  const { run, scenarios, corpus, coverage } = outcome;
  const failed = corpus.filter((result) => result.failure !== undefined);
  const report = {
    schema: 1,
    examples: { total: run.results.length, held: run.held, failed: run.failed, later: run.later },
    scenarios: scenarios.map(({ title, requests, diagnostic }) => ({
      title,
      requests,
      held: diagnostic === undefined,
    })),
    corpus: {
      total: corpus.length,
      failed: failed.length,
      failures: failed.map(({ case: given, failure }) => ({ path: given.path, failure })),
    },
    coverage: coverage?.rules,
    outcomes: coverage?.outcomes,
    mutation: outcome.mutation,
    diagnostics: renderJson([...failuresOf(outcome), ...(coverage?.diagnostics ?? [])]).diagnostics,
  };
  terminal.out(JSON.stringify(report, null, 2));
}
