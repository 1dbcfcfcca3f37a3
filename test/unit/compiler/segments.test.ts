// A match in the middle of a long text is a match, whatever looks like an anchor in the pattern without being one.
import { expect, it } from 'vitest';
import { inspect } from '../../../src/control/inspection.ts';
import { compilePolicyForTests } from '../../../src/control/rule-set.ts';
import { policyOf } from '../../support/check-rules.ts';

const LONG = 300_000;

async function verdictOf(pattern: string, attack: string): Promise<string> {
  const policy = policyOf(
    `rule t.a "x" { severity critical when any body.text |> lower matches /${pattern}/ then block 403 }`,
  );
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
])('%s finds %s: %s', async (pattern, attack, by) => {
  expect(await verdictOf(pattern, attack)).toBe(by);
});
