// Predicates of the tokenizers are asked of each segment of a long value: an attack anywhere is found, nothing is unknown.
import { expect, it } from 'vitest';
import { inspect } from '../../../src/control/inspection.ts';
import { compilePolicyForTests } from '../../../src/control/rule-set.ts';
import { BODY_WINDOW_BYTES_DEFAULT } from '../../../src/core/limits.ts';
import { checkFiles } from '../../support/check-rules.ts';

const TEXT = `language 1

policy "long" { mode enforce }

rule a.script "Script" {
  severity  error
  when      any args |> remove_nulls |> detect_xss
  then      block 403
}

rule a.sql "SQL" {
  severity  error
  when      any args |> detect_sqli
  then      block 403
}
`;
const { policy } = checkFiles([{ path: 'long.ward', text: TEXT }]);
if (policy === null) throw new Error('the policy does not check');
const ruleSet = compilePolicyForTests(policy);

const FILLER = 'words of no meaning ';
const long = (before: number, piece: string): string =>
  FILLER.repeat(before / FILLER.length) +
  piece +
  FILLER.repeat((3 * BODY_WINDOW_BYTES_DEFAULT) / FILLER.length);

async function judged(text: string): Promise<unknown> {
  const inspection = await inspect(ruleSet, {
    method: 'POST',
    target: '/',
    from: '198.51.100.7',
    scheme: 'http',
    headers: [['content-type', 'application/json']],
    body: JSON.stringify({ text }),
    answered: undefined,
  });
  if (inspection.kind !== 'judged') throw new Error(inspection.reason);
  return inspection.report.verdict.by;
}

it.each([0, BODY_WINDOW_BYTES_DEFAULT - 10, BODY_WINDOW_BYTES_DEFAULT / 2, 2 * BODY_WINDOW_BYTES_DEFAULT])(
  'finds markup behind %i bytes',
  async (before) => {
    expect(await judged(long(before, '<img src=x onerror=alert(1)>'))).toBe('a.script');
  },
);

it('asks predicates without a prefilter of each segment as well', async () => {
  expect(await judged(long(2 * BODY_WINDOW_BYTES_DEFAULT, "' union select password from users -- "))).toBe(
    'a.sql',
  );
});

it('finds nothing in a long text without any', async () => {
  expect(await judged(long(BODY_WINDOW_BYTES_DEFAULT, 'a < b, and <b>so on</b>'))).toBe(null);
});
