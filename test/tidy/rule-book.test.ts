/** docs/reference/rules says what the shipped rules say; `npm run docs` rewrites it. */
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ruleBook } from '../../src/control/rule-book.ts';
import { checkRuleSet } from '../../src/control/rule-set.ts';
import { loadRuleSources, SHIPPED_RULES_DIRECTORY } from '../../src/control/rule-sources.ts';
import { TODAY } from '../support/check-rules.ts';

const BOOK = '../../docs/reference/rules';

const sources = await loadRuleSources({ paths: [SHIPPED_RULES_DIRECTORY], workingDirectory: process.cwd() });
const pages = ruleBook(checkRuleSet(sources, { profile: undefined, today: TODAY }).demand());

it.each(pages)('$file', async ({ file, text }) => {
  await expect(text).toMatchFileSnapshot(`${BOOK}/${file}`);
});

it('has no page of rules that are gone', () => {
  const written = readdirSync(new URL(BOOK, import.meta.url));
  expect(written.sort()).toEqual(pages.map(({ file }) => file).sort());
});
