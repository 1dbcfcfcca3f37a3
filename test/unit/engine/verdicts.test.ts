// Verdicts: precedence, scores and thresholds, modes, defaults, and the boundary around evaluation.
import { describe, expect, it } from 'vitest';
import { createEngine } from '../../../src/engine/engine.ts';
import { compileProgram } from '../../../src/compiler/compile.ts';
import { warmUp } from '../../../src/engine/warm-up.ts';
import { policyOf } from '../../support/check-rules.ts';
import { begin, bytes, engineFor } from '../../support/transaction-of.ts';
import type { RuleEngine } from '../../../src/engine/engine.ts';
import type { WrittenRequest } from '../../../src/control/inspection.ts';

function reportOf(engine: RuleEngine, request: Partial<WrittenRequest> = {}) {
  const transaction = begin(engine, request);
  if (request.body !== undefined) void transaction.requestBody(bytes(request.body));
  void transaction.requestEnd();
  const report = transaction.report();
  transaction.close();
  return report;
}

describe('precedence', () => {
  it('takes the highest severity, then the lowest name, whatever the order in the file', () => {
    const rules = [
      'rule b.low "x" { severity warning when request.method == GET then block 401 }',
      'rule b.high "x" { severity critical when request.method == GET then block 402 }',
      'rule a.high "x" { severity critical when request.path == "/" then block 403 }',
    ];
    for (const order of [rules, [...rules].reverse()]) {
      const report = reportOf(engineFor(order.join('\n')));
      expect(report.verdict).toMatchObject({ status: 403, by: 'a.high', phase: 'headers' });
      expect(report.matches.map((match) => match.rule).sort()).toEqual(['a.high', 'b.high', 'b.low']);
    }
  });

  it('lets a block override a redirect, and redirects to the same target', () => {
    const redirect =
      'rule r.https "x" { severity critical when request.scheme == "http" then redirect 308 to https }';
    const target = '/a?b=c';
    expect(reportOf(engineFor(redirect), { target }).verdict).toMatchObject({
      action: 'redirect',
      status: 308,
      location: 'https://example.test/a?b=c',
    });
    const block = 'rule z.low "x" { severity notice when request.method == GET then block 405 }';
    expect(reportOf(engineFor(`${redirect}\n${block}`), { target }).verdict).toMatchObject({
      status: 405,
      by: 'z.low',
    });
  });
});

describe('scores', () => {
  const RULES = `
policy "p" { mode enforce score critical = 5, error = 4, warning = 3, notice = 1 threshold request >= 5 -> block 403 threshold lab >= 9 -> block 409 }
rule t.a "x" { severity warning when any args contains "aa" then score to lab }
rule t.b "x" { severity warning when any args contains "bb" then score 2 }
rule t.c "x" { severity warning mode monitor when any args contains "cc" then score 7 to lab }`;

  it('adds once per rule and blocks at the threshold', () => {
    const below = reportOf(engineFor(RULES), { target: '/?p=aa&q=aa' });
    expect(below.scores).toEqual({ request: 3, response: 0, lab: 3 });
    expect(below.verdict.action).toBe('pass');
    const above = reportOf(engineFor(RULES), { target: '/?p=aa&q=bb' });
    expect(above.verdict).toMatchObject({ status: 403, by: 'policy.threshold.request' });
  });

  it('keeps the scores of monitor rules apart', () => {
    const report = reportOf(engineFor(RULES), { target: '/?p=aa&q=cc' });
    expect(report.verdict.action).toBe('pass');
    expect(report.scores).toEqual({ request: 3, response: 0, lab: 3 });
    expect(report.shadow).toMatchObject({ action: 'block', by: 'policy.threshold.lab' });
    expect(report.shadowScores).toEqual({ request: 10, response: 0, lab: 10 });
  });
});

describe('modes and defaults', () => {
  it('refuses nothing in monitor mode and says what it would have done', () => {
    const engine = engineFor(
      'policy "p" { mode monitor }\nrule t.a "x" { severity error when request.method == GET then block 403 }',
    );
    const report = reportOf(engine);
    expect(report.verdict.action).toBe('pass');
    expect(report.shadow).toMatchObject({ action: 'block', by: 't.a' });
    expect(report.matches[0]).toMatchObject({ rule: 't.a', mode: 'monitor', effects: ['block 403'] });
  });

  it('denies by default what no rule allows, in all views of the path', () => {
    const engine = engineFor(`policy "p" { mode enforce default deny -> block 403 }
route open = GET "/open"
rule t.allow "x" { on open severity notice then allow }`);
    expect(reportOf(engine, { target: '/open' }).verdict.action).toBe('pass');
    expect(reportOf(engine, { target: '/other' }).verdict).toMatchObject({ by: 'policy.default' });
    expect(reportOf(engine, { target: '/open;x' }).verdict.by).toBe('policy.default');
  });

  it('restricts in any view of the path', () => {
    const engine = engineFor(
      'route admin = ANY "/admin/**"\nrule t.admin "x" { on admin severity critical then block 404 }',
    );
    for (const target of ['/admin', '/admin/users', '/ADMIN/users', '/admin;a=b/users', '/x/../admin']) {
      expect(reportOf(engine, { target }).verdict, target).toMatchObject({ status: 404 });
    }
    expect(reportOf(engine, { target: '/adminish' }).verdict.action).toBe('pass');
  });
});

describe('the boundary around evaluation', () => {
  it('turns an exception into the policy’s outcome and never throws', () => {
    const { program } = compileProgram(
      policyOf(
        'policy "p" { mode enforce on engine_error -> block 503 }\nrule t.a "x" { severity error when any args contains "a" then block 403 }',
      ),
    );
    const broken = createEngine({
      ...program,
      patterns: {
        scan: () => {
          throw new Error('told to throw');
        },
      },
    });
    const report = reportOf(broken, { target: '/?q=a' });
    expect(report.verdict).toMatchObject({ status: 503, by: 'policy.engine_error' });
    expect(report.engineError).toContain('told to throw');
  });

  it('gives a fresh state to every exchange, however many run at once', () => {
    const engine = engineFor('rule t.a "x" { severity error when any args contains "a" then block 403 }');
    const open = Array.from({ length: 300 }, (_, i) =>
      begin(engine, { target: i % 3 === 0 ? '/?q=a' : '/?q=b' }),
    );
    open.forEach((transaction, i) => {
      void transaction.requestEnd();
      expect(transaction.verdict.action).toBe(i % 3 === 0 ? 'block' : 'pass');
      transaction.close();
    });
    expect(reportOf(engine, { target: '/?q=b' }).verdict.action).toBe('pass');
    warmUp(engine, 30);
    expect(reportOf(engine, { target: '/?q=a' }).verdict.action).toBe('block');
  });
});
