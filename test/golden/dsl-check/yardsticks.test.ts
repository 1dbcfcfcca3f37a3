// The two policies the language is measured by: all they hold is understood, and nothing but later work is refused.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Diagnostic } from '../../../src/dsl/diagnostics/diagnostic.ts';
import { checkFiles } from '../../support/check-rules.ts';
import type { RuleText } from '../../support/check-rules.ts';

const rules = (path: string): RuleText => ({
  path,
  text: readFileSync(join(import.meta.dirname, path), 'utf8'),
});

/** One line per diagnostic: where, and what is refused. */
function summary(diagnostics: readonly Diagnostic[]): string {
  const lines = diagnostics.map(({ code, span, message }) => {
    const { line, column } = span.source.lineAt(span.start);
    return `${span.source.path}:${line}:${column} ${code} ${message}\n`;
  });
  return lines.join('');
}

test('the orders API is understood as written', () => {
  const { policy, diagnostics } = checkFiles([rules('orders-api.ward')]);
  expect(policy).not.toBeNull();
  expect(diagnostics).toEqual([]);
});

test('the team policies are refused for what is not built yet alone', async () => {
  const { policy, diagnostics } = checkFiles([rules('team-policies.ward'), rules('detections.ward')]);
  expect(policy).toBeNull();
  expect(new Set(diagnostics.map((found) => found.code))).toEqual(new Set(['E901']));
  await expect(summary(diagnostics)).toMatchFileSnapshot('team-policies.txt');
});

test('without the rules they tune, the team policies still check: tags and thresholds wait for them', () => {
  const { diagnostics } = checkFiles([rules('team-policies.ward')]);
  const codes = diagnostics.map((found) => found.code).filter((code) => code !== 'E901');
  expect(codes).toEqual(['W306', 'W303']);
});
