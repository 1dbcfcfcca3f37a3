/**
 * The narrowest exclusions with which one request, known as a whole, passes: suggested, tried, and suggested again for
 * what stops it then. Unlike the line in an event, the answer is proven: the rules check with it, the request passes,
 * and every `hit` example of the rules that gave way is still a hit.
 */
import { EXCLUSION_ROUNDS_MAX } from '../../core/limits.ts';
import type { CheckedPolicy } from '../../dsl/checked.ts';
import { renderText } from '../../dsl/diagnostics/render-text.ts';
import type { Engine } from '../../engine/api.ts';
import { policyAsEnforced, policyOfEachRule } from '../example-runner.ts';
import { admit, inspect } from '../inspection.ts';
import type { WrittenRequest } from '../inspection.ts';
import { checkRuleSet, compilePolicyForTests } from '../rule-set.ts';
import type { CheckRequest } from '../rule-set.ts';
import type { RuleSources } from '../rule-sources.ts';
import { ExclusionAdvisor } from './exclusion-advisor.ts';
import type { ExclusionAdvice } from './exclusion-advisor.ts';
import { exclusionText } from './exclusion-scope.ts';
import type { ExclusionBlock } from './exclusion-scope.ts';
import { refusedRequest } from './refused-request.ts';

/** The path that diagnostics about a suggestion would show. */
const SUGGESTED_PATH = 'suggested.ward';

export interface SearchOptions extends CheckRequest {
  /** When the exclusion ends, `YYYY-MM-DD`. */
  readonly until: string;
  readonly because: string;
}

/**
 * @returns undefined if the request passes as it is
 * @throws RuleSetError if the rules themselves have mistakes
 */
export async function searchExclusion(
  sources: RuleSources,
  options: SearchOptions,
  request: WrittenRequest,
): Promise<ExclusionAdvice | undefined> {
  const policy = checkRuleSet(sources, options).demand();
  const admission = admit(request);
  if ('reason' in admission) return { refused: `no rule refuses it, but the guard: ${admission.reason}` };
  const advisor = new ExclusionAdvisor(policy);
  const blocks: ExclusionBlock[] = [];
  const whole = new Set<string>();
  let tried = policy;
  let text = '';
  for (let round = 0; round <= EXCLUSION_ROUNDS_MAX; round++) {
    const inspection = await inspect(engineOf(policyAsEnforced(tried)), request);
    if (inspection.kind === 'refused') return { refused: inspection.reason };
    const refused = refusedRequest(inspection.report, admission.head);
    if (refused === undefined) {
      if (round === 0) return undefined;
      const slipped = await slippedExample(tried, blocks);
      return slipped === undefined ? { text, blocks } : { refused: slipped };
    }
    const advice = advisor.advise(refused, { ...options, whole });
    if ('refused' in advice) return advice;
    for (const block of advice.blocks) add(blocks, block, whole);
    text = exclusionText(blocks, options.because, options.until);
    tried = withText(sources, options, text);
  }
  return { refused: `it is stopped again and again, after ${EXCLUSION_ROUNDS_MAX} exclusions still` };
}

/** Adds a block; where it says what another said in vain, the rule as a whole is next, and then alone. */
function add(blocks: ExclusionBlock[], block: ExclusionBlock, whole: Set<string>): void {
  if (block.target.text === '') {
    const others = blocks.map((one) => ({
      ...one,
      rules: one.rules.filter((rule) => !block.rules.includes(rule)),
    }));
    blocks.splice(0, blocks.length, ...others.filter(({ rules }) => rules.length > 0));
  }
  const index = blocks.findIndex(({ target }) => target.text === block.target.text);
  if (index < 0) {
    blocks.push(block);
    return;
  }
  const known = blocks[index];
  for (const rule of block.rules) if (known.rules.includes(rule)) whole.add(rule);
  blocks[index] = { ...known, rules: [...new Set([...known.rules, ...block.rules])] };
}

function withText(sources: RuleSources, options: CheckRequest, text: string): CheckedPolicy {
  const file = { path: SUGGESTED_PATH, absolutePath: SUGGESTED_PATH, text: `language 1\n\n${text}` };
  const { policy, diagnostics } = checkRuleSet({ ...sources, files: [...sources.files, file] }, options);
  // A suggestion that does not check is a mistake in Ward, and must not look like one in the rules.
  if (policy === null)
    throw new Error(
      `a suggested exclusion is wrong:\n${text}\n${renderText(diagnostics, { colour: false })}`,
    );
  return policy;
}

function engineOf(policy: CheckedPolicy): Engine {
  return compilePolicyForTests(policy);
}

/** The first `hit` example of a rule that gave way which is none any more. */
async function slippedExample(
  policy: CheckedPolicy,
  blocks: readonly ExclusionBlock[],
): Promise<string | undefined> {
  const names = new Set(blocks.flatMap(({ rules }) => rules));
  const rules = policy.rules.filter(({ name }) => names.has(name));
  const engine = engineOf({ ...policyOfEachRule(policy), scenarios: [] });
  for (const rule of rules) {
    for (const { expect, request, span } of rule.examples) {
      if (expect !== 'hit' || request.later.length > 0) continue;
      const inspection = await inspect(engine, request);
      const isHit =
        inspection.kind === 'judged' && inspection.report.matches.some((match) => match.rule === rule.name);
      if (isHit) continue;
      const { line } = span.source.lineAt(span.start);
      return `${rule.name} would no longer stop the attack at ${span.source.path}:${line}`;
    }
  }
  return undefined;
}
