// Pooled states: at most so many are kept, and one that still works goes back only when it is done.
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { compileProgram } from '../../../src/compiler/compile.ts';
import { EVALUATION_POOL_MAX, ROUTE_PLANS_MAX } from '../../../src/core/limits.ts';
import { RoutePlans } from '../../../src/engine/route-plan.ts';
import { WorkbenchPool } from '../../../src/engine/workbench.ts';
import { ValueCache } from '../../../src/matcher/value-cache.ts';
import { policyOf } from '../../support/check-rules.ts';
import { begin, engineFor } from '../../support/transaction-of.ts';

const RULES = 'rule a.b "x" { when any args["q"] contains "attack" then tag "found" }';

test.each(['in the middle', 'at the end'])(
  'a client who leaves while its body is decoded, %s, leaves no trace in the next request',
  async (where) => {
    const engine = engineFor(RULES);
    const body = gzipSync('q=attack').toString('latin1');
    const headers = [
      ['content-type', 'application/x-www-form-urlencoded'],
      ['content-encoding', 'gzip'],
    ] as const;
    const gone = begin(engine, { body, headers });
    const bytes = Buffer.from(body, 'latin1');
    let waiting = gone.requestBody(where === 'at the end' ? bytes : bytes.subarray(0, 14));
    if (where === 'at the end') {
      await waiting;
      waiting = gone.requestEnd();
    }
    expect(waiting).toBeInstanceOf(Promise);
    gone.close();
    const next = begin(engine, { target: '/?q=a', body: 'b', headers: [] });
    await waiting;
    await new Promise(setImmediate);
    await next.requestEnd();
    const { matches, bodyBytes, tags, uninspectable } = next.report();
    expect({ matches, bodyBytes, tags, uninspectable }).toEqual({
      matches: [],
      bodyBytes: 0,
      tags: [],
      uninspectable: undefined,
    });
    next.close();
  },
);

test('EVALUATION_POOL_MAX states are kept, those beyond are let go', () => {
  const pool = new WorkbenchPool(compileProgram(policyOf(RULES)).program, new ValueCache());
  const benches = Array.from({ length: EVALUATION_POOL_MAX + 1 }, () => pool.get());
  const surplus = benches[EVALUATION_POOL_MAX];
  for (const bench of benches) pool.put(bench);
  const again = new Set(Array.from({ length: EVALUATION_POOL_MAX }, () => pool.get()));
  expect([again.size, again.has(surplus), again.has(benches[0])]).toEqual([EVALUATION_POOL_MAX, false, true]);
  expect(benches).not.toContain(pool.get());
});

test('ROUTE_PLANS_MAX plans are kept', () => {
  const plans = new RoutePlans(compileProgram(policyOf(RULES)).program);
  const first = plans.planFor([0]);
  for (let route = 1; route < ROUTE_PLANS_MAX; route++) plans.planFor([route]);
  expect(plans.planFor([0])).toBe(first);
  plans.planFor([ROUTE_PLANS_MAX]);
  expect(plans.planFor([0])).not.toBe(first);
});
