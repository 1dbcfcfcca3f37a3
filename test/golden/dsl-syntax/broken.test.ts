// One syntax mistake per file: the code in the file's name, once, and nothing else; rendered as on record.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { renderText } from '../../../src/dsl/diagnostics/render-text.ts';
import { parseFile } from '../../../src/dsl/parser.ts';
import { createSource } from '../../../src/dsl/source.ts';

const folder = join(import.meta.dirname, '..', 'dsl-broken');
const syntactic = /^(?:E0\d\d|E301-syntax)-/;
const names = readdirSync(folder).filter((name) => name.endsWith('.ward') && syntactic.test(name));

test('there are enough of them, and each rendering belongs to one', () => {
  expect(names.length).toBeGreaterThanOrEqual(35);
  const renderings = readdirSync(folder).filter((name) => name.endsWith('.txt') && syntactic.test(name));
  expect(renderings.filter((name) => !names.includes(name.replace(/\.txt$/, '.ward')))).toEqual([]);
});

describe.each(names)('%s', (name) => {
  const { diagnostics } = parseFile(createSource(name, readFileSync(join(folder, name), 'utf8')));

  test('has its one diagnostic', () => {
    expect(diagnostics.map((found) => found.code)).toEqual([name.slice(0, 4)]);
  });

  test('reads as on record', async () => {
    const file = join(folder, name.replace(/\.ward$/, '.txt'));
    await expect(renderText(diagnostics, { colour: false })).toMatchFileSnapshot(file);
  });
});
