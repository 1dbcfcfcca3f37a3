// The rule book: what a page says of each kind of rule.
import { expect, it } from 'vitest';
import { ruleBook } from '../../../src/control/rule-book.ts';
import { policyOf } from '../../support/check-rules.ts';

const page = (text: string): string => {
  const pages = ruleBook(policyOf(text));
  expect(pages.map(({ file }) => file)).toEqual(['test.md']);
  return pages[0].text;
};

it('tells of a rule what it looks at, decodes, stops and lets pass, and how to except something', () => {
  const text = page(`/// Why it is there.
rule t.a "Bad | word" { severity error level 2 id 7 tags ["cwe-89", "x"]
  when any (args["q"], request.cookies except [/^a/]) |> percent_decode(2) |> lower contains "\`\`\`" then score 3 to words
  examples { hit GET "/?q=%60%60%60" miss GET "/" } }`);
  expect(text).toContain('| [t.a](#ta) | error | 2 | Bad \\| word |');
  expect(text).toContain('Bad | word. Why it is there.');
  expect(text).toContain(
    'severity **error** · level 2 · decided in the phase body · id 7 · then score 3 to words · tags [cwe-89](https://cwe.mitre.org/data/definitions/89.html), `x`',
  );
  expect(text).toContain('- `args["q"]`\n- `request.cookies`: Cookies, but not `/^a/`\n');
  expect(text).toContain('Decodes by `percent_decode(2)`, `lower`.');
  expect(text).toContain('````ward\nwhen any');
  expect(text).toContain('hit GET "/?q=%60%60%60"');
  expect(text).toContain('  target  args["q"]\n');
});

it('leaves long lists of exceptions to the rules', () => {
  const names = Array.from({ length: 8 }, (_, i) => `"n${i}"`).join(', ');
  const text = page(
    `rule t.a "x" { severity error when any request.headers except [${names}] contains "x" then block 403 }`,
  );
  expect(text).toContain('`"n5"` and 2 more');
  expect(text).not.toContain('`"n6"`');
});

it('says what takes no exclusion', () => {
  const limiter = 'limiter slow { key client.ip allow 1 per 1s then block 429 }\n';
  expect(page(`${limiter}rule t.a "x" { severity error then limit slow }`)).toContain('change its limiter');
  expect(page('rule t.a "x" { severity error sealed when request.has_body then block 403 }')).toContain(
    'It is sealed',
  );
});
