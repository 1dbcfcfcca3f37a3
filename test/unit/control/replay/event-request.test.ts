// The request behind an event: what was logged comes back byte by byte, what was hidden is not guessed.
import { describe, expect, it } from 'vitest';
import { inspect } from '../../../../src/control/inspection.ts';
import type { WrittenRequest } from '../../../../src/control/inspection.ts';
import { readTraffic } from '../../../../src/control/replay/traffic-request.ts';
import { compilePolicyForTests } from '../../../../src/control/rule-set.ts';
import { printable } from '../../../../src/telemetry/printable.ts';
import { policyOf } from '../../../support/check-rules.ts';

const eventOf = (matches: readonly Record<string, unknown>[], more: Record<string, unknown> = {}): string =>
  JSON.stringify({
    event: 'request.blocked',
    method: 'POST',
    path: '/a',
    host: 'shop.example',
    client: '192.0.2.7',
    rules: matches.map((match) => ({ rule: 't.a', match })),
    ...more,
  });

const engine = compilePolicyForTests(
  policyOf(
    'rule t.a "x" { severity error when any (args, request.headers except ["cookie"], request.cookies, body.text) contains "evil" then block 403 }',
  ),
);

/** Where a rule sees the value of an event again. */
async function seenAgain(match: Record<string, unknown>): Promise<unknown> {
  const read = readTraffic(eventOf([match]));
  if (read.kind !== 'request') return read;
  const inspection = await inspect(engine, read.request);
  return inspection.kind === 'judged' ? inspection.report.matches[0]?.witness : inspection;
}

describe('an event', () => {
  it.each(['args.query', 'args.form', 'args.json', 'request.headers', 'request.cookies'])(
    'gives a value of %s back to where it was',
    async (field) => {
      expect(await seenAgain({ field, name: 'x-name', value: 'an evil thing' })).toMatchObject({
        field,
        name: 'x-name',
        value: 'an evil thing',
      });
    },
  );

  it('restores what the log escaped', async () => {
    const value = 'evil \\ \n \xc3\xa9 \xe2\x80\xae';
    const seen = await seenAgain({
      field: 'args.query',
      name: printable('a\\\xc3\xa9'),
      value: printable(value),
    });
    expect(seen).toMatchObject({ name: 'a\\\xc3\xa9', value });
    const bytes = 'evil \xff\x01';
    expect(await seenAgain({ field: 'args.form', name: 'q', value: printable(bytes) })).toMatchObject({
      value: bytes,
    });
  });

  it('puts leaves of JSON where their pointers say, whatever they are called', async () => {
    const match = { field: 'args.json', name: 'a.__proto__.b', path: '/a/__proto__/b~1c', value: 'evil' };
    expect(await seenAgain(match)).toMatchObject({ field: 'args.json', path: '/a/__proto__/b~1c' });
  });

  it('of an exchange without matches is its head', () => {
    const read = readTraffic(eventOf([], { event: 'request.access', method: 'GET' }));
    const request: Partial<WrittenRequest> = { method: 'GET', target: '/a', from: '192.0.2.7' };
    expect(read).toMatchObject({ kind: 'request', request });
  });

  it.each<[why: string, line: string]>([
    [
      'redacted or cut',
      eventOf([{ field: 'args.query', name: 'q', value: { redacted: 'q', length: 1, hash: 'h' } }]),
    ],
    ['redacted or cut', eventOf([{ field: 'args.query', name: 'q', value: 'long…' }])],
    ['body is not in the event', eventOf([], { body_bytes: 7 })],
    ['cannot be put back', eventOf([{ field: 'files', name: 'f', value: 'x' }])],
    [
      'several bodies',
      eventOf([
        { field: 'args.form', name: 'f', value: 'x' },
        { field: 'args.json', name: 'f', value: 'x' },
      ]),
    ],
  ])('tells too little: %s', (why, line) => {
    expect(readTraffic(line)).toMatchObject({
      kind: 'incomplete',
      why: expect.stringContaining(why) as unknown,
    });
  });

  it('of something else is no request', () => {
    expect(readTraffic('{"event":"ward.started","pid":1}')).toEqual({ kind: 'skipped' });
  });
});
