// The search: tries what it suggests, goes on where the request is stopped next, and proves that no attack slips.
import { expect, it } from 'vitest';
import { searchExclusion } from '../../../../src/control/exclusion/exclusion-search.ts';
import type { ExclusionAdvice } from '../../../../src/control/exclusion/exclusion-advisor.ts';
import type { WrittenRequest } from '../../../../src/control/inspection.ts';
import { EXCLUSION_ROUNDS_MAX } from '../../../../src/core/limits.ts';
import { TODAY } from '../../../support/check-rules.ts';

const rule = (name: string, when: string, more = ''): string =>
  `rule t.${name} "x" { severity error when ${when} then block 403 ${more} }\n`;

function search(rules: string, given: Partial<WrittenRequest>): Promise<ExclusionAdvice | undefined> {
  const text = `language 1\npolicy "test" { mode monitor }\n${rules}`;
  const sources = {
    files: [{ path: 'a.ward', absolutePath: 'a.ward', text }],
    lists: new Map(),
    kept: [],
    stale: [],
  };
  const request: WrittenRequest = {
    method: 'GET',
    target: '/',
    from: '198.51.100.7',
    scheme: 'https',
    headers: [],
    body: undefined,
    answered: undefined,
    ...given,
  };
  return searchExclusion(
    sources,
    { profile: undefined, today: TODAY, until: '2027-01-01', because: 'OPS-1' },
    request,
  );
}

const json = (value: unknown): Partial<WrittenRequest> => ({
  method: 'POST',
  headers: [['content-type', 'application/json']],
  body: JSON.stringify(value),
});

it('finds nothing to do for a request that passes', async () => {
  expect(await search(rule('a', 'any args contains "evil"'), { target: '/?q=good' })).toBeUndefined();
});

it('goes on value by value', async () => {
  const advice = await search(
    rule('a', 'any args contains "evil"'),
    json({ a: 'evil', b: 'evil', c: 'good' }),
  );
  expect(advice).toMatchObject({
    blocks: [{ target: { text: 'args.json["a"]' } }, { target: { text: 'args.json["b"]' } }],
  });
});

it('takes the rule as a whole when its value was excluded in vain', async () => {
  const advice = await search(rule('a', 'none request.headers contains "token"'), {});
  expect(advice).toMatchObject({ blocks: [{ rules: ['t.a'], target: { text: '' } }] });
});

it('gives up when there is no end to it', async () => {
  const names = Array.from({ length: EXCLUSION_ROUNDS_MAX + 1 }, (_, i) => [`k${i}`, 'evil']);
  const rules = rule('a', 'any args contains "evil"');
  expect(await search(rules, json(Object.fromEntries(names)))).toMatchObject({
    refused: expect.stringContaining('again and again') as unknown,
  });
  expect(await search(rules, json(Object.fromEntries(names.slice(1))))).toHaveProperty('text');
});

it('refuses what would let an attack of the examples slip that only running it shows', async () => {
  // The name is spelled so that it does not stand in the text of the example.
  const examples =
    'examples { hit POST "/" header "content-type" "application/json" body "{\\"\\\\u0071\\": \\"evil\\"}" miss GET "/" }';
  const advice = await search(rule('a', 'any args contains "evil"', examples), json({ q: 'evil' }));
  expect(advice).toEqual({ refused: 't.a would no longer stop the attack at a.ward:3' });
});

it('says so if no rule was asked', async () => {
  expect(await search('', { headers: [['host', 'a b']] })).toMatchObject({
    refused: expect.stringContaining('the guard') as unknown,
  });
});
