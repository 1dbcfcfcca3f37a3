// Differences of rule sets: what counts, by which name, and that layout does not.
import { expect, it } from 'vitest';
import { diffRuleSets } from '../../../src/control/rule-set-diff.ts';
import { policyOf } from '../../support/check-rules.ts';

const diff = (before: string, after: string): string[] =>
  diffRuleSets(policyOf(before), policyOf(after)).map(
    ({ kind, name, change, parts }) =>
      `${change} ${kind} ${name}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`,
  );

const RULE = 'rule t.a "x" { severity error when any args contains "evil" then block 403 }';

it('finds none where only layout, comments and order differ', () => {
  const second = 'rule t.b "y" { severity error when any args as_is(1) then block 403 }'.replace(
    'as_is(1)',
    'matches /b/',
  );
  expect(diff(`${RULE}\n${second}`, `// new\n${second}\n\n${RULE.replace('{', '{\n')}`)).toEqual([]);
});

it('names rules by what of them changed', () => {
  expect(diff(RULE, RULE.replace('403', '404').replace('error', 'critical'))).toEqual([
    'changed rule t.a: severity, then',
  ]);
  expect(diff(RULE, RULE.replace('t.a', 't.b'))).toEqual(['removed rule t.a', 'added rule t.b']);
});

it('sees through what rules share', () => {
  const shared = (step: string): string =>
    `fn f(s: String): String = s |> ${step}\n${RULE.replace('args', 'args |> f')}`;
  expect(diff(shared('lower'), shared('trim'))).toEqual(['changed rule t.a: when']);
  const override = 'override t.a { mode monitor because "trial" }';
  expect(diff(RULE, `${RULE}\n${override}`)).toEqual(['changed rule t.a: mode']);
});

it('compares the policy and all other declarations', () => {
  const policy = (mode: string): string => `policy "p" { mode ${mode} }\n`;
  expect(diff(policy('enforce') + RULE, policy('monitor') + RULE)).toEqual(['changed policy p: mode']);
  const exclude = 'exclude t.a { target args["q"] because "harmless" }';
  expect(diff(RULE, `${RULE}\n${exclude}`)).toEqual(['added exclude t.a (harmless)']);
  const limited = (rate: number): string =>
    `limiter slow { key client.ip allow ${rate} per 1s then block 429 }\nrule t.l "x" { severity error then limit slow }`;
  expect(diff(limited(1), limited(2))).toEqual(['changed limiter slow']);
});
