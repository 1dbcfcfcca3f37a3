/**
 * Runs the examples of rules through the real engine.
 *
 * `hit`, `miss` and `todo` ask whether *this rule* matches, exclusions applied and whatever others say: the policy is
 * compiled so that nothing ends a request early. `pass` asks whether the *whole policy* lets the request through.
 */
import type { CheckedExample } from '../dsl/checked-request.ts';
import type { CheckedExclusion, CheckedPolicy, CheckedRule } from '../dsl/checked.ts';
import type { Diagnostic } from '../dsl/diagnostics/diagnostic.ts';
import { diagnostic } from '../dsl/diagnostics/diagnostic.ts';
import type { Engine } from '../engine/api.ts';
import { inspect } from './inspection.ts';
import type { Inspection } from './inspection.ts';

export interface ExampleResult {
  readonly rule: string;
  readonly example: CheckedExample;
  /** `later`: the request uses something that later work will build, so it was not run. */
  readonly outcome: 'held' | 'failed' | 'later';
  /** E601 of a failed example. */
  readonly diagnostic: Diagnostic | undefined;
}

export interface ExampleRun {
  readonly results: readonly ExampleResult[];
  readonly held: number;
  readonly failed: number;
  readonly later: number;
}

/** Compiles a checked policy for examples. */
export type CompilePolicy = (policy: CheckedPolicy) => Engine;

export async function runExamples(
  policy: CheckedPolicy,
  compile: CompilePolicy,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<ExampleRun> {
  const all = policy.rules.flatMap((rule) => rule.examples.map((example) => ({ rule, example })));
  const each = compile(policyOfEachRule(policy));
  const whole = compile(policyAsEnforced(policy));
  const results: ExampleResult[] = [];
  for (const { rule, example } of all) {
    const excluding = (): Promise<readonly CheckedExclusion[]> =>
      exclusionsThatStop(policy, rule, example, compile);
    results.push(await runExample(rule, example, { each, whole, excluding }));
    onProgress(results.length, all.length);
  }
  const count = (outcome: ExampleResult['outcome']): number =>
    results.filter((result) => result.outcome === outcome).length;
  return { results, held: count('held'), failed: count('failed'), later: count('later') };
}

/** Every rule runs and none ends a request: a `hit` must not hang on what other rules do, nor on paranoia or mode. */
export function policyOfEachRule(policy: CheckedPolicy): CheckedPolicy {
  return {
    ...policy,
    settings: { ...policy.settings, mode: 'monitor' },
    rules: policy.rules.map((rule) => ({ ...rule, mode: 'enforce' })),
  };
}

/** What `pass` is held against: the policy as if enforced, whatever mode it is in today. */
export function policyAsEnforced(policy: CheckedPolicy): CheckedPolicy {
  return { ...policy, settings: { ...policy.settings, mode: 'enforce' } };
}

/** One rule alone, with the exclusions that apply to it. */
export function policyOfRule(policy: CheckedPolicy, rule: CheckedRule): CheckedPolicy {
  const exclusions = policy.exclusions.filter((exclusion) => exclusion.rules.includes(rule.name));
  return policyOfEachRule({ ...policy, rules: [rule], exclusions, scenarios: [] });
}

interface Judges {
  readonly each: Engine;
  readonly whole: Engine;
  /** The exclusions without which a `hit` would hold. */
  excluding(): Promise<readonly CheckedExclusion[]>;
}

async function runExample(
  rule: CheckedRule,
  example: CheckedExample,
  { each, whole, excluding }: Judges,
): Promise<ExampleResult> {
  const base = { rule: rule.name, example };
  const { request, expect } = example;
  if (request.later.length > 0) return { ...base, outcome: 'later', diagnostic: undefined };
  const failure =
    expect === 'pass'
      ? failureOfPass(await inspect(whole, request))
      : failureOfMatch(rule.name, expect, await inspect(each, request));
  if (failure === undefined) return { ...base, outcome: 'held', diagnostic: undefined };
  const exclusions = expect === 'hit' ? await excluding() : [];
  const details =
    exclusions.length === 0
      ? { help: expect === 'todo' ? 'make it a `hit`' : helpWith(rule, example) }
      : {
          labels: exclusions.map(({ span }) => ({ span, message: 'excluded here' })),
          help: 'narrow the exclusion until the rule matches its example again',
        };
  return { ...base, outcome: 'failed', diagnostic: diagnostic('E601', example.span, failure, details) };
}

function helpWith(rule: CheckedRule, { request, expect }: CheckedExample): string {
  const shown = expect === 'hit' ? ` --rule ${rule.name}` : '';
  return `see why: ward explain '${request.method} ${request.target}'${shown}`;
}

/** Each that alone stops the rule or, where it takes several, all that apply. None: without them it would not match either. */
async function exclusionsThatStop(
  policy: CheckedPolicy,
  rule: CheckedRule,
  { request }: CheckedExample,
  compile: CompilePolicy,
): Promise<readonly CheckedExclusion[]> {
  const alone = policyOfRule(policy, rule);
  const failsWith = async (exclusions: readonly CheckedExclusion[]): Promise<boolean> => {
    const inspection = await inspect(compile({ ...alone, exclusions }), request);
    return failureOfMatch(rule.name, 'hit', inspection) !== undefined;
  };
  if (alone.exclusions.length === 0 || (await failsWith([]))) return [];
  const found: CheckedExclusion[] = [];
  for (const exclusion of alone.exclusions) if (await failsWith([exclusion])) found.push(exclusion);
  return found.length > 0 ? found : alone.exclusions;
}

function failureOfPass(inspection: Inspection): string | undefined {
  if (inspection.kind === 'refused') {
    return `this request is refused with ${inspection.status} before any rule: ${inspection.reason}`;
  }
  const { verdict } = inspection.report;
  if (verdict.action === 'pass') return undefined;
  const matched = inspection.report.matches.map((match) => `\`${match.rule}\``).join(', ');
  const because = matched === '' ? '' : `; matched: ${matched}`;
  return `the policy refuses this request with ${verdict.status} by \`${verdict.by ?? ''}\`${because}`;
}

function failureOfMatch(
  rule: string,
  expect: 'hit' | 'miss' | 'todo',
  inspection: Inspection,
): string | undefined {
  if (inspection.kind === 'refused') {
    if (expect !== 'hit') return undefined;
    return `this request never reaches a rule: it is refused with ${inspection.status}, ${inspection.reason}`;
  }
  const matched = inspection.report.matches.some((match) => match.rule === rule);
  if (expect === 'hit') return matched ? undefined : `\`${rule}\` does not match this request`;
  if (!matched) return undefined;
  return expect === 'miss' ? `\`${rule}\` matches this request` : `\`${rule}\` matches this request now`;
}
