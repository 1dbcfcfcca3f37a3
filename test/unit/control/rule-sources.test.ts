/** Globs, imports, list files: what is read, in which order, and what is refused. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expandGlob } from '../../../src/control/glob.ts';
import { checkRuleSet } from '../../../src/control/rule-set.ts';
import {
  importedShipped,
  loadRuleSources,
  SHIPPED_RULES_DIRECTORY,
} from '../../../src/control/rule-sources.ts';
import type { RuleSources } from '../../../src/control/rule-sources.ts';
import { ManualClock } from '../../../src/core/clock.ts';
import { INCLUDE_FILES_MAX } from '../../../src/core/limits.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ward-rules-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), text);
}

const load = (paths: readonly string[]): Promise<RuleSources> =>
  loadRuleSources({ paths, workingDirectory: directory });

describe('expandGlob', () => {
  it('fits stars within a segment and double stars across, sorted, without hidden files', async () => {
    for (const path of ['b.ward', 'a.ward', 'x/c.ward', 'x/y/d.ward', '.git/e.ward', 'a.txt'])
      write(path, '');
    const find = async (pattern: string): Promise<string[]> =>
      (await expandGlob(join(directory, pattern))).map((path) => path.slice(directory.length + 1));
    expect(await find('*.ward')).toEqual(['a.ward', 'b.ward']);
    expect(await find('?.txt')).toEqual(['a.txt']);
    expect(await find('**/*.ward')).toEqual(['a.ward', 'b.ward', 'x/c.ward', 'x/y/d.ward']);
    expect(await find('x/*/*.ward')).toEqual(['x/y/d.ward']);
    expect(await find('nothing/*.ward')).toEqual([]);
  });
});

describe('loadRuleSources', () => {
  it('reads files, directories and imports once each', async () => {
    write('main.ward', 'language 1\nimport "parts/*.ward"\nimport "main.ward"\n');
    write('parts/one.ward', 'language 1\nimport "../main.ward"\n');
    const sources = await load(['main.ward', 'parts']);
    expect(sources.files.map((file) => file.path).sort()).toEqual(['main.ward', 'parts/one.ward']);
  });

  it('brings the rules of Ward by a star, and its policy by name only', async () => {
    write('own.ward', 'language 1\nimport "ward:*"\n');
    write('all.ward', 'language 1\nimport "ward:*"\nimport "ward:policy.ward"\n');
    const shipped = async (path: string): Promise<string[]> =>
      (await load([path])).files.map((file) => basename(file.path)).filter((name) => name !== path);
    const rules = await shipped('own.ward');
    expect(rules).toContain('sqli.ward');
    expect(rules).not.toContain('policy.ward');
    expect((await shipped('all.ward')).sort()).toEqual([...rules, 'policy.ward'].sort());
  });

  it('tells shipped files beside others from those that are meant themselves', async () => {
    write('own.ward', 'language 1\nimport "ward:graphql.ward"\nimport "ward:vocabulary.ward"\n');
    const names = (sources: RuleSources): string[] =>
      [...importedShipped(sources)].map((path) => basename(path));
    expect(names(await load(['own.ward'])).sort()).toEqual(['graphql.ward', 'vocabulary.ward']);
    expect(names(await load(['ward:graphql.ward']))).toEqual([]);
  });

  it('warns of what is unused in own files, not in imported ones of Ward', async () => {
    const policy = 'policy "x" {\n  default allow\n}\npattern idle = /a/\n';
    write('own.ward', `language 1\nimport "ward:vocabulary.ward"\n${policy}`);
    const { diagnostics } = checkRuleSet(await load(['own.ward']), {
      profile: undefined,
      today: '2026-01-01',
    });
    expect(diagnostics).toMatchObject([{ code: 'W501', message: 'nothing uses the pattern `idle`' }]);
  });

  it('reads list files relative to the rule file, without comments and blank lines', async () => {
    write('a.ward', 'language 1\nlist banned : Cidr from "lists/b.txt" refresh 10m keep_last\n');
    write('lists/b.txt', '# shared\n\n10.0.0.0/8\r\n 192.0.2.1 \n');
    const { lists } = await load(['a.ward']);
    expect(lists.get('lists/b.txt')).toMatchObject({
      lines: ['10.0.0.0/8', '192.0.2.1'],
      refreshMs: 600_000,
      whenStale: 'keep_last',
    });
  });

  it.each([
    ['keep_last', []],
    ['require', ['b']],
  ])('with %s, a list whose file went away keeps its entries; stale later: %j', async (whenStale, stale) => {
    write('a.ward', `language 1\nlist b : String from "b.txt" refresh 1m ${whenStale}\n`);
    write('b.txt', 'x\n');
    const clock = new ManualClock(1_000);
    const before = await loadRuleSources({ paths: ['a.ward'], workingDirectory: directory, clock });
    rmSync(join(directory, 'b.txt'));
    const request = { paths: ['a.ward'], workingDirectory: directory, clock, previous: before };
    clock.advance(60_000);
    const after = await loadRuleSources(request);
    expect(after.lists.get('b.txt')?.lines).toEqual(['x']);
    expect([after.kept, after.stale]).toEqual([['b'], []]);
    clock.advance(60_001);
    expect((await loadRuleSources({ ...request, previous: after })).stale).toEqual(stale);
    await expect(load(['a.ward'])).rejects.toThrow('it does not exist');
  });

  it('refuses a glob without files, a missing file and a missing import, naming who asked', async () => {
    await expect(load(['*.ward'])).rejects.toThrow('no rule file fits *.ward');
    await expect(load(['gone.ward'])).rejects.toThrow(
      'cannot read the rule file gone.ward: it does not exist',
    );
    write('a.ward', 'language 1\nimport "b.ward"\n');
    await expect(load(['a.ward'])).rejects.toThrow('b.ward (imported by a.ward): it does not exist');
  });

  it('refuses two files under one list path', async () => {
    write('a.ward', 'language 1\nlist one : String from "l.txt"\nimport "x/b.ward"\n');
    write('x/b.ward', 'language 1\nlist two : String from "l.txt"\n');
    write('l.txt', 'a\n');
    write('x/l.txt', 'b\n');
    await expect(load(['a.ward'])).rejects.toThrow('"l.txt" names two files');
  });

  it('refuses more files than its limit', async () => {
    for (let count = 0; count <= INCLUDE_FILES_MAX; count++) write(`r/${count}.ward`, 'language 1\n');
    await expect(load(['r'])).rejects.toThrow(`more than ${INCLUDE_FILES_MAX} rule files`);
  });

  it('finds the shipped rules', async () => {
    const { files } = await load([SHIPPED_RULES_DIRECTORY]);
    expect(files.some((file) => file.text.includes('policy "ward"'))).toBe(true);
  });
});
