// The compiled program and the naive evaluator must say the same of random policies and random exchanges, however the
// bodies are cut.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileProgram } from '../../src/compiler/compile.ts';
import { createEngine } from '../../src/engine/engine.ts';
import type { Engine, Report } from '../../src/engine/api.ts';
import { admit } from '../../src/control/inspection.ts';
import type { WrittenRequest } from '../../src/control/inspection.ts';
import type { CheckedPolicy } from '../../src/dsl/checked.ts';
import { checkText } from '../support/check-rules.ts';
import { exchangeOf } from '../support/exchange-of.ts';
import { evaluateNaively } from '../oracle/evaluate.ts';
import type { OracleReport } from '../oracle/evaluate.ts';
import { SETTINGS, exchange, exclusion, rule } from './engine-arbitraries.ts';

const NUM_RUNS = Number(process.env.WARD_RUNS ?? 150);

const policyText = fc
  .tuple(rule('t.a'), rule('t.b'), rule('t.c'), rule('t.d'), fc.option(exclusion, { nil: '' }))
  .map((parts) => `${SETTINGS}\n${parts.join('\n')}`);

/** A text the checker refuses (unreachable, too late, …) is no subject of this test. */
function checked(text: string): CheckedPolicy | null {
  return checkText(text).policy;
}

function send(engine: Engine, request: WrittenRequest, cut: number): Report | undefined {
  const admission = admit(request);
  if ('reason' in admission) return undefined;
  const transaction = engine.begin(admission.head);
  const feed = (body: string, write: (chunk: Uint8Array) => unknown): void => {
    const bytes = Buffer.from(body, 'latin1');
    for (let at = 0; at < bytes.length; at += cut) write(bytes.subarray(at, at + cut));
  };
  feed(request.body ?? '', (chunk) => transaction.requestBody(chunk));
  if (transaction.verdict.action === 'pass') void transaction.requestEnd();
  const { answered } = request;
  if (answered !== undefined && transaction.verdict.action === 'pass') {
    transaction.responseHead(answered.status, answered.headers.flat());
    if (transaction.verdict.action === 'pass') {
      feed(answered.body, (chunk) => transaction.responseBody(chunk));
      if (transaction.verdict.action === 'pass') void transaction.responseEnd();
    }
  }
  const report = transaction.report();
  transaction.close();
  return report;
}

function compared(report: Report) {
  const { action, status, by } = report.verdict;
  return {
    verdict: { action, status, by },
    shadow: { action: report.shadow.action, by: report.shadow.by },
    matches: report.matches.map((match) => match.rule).sort(),
    scores: report.scores,
    shadowScores: report.shadowScores,
    error: report.engineError,
  };
}

function expectedOf(report: OracleReport) {
  const { action, status, by } = report.verdict;
  return {
    verdict: { action, status, by },
    shadow: { action: report.shadow.action, by: report.shadow.by },
    matches: report.matches,
    scores: report.scores,
    shadowScores: report.shadowScores,
    error: undefined,
  };
}

describe('compiled program against naive evaluation', () => {
  it('agrees on random policies and exchanges, at every cut', () => {
    let usable = 0;
    fc.assert(
      fc.property(policyText, fc.array(exchange, { minLength: 3, maxLength: 3 }), (text, requests) => {
        const policy = checked(text);
        if (policy === null) return;
        usable++;
        const engine = createEngine(compileProgram(policy).program);
        for (const request of requests) {
          const whole = exchangeOf(request);
          if (whole === undefined) continue;
          const expected = expectedOf(evaluateNaively(policy, whole));
          for (const cut of [1, 7, 10_000]) {
            const report = send(engine, request, cut);
            expect(report === undefined ? undefined : { cut, ...compared(report) }).toEqual({
              cut,
              ...expected,
            });
          }
        }
      }),
      { numRuns: NUM_RUNS },
    );
    expect(usable).toBeGreaterThan(NUM_RUNS / 10);
  });
});
