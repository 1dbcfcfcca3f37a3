// `fault`: what is to go wrong with a request, out of the rules that hold and are enforced.
import { describe, expect, it } from 'vitest';
import { FAULT_DELAY_MS_MAX } from '../../../src/core/limits.ts';
import type { Fault } from '../../../src/engine/api.ts';
import type { WrittenRequest } from '../../../src/control/inspection.ts';
import { checkText } from '../../support/check-rules.ts';
import { begin, engineFor } from '../../support/transaction-of.ts';

function faultOf(rules: string, request: Partial<WrittenRequest> = {}): Fault | undefined {
  const transaction = begin(engineFor(rules), request);
  const { fault } = transaction;
  transaction.close();
  return fault;
}

const rule = (name: string, what: string, then: string) =>
  `rule t.${name} "x" { severity notice ${what} then ${then} }\n`;

describe('faults of rules', () => {
  it('are none where no rule with one matches', () => {
    const rules = rule('a', 'when request.path == "/slow"', 'fault delay 2s') + rule('b', '', 'log');
    expect(faultOf(rules)).toBeUndefined();
    expect(faultOf(rules, { target: '/slow' })).toEqual({ delayMs: 2_000, abortStatus: undefined });
  });

  it('join: the longest delay, and the abort of the rule that goes before', () => {
    const rules =
      rule('d', '', 'fault abort 500') +
      rule('c', '', 'fault delay 20ms, fault abort 503') +
      rule('b', '', 'fault delay 1s') +
      rule('a', '', 'fault delay 30ms');
    expect(faultOf(rules)).toEqual({ delayMs: 1_000, abortStatus: 503 });
    // The most severe goes first, whatever its name.
    const severe = `rule t.z "x" { severity critical then fault abort 429 }`;
    expect(faultOf(rules + severe)).toEqual({ delayMs: 1_000, abortStatus: 429 });
  });

  it.each([
    ['is monitored', rule('a', 'mode monitor until 2030-01-01', 'fault abort 503')],
    ['is off', rule('a', 'mode off', 'fault abort 503')],
    ['stands in a policy that monitors', `policy "p" { mode monitor }\n${rule('a', '', 'fault abort 503')}`],
  ])('are none where the rule %s', (_name, rules) => {
    expect(faultOf(rules)).toBeUndefined();
  });

  it.each([
    ['a header', 'when request.headers["x-drill"] == "on"', { headers: [['x-drill', 'on'] as const] }],
    ['an address', 'when client.ip in ["203.0.113.0/24"]', { from: '203.0.113.9' }],
    ['an identity', 'when jwt.claims.sub == "drill"', { claims: { sub: 'drill' } }],
  ])('depend on %s', (_name, when, request) => {
    const rules = rule('a', when, 'fault delay 5ms');
    expect(faultOf(rules)).toBeUndefined();
    expect(faultOf(rules, request)?.delayMs).toBe(5);
  });

  it('hit the share of requests that `sample` names', () => {
    const engine = engineFor(rule('a', 'when sample(20%, request.headers["x-user"])', 'fault abort 503'));
    let hit = 0;
    for (let i = 0; i < 2_000; i++) {
      const transaction = begin(engine, { headers: [['x-user', `u${i}`]] });
      if (transaction.fault !== undefined) hit++;
      transaction.close();
    }
    // The same keys fall on the same side each time.
    expect(hit).toBeGreaterThan(300);
    expect(hit).toBeLessThan(500);
  });

  it('wait no longer than a bound', () => {
    const codesOf = (ms: number): string[] =>
      checkText(rule('a', '', `fault delay ${ms}ms`))
        .diagnostics.filter(({ severity }) => severity === 'error')
        .map(({ code }) => code);
    expect(codesOf(FAULT_DELAY_MS_MAX)).toEqual([]);
    expect(codesOf(FAULT_DELAY_MS_MAX + 1)).toEqual(['E209']);
    expect(codesOf(0)).toEqual(['E209']);
  });

  it('stand in the report as written', () => {
    const transaction = begin(engineFor(rule('a', '', 'fault delay 1500ms, fault abort 503')));
    expect(transaction.report().matches[0].effects).toEqual(['fault delay 1500ms', 'fault abort 503']);
    expect(transaction.verdict.action).toBe('pass');
    transaction.close();
  });
});
