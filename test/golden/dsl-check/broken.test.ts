// One mistake of meaning per file: the code in the file's name, once, and nothing else; rendered as on record.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DIAGNOSTIC_CODES } from '../../../src/dsl/diagnostics/codes.ts';
import { renderText } from '../../../src/dsl/diagnostics/render-text.ts';
import { compileDiagnostics } from '../../../src/control/rule-set.ts';
import { checkFiles } from '../../support/check-rules.ts';
import type { Checked } from '../../support/check-rules.ts';

const folder = join(import.meta.dirname, '..', 'dsl-broken');
const files = readdirSync(folder);
const names = files.filter((name) => name.endsWith('.ward') && !/^(?:E0\d\d|E301-syntax)-/.test(name));

/** Codes that no single rule file can bring about, and where they are tested. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  E009: 'a file of 8 MiB: test/unit/dsl',
  E016: 'two hundred mistakes: test/unit/dsl',
  W016: 'two hundred warnings: test/unit/dsl',
  E311: 'imports are resolved by control: test/unit/control',
  E601: 'examples are run by the test runner: test/unit/control',
  E606: 'scenarios are run by the test runner: test/unit/control',
  W603: 'coverage is known to the test runner: test/unit/control',
};

/** Codes of the compiler: the policy is sound as far as the checker goes. */
const COMPILED: ReadonlySet<string> = new Set(['E501']);

function checkAndCompile(path: string, text: string): Checked {
  const { policy, diagnostics } = checkFiles([{ path, text }]);
  const compiled = policy === null ? [] : compileDiagnostics(policy);
  return { policy, diagnostics: [...diagnostics, ...compiled] };
}

test('every code has a case', () => {
  const tried = new Set(files.map((name) => name.slice(0, 4)));
  const untried = Object.keys(DIAGNOSTIC_CODES).filter((code) => !tried.has(code) && !(code in ELSEWHERE));
  expect(untried).toEqual([]);
  expect(names.length).toBeGreaterThanOrEqual(45);
});

test('each rendering belongs to a case', () => {
  const orphans = files.filter(
    (name) => name.endsWith('.txt') && !files.includes(name.replace(/\.txt$/, '.ward')),
  );
  expect(orphans).toEqual([]);
});

describe.each(names)('%s', (name) => {
  const text = readFileSync(join(folder, name), 'utf8');
  const { policy, diagnostics } = checkAndCompile(name, text);

  test('has its one diagnostic', () => {
    expect(diagnostics.map((found) => found.code)).toEqual([name.slice(0, 4)]);
    expect(policy === null).toBe(name.startsWith('E') && !COMPILED.has(name.slice(0, 4)));
  });

  test('reads as on record', async () => {
    const file = join(folder, name.replace(/\.ward$/, '.txt'));
    await expect(renderText(diagnostics, { colour: false })).toMatchFileSnapshot(file);
  });

  test('does what its fix says', () => {
    for (const { fix } of diagnostics) {
      if (fix === undefined) continue;
      let repaired = text;
      for (const edit of [...fix].sort((a, b) => b.span.start - a.span.start)) {
        repaired = repaired.slice(0, edit.span.start) + edit.text + repaired.slice(edit.span.end);
      }
      expect(checkAndCompile(name, repaired).diagnostics).toEqual([]);
    }
  });
});
