// Dates that come close are told in the log, with their place.
import { expect, it } from 'vitest';
import { logCloseDates } from '../../../src/app/date-log.ts';
import { checkRuleSet } from '../../../src/control/rule-set.ts';
import type { Log } from '../../../src/telemetry/log.ts';
import { TODAY } from '../../support/check-rules.ts';

it('names file and line', () => {
  const text = `language 1
policy "p" { mode enforce }
rule t.a "x" { severity error when any args contains "x" then block 403 }
exclude t.a { target args["q"] because "x" until ${TODAY} }
`;
  const sources = {
    files: [{ path: 'a.ward', absolutePath: 'a.ward', text }],
    lists: new Map(),
    kept: [],
    stale: [],
  };
  const lines: unknown[] = [];
  const log = { warn: (...line: unknown[]) => lines.push(line) } as unknown as Log;
  logCloseDates(log, checkRuleSet(sources, { profile: undefined, today: TODAY }));
  expect(lines).toEqual([
    [
      { event: 'rules.date_close', place: 'a.ward:4' },
      'a.ward:4: this exclusion ends today; after that day the rules are refused',
    ],
  ]);
});
