// The design samples and a file of every other construct: they parse, format to themselves, and keep their tree.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatFile } from '../../../src/dsl/formatter.ts';
import { parseFile } from '../../../src/dsl/parser.ts';
import { createSource } from '../../../src/dsl/source.ts';

const folder = join(import.meta.dirname, 'fixtures');
const names = readdirSync(folder).filter((name) => name.endsWith('.ward'));

const read = (name: string): ReturnType<typeof createSource> =>
  createSource(name, readFileSync(join(folder, name), 'utf8'));

test('there are fixtures, and each expectation belongs to one', () => {
  expect(names.length).toBeGreaterThanOrEqual(4);
  const others = readdirSync(folder).filter((name) => !name.endsWith('.ward'));
  expect(others.filter((name) => !names.includes(name.replace(/\.(json|formatted)$/, '.ward')))).toEqual([]);
});

describe.each(names)('%s', (name) => {
  test('parses without a diagnostic', () => {
    expect(parseFile(read(name)).diagnostics).toEqual([]);
  });

  test('has the tree on record', async () => {
    const withoutSpans = (key: string, value: unknown): unknown => (key === 'span' ? undefined : value);
    const tree = JSON.stringify(parseFile(read(name)).file, withoutSpans, 1);
    await expect(`${tree}\n`).toMatchFileSnapshot(join(folder, name.replace(/\.ward$/, '.json')));
  });

  test('formats to the text on record, which formats to itself', async () => {
    const { text, diagnostics } = formatFile(read(name));
    expect(diagnostics).toEqual([]);
    expect(formatFile(createSource(name, text)).text).toBe(text);
    if (name.startsWith('untidy')) {
      await expect(text).toMatchFileSnapshot(join(folder, name.replace(/\.ward$/, '.formatted')));
    } else expect(text).toBe(read(name).text);
  });
});
