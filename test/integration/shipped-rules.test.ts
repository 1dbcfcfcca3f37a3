/** The rules that ship with Ward, as a user runs them: strict check, every example, every sub-expression, all of the corpus. */
import { describe, expect, it } from 'vitest';
import { ward } from './ward-process.ts';

describe('the shipped rules', () => {
  it('check without an error or a warning, strictly', async () => {
    const { code, stderr } = await ward(['check', '--strict', 'rules']);
    expect(stderr).toMatch(/ 0 errors, 0 warnings/);
    expect(code).toBe(0);
  });

  it('are laid out as the formatter lays them out', async () => {
    expect((await ward(['fmt', '--check', 'rules'])).code).toBe(0);
  });

  it('hold every example and every case of the corpus, each sub-expression decided both ways', async () => {
    const { code, stdout } = await ward(['test', '--coverage', '--corpus', 'corpus']);
    expect(stdout).toMatch(/\d{3,} examples: \d+ held, 0 failed/);
    expect(stdout).toMatch(/\d{3,} corpus cases: \d+ held, 0 failed/);
    expect(stdout).toMatch(/sub-expressions covered \(100%\)/);
    expect(code).toBe(0);
  });
});
