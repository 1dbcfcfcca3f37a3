// What follows from the names of a JSON document, found out once each: nothing of it may be lost, mixed up or kept too long.
import { expect, test } from 'vitest';
import { NAME_ROUTES_MAX } from '../../../src/core/limits.ts';
import type { RuleEngine } from '../../../src/engine/engine.ts';
import { begin, bytes, engineFor } from '../../support/transaction-of.ts';

/** The tags of the rules that match a JSON body. */
function tagsOf(engine: RuleEngine, document: unknown, target = '/'): readonly string[] {
  const body = JSON.stringify(document);
  const transaction = begin(engine, { headers: [['content-type', 'application/json']], body, target });
  void transaction.requestBody(bytes(body));
  void transaction.requestEnd();
  const { tags } = transaction.report();
  transaction.close();
  return [...tags].sort();
}

const RULES = `
rule t.names "x" { when any args.names contains "evil" then tag "name" }
rule t.own "x" { when any args["list.note"] contains "bad" then tag "own" }
rule t.paths "x" { when any args.paths contains "/1/evil" then tag "path" }
rule t.both "x" { when any args contains "bad" and any args.names contains "other" then tag "both" }
`;

test.each([
  [{ list: [{ a: 1 }, { evil: 1 }] }, ['name', 'path']],
  [{ list: [{ evil: 1 }, { evil: 1 }] }, ['name', 'path']],
  [{ list: [{ note: 'x' }, { note: 'bad' }] }, ['own']],
  [{ list: [{ note: 'x' }, { a: 'bad' }] }, []],
  [{ list: [{ other: 'x' }, { other: 'bad' }] }, ['both']],
])('names that come again, with other values: %j', (document, expected) => {
  const engine = engineFor(RULES);
  expect(tagsOf(engine, document)).toEqual(expected);
  // Again, when the names are known from another document.
  expect(tagsOf(engine, document)).toEqual(expected);
});

test('names beyond NAME_ROUTES_MAX are looked at like those before', () => {
  const engine = engineFor(RULES);
  const many = Object.fromEntries(Array.from({ length: NAME_ROUTES_MAX + 1 }, (_, i) => [`n${i}`, i]));
  expect(tagsOf(engine, { many, list: [{ note: 'x' }, { note: 'y' }] })).toEqual([]);
  expect(tagsOf(engine, { many, list: [{ evil: 1 }, { evil: 1 }] })).toEqual(['name', 'path']);
  expect(tagsOf(engine, { many, list: [{ note: 'x' }, { note: 'bad' }] })).toEqual(['own']);
});

test('a name that a rule looks for on one route alone is nothing on the next request to another', () => {
  const engine = engineFor(`
    route admin = POST "/admin/x"
    rule t.names "x" { on admin when any args.names contains "evil" then tag "name" }
  `);
  const document = { list: [{ evil: 1 }, { evil: 2 }] };
  expect(tagsOf(engine, document, '/admin/x')).toEqual(['name']);
  expect(tagsOf(engine, document, '/shop')).toEqual([]);
  expect(tagsOf(engine, document, '/admin/x')).toEqual(['name']);
});
