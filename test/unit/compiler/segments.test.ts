// A match in the middle of a long text is a match, whatever looks like an anchor in the pattern without being one.
import { expect, it } from 'vitest';
import { compileProgram } from '../../../src/compiler/compile.ts';
import { inspect } from '../../../src/control/inspection.ts';
import { compilePolicyForTests } from '../../../src/control/rule-set.ts';
import { policyOf } from '../../support/check-rules.ts';

const LONG = 300_000;

async function verdictOf(pattern: string, attack: string): Promise<string> {
  return verdictOfTest(`|> lower matches /${pattern}/`, attack);
}

async function verdictOfTest(test: string, attack: string): Promise<string> {
  return verdictOfCondition(`any body.text ${test}`, attack);
}

async function verdictOfCondition(condition: string, attack: string): Promise<string> {
  const policy = policyOf(`rule t.a "x" { severity critical when ${condition} then block 403 }`);
  const half = 'a'.repeat(LONG / 2);
  const inspection = await inspect(compilePolicyForTests(policy), {
    method: 'POST',
    target: '/',
    from: '198.51.100.7',
    scheme: 'http',
    headers: [['content-type', 'text/plain']],
    body: `${half}${attack}${half}`,
    answered: undefined,
  });
  return inspection.kind === 'judged' ? (inspection.report.verdict.by ?? 'pass') : inspection.reason;
}

it.each([
  ['<\\?(?:php|=[^?]x)', '<?php', 't.a'],
  ['<\\?(?:php|=[^]?]x)', '<?=yx', 't.a'],
  ['price \\$[0-9]{3}', 'price $123', 't.a'],
  ['q[$^]z', 'q$z', 't.a'],
  ['^<\\?php', '<?php', 'pass'],
  ['(?:^|;)q(?:;|$)', ';q;', 't.a'],
])('%s finds %s: %s', async (pattern, attack, by) => {
  expect(await verdictOf(pattern, attack)).toBe(by);
});

const UNKNOWN = 'policy.uninspectable';

it.each([
  ['|> remove_space contains "xyzuvw"', 10, 't.a'],
  ['|> remove_space contains "xyzuvw"', 100_000, UNKNOWN],
  ['|> remove_space not contains "xyzuvw"', 100_000, UNKNOWN],
  ['|> squeeze matches /xyz uvw/', 20_000, 't.a'],
  ['|> squeeze matches /xyz\\s{1,3}uvw/', 100_000, UNKNOWN],
  // The gap of docs/threat-model.md: no segment holds the literal.
  ['|> squeeze matches /xyz uvw/', 100_000, 'pass'],
])('%s with %i spaces between: %s', async (test, spaces, by) => {
  expect(await verdictOfTest(test, `xyz${' '.repeat(spaces)}uvw`)).toBe(by);
});

it.each([
  ['indented lines, of which squeeze deletes four fifths', `xyz${' '.repeat(20)}\n`, '|> squeeze'],
  ['lines of which remove_space deletes four fifths', `xyz${' '.repeat(20)}\n`, '|> remove_space'],
  [
    'lines with comments, of which four fifths are replaced',
    `xyz/* ${'c'.repeat(20)} */\n`,
    '|> replace_comments',
  ],
])('is false in %s: no stretch of a match loses much', async (_, line, steps) => {
  const [verdict, met] = [
    await verdictOfTest(`${steps} matches /xyz\\s{0,3}uvw/`, line.repeat(4_000)),
    await verdictOfTest(`${steps} matches /xyz\\s{0,3}uvw/`, `${line.repeat(4_000)}xyz\t \t uvw`),
  ];
  expect([verdict, met]).toEqual(['pass', steps === '|> replace_comments' ? 'pass' : 't.a']);
});

it('is unknown where one stretch among many loses more than the overlap', async () => {
  const line = `xyz${' '.repeat(20)}\n`;
  const gap = `xyz${' '.repeat(100_000)}uvw`;
  expect(await verdictOfTest('|> squeeze matches /xyz\\s{1,3}uvw/', `${line.repeat(4_000)}${gap}`)).toBe(
    UNKNOWN,
  );
});

it('is false where little is deleted, however often a literal of the pattern occurs', async () => {
  const prose = 'xyz and then  uvw. '.repeat(2_000);
  expect(await verdictOfTest('|> squeeze matches /xyz uvw/', prose)).toBe('pass');
  expect(await verdictOfTest('|> remove_space contains "xyzuvw"', prose)).toBe('pass');
});

const APART = ' '.repeat(LONG);

it.each([
  ['v matches /alpha[0-9]/ and v matches /beta[0-9]/', `ALPHA1${APART}%42eta2`, 't.a'],
  ['v matches /alpha[0-9]/ and v matches /beta[0-9]/', `alpha1${APART}beta`, 'pass'],
  ['v matches /alpha[0-9]/ and not v matches /beta[0-9]/', `alpha1${APART}beta2`, 'pass'],
  ['v matches /alpha[0-9]/ and not v matches /beta[0-9]/', `alpha1${APART}beta`, 't.a'],
  ['v contains "alpha" and (v contains "gamma" or v contains "bet%a")', `alpha${APART}bet%25a`, 't.a'],
])('tests of one value may be met in segments far apart: %s', async (body, attack, by) => {
  expect(
    await verdictOfCondition(`any v of body.text |> percent_decode(1) |> lower { ${body} }`, attack),
  ).toBe(by);
});

it('leaves patterns out in segments where the prefilter did not find them', () => {
  const condition = 'any v of body.text |> lower { v matches /alpha[0-9]/ and v matches /beta[0-9]/ }';
  const policy = policyOf(`rule t.a "x" { severity critical when ${condition} then block 403 }`);
  const { leaves, entryAtom } = compileProgram(policy).program;
  expect(leaves.map(({ selection }) => selection?.segments.soughtAtoms)).toEqual([0b11]);
  expect([...entryAtom].sort()).toEqual([-1, 0, 1]);
});
