// Examples that fail: what is said, and which exclusion is to blame.
import { describe, expect, it } from 'vitest';
import { runExamples } from '../../../src/control/example-runner.ts';
import { compilePolicyForTests } from '../../../src/control/rule-set.ts';
import type { Diagnostic } from '../../../src/dsl/diagnostics/diagnostic.ts';
import { spanText } from '../../../src/dsl/source.ts';
import { policyOf } from '../../support/check-rules.ts';

const RULE = `rule shop.word "x" {
  severity error
  when any args contains "evil"
  then block 403
  examples { hit GET "/search?q=evil&note=evil" miss GET "/search?q=good" }
}
`;

async function failuresOf(text: string): Promise<readonly Diagnostic[]> {
  const { results } = await runExamples(policyOf(text), compilePolicyForTests);
  return results.flatMap(({ diagnostic }) => diagnostic ?? []);
}

const labelsOf = ({ labels = [] }: Diagnostic): string[] => labels.map(({ span }) => spanText(span));

describe('examples that fail', () => {
  it('point at the exclusion that stops the rule, not at others', async () => {
    const harmless = 'exclude shop.word { target args["text"] because "prose" }\n';
    const stops = 'exclude shop.word { when request.path == "/search" because "prose" }';
    const [failure, ...others] = await failuresOf(RULE + harmless + stops);
    expect(others).toEqual([]);
    expect(failure).toMatchObject({ code: 'E601', message: '`shop.word` does not match this request' });
    expect(spanText(failure.span)).toContain('/search?q=evil');
    expect(labelsOf(failure)).toEqual([expect.stringContaining('request.path == "/search"')]);
    expect(failure.help).toBe('narrow the exclusion until the rule matches its example again');
  });

  it('point at all where it takes several', async () => {
    const targets = ['q', 'note'].map(
      (name) => `exclude shop.word { target args["${name}"] because "prose" }\n`,
    );
    const [failure] = await failuresOf(RULE + targets.join(''));
    expect(labelsOf(failure)).toHaveLength(2);
  });

  it('point at none where the rule would not match without them either', async () => {
    const wrong = RULE.replace('q=evil&note=evil', 'q=fine');
    const [failure] = await failuresOf(`${wrong}exclude shop.word { target args["q"] because "prose" }`);
    expect(labelsOf(failure)).toEqual([]);
    expect(failure.help).toBe("see why: ward explain 'GET /search?q=fine' --rule shop.word");
  });
});
