// A capture of the head joined with the values of a body: decided at the first value that does, not at the end.
import { describe, expect, it } from 'vitest';
import { begin, bytes, engineFor } from '../../support/transaction-of.ts';

const FORM: [string, string][] = [['content-type', 'application/x-www-form-urlencoded']];
const rule = (name: string, when: string): string =>
  `rule t.${name} "x" { severity critical when ${when} then block 403 }\n`;

describe('a capture of the head and values of the body', () => {
  it.each([
    ['request.path matches /^.(\\w+)$/ as m and any v of args { v == m[1] }', true],
    ['request.path matches /^.(\\w+)$/ as m and request.method == POST and m[1] in args', true],
    ['request.path matches /^.(\\w+)$/ as m and any v of args { v contains m[1] or v == "zz" }', true],
    ['request.path matches /^.(\\w+)$/ as m and not (all v of args { v != m[1] })', true],
    [
      '(request.method == GET or request.path matches /^.(\\w+)$/ as m and any v of args { v == m[1] })',
      true,
    ],
    [
      'request.method == GET or not (request.path matches /^.(\\d+)$/ as m and any v of args { v == m[1] })',
      true,
    ],
    ['request.path matches /^.(\\w+)$/ as m and none v of args { v == m[1] }', false],
    ['request.path matches /^.(\\d+)$/ as m and any v of args { v == "shop" or v == m[1] }', false],
  ])('%s blocks in the middle: %s', (when, blocks) => {
    const transaction = begin(engineFor(rule('a', when)), {
      target: '/shop',
      headers: FORM,
      body: 'x'.repeat(99),
    });
    void transaction.requestBody(bytes('a=b&c=shop&'));
    expect(transaction.verdict.action).toBe(blocks ? 'block' : 'pass');
    transaction.close();
  });

  it('is not mixed up with that of another rule, nor kept for the next request', () => {
    const engine = engineFor(
      rule('a', 'request.path matches /^.(\\w)/ as m and any v of args { v == m[1] }') +
        rule('b', 'request.path matches /(\\w)$/ as m and any v of args { v == m[1] }') +
        rule(
          'c',
          'request.path matches /(\\w)(\\w)$/ as m and any v of args { v == m[1] } and any v of args { v == m[2] }',
        ),
    );
    for (const [target, value, by] of [
      ['/abc', 'a', 't.a'],
      ['/abc', 'c', 't.b'],
      ['/abc', 'b', null],
      ['/xyz', 'a', null],
      ['/xyz', 'x', 't.a'],
    ]) {
      const transaction = begin(engine, { target: target ?? '', headers: FORM, body: `q=${value}` });
      void transaction.requestBody(bytes(`q=${value}`));
      void transaction.requestEnd();
      expect(transaction.verdict.by).toBe(by);
      transaction.close();
    }
  });
});
