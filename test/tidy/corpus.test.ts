/** The corpus is what its README says: every case readable, of a known kind, and in the manifest. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

const corpus = fileURLToPath(new URL('../../corpus/', import.meta.url));
const cases = readdirSync(corpus, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => ({ name, content: parse(readFileSync(corpus + name, 'utf8')) as Record<string, unknown> }));

it('has cases of every kind', () => {
  for (const kind of ['benign', 'attack', 'evasion', 'regression']) {
    expect(cases.filter((item) => item.name.startsWith(`${kind}/`)).length, kind).toBeGreaterThan(0);
  }
});

it('says of each case where it comes from and what is expected', () => {
  const known = ['description', 'origin', 'licence', 'request', 'expect', 'by'];
  for (const { name, content } of cases) {
    expect(
      Object.keys(content).filter((key) => !known.includes(key)),
      name,
    ).toEqual([]);
    expect(content.origin, name).toBeTypeOf('string');
    expect(content.licence, name).toBeTypeOf('string');
    expect(content.expect, name).toBe(name.startsWith('benign/') ? 'pass' : content.expect);
    expect(['pass', 'block'], name).toContain(content.expect);
  }
});

it('is listed whole and unchanged in the manifest', () => {
  const script = fileURLToPath(new URL('../../scripts/corpus-manifest.mjs', import.meta.url));
  expect(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' })).not.toThrow();
});
