/** Names that a shipped file would bring: the error of a rule file that lacks the import names it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkRuleSet } from '../../../src/control/rule-set.ts';
import { loadRuleSources } from '../../../src/control/rule-sources.ts';
import { shippedImportOf } from '../../../src/control/shipped-names.ts';
import type { Diagnostic } from '../../../src/dsl/diagnostics/diagnostic.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ward-names-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

async function errorsOf(text: string): Promise<readonly Diagnostic[]> {
  writeFileSync(join(directory, 'a.ward'), `language 1\npolicy "p" { mode enforce }\n${text}\n`);
  const sources = await loadRuleSources({ paths: ['a.ward'], workingDirectory: directory });
  const { diagnostics } = checkRuleSet(sources, { profile: undefined, today: '2026-11-21' });
  return diagnostics.filter((found) => found.severity === 'error');
}

const rule = (condition: string): string => `rule a.b "x" { when ${condition} then block 403 }`;

it.each([
  ['a function as a step', rule('any args |> canon contains "x"'), 'ward:vocabulary.ward'],
  ['targets', rule('any inputs contains "x"'), 'ward:vocabulary.ward'],
  ['a list', rule('any args in scanner_agents'), 'ward:scanner.ward'],
  ['a pattern', rule('any args matches php_tag'), 'ward:php.ward'],
  ['a rule that is excluded', 'exclude xss.runs { target args["html"] because "editor" }', 'ward:xss.ward'],
  [
    'a rule that a scenario expects',
    'scenario "s" { send GET "/" expect block 403 by xss.runs }',
    'ward:xss.ward',
  ],
])('%s that is not imported: the error says which import brings it', async (_, text, file) => {
  const [error, ...more] = await errorsOf(text);
  expect(error.help).toBe(`it comes with Ward: write \`import "${file}"\``);
  expect(more).toEqual([]);
});

it('says nothing of an import where the name comes with no file', async () => {
  const [error] = await errorsOf(rule('any args in nobody_has_this'));
  expect(error).toMatchObject({ code: 'E206' });
  expect(error.help ?? '').not.toContain('import');
  expect(shippedImportOf('toString')).toBeUndefined();
});

it('takes the rules of Ward with a star beside a policy of its own', async () => {
  expect(await errorsOf('import "ward:*"')).toEqual([]);
});
