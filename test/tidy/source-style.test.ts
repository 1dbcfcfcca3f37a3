/** House style as a test: what docs/hacking.md promises about the shape of the source. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';

const LINES_MAX = 500;
const root = new URL('../../', import.meta.url);
const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '');
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8');
const sources = tracked.filter((file) => /^src\/.*\.ts$/.test(file));
/** Tables written by a tool or copied from a standard may be long. */
const isTable = (file: string): boolean => file.endsWith('-table.ts');

function offenders(files: readonly string[], test: (text: string, file: string) => boolean): string[] {
  return files.filter((file) => test(read(file), file));
}

it('finds the sources it speaks of', () => {
  expect(sources.length).toBeGreaterThan(50);
});

it('opens every source file with its purpose', () => {
  expect(offenders(sources, (text) => !/^(?:#!.*\n)?\/(?:\*\*|\/)/.test(text))).toEqual([]);
});

it('keeps source files below the size where they stop being readable', () => {
  expect(offenders(sources, (text, file) => !isTable(file) && text.split('\n').length > LINES_MAX)).toEqual(
    [],
  );
});

it('names files in kebab-case, and no folder or file is homeless', () => {
  const named = tracked.filter(
    (file) => /^(?:src|test|bench|scripts)\//.test(file) && /\.(?:ts|mjs)$/.test(file),
  );
  expect(
    named.filter(
      (file) => !/^[a-z0-9-]+(?:\.(?:test|contract.test|bench|d))?\.(?:ts|mjs)$/.test(basename(file)),
    ),
  ).toEqual([]);
  expect(
    tracked.filter((file) => /(?:^|\/)(?:utils?|helpers?|misc|common)(?:\/|\.[a-z]+$)/.test(file)),
  ).toEqual([]);
  expect(sources.filter((file) => basename(file) === 'index.ts')).toEqual([]);
});

it('leaves nothing open and skips nothing', () => {
  const marks = new RegExp(['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].map((mark) => `\\b${mark}\\b`).join('|'));
  const skipped = /\b(?:it|test|describe)\.(?:skip|todo|only|fails)\b/;
  const files = tracked.filter((file) => /^(?:src|test|bench|scripts)\/.*\.(?:ts|mjs)$/.test(file));
  expect(offenders(files, (text) => marks.test(text) || skipped.test(text))).toEqual([]);
});

it('escapes the type system nowhere in the source', () => {
  expect(
    offenders(sources, (text) => /@ts-(?:ignore|nocheck|expect-error)|eslint-disable|\bas any\b/.test(text)),
  ).toEqual([]);
});

it('names no machine and no registry host', () => {
  const places = new RegExp(
    ['/wo' + 'rk/', '/ro' + 'ot/', 'registry\\.npm' + 'js', 'deb\\.deb' + 'ian'].join('|'),
  );
  const binary = /\.(?:png|ico|gz|br|bin)$/;
  const files = tracked.filter(
    (file) => !binary.test(file) && !file.startsWith('corpus/') && !file.startsWith('rules/'),
  );
  expect(offenders(files, (text) => places.test(text))).toEqual([]);
});
