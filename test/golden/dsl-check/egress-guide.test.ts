// The policy and the configurations shown in docs/egress.md: the policy does what its examples say, the others are taken.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { compilePolicyForTests } from '../../../src/control/rule-set.ts';
import { runExamples } from '../../../src/control/example-runner.ts';
import { formatFile } from '../../../src/dsl/formatter.ts';
import { createSource } from '../../../src/dsl/source.ts';
import { checkFiles } from '../../support/check-rules.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/egress.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map((match) => match[1]!);

test('the policy checks, is laid out, and its examples hold', async () => {
  const [text, ...others] = blocks('ward');
  assert(text !== undefined && others.length === 0);
  const { policy, diagnostics } = checkFiles([{ path: 'calls.ward', text }]);
  expect(diagnostics).toEqual([]);
  expect(formatFile(createSource('calls.ward', text)).text).toBe(text);
  assert(policy !== null);
  const { results } = await runExamples(policy, compilePolicyForTests);
  expect(results.length).toBeGreaterThan(4);
  expect(results.flatMap(({ diagnostic }) => diagnostic ?? [])).toEqual([]);
});

test('the configurations are taken', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ward-egress-guide-'));
  const file = join(directory, 'ward.yaml');
  const hosts = blocks('yaml').map((text) => {
    writeFileSync(file, `upstream: { url: "http://127.0.0.1:3000" }\n${text}`);
    const request = { file, environment: {}, flags: new Map(), workingDirectory: directory };
    return loadConfig(request).config.egress?.hosts.map(({ host, port }) => `${host}:${port}`);
  });
  rmSync(directory, { recursive: true });
  expect(hosts).toEqual([
    ['api.example.com:443', 'ledger.internal:8443', '*.storage.example.com:443'],
    ['legacy.example.com:443'],
  ]);
});
