/** `graphql.*`: where documents are found, and what is unknown about those that are not. */
import { describe, expect, it } from 'vitest';
import { begin, bytes, engineFor } from '../../support/transaction-of.ts';

const RULES = `
rule too.deep "Deep" { severity error when graphql.depth > 2 then block 400 }
rule too.wide "Wide" { severity error when graphql.fields > 3 or graphql.aliases > 1 then block 422 unknown block }
`;
const engine = engineFor(RULES);
const json = (value: unknown): string => JSON.stringify(value);
const DEEP = '{ a { b { c } } }';

async function statusOf(target: string, type?: string, body?: string): Promise<number> {
  const headers: [string, string][] = type === undefined ? [] : [['content-type', type]];
  const transaction = begin(engine, { target, headers, body });
  if (body !== undefined) await transaction.requestBody(bytes(body));
  await transaction.requestEnd();
  const { status } = transaction.verdict;
  transaction.close();
  return status;
}

describe('graphql fields', () => {
  it.each([
    ['a JSON body', '/', 'application/json', json({ query: DEEP, variables: {} })],
    ['a batch', '/', 'application/json', json([{ query: '{ a }' }, { query: DEEP }])],
    ['a body of its own type', '/', 'application/graphql', DEEP],
    ['the query string', `/?query=${encodeURIComponent(DEEP)}`, undefined, undefined],
    ['a form', '/', 'application/x-www-form-urlencoded', `query=${encodeURIComponent(DEEP)}`],
  ])('are read in %s', async (_where, target, type, body) => {
    expect(await statusOf(target, type, body)).toBe(400);
  });

  it('add up over a batch', async () => {
    const batch = [{ query: '{ a b }' }, { query: '{ c d }' }];
    expect(await statusOf('/', 'application/json', json(batch))).toBe(422);
    expect(await statusOf('/', 'application/json', json(batch.slice(1)))).toBe(0);
    expect(await statusOf('/', 'application/json', json({ query: '{ x: a y: a }' }))).toBe(422);
  });

  it('are absent without a document', async () => {
    expect(await statusOf('/')).toBe(0);
    expect(await statusOf('/', 'application/json', json({ other: DEEP, inner: { query: DEEP } }))).toBe(0);
  });

  it.each([
    ['a malformed document', json({ query: '{ a { }' })],
    ['a document beyond the window', json({ query: `{ ${'a '.repeat(70_000)}}` })],
    ['a body that breaks off', '{"query": "{ a }", '],
  ])('are unknown for %s', async (_what, body) => {
    expect(await statusOf('/', 'application/json', body)).not.toBe(0);
  });
});
