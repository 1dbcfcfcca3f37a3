/** Which rules have no example that shows they match, or none that shows what they must leave alone. */
import type { CheckedPolicy } from '../dsl/checked.ts';

export interface RuleCoverage {
  readonly rule: string;
  readonly hits: number;
  /** `miss` and `pass` together. */
  readonly misses: number;
  readonly todos: number;
  /** What an author should add, in words; empty for a covered rule. */
  readonly missing: readonly string[];
}

export function coverageOf(policy: CheckedPolicy): readonly RuleCoverage[] {
  return policy.rules.map((rule) => {
    const count = (...kinds: string[]): number =>
      rule.examples.filter((example) => kinds.includes(example.expect)).length;
    const hits = count('hit');
    const misses = count('miss', 'pass');
    const missing = [
      ...(hits === 0 ? ['no `hit`: nothing shows that it matches'] : []),
      ...(misses === 0 ? ['no `miss` or `pass`: nothing shows what it must let through'] : []),
    ];
    return { rule: rule.name, hits, misses, todos: count('todo'), missing };
  });
}
