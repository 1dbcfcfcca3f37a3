// One kind of mistake per file: the code in the file's name; what a lenient import says and keeps is on record.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkFiles } from '../../support/check-rules.ts';
import { SECLANG_CODES } from '../../../src/seclang/codes.ts';
import { renderReport } from '../../../src/seclang/report.ts';
import { importTexts } from './imported.ts';

const folder = join(import.meta.dirname, '../../golden/seclang-broken');
const files = readdirSync(folder);
const names = files.filter((name) => name.endsWith('.conf'));

test('every code has a case, and each record belongs to one', () => {
  const tried = new Set(names.map((name) => name.slice(0, 4)));
  expect([...tried].sort()).toEqual(Object.keys(SECLANG_CODES));
  const orphans = files.filter(
    (name) => name.endsWith('.txt') && !files.includes(name.replace(/\.txt$/, '.conf')),
  );
  expect(orphans).toEqual([]);
});

describe.each(names)('%s', (name) => {
  const code = name.slice(0, 4);
  const text = readFileSync(join(folder, name), 'latin1');
  const imported = importTexts({ 'rules.conf': text });
  const { report } = imported;

  test('has its code', () => {
    const codes = [...report.problems, ...report.entries].flatMap((found) => found.code ?? []);
    expect(codes).toContain(code);
  });

  test('keeps the rules without a mistake', () => {
    expect(report.entries.find(({ id }) => id === 99)?.outcome).toBe('carried');
    const { policy } = checkFiles([...imported.files].map(([path, text]) => ({ path, text })));
    expect(policy?.rules.some(({ id }) => id === 99)).toBe(true);
  });

  test('reads as on record', async () => {
    await expect(`${renderReport(report, true)}\n`).toMatchFileSnapshot(
      join(folder, name.replace(/\.conf$/, '.txt')),
    );
  });

  test('ends a strict import', () => {
    expect(() => importTexts({ 'rules.conf': text }, { strict: true })).toThrow(
      /^rules\.conf:\d+: error\[S0\d\d\]: /,
    );
  });
});
