import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findSecLang, resolveOnDisk } from '../../../src/control/seclang-files.ts';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ward-seclang-'));
  mkdirSync(join(directory, 'rules'));
  for (const name of [
    'crs-setup.conf.example',
    'rules/b.conf',
    'rules/a.conf',
    'rules/a.data',
    'rules/x.conf.example',
  ]) {
    writeFileSync(join(directory, name), `# ${name} \xe9`, 'latin1');
  }
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe('findSecLang', () => {
  test('a distribution is its settings, then its rules by name', () => {
    expect(findSecLang(['.'], directory).map(({ path }) => path)).toEqual([
      'crs-setup.conf.example',
      'rules/a.conf',
      'rules/b.conf',
    ]);
  });

  test('files are read as bytes, in the order given', () => {
    expect(findSecLang(['rules/b.conf', 'rules/a.conf'], directory)).toEqual([
      { path: 'rules/b.conf', text: '# rules/b.conf \xe9' },
      { path: 'rules/a.conf', text: '# rules/a.conf \xe9' },
    ]);
  });

  test('a path without files is an error', () => {
    expect(() => findSecLang(['none'], directory)).toThrow('there are no SecLang files at none');
  });
});

describe('resolveOnDisk', () => {
  test('names are relative to the file that holds them', () => {
    const resolver = resolveOnDisk(directory);
    expect(resolver.include('rules/?.c*f', 'main.conf').map(({ path }) => path)).toEqual([
      'rules/a.conf',
      'rules/b.conf',
    ]);
    expect(resolver.include('*.none', 'main.conf')).toEqual([]);
    expect(resolver.data('a.data', 'rules/b.conf')?.path).toBe('rules/a.data');
    expect(resolver.data('gone.data', 'rules/b.conf')).toBeUndefined();
  });
});
