/** SecLang as a source of rules: imported when rules are loaded, refused if it is not whole, told with its own places. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkRuleSet } from '../../../src/control/rule-set.ts';
import { loadRuleSources } from '../../../src/control/rule-sources.ts';
import type { RuleSources } from '../../../src/control/rule-sources.ts';
import { DIAGNOSTICS_MAX } from '../../../src/core/limits.ts';
import { TODAY } from '../../support/check-rules.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ward-seclang-'));
  mkdirSync(join(directory, 'rules'));
  write('rules/a.conf', '# first\nSecRule ARGS "@pmFromFile words.data" "id:7,phase:2,deny"\n');
  write('rules/words.data', 'Bad Words\n');
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
const load = (...paths: readonly string[]): Promise<RuleSources> =>
  loadRuleSources({ paths, workingDirectory: directory });
const check = (sources: RuleSources) => checkRuleSet(sources, { profile: undefined, today: TODAY });

describe('a directory of SecLang', () => {
  it('is rules, a policy and lists, and what was read is known', async () => {
    const sources = await load('seclang:rules');
    expect(
      check(sources)
        .demand()
        .rules.map(({ id }) => id),
    ).toEqual([7]);
    expect(sources.lists.get('lists/words.data')?.lines).toEqual(['Bad Words']);
    expect(sources.secLang).toEqual({
      read: [join(directory, 'rules/a.conf'), join(directory, 'rules/words.data')],
      notices: [],
    });
  });

  it('leaves the policy to a rule file that has one', async () => {
    write('own.ward', 'language 1\n\npolicy "mine" {\n  mode     monitor\n  default  allow\n}\n');
    const policy = check(await load('own.ward', 'seclang:rules')).demand();
    expect([policy.name, policy.rules.length]).toEqual(['mine', 1]);
  });

  it('is one import with others, in the order given', async () => {
    write('setup.conf', 'SecAction "id:1,phase:1,nolog,pass,setvar:tx.words=a b"\n');
    write('rules/a.conf', 'SecRule REQUEST_METHOD "!@within %{tx.words}" "id:7,phase:1,deny"\n');
    const [policy] = (await load('seclang:setup.conf', 'seclang:rules')).files;
    expect(policy.text).toContain('const tx_words : String = "a b"');
  });

  it('refuses a list of the same name', async () => {
    mkdirSync(join(directory, 'lists'));
    write('lists/words.data', 'x\n');
    write('own.ward', 'language 1\nlist words : String from "lists/words.data"\n');
    await expect(load('own.ward', 'seclang:rules')).rejects.toThrow('a list of the SecLang rules, too');
  });
});

describe('what is not carried', () => {
  beforeEach(() => {
    write(
      'rules/a.conf',
      'SecRule ARGS "@nope a" "id:1,deny"\nSecRule ARGS "@pmFromFile gone" "id:2,deny"\nSecRule ARGS "@rx a(?=b)" "id:3,deny"\n' +
        'SecRule ARGS "@rx a" "id:4,deny"\n',
    );
  });
  const lines = [
    'rules/a.conf:1: error[S006]: unknown operator @nope; the directive was left out',
    'rules/a.conf:2: error[S013]: the data file gone is missing; the rule is listed as left out',
    'rules/a.conf:3: error[S015]: the regex is no RE2 regex: it looks ahead; the rule was left out',
  ];

  it('refuses the load with every loss', async () => {
    await expect(load('seclang:rules')).rejects.toThrow(lines.join('\n'));
  });

  it('is told where the source is lenient', async () => {
    const sources = await load('seclang-lenient:rules');
    expect(sources.secLang?.notices).toEqual(lines);
    expect(
      check(sources)
        .demand()
        .rules.map(({ id }) => id),
    ).toEqual([4]);
  });

  it('is told up to DIAGNOSTICS_MAX lines', async () => {
    write('rules/a.conf', 'Nonsense\n'.repeat(DIAGNOSTICS_MAX + 1) + 'SecRule ARGS "@rx a" "id:4,deny"\n');
    const { secLang } = await load('seclang-lenient:rules');
    expect(secLang?.notices).toHaveLength(DIAGNOSTICS_MAX + 1);
    expect(secLang?.notices.at(-1)).toBe('1 more are not shown');
  });
});

it('tells mistakes in the result by the line of SecLang', async () => {
  write(
    'own.ward',
    'language 1\n\n/// Mine.\nrule a.r7 "Mine" {\n  severity  notice\n  when      true\n  then      log\n}\n',
  );
  const { policy, diagnostics } = check(await load('own.ward', 'seclang:rules'));
  expect(policy).toBeNull();
  const places = diagnostics.map(({ code, span: { source, start } }) => [
    code,
    source.path,
    source.lineAt(start).line,
  ]);
  expect(places).toContainEqual(['E301', 'rules/a.conf', 2]);
});
