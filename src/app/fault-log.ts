/** Tells operators of rules that let requests go wrong on purpose: that they do nothing, or that they do. */
import type { CheckedPolicy } from '../dsl/checked.ts';
import type { Log } from '../telemetry/log.ts';

/** One line at the start and at each reload, where the policy has such rules that are not off. */
export function logFaultRules(log: Log, policy: CheckedPolicy, isEnabled: boolean): void {
  const rules = policy.rules
    .filter(
      ({ mode, actions }) =>
        mode !== 'off' && actions.some(({ kind }) => kind === 'delay' || kind === 'abort'),
    )
    .map(({ name }) => name);
  if (rules.length === 0) return;
  if (isEnabled)
    log.warn({ event: 'faults.on', rules }, 'a fault drill is on: requests are delayed or fail on purpose');
  else log.warn({ event: 'faults.off', rules }, '`faults.enabled` is not set: rules with `fault` do nothing');
}
