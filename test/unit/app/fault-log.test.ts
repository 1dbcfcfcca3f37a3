/** What operators are told of rules that let requests go wrong. */
import { expect, it } from 'vitest';
import { logFaultRules } from '../../../src/app/fault-log.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { policyOf } from '../../support/check-rules.ts';

function linesOf(rules: string, isEnabled: boolean): unknown[] {
  const lines: string[] = [];
  logFaultRules(createLog({ write: (line) => lines.push(line) }, 'info'), policyOf(rules), isEnabled);
  return lines.map((line) => JSON.parse(line) as unknown);
}

const RULES = `
rule t.slow "x" { severity notice when sample(5%) then fault delay 1s }
rule t.broken "x" { severity notice when sample(5%) then fault abort 503 }
rule t.later "x" { severity notice mode off when sample(5%) then fault abort 503 }
`;

it('names the rules that do nothing, or that do something', () => {
  const rules = ['t.broken', 't.slow'];
  expect(linesOf(RULES, false)).toMatchObject([{ level: 'warn', event: 'faults.off' }]);
  const [on] = linesOf(RULES, true) as [{ rules: string[] }];
  expect(on).toMatchObject({ level: 'warn', event: 'faults.on' });
  expect([...on.rules].sort()).toEqual(rules);
});

it('says nothing of a policy without such rules', () => {
  const rules = 'rule t.a "x" { severity notice then log }';
  expect([...linesOf(rules, false), ...linesOf(rules, true)]).toEqual([]);
});
