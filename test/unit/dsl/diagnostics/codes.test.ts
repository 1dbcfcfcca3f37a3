import { expect, test } from 'vitest';
import { DIAGNOSTIC_CODES } from '../../../../src/dsl/diagnostics/codes.ts';

test('every code has its form, a title and an explanation in sentences', () => {
  for (const [code, { title, explanation }] of Object.entries(DIAGNOSTIC_CODES)) {
    expect(code).toMatch(/^(?:E[0-69]|W[0356])\d\d$/);
    expect(title).not.toMatch(/\.$/);
    expect(explanation).toMatch(/\.$/);
  }
});
