// The note in the event of a refused request: of the program that refused it, also just after a reload.
import { expect, it } from 'vitest';
import { ExclusionNotes } from '../../../src/app/exclusion-notes.ts';
import { ExclusionAdvisor } from '../../../src/control/exclusion/exclusion-advisor.ts';
import { admit, inspect } from '../../../src/control/inspection.ts';
import type { WrittenRequest } from '../../../src/control/inspection.ts';
import { compilePolicyForTests } from '../../../src/control/rule-set.ts';
import { ManualClock } from '../../../src/core/clock.ts';
import { policyOf } from '../../support/check-rules.ts';

const policyWith = (mode: string) =>
  policyOf(`policy "test" { mode ${mode} }
rule t.a "x" { severity error when any args contains "evil" then block 403 }`);

const request = (target: string): WrittenRequest => ({
  method: 'GET',
  target,
  from: '198.51.100.7',
  scheme: 'https',
  headers: [],
  body: undefined,
  answered: undefined,
});

async function noteOf(notes: ExclusionNotes, target: string, mode = 'enforce') {
  const policy = policyWith(mode);
  const engine = compilePolicyForTests(policy);
  const admission = admit(request(target));
  const inspection = await inspect(engine, request(target));
  if ('reason' in admission || inspection.kind === 'refused') throw new Error('refused by the guard');
  notes.use(engine.version, new ExclusionAdvisor(policy));
  return notes.noteOf({ head: admission.head, report: inspection.report });
}

const clock = new ManualClock(Date.UTC(2026, 10, 21));

it('tells what would let a request pass that was refused, or would have been', async () => {
  const text = `exclude t.a {
  target  args.query["q"]
  when    request.method == GET and request.path == "/"
  because "harmless: request example"
  until   2027-02-19
}
`;
  expect(await noteOf(new ExclusionNotes(clock), '/?q=evil')).toMatchObject({ text });
  expect(await noteOf(new ExclusionNotes(clock), '/?q=evil', 'monitor')).toMatchObject({ text });
  expect(await noteOf(new ExclusionNotes(clock), '/?q=good')).toBeUndefined();
});

it('knows the program in force and the one before', async () => {
  const notes = new ExclusionNotes(clock);
  const policy = policyWith('enforce');
  const engine = compilePolicyForTests(policy);
  const advisor = new ExclusionAdvisor(policy);
  const inspection = await inspect(engine, request('/?q=evil'));
  const admission = admit(request('/?q=evil'));
  if ('reason' in admission || inspection.kind === 'refused') throw new Error('refused by the guard');
  const record = { head: admission.head, report: inspection.report };
  notes.use(engine.version, advisor);
  notes.use('later', advisor);
  expect(notes.noteOf(record)).toHaveProperty('text');
  notes.use('latest', advisor);
  expect(notes.noteOf(record)).toBeUndefined();
});
