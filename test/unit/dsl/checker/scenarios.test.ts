// Scenarios as checked: steps in order, requests made whole, claims as values.
import { expect, test } from 'vitest';
import { checkText, policyOf } from '../../../support/check-rules.ts';

const RULES = `switch quiet off
  rule a.b "x" { when switch.quiet and any args contains "x" then block 403 }`;

test('steps keep their order and lose their syntax', () => {
  const [scenario] = policyOf(`${RULES}
    scenario "all steps" {
      repeat 2 { repeat 3 { send GET "/a" answered 401 expect pass } advance 90s }
      switch quiet on
      send GET "/?q=x" expect block 403 by a.b
      send GET "/" expect redirect by policy.default
      fail store
      heal upstream
    }`).scenarios;
  expect(scenario).toMatchObject({
    title: 'all steps',
    steps: [
      {
        kind: 'repeat',
        times: 2,
        steps: [
          {
            kind: 'repeat',
            times: 3,
            steps: [{ kind: 'send', request: { target: '/a', answered: { status: 401 } }, expect: 'pass' }],
          },
          { kind: 'advance', ms: 90_000 },
        ],
      },
      { kind: 'switch', name: 'quiet', on: true },
      { kind: 'send', expect: 'block', status: 403, by: 'a.b' },
      { kind: 'send', expect: 'redirect', status: undefined, by: 'policy.default' },
      { kind: 'outage', of: 'store', fails: true },
      { kind: 'outage', of: 'upstream', fails: false },
    ],
  });
});

test('names of rules and switches must be declared', () => {
  const steps = 'send GET "/" expect block by a.c switch loud on';
  expect(checkText(`${RULES}\nscenario "s" { ${steps} }`).diagnostics).toMatchObject([
    { code: 'E206', message: 'there is no rule `a.c`', help: 'did you mean `a.b`?' },
    { code: 'E206', message: 'no switch `loud` is declared' },
  ]);
});

test('claims are values, and a name is never the prototype', () => {
  const text = `scenario "s" {
    send GET "/" claims { "sub": "é", "n": [1, 2.5e3, null, true], "__proto__": { "a": 1 } } expect pass
  }`;
  const [step] = policyOf(text).scenarios[0].steps;
  const claims = step.kind === 'send' ? step.request.claims : undefined;
  expect(JSON.stringify(claims)).toBe('{"sub":"\xc3\xa9","n":[1,2500,null,true],"__proto__":{"a":1}}');
  expect(Object.getPrototypeOf(claims)).toBe(Object.prototype);
  expect(checkText(text.replace(/claims \{.*\} expect/, 'claims [1] expect')).diagnostics).toMatchObject([
    { code: 'E209', message: 'claims are a JSON object' },
  ]);
});
