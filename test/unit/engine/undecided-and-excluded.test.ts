// Two corners of three-valued logic that random rules found: a count that broke off, and an excluded scalar that is
// not there.
import { expect, test } from 'vitest';
import { compileProgram } from '../../../src/compiler/compile.ts';
import { inspect } from '../../../src/control/inspection.ts';
import type { WrittenRequest } from '../../../src/control/inspection.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import { policyOf } from '../../support/check-rules.ts';

async function matchesOf(rules: string, changes: Partial<WrittenRequest>): Promise<readonly string[]> {
  const policy = policyOf(`policy "test" { mode monitor }\n${rules}`);
  const request: WrittenRequest = {
    method: 'POST',
    target: '/',
    from: '198.51.100.7',
    scheme: 'https',
    headers: [],
    body: undefined,
    answered: undefined,
    ...changes,
  };
  const inspection = await inspect(createEngine(compileProgram(policy).program), request);
  if (inspection.kind === 'refused') throw new Error(inspection.reason);
  return inspection.report.matches.map((match) => match.rule);
}

const BROKEN_JSON: Partial<WrittenRequest> = {
  target: '/?q=a',
  headers: [['content-type', 'application/json']],
  body: '[',
  answered: { status: 200, headers: [], body: '' },
};

test.each([
  ['count(args["q"]) == 0', false],
  ['count(args["q"]) < 1', false],
  ['count(args["q"]) >= 1', true],
  ['count(args["q"]) > 0', true],
  ['count(args["q"]) == 1', undefined],
])('after a body that broke off, %s of the answer rule is %s', async (condition, expected) => {
  const rule = (unknown: string): string =>
    `rule a.b "x" { when response.status == 200 and ${condition} then block 403 unknown ${unknown} }`;
  const certain = await matchesOf(rule('skip'), BROKEN_JSON);
  const possible = await matchesOf(rule('match'), BROKEN_JSON);
  expect(certain).toEqual(expected === true ? ['a.b'] : []);
  expect(possible).toEqual(expected === false ? [] : ['a.b']);
});

const COOKIE_RULE = 'rule a.b "x" { when request.cookies["sid"] not matches /^s/ then block 403 }';
const EXCLUSION = 'exclude a.b { target request.cookies["sid"] because "SEC-1" }';

test('leaving a cookie out hits a negated test', async () => {
  expect(await matchesOf(COOKIE_RULE, {})).toEqual(['a.b']);
});

test('a test on an excluded scalar favours no match, whether it is there or not', async () => {
  const rules = `${COOKIE_RULE}\n${EXCLUSION}`;
  expect(await matchesOf(rules, {})).toEqual([]);
  expect(await matchesOf(rules, { headers: [['cookie', 'sid=x']] })).toEqual([]);
});
