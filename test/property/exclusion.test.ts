/**
 * Suggested exclusions: whatever a client calls its values, the text parses and checks, and the same request passes with
 * it. Names come as bytes of all kinds, in every place of a request that has names.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { searchExclusion } from '../../src/control/exclusion/exclusion-search.ts';
import { inspect } from '../../src/control/inspection.ts';
import type { WrittenRequest } from '../../src/control/inspection.ts';
import { compilePolicyForTests } from '../../src/control/rule-set.ts';
import { checkFiles, TODAY } from '../support/check-rules.ts';

const RULES = `language 1
policy "test" { mode enforce score critical = 5, error = 4, warning = 3, notice = 1 threshold request >= 5 -> block 403 }
route orders = POST "/orders/{id}"
rule t.evil "x" { severity critical when any (args, args.names, request.cookies, request.headers["referer"], request.raw_path, files.filename) |> lower contains "evil" then score }
rule t.vile "x" { severity error when any (args, request.headers) matches /vile/ then score to words }
rule t.small "x" { severity notice when any args contains "evil" then score }
rule t.block "x" { severity error when any args.names contains "wicked" then block 403 }
rule t.scalar "x" { severity critical when request.headers["x-kind"] == "bad" then block 403 }
rule t.target "x" { severity critical when request.target contains "/../x" then block 403 }
rule t.count "x" { severity critical when count(args) > 6 then block 403 }
rule t.absent "x" { severity critical when request.method == PUT and none request.headers.names == "x-token" then block 403 }
rule t.json "x" { severity critical when any body.json.items[*].sku contains "bad sku" then block 403 }
`;

const name = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }),
  fc.constantFrom('a"b', 'x\\', 'q', '__proto__', 'a]b', '}', 'evil', 'wicked', '{{x}}', "'", '\u202e', '//'),
);
const value = fc.constantFrom('evil', 'EVIL', 'a vile thing', 'evil and vile', 'plain', 'bad sku');
const pairs = fc.array(fc.tuple(name, value), { minLength: 0, maxLength: 4 });

const encoded = (list: readonly (readonly [string, string])[]): string =>
  list.map(([key, text]) => `${encodeURIComponent(key)}=${encodeURIComponent(text)}`).join('&');

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const request: fc.Arbitrary<WrittenRequest> = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'M-SEARCH'),
    path: fc.constantFrom('/', '/orders/7', '/a/evil', '/a%22b', '/Orders/7;x', '/x/../x'),
    query: pairs,
    body: pairs,
    kind: fc.constantFrom('none', 'form', 'json', 'items'),
    headers: fc.subarray([
      ['referer', 'http://a/evil'],
      ['x-kind', 'bad'],
      ['cookie', 'sid=evil; b=2'],
      ['x-other', 'vile'],
    ] as [string, string][]),
  })
  .map(({ method, path, query, body, kind, headers }): WrittenRequest => {
    const [type, text] = contentOf(kind, body);
    const target = query.length === 0 ? path : `${path}?${encoded(query)}`;
    const typed: [string, string][] = type === undefined ? headers : [...headers, ['content-type', type]];
    return {
      method,
      target,
      from: '198.51.100.7',
      scheme: 'https',
      headers: typed,
      body: text,
      answered: undefined,
    };
  });

function contentOf(
  kind: string,
  body: readonly (readonly [string, string])[],
): [string | undefined, string | undefined] {
  if (kind === 'none') return [undefined, undefined];
  if (kind === 'form') return ['application/x-www-form-urlencoded', encoded(body)];
  const object = Object.fromEntries(body.map(([key, text]) => [key, text]));
  const items = { items: body.map(([, sku]) => ({ sku })) };
  return ['application/json', latin1(JSON.stringify(kind === 'json' ? object : items))];
}

const files = [{ path: 'rules.ward', text: RULES }];
const sources = {
  files: files.map((file) => ({ ...file, absolutePath: file.path })),
  lists: new Map(),
  kept: [],
  stale: [],
};
const options = { profile: undefined, today: TODAY, until: '2027-01-01', because: 'harmless' };

it('let the request pass that they were made for', async () => {
  const reasons = new Set<string>();
  let found = 0;
  await fc.assert(
    fc.asyncProperty(request, async (given) => {
      const advice = await searchExclusion(sources, options, given);
      if (advice === undefined) return;
      if ('refused' in advice) {
        reasons.add(advice.refused.replace(/[`"].*/, ''));
        return;
      }
      found++;
      const { policy, diagnostics } = checkFiles([
        ...files,
        { path: 's.ward', text: `language 1\n${advice.text}` },
      ]);
      expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
      if (policy === null) throw new Error('no policy');
      const inspection = await inspect(compilePolicyForTests(policy), given);
      expect(inspection).toMatchObject({ report: { verdict: { action: 'pass' } } });
    }),
    { numRuns: 25 },
  );
  expect(found).toBeGreaterThan(3);
  // Nothing here is sealed or limits: only what no rule decides may be without an answer.
  expect([...reasons].filter((reason) => !/guard|policy\.uninspectable/.test(reason))).toEqual([]);
});
