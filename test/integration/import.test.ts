/** `ward import` as a user types it: what it writes checks, and holds in a request. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ward } from './ward-process.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ward-import-'));
  mkdirSync(join(directory, 'rules'));
  writeFileSync(
    join(directory, 'rules/first.conf'),
    'SecRule ARGS "@pmFromFile words.data" "id:7,phase:2,deny,status:406,t:urlDecodeUni"\nSecRule GEO:X "@rx a" "id:8,deny"\n',
  );
  writeFileSync(join(directory, 'rules/words.data'), 'Forbidden Word\n');
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const here = (...args: readonly string[]) => ward(args, { cwd: directory, input: '' });

describe('ward import seclang', () => {
  it('writes rules that check and hold', async () => {
    const imported = await here('import', 'seclang', 'rules', '-o', 'out');
    expect(imported.code).toBe(0);
    expect(imported.stdout).toContain('rules/first.conf:2: left-out[S016] 8: GEO has no counterpart');
    expect(imported.stdout).toContain('1 carried, 1 left-out; 0 errors');
    expect(readFileSync(join(directory, 'out/lists/words.data'), 'utf8')).toBe('Forbidden Word\n');
    expect((await here('check', 'out')).code).toBe(0);
    expect((await here('fmt', '--check', 'out')).code).toBe(0);
    const explained = await here('explain', 'GET /?q=a%20forbidden%20wORD', '--rules', 'out');
    expect(explained.stdout).toContain('(7)');
    expect(explained.stdout).toContain('406');
  });

  it('says in JSON what became of each rule', async () => {
    const { stdout } = await here('import', 'seclang', 'rules', '-o', 'out', '--format', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ counts: { carried: 1, 'left-out': 1 }, problems: [] });
  });

  it('ends with 1 for mistakes and with 2 for a directory in use', async () => {
    writeFileSync(join(directory, 'bad.conf'), 'SecRule ARGS "@nope a" "id:1"\n');
    expect((await here('import', 'seclang', 'bad.conf', '-o', 'out')).code).toBe(1);
    const again = await here('import', 'seclang', 'rules', '-o', 'out');
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('out is not empty');
    expect(existsSync(join(directory, 'out/first.ward'))).toBe(false);
    const strict = await here('import', 'seclang', 'bad.conf', '-o', 'out2', '--strict');
    expect(strict.code).toBe(2);
    expect(strict.stderr).toContain('bad.conf:1: error[S006]: unknown operator @nope');
  });
});
