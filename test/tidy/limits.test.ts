/** Every number that bounds something is used, and some test names the one it reaches and passes. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8');
const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'src', 'test'], {
  cwd: root,
  encoding: 'utf8',
}).split('\n');

const LIMITS = listed.filter((file) => /^src\/core\/limits(?:\.ts$|\/)/.test(file));
const text = LIMITS.map((file) => read(file)).join('\n\n');
/** Units, which bound nothing. */
const UNITS: readonly string[] = ['KIB', 'MIB', 'DAY_MS'];
const constants = [...text.matchAll(/^export const (\w+)/gm)]
  .map((match) => match[1])
  .filter((name) => !UNITS.includes(name));

function wordsOf(files: readonly string[]): ReadonlySet<string> {
  return new Set(files.flatMap((file) => read(file).match(/\b[A-Z][A-Z0-9_]+\b/g) ?? []));
}

it('finds the limits it speaks of', () => {
  expect(constants.length).toBeGreaterThan(80);
});

it('has no limit that nothing uses', () => {
  const used = wordsOf(listed.filter((file) => /^src\/.*\.ts$/.test(file) && !LIMITS.includes(file)));
  expect(constants.filter((name) => !used.has(name))).toEqual([]);
});

it('has no limit that no test crosses', () => {
  const named = wordsOf(listed.filter((file) => /^test\/.*\.test\.ts$/.test(file)));
  expect(constants.filter((name) => !named.has(name))).toEqual([]);
});

it('gives the argument for each limit: a comment above it, beside it, or over its group', () => {
  const groups = text.split(/\n\s*\n/);
  const bare = groups.filter((group) => group.includes('export const') && !/\/\*\*|\/\//.test(group));
  expect(bare.filter((group) => !UNITS.some((unit) => group.includes(`const ${unit} `)))).toEqual([]);
});
