import { describe, expect, test } from 'vitest';
import {
  SECLANG_CHAIN_LINKS_MAX,
  SECLANG_DIRECTIVES_MAX,
  SECLANG_INCLUDE_DEPTH_MAX,
  SECLANG_PROBLEMS_MAX,
  SECLANG_SETTING_CHARS_MAX,
} from '../../../src/core/limits.ts';
import type { RuleDirective } from '../../../src/seclang/ast.ts';
import { parseSecLang } from '../../../src/seclang/parser.ts';
import type { Problem } from '../../../src/seclang/problem.ts';
import { renderReport } from '../../../src/seclang/report.ts';
import { importTexts } from './imported.ts';

function parse(text: string): { rules: readonly RuleDirective[]; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const directives = parseSecLang('a.conf', text, (problem) => problems.push(problem));
  return { rules: directives.filter((directive) => directive.kind === 'rule'), problems };
}

describe('lines', () => {
  test('comments, continuations and quotes', () => {
    const { rules, problems } = parse(
      '# comment \\\n  goes on\n\nSecRule ARGS:a \\\r\n  "@rx a\\"b\\d" \\\r\n  "id:1,\\\n   msg:\'one, two\\\'s\'"\n',
    );
    expect(problems).toEqual([]);
    expect(rules).toHaveLength(1);
    expect(rules[0].place).toEqual({ file: 'a.conf', line: 4 });
    expect(rules[0].operator).toEqual({ name: 'rx', negated: false, argument: 'a"b\\d' });
    expect(rules[0].actions).toEqual([
      { name: 'id', value: '1' },
      { name: 'msg', value: "one, two's" },
    ]);
  });
});

describe('variables and operators', () => {
  test('marks, selectors and alternatives', () => {
    const [rule] = parse('SecRule ARGS|!ARGS:/^a|b$/|&REQUEST_HEADERS:Host|XML:/* "!@streq x" "id:1"').rules;
    expect(rule.variables).toEqual([
      { collection: 'ARGS', selector: undefined, counted: false, excluded: false },
      { collection: 'ARGS', selector: { kind: 'regex', text: '^a|b$' }, counted: false, excluded: true },
      {
        collection: 'REQUEST_HEADERS',
        selector: { kind: 'name', text: 'Host' },
        counted: true,
        excluded: false,
      },
      { collection: 'XML', selector: { kind: 'name', text: '/*' }, counted: false, excluded: false },
    ]);
    expect(rule.operator).toEqual({ name: 'streq', negated: true, argument: 'x' });
  });

  test('a text without operator is a regex', () => {
    expect(parse('SecRule ARGS "^x" "id:1"').rules[0].operator).toEqual({
      name: 'rx',
      negated: false,
      argument: '^x',
    });
  });
});

describe('mistakes', () => {
  test.each([
    ['S001', 'SecRule ARGS "@rx a" "id:1', 'a quote is not closed'],
    ['S004', 'SecRule ARGZ "@rx a" "id:1"', 'unknown variable ARGZ'],
    ['S006', 'SecRule ARGS "@regex a" "id:1"', 'unknown operator @regex'],
    ['S007', 'SecRule ARGS "@rx a" "id:1,blok"', 'unknown action blok'],
    ['S008', 'SecRule ARGS "@rx a" "id:1,t:lower"', 'unknown transformation t:lower'],
    ['S002', 'SecRule ARGS', 'words are missing'],
    ['S005', 'SecRule ARGS:/a "@rx a" "id:1"', 'the regex of ARGS is not closed'],
    ['S009', 'SecRuleRemoveById abc', '"abc" is no rule id'],
    ['S003', 'Rule ARGS "@rx a"', 'unknown directive Rule'],
  ])('%s: %s', (code, line, reason) => {
    const { problems, rules } = parse(`# first\n${line}\nSecRule ARGS "@rx b" "id:2"`);
    expect(problems).toEqual([
      { code, place: { file: 'a.conf', line: 2 }, reason, kept: 'the directive was left out' },
    ]);
    expect(rules.map((rule) => rule.place.line)).toEqual([3]);
  });

  test('a broken link takes its whole chain along', () => {
    const { problems, rules } = parse(
      'SecRule ARGS "@rx a" "id:1,chain"\nSecRule ARGZ "@rx b" "chain"\nSecRule ARGS "@rx c" "t:none"\nSecRule ARGS "@rx d" "id:2"',
    );
    expect(problems.map(({ place, reason }) => [place.line, reason])).toEqual([
      [2, 'unknown variable ARGZ'],
      [3, 'an earlier link of its chain is broken'],
    ]);
    expect(rules.map((rule) => rule.place.line)).toEqual([4]);
  });

  test('a chain without end is reported', () => {
    const { report } = importTexts({ 'rules.conf': 'SecRule ARGS "@rx a" "id:1,chain"\nSecMarker END' });
    expect(report.problems).toEqual([
      {
        code: 'S011',
        place: { file: 'rules.conf', line: 1 },
        reason: 'the chain has no end',
        kept: 'the chain was left out',
      },
    ]);
  });

  test('a missing data file leaves one rule out', () => {
    const { report } = importTexts({
      'rules.conf': 'SecRule ARGS "@pmFromFile gone.data" "id:1,deny"\nSecRule ARGS "@rx b" "id:2,deny"',
    });
    expect(report.problems.map(({ place, reason }) => [place.line, reason])).toEqual([
      [1, 'the data file gone.data is missing'],
    ]);
    expect(report.entries.map(({ id, outcome }) => [id, outcome])).toEqual([
      [1, 'left-out'],
      [2, 'carried'],
    ]);
  });

  test('a rule that cannot be carried ends a strict import, too', () => {
    expect(() =>
      importTexts({ 'rules.conf': 'SecRule GEO:X "@rx a" "id:1,deny"' }, { strict: true }),
    ).toThrow('rules.conf:1: error[S016]: GEO has no counterpart');
  });

  test('control characters of a file do not reach a terminal', () => {
    const { report } = importTexts({ 'rules.conf': 'SecRule ARGS "@\x1b[2J\x9b a" "id:1"' });
    expect(renderReport(report, false)).toContain('unknown operator @\\x1b[2J\\x9b');
  });

  test('strict stops at the first', () => {
    expect(() => importTexts({ 'rules.conf': '\nSecRule ARGZ "@rx a" "id:1"' }, { strict: true })).toThrow(
      'rules.conf:2: error[S004]: unknown variable ARGZ',
    );
  });
});

describe('includes', () => {
  test('stand in the place of the directive', () => {
    const { report } = importTexts({
      'rules.conf':
        'Include more.conf\nInclude none.conf\nIncludeOptional none.conf\nSecRule ARGS "@rx b" "id:2,deny"',
      'more.conf': 'SecRule ARGS "@rx a" "id:1,deny"',
    });
    expect(report.entries.map(({ id, place }) => [id, place.file])).toEqual([
      [1, 'more.conf'],
      [2, 'rules.conf'],
    ]);
    expect(report.problems.map(({ reason }) => reason)).toEqual(['no file fits none.conf']);
  });

  test('circles end at SECLANG_INCLUDE_DEPTH_MAX', () => {
    const { report } = importTexts({ 'rules.conf': 'Include rules.conf\nSecAction "nolog,pass"' });
    expect(report.problems.map(({ reason }) => reason)).toEqual([
      `files include one another more than ${SECLANG_INCLUDE_DEPTH_MAX} deep`,
    ]);
    expect(report.entries).toHaveLength(SECLANG_INCLUDE_DEPTH_MAX + 1);
  });
});

describe('limits', () => {
  const rules = (count: number, actions: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => `SecRule ARGS "@rx a" "${actions(index)}"`).join('\n');

  test('SECLANG_DIRECTIVES_MAX directives, and one more', () => {
    const texts = (count: number) => ({ 'rules.conf': 'SecMarker A\n'.repeat(count) });
    expect(importTexts(texts(SECLANG_DIRECTIVES_MAX)).report.problems).toEqual([]);
    expect(() => importTexts(texts(SECLANG_DIRECTIVES_MAX + 1))).toThrow(
      `rules.conf: more than ${SECLANG_DIRECTIVES_MAX} directives`,
    );
  });

  test('SECLANG_CHAIN_LINKS_MAX links, and one more', () => {
    const chain = (links: number): string =>
      rules(links, (index) => `${index === 0 ? 'id:1,deny,' : ''}${index + 1 < links ? 'chain' : 't:none'}`);
    expect(importTexts({ 'rules.conf': chain(SECLANG_CHAIN_LINKS_MAX) }).report.problems).toEqual([]);
    const { problems, entries } = importTexts({ 'rules.conf': chain(SECLANG_CHAIN_LINKS_MAX + 1) }).report;
    expect(problems).toMatchObject([
      { code: 'S011', reason: `the chain has more than ${SECLANG_CHAIN_LINKS_MAX} links` },
    ]);
    expect(entries).toEqual([]);
  });

  test('SECLANG_PROBLEMS_MAX mistakes, and one more', () => {
    const texts = (count: number) => ({ 'rules.conf': 'Nonsense\n'.repeat(count) });
    expect(importTexts(texts(SECLANG_PROBLEMS_MAX)).report.problems).toHaveLength(SECLANG_PROBLEMS_MAX);
    expect(() => importTexts(texts(SECLANG_PROBLEMS_MAX + 1))).toThrow(
      `more than ${SECLANG_PROBLEMS_MAX} mistakes`,
    );
  });

  test('settings that double one another end at SECLANG_SETTING_CHARS_MAX', () => {
    const doubling = (rounds: number): string =>
      [
        'SecAction "id:1,nolog,pass,setvar:tx.s0=ab"',
        ...Array.from(
          { length: rounds },
          (_, at) => `SecAction "id:${at + 2},nolog,pass,setvar:tx.s${at + 1}=%{tx.s${at}}%{tx.s${at}}"`,
        ),
        `SecRule ARGS "@within %{tx.s${rounds}}" "id:999,phase:2,deny"`,
      ].join('\n');
    const fitting = Math.log2(SECLANG_SETTING_CHARS_MAX / 2);
    const outcomeOf = (rounds: number) =>
      importTexts({ 'rules.conf': doubling(rounds) }).report.entries.find(({ id }) => id === 999)?.outcome;
    expect(outcomeOf(fitting)).toBe('carried');
    expect(outcomeOf(fitting + 1)).toBe('left-out');
    expect(outcomeOf(200)).toBe('left-out');
  });
});
