/**
 * SecLang to Ward: reads files, applies what they say to one another, translates each rule, and prints one rule file
 * per source file, a policy and the lists, with a report of what became of every rule.
 */
import type { Exclude, Rule } from '../dsl/ast-rule.ts';
import type { File, Fn, Item } from '../dsl/ast.ts';
import type { RegexAnalyser } from '../dsl/checker/options.ts';
import { printFile } from '../dsl/formatter.ts';
import { valueOf, valuesOf } from './actions.ts';
import { analyse } from './analysis.ts';
import type { Analysis, LiveChain } from './analysis.ts';
import * as make from './build.ts';
import { SPAN } from './build.ts';
import type { Chain } from './chain.ts';
import { conditionOf } from './conditions.ts';
import type { TranslationContext } from './conditions.ts';
import { controlsOf, exclusionsOf } from './exclusions.ts';
import { modelOf } from './model.ts';
import type { SecLangModel } from './model.ts';
import { groupOf, Vocabulary } from './names.ts';
import type { ListFile } from './names.ts';
import { policyOf } from './policy.ts';
import type { PolicyOptions } from './policy.ts';
import { problemCollector, SecLangError } from './problem.ts';
import type { Problem, ReportProblem } from './problem.ts';
import { readSecLang } from './reader.ts';
import type { FileResolver, SecLangFile } from './reader.ts';
import { settingEntries } from './report.ts';
import type { ImportReport, Outcome, ReportEntry } from './report.ts';
import { guarded, ruleOf, ruleName, skipName } from './rules.ts';
import { categoryOf, isSum, readsScoresAlone, reportOf, scoreOf, thresholdOf } from './scores.ts';
import type { ThresholdOfChain } from './scores.ts';
import { assignmentsOf } from './settings.ts';
import { Untranslatable } from './untranslatable.ts';

export interface ImportOptions extends PolicyOptions {
  /** The first mistake ends the import, and the first rule that cannot be carried. */
  readonly strict: boolean;
  /** False: another file has the policy. */
  readonly withPolicy?: boolean;
  /** Names of the steps the language has. */
  readonly steps: ReadonlySet<string>;
  /** What RE2 says of a regex. */
  readonly regex: RegexAnalyser;
}

export interface Imported {
  /** Rule files by their names, the policy first. */
  readonly files: ReadonlyMap<string, string>;
  readonly lists: readonly ListFile[];
  readonly report: ImportReport;
}

/** @throws SecLangError in strict mode, SidecarError W_SECLANG_INVALID beyond the limits of SecLang */
export function importSecLang(
  files: readonly SecLangFile[],
  resolver: FileResolver,
  options: ImportOptions,
): Imported {
  const problems: Problem[] = [];
  const report = problemCollector(problems, options.strict);
  const { directives, data } = readSecLang(files, resolver, report);
  const model = modelOf(directives, report);
  const analysis = analyse(model.sequence);
  const context = {
    settings: analysis.settings,
    vocabulary: new Vocabulary(),
    data,
    exact: options.exact,
    steps: options.steps,
    regex: options.regex,
  };
  return new Importer(model, analysis, context, report, options.strict).run(options, problems);
}

class Importer {
  readonly #model: SecLangModel;
  readonly #analysis: Analysis;
  readonly #context: Omit<TranslationContext, 'phase'>;
  readonly #report: ReportProblem;
  readonly #strict: boolean;
  readonly #entries: ReportEntry[] = [];
  readonly #items = new Map<string, Item[]>();
  readonly #thresholds: ThresholdOfChain[] = [];
  readonly #carried: LiveChain[] = [];
  readonly #skips = new Map<Chain, Fn | Untranslatable>();

  constructor(
    model: SecLangModel,
    analysis: Analysis,
    context: Omit<TranslationContext, 'phase'>,
    report: ReportProblem,
    strict: boolean,
  ) {
    this.#model = model;
    this.#analysis = analysis;
    this.#context = context;
    this.#report = report;
    this.#strict = strict;
  }

  run(options: ImportOptions, problems: readonly Problem[]): Imported {
    const { live, dead, unconditional, lostSkips } = this.#analysis;
    for (const { chain, reason } of dead) this.#tell(chain, 'inactive', reason);
    for (const { chain, by } of this.#model.removed) {
      this.#tell(chain, 'removed', `${by.file}:${by.line} takes it away`);
    }
    for (const chain of unconditional) this.#tell(chain, 'replaced', 'its settings are in the policy');
    for (const { place, actions } of lostSkips) {
      const reason = `no SecMarker ${valueOf(actions, 'skipafter') ?? ''} follows`;
      this.#report({ code: 'S014', place, reason, kept: 'the rule stays, but skips nothing' });
    }
    const controls: LiveChain[] = [];
    for (const chain of live) {
      if (controlsOf(chain.chain).length > 0) controls.push(chain);
      else this.#translate(chain);
    }
    for (const chain of controls) this.#control(chain);
    const thresholds = this.#thresholds.filter(({ direction }) => this.#scores(direction));
    const policy = policyOf(this.#context.settings, thresholds, this.#model.settings, options);
    const report = { entries: this.#entries, settings: settingEntries(this.#model.settings), problems };
    const { vocabulary } = this.#context;
    const printed = new Map([
      [
        'policy.ward',
        print(
          'policy.ward',
          options.withPolicy === false ? vocabulary.declarations : [policy, ...vocabulary.declarations],
        ),
      ],
    ]);
    for (const [group, items] of this.#items) printed.set(`${group}.ward`, print(`${group}.ward`, items));
    return { files: printed, lists: vocabulary.files, report };
  }

  #translate(live: LiveChain): void {
    const { chain } = live;
    const threshold = thresholdOf(chain, this.#context.settings);
    if (threshold !== undefined) {
      this.#thresholds.push(threshold);
      this.#tell(chain, 'replaced', `it is the threshold of the ${threshold.direction}`);
    } else if (reportOf(live) !== undefined) {
      this.#thresholds.push(reportOf(live) as ThresholdOfChain);
      this.#tell(chain, 'replaced', 'the event lists it when there are points');
    } else if (chain.phase === 5) this.#tell(chain, 'replaced', 'it reports; Ward logs each request');
    else if (live.links.length > 0 && live.links.every(readsScoresAlone)) {
      this.#tell(chain, 'replaced', 'levels and sums are built in');
    } else if (this.#hasEffect(live)) this.#rule(live);
    else if (
      valuesOf(
        chain.links.flatMap((link) => link.actions),
        'ctl',
      ).length > 0
    ) {
      this.#tell(chain, 'replaced', 'bodies are always read, and each request is logged');
    } else
      this.#tell(
        chain,
        'joined',
        live.skips
          ? 'it is a condition of the rules it skips'
          : 'rules that read what it sets have its condition',
      );
  }

  /** Whether a rule that was carried scores in a direction: a threshold that nothing can reach is a mistake (E306). */
  #scores(direction: ThresholdOfChain['direction']): boolean {
    return this.#carried.some(({ chain }) => {
      const own = chain.phase <= 2 ? 'request' : 'response';
      return (
        (direction === 'exchange' || own === direction) &&
        scoreOf(chain, this.#context.settings) !== undefined
      );
    });
  }

  /** Whether it does more than set variables and skip. */
  #hasEffect({ chain, skips }: LiveChain): boolean {
    if (scoreOf(chain, this.#context.settings) !== undefined || chain.disruptive !== 'pass') return true;
    const sets = chain.links.some((link) => assignmentsOf(link).some((found) => !isBookkeeping(found?.name)));
    return !skips && !sets && isLogged(chain);
  }

  #rule(live: LiveChain): void {
    const { chain } = live;
    const context = { ...this.#context, phase: chain.phase };
    this.#attempt(chain, () => {
      for (const by of live.skippedBy) this.#skip(by);
      const { rule, notes } = ruleOf(live, context);
      this.#add(chain, rule);
      this.#carried.push(live);
      this.#tell(chain, 'carried', ruleName(chain), notes);
    });
  }

  /** The function that says whether a chain skips others, made once. */
  #skip(by: LiveChain): void {
    const { chain } = by;
    let known = this.#skips.get(chain);
    if (known === undefined) {
      try {
        for (const outer of by.skippedBy) this.#skip(outer);
        const body = guarded(conditionOf(by.links, { ...this.#context, phase: chain.phase }), by);
        known = {
          kind: 'Fn',
          span: SPAN,
          doc: undefined,
          name: make.identifier(skipName(chain)),
          params: [],
          result: make.typeRef('Bool'),
          body,
        };
        this.#add(chain, known);
      } catch (error) {
        if (!(error instanceof Untranslatable)) throw error;
        known = new Untranslatable(
          `rule ${chain.id ?? '?'}, which may skip it, cannot be carried: ${error.message}`,
          error.code,
        );
      }
      this.#skips.set(chain, known);
    }
    if (known instanceof Untranslatable) throw known;
  }

  #control(live: LiveChain): void {
    const { chain } = live;
    this.#attempt(chain, () => {
      const made = exclusionsOf(live, this.#carried, { ...this.#context, phase: chain.phase });
      for (const exclude of made) this.#add(chain, exclude);
      const text = made.length === 0 ? 'no rule that was carried is meant' : `${made.length} exclusions`;
      this.#tell(chain, made.length === 0 ? 'replaced' : 'carried', text);
    });
  }

  #attempt(chain: Chain, translate: () => void): void {
    try {
      translate();
    } catch (error) {
      if (!(error instanceof Untranslatable)) throw error;
      this.#leaveOut(chain, error);
    }
  }

  #add(chain: Chain, item: Rule | Exclude | Fn): void {
    const group = groupOf(chain.place.file);
    const known = this.#items.get(group);
    if (known === undefined) this.#items.set(group, [item]);
    else known.push(item);
  }

  #leaveOut({ id, place }: Chain, { code, message }: Untranslatable): void {
    if (this.#strict) {
      throw new SecLangError({ code, place, reason: message, kept: 'the rule was left out' });
    }
    this.#entries.push({ outcome: 'left-out', code, id, place, text: message, notes: [] });
  }

  #tell(chain: Chain, outcome: Outcome, text: string, notes: readonly string[] = []): void {
    this.#entries.push({ outcome, id: chain.id, place: chain.place, text, notes });
  }
}

/** Variables that count what Ward counts itself, or that only a log line reads. */
function isBookkeeping(name: string | undefined): boolean {
  return (
    name === undefined || isSum(name) || categoryOf(name) !== undefined || name.endsWith('matched_var_name')
  );
}

/** Rules log unless they say otherwise. */
function isLogged(chain: Chain): boolean {
  return chain.actions.filter(({ name }) => name === 'log' || name === 'nolog').at(-1)?.name !== 'nolog';
}

function print(path: string, items: readonly Item[]): string {
  const file: File = { kind: 'File', span: SPAN, language: make.int(1), items, comments: [] };
  return printFile({ ...file, span: { ...SPAN, source: { ...SPAN.source, path } } }, 'generated');
}
