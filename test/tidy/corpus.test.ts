/** The corpus is what its README says: every case readable, of a known kind, and in the manifest. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

/** The labelled shards; more than this belongs into collections that are fetched. */
const LABELLED_BYTES_MAX = 4 << 20;
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

it('is generated from its seeds as it stands', () => {
  const script = fileURLToPath(new URL('../../scripts/corpus-generate.mjs', import.meta.url));
  expect(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' })).not.toThrow();
});

it('has labelled requests of every class, each once, below the size where a clone hurts', () => {
  const shards = readdirSync(`${corpus}labelled`).filter((name) => name.endsWith('.ndjson'));
  const texts = shards.map((name) => readFileSync(`${corpus}labelled/${name}`, 'utf8'));
  expect(shards.filter((name) => name.startsWith('attack-')).length).toBeGreaterThan(10);
  expect(shards.filter((name) => name.startsWith('benign-')).length).toBeGreaterThan(10);
  expect(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)).toBeLessThan(LABELLED_BYTES_MAX);
  for (const [index, text] of texts.entries()) {
    const [description, ...lines] = text.trimEnd().split('\n');
    expect(JSON.parse(description), shards[index]).toMatchObject({ use: 'split', licence: 'Apache-2.0' });
    expect(new Set(lines).size, shards[index]).toBe(lines.length);
    const label = shards[index].split('-')[0];
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ label, family: expect.any(String) });
  }
});
