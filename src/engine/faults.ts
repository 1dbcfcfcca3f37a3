/** What is to go wrong with a request: the faults of the rules that hold and are enforced, joined. */
import type { Fault } from './api.ts';
import type { Judge } from './judge.ts';
import type { RuleProgram } from './program.ts';

/** The longest delay, and the abort of the rule with the highest precedence; undefined for neither. */
export function joinFaults(program: RuleProgram, judge: Judge): Fault | undefined {
  let delayMs = 0;
  let aborting = -1;
  for (const { rule: index } of judge.matches) {
    const { enforced, actions } = program.rules[index];
    const { fault } = actions;
    if (fault === null || !enforced) continue;
    if (fault.delayMs > delayMs) delayMs = fault.delayMs;
    // Rules stand in the order of precedence, matches in the order they came.
    if (fault.abortStatus !== undefined && (aborting < 0 || index < aborting)) aborting = index;
  }
  if (delayMs === 0 && aborting < 0) return undefined;
  return {
    delayMs,
    abortStatus: aborting < 0 ? undefined : program.rules[aborting].actions.fault?.abortStatus,
  };
}
