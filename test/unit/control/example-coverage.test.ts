// Coverage: which parts of a condition no example makes true, or none makes false.
import { describe, expect, it } from 'vitest';
import { coverageOf } from '../../../src/control/example-coverage.ts';
import type { Coverage } from '../../../src/control/example-coverage.ts';
import { renderText } from '../../../src/dsl/diagnostics/render-text.ts';
import { policyOf } from '../../support/check-rules.ts';

const coverageOfText = (text: string): Promise<Coverage> => coverageOf(policyOf(text));

/** `text: times true, times false` of each test of the first rule. */
async function talliesOf(text: string): Promise<string[]> {
  const { rules } = await coverageOfText(text);
  return rules[0].tests.map((test) => `${test.text}: ${test.timesTrue}, ${test.timesFalse}`);
}

const rule = (when: string, examples: string, entries = ''): string =>
  `rule t.a "x" { severity error ${entries} when ${when} then block 403 examples { ${examples} } }`;

describe('coverage of sub-expressions', () => {
  it('counts in how many examples each test is true and false', async () => {
    expect(
      await talliesOf(
        rule(
          'request.method == GET and (any args contains "evil" or all args matches /^a/)',
          'hit GET "/?q=evil" hit GET "/?q=a" miss POST "/?q=b" pass GET "/?q=b"',
        ),
      ),
    ).toEqual([
      'request.method == GET: 3, 1',
      'any args contains "evil": 1, 3',
      'all args matches /^a/: 1, 3',
    ]);
  });

  it('reports what no example shows, where it stands', async () => {
    const { diagnostics, outcomes } = await coverageOfText(
      rule(
        'request.method == GET and any args contains "evil" and none args contains "good"',
        'hit GET "/?q=evil" miss GET "/?q=b"',
      ),
    );
    expect(diagnostics.map(({ code, severity }) => [code, severity])).toEqual([
      ['W603', 'warning'],
      ['W603', 'warning'],
    ]);
    expect(outcomes).toEqual({ seen: 4, total: 6, percent: 66 });
    expect(renderText(diagnostics, { colour: false })).toMatchInlineSnapshot(`
      "warning[W603]: no example of \`t.a\` makes this false
      --> test.ward:3:37
      3 | rule t.a "x" { severity error  when request.method == GET and any args contains "evil" and none args contains "good" then block 403 examples { hit GET "/?q=evil…
        |                                     ^^^^^^^^^^^^^^^^^^^^^
        = help: add an example in which it does not hold

      warning[W603]: no example of \`t.a\` makes this false
      --> test.ward:3:92
      3 | …== GET and any args contains "evil" and none args contains "good" then block 403 examples { hit GET "/?q=evil" miss GET "/?q=b" } }
        |                                          ^^^^^^^^^^^^^^^^^^^^^^^^^
        = help: add an example in which it does not hold
      "
    `);
  });

  it('lets a test that is never decided count for neither', async () => {
    const examples = 'miss GET "/" miss POST "/" header "content-type" "application/json" body "{"';
    const { diagnostics, outcomes } = await coverageOfText(rule('any args.json contains "x"', examples));
    expect(diagnostics.map(({ message }) => message)).toEqual(['no example of `t.a` makes this true']);
    expect(outcomes).toMatchObject({ seen: 1, total: 2 });
    const response = await coverageOfText(rule('response.status == 500', 'miss GET "/"'));
    expect(response.diagnostics.map(({ message }) => message)).toEqual([
      'no example of `t.a` makes this true or false',
    ]);
  });

  it('counts no example that is on none of the routes of the rule', async () => {
    const text = `route home = GET "/home"\n${rule('any args contains "x"', 'hit GET "/home?q=x" miss GET "/else?q=y"', 'on home')}`;
    expect(await talliesOf(text)).toEqual(['any args contains "x": 1, 0']);
  });

  it('counts no known gap, and no request that never reaches a rule', async () => {
    const examples = 'todo GET "/?q=evi1" miss GET "/?q=a" header "host" "a b" hit GET "/?q=evil"';
    expect(await talliesOf(rule('any args contains "evil"', examples))).toEqual([
      'any args contains "evil": 1, 0',
    ]);
  });

  it('leaves out what no request decides', async () => {
    const text = `switch strict on\n${rule('switch.strict and sample(10%) and any args == "x"', 'hit GET "/?q=x" miss GET "/"')}`;
    expect(await talliesOf(text)).toEqual(['any args == "x": 1, 1']);
  });

  it('sees rules in monitor mode and tests behind a block of another rule', async () => {
    const first = rule('any args == "x"', 'hit GET "/?q=x" miss GET "/"', 'mode monitor');
    const early = 'rule a.early "x" { severity critical when request.method == GET then block 403 }';
    const { rules, diagnostics } = await coverageOfText(`${first}\n${early}`);
    expect(rules[0].tests).toMatchObject([{ timesTrue: 1, timesFalse: 1 }]);
    // A rule without examples is told so once, not test by test.
    expect(diagnostics).toEqual([]);
    expect(rules[1].missing).toHaveLength(2);
  });

  it('takes a policy without conditions for covered', async () => {
    const { outcomes } = await coverageOfText('rule t.a "x" { severity error then log }');
    expect(outcomes).toEqual({ seen: 0, total: 0, percent: 100 });
  });
});
