/**
 * The checker: from the syntax trees of all files to one checked policy, or to what is wrong with them.
 *
 * Names are collected first, so the order of files and items means nothing. Every part reports what it finds and goes
 * on with what is left, so one run reports many mistakes; a value that is broken is silent afterwards.
 */
import type { File } from '../ast.ts';
import type { CheckedPolicy } from '../checked.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Source, Span } from '../source.ts';
import { Functions } from './calls.ts';
import { Context } from './context.ts';
import { DECLARATION_NOUNS, Declarations } from './declarations.ts';
import { Declared } from './declared.ts';
import { checkExclusions } from './exclusions.ts';
import { checkArguments, checkCondition, checkPipe } from './expressions.ts';
import { checkLimitUses } from './limit-uses.ts';
import { Limits } from './limits.ts';
import type { CheckOptions, CheckResult } from './options.ts';
import { applyOverrides } from './overrides.ts';
import { checkRegex } from './patterns.ts';
import { checkPolicy } from './policy-settings.ts';
import { checkRoutes } from './routes.ts';
import { checkRules } from './rules.ts';
import { checkScenarios } from './scenarios.ts';
import { Shapes } from './shapes.ts';
import { checkThresholds } from './thresholds.ts';

/** Checks all files together. Imports are resolved before: `files` are all there are. O(size of the files). */
export function checkProgram(files: readonly File[], options: CheckOptions): CheckResult {
  const [first] = files;
  if (first === undefined) return { policy: null, diagnostics: [] };
  const context = new Context(options, new Declarations(files));
  const functions = new Functions(context);
  const declared = new Declared(context, new Shapes(context));
  const limits = new Limits(context);
  context.connect(
    {
      condition: (expression, scope) => checkCondition(context, expression, scope),
      pipe: (pipe, scope, use) => checkPipe(context, pipe, scope, use),
      call: (name, args, span) => functions.call(name, args, span),
      arguments: (args, scope, use) => checkArguments(context, args, scope, use),
    },
    declared,
    limits,
  );
  reportDuplicates(context);
  for (const pattern of context.names.all('Pattern')) checkRegex(context, pattern.regex);
  declared.checkAll();
  functions.checkAll();
  limits.checkAll();
  const checked = checkParts(context, declared, limits, startOf(first));
  if (options.library !== true) reportUnused(context);
  return {
    policy: context.hasErrors ? null : checked,
    diagnostics: inOrder(context.diagnostics, files),
  };
}

function checkParts(context: Context, declared: Declared, limits: Limits, start: Span): CheckedPolicy {
  const policy = checkPolicy(context, start);
  const { settings } = policy;
  const routes = checkRoutes(context);
  const deniesByDefault = [settings, ...policy.profiles.values()].some(
    (one) => one.defaultOutcome.kind !== 'pass',
  );
  const plain = checkRules(context, { settings, deniesByDefault: deniesByDefault || isLibrary(context) });
  const drafts = applyOverrides(context, plain, settings);
  const exclusions = checkExclusions(context, drafts);
  const rules = drafts.map((draft) => draft.checked);
  checkThresholds(context, policy.thresholds, rules, settings);
  checkLimitUses(context, rules, exclusions, limits.limiters);
  const scenarios = checkScenarios(context, new Set(rules.map((rule) => rule.name)));
  return {
    name: policy.name,
    settings,
    profiles: policy.profiles,
    routes,
    lists: declared.lists,
    switches: context.names.all('Switch').map((item) => ({ name: item.name.name, on: item.on })),
    secrets: context.names.all('Secret').map((item) => ({ name: item.name.name, span: item.name.span })),
    rules,
    exclusions,
    limiters: limits.limiters,
    floods: limits.floods,
    scenarios,
    needs: context.needs,
  };
}

function isLibrary(context: Context): boolean {
  return context.options.library === true;
}

function startOf(file: File): Span {
  const { source, start } = file.span;
  return { source, start, end: start };
}

function reportDuplicates(context: Context): void {
  for (const { name, message, first } of context.names.duplicates) {
    context.report('E301', name.span, message, {
      ...(first === undefined ? {} : { labels: [{ span: first, message: 'first here' }] }),
    });
  }
}

function reportUnused(context: Context): void {
  for (const item of context.names.unused()) {
    const noun = DECLARATION_NOUNS[item.kind];
    context.report('W501', item.name.span, `nothing uses the ${noun} \`${item.name.name}\``, {
      help: 'remove it',
    });
  }
}

/** Stand for what is not shown: last, the E016 behind the W016. */
const CLOSING_CODES: readonly string[] = ['W016', 'E016'];

/** By file, then by place; of one place in order of discovery. */
function inOrder(found: readonly Diagnostic[], files: readonly File[]): readonly Diagnostic[] {
  const rank = new Map<string, number>(files.map((file, index) => [file.span.source.path, index]));
  const rankOf = (source: Source): number => rank.get(source.path) ?? files.length;
  return [...found].sort((a, b) => {
    const closing = CLOSING_CODES.indexOf(a.code) - CLOSING_CODES.indexOf(b.code);
    return closing || rankOf(a.span.source) - rankOf(b.span.source) || a.span.start - b.span.start;
  });
}

export type { CheckOptions, CheckResult, RegexAnalyser, RegexAnalysis } from './options.ts';
