// W505: which blocks are final only at the end of a body, by the table of "Streaming" in the language page.
import { expect, it } from 'vitest';
import { compileDiagnostics } from '../../../src/control/rule-set.ts';
import { spanText } from '../../../src/dsl/source.ts';
import { policyOf } from '../../support/check-rules.ts';

function lateParts(when: string, then = 'block 403', policy = ''): string[] {
  const settings = policy === '' ? '' : `policy "p" { mode enforce ${policy} }\n`;
  const shape = when.includes('Order') ? 'shape Order { id: uuid }\n' : '';
  const found = compileDiagnostics(policyOf(`${settings}${shape}rule t.a "x" { when ${when} then ${then} }`));
  expect(found.every(({ code }) => code === 'W505')).toBe(true);
  return found.map(({ span }) => spanText(span));
}

it.each([
  'any args == "x"',
  'not all args == "x"',
  'any v of args { v matches /a+/ and v.name == "n" }',
  'count(args.names) > 5',
  'not (count(args.names) <= 5)',
  'body.size > 10B',
  'body.text contains "x"',
  'body.json.a == 1',
  'body.json.a != 1',
  'not (body.json is Order)',
  'exists(args["a"])',
  'request.method == GET and any args == "x"',
  // One early alternative lets the rule refuse in time.
  'any args == "x" or body.malformed',
  // Known before the body.
  'none request.headers["x-key"] == "k"',
  'none args.query["a"] == "k"',
])('%s can be true before the end', (when) => {
  expect(lateParts(when)).toEqual([]);
});

it.each([
  ['none args == "x"', 'none args == "x"'],
  ['exists(args["a"]) and all args["a"] == "x"', 'all args["a"] == "x"'],
  ['not (any args == "x")', 'any args == "x"'],
  ['not exists(args["a"])', 'exists(args["a"])'],
  ['count(args.names) == 5', 'count(args.names) == 5'],
  ['not (count(args.names) > 5)', 'count(args.names) > 5'],
  ['body.size < 10B', 'body.size < 10B'],
  ['body.json is Order', 'body.json is Order'],
  ['body.text not contains "x"', 'body.text not contains "x"'],
  ['body.malformed or body.size < 10B', 'body.malformed'],
  ['any args == "x" and body.malformed', 'body.malformed'],
  ['one(args["a"]) == "x"', 'one(args["a"]) == "x"'],
])('%s is true at the end only', (when, part) => {
  expect(lateParts(when)).toEqual([part]);
});

it('is about blocks of bodies that may be longer than the hold', () => {
  expect(lateParts('none args == "x"', 'tag "x"')).toEqual([]);
  expect(
    lateParts('none args == "x"', 'block 403', 'body hold 1MiB, window 64KiB, max 1MiB -> block 413'),
  ).toEqual([]);
  expect(
    lateParts('none args == "x"', 'block 403', 'body hold 1MiB, window 64KiB, max 2MiB -> block 413'),
  ).toEqual(['none args == "x"']);
});
