// The rules shown in the guide are rules: they check without a diagnostic and are laid out as the formatter does.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatFile } from '../../../src/dsl/formatter.ts';
import { createSource } from '../../../src/dsl/source.ts';
import { checkFiles } from '../../support/check-rules.ts';

const guide = readFileSync(join(import.meta.dirname, '../../../docs/language.md'), 'utf8');
const [first, ...parts] = [...guide.matchAll(/```ward\n(.*?)```/gs)].map((match) => match[1]);
/** What the parts leave out, as one reads on. */
const HEAD = 'language 1\n\npolicy "guide" {\n  mode       enforce\n}\n\n';

test('the first rule of the guide is a whole file', () => {
  expect(checkFiles([{ path: 'first.ward', text: first }]).diagnostics).toEqual([]);
  expect(formatFile(createSource('first.ward', first)).text).toBe(first);
});

test('limits and scenarios of the guide are one policy', () => {
  expect(parts.length).toBeGreaterThanOrEqual(2);
  const text = HEAD + parts.join('\n');
  const { policy, diagnostics } = checkFiles([{ path: 'limits.ward', text }]);
  expect(diagnostics).toEqual([]);
  expect([policy?.limiters.length, policy?.floods.length, policy?.scenarios.length]).toEqual([2, 1, 2]);
  expect(formatFile(createSource('limits.ward', text)).text).toBe(text);
});
