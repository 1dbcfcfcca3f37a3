// What a report shows, and what it must not show.
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { begin, bytes, engineFor } from '../../support/transaction-of.ts';
import type { WrittenRequest } from '../../../src/control/inspection.ts';

const KEY = Buffer.alloc(32, 7);

function reportOf(rules: string, request: Partial<WrittenRequest>) {
  const transaction = begin(
    engineFor(rules, { hashKey: KEY, secrets: new Map([['hook', 'sesame']]) }),
    request,
  );
  if (request.body !== undefined) void transaction.requestBody(bytes(request.body));
  void transaction.requestEnd();
  const report = transaction.report();
  transaction.close();
  return report;
}

describe('witness', () => {
  it('is the value that decided the rule, with the matched part after transformation', () => {
    const rules =
      'rule t.a "x" { severity error when any args |> percent_decode(2) |> lower matches /un+ion/ then block 403 message "{match.text} in {match.name} of {request.method}" }';
    const [match] = reportOf(rules, { target: '/?a=b&q=x%2555NNION' }).matches;
    expect(match.witness).toMatchObject({
      field: 'args.query',
      name: 'q',
      value: 'x%55NNION',
      text: 'unnion',
      offset: 1,
    });
    expect(match.message).toBe('unnion in q of GET');
  });

  it('points at the place where a shape is violated', () => {
    const rules = `shape Order { id: uuid, items: list(1..2) of { qty: int(1..9) closed } closed }
rule t.shape "x" { severity error when not body.json is Order then block 422 message "{match.pointer}: {match.reason}" }`;
    const headers: [string, string][] = [['content-type', 'application/json']];
    const id = '7b3e9a58-1f0e-4c3a-9a52-1d1f2c3b4a5d';
    const messageOf = (body: string) => reportOf(rules, { headers, body }).matches[0]?.message;
    expect(messageOf(`{"id":"${id}","items":[{"qty":3}]}`)).toBeUndefined();
    expect(messageOf(`{"id":"${id}","items":[{"qty":10}]}`)).toBe(
      '/items/0/qty: a value from 1 to 9 expected',
    );
    expect(messageOf(`{"id":"x","items":[{"qty":1}]}`)).toBe('/id: uuid expected');
    expect(messageOf(`{"id":"${id}","items":[],"extra":1}`)).toBe('/items: at least 1 elements expected');
    expect(messageOf(`{"id":"${id}"}`)).toBe('/items: missing');
    expect(messageOf('[]')).toBe('/: an object expected, found a list');
  });
});

describe('redaction', () => {
  const POLICY =
    'policy "p" { mode enforce redact args["password"], request.cookies["sid"], request.headers["authorization"] }\n';
  const expected = (redacted: string, text: string) => ({
    redacted,
    length: text.length,
    hash: createHmac('sha256', KEY).update(text, 'latin1').digest('hex').slice(0, 16),
  });

  it('prints a redacted value as name, length and keyed hash, in captures and messages too', () => {
    const rules = `${POLICY}rule t.a "x" { severity error when any args |> lower matches /se.ret/ then block 403 message "{match.text}|{match.value}" }`;
    const report = reportOf(rules, { target: '/?password=xSECRETx' });
    const [match] = report.matches;
    expect(match.witness?.value).toEqual(expected('args.query["password"]', 'xSECRETx'));
    expect(match.witness?.text).toEqual(expected('args.query["password"]', 'secret'));
    expect(JSON.stringify(report).toLowerCase()).not.toContain('secret');
  });

  it('covers what contains a redacted value: the query, the cookie field, the raw body', () => {
    const rules = `${POLICY}rule t.a "x" { severity error when any (request.target, request.headers, body.text) contains "SECRET" then tag "t" message "{match.value} {request.headers[\\"authorization\\"]}" }`;
    for (const request of [
      { target: '/?password=SECRET' },
      { headers: [['cookie', 'sid=SECRET']] as [string, string][] },
      { headers: [['authorization', 'Bearer SECRET']] as [string, string][] },
      {
        headers: [['content-type', 'application/x-www-form-urlencoded']] as [string, string][],
        body: 'password=SECRET',
      },
    ]) {
      const report = reportOf(rules, request);
      expect(report.matches).toHaveLength(1);
      expect(JSON.stringify(report)).not.toContain('SECRET');
    }
  });
});

describe('digests of a body', () => {
  const RULES = `secret hook
rule t.sig "x" { severity critical when request.headers["x-sig"] |> drop_prefix("sha256=") != body.bytes |> hmac_sha256(hook) |> hex_encode then block 401 }`;

  it('compares a signature with the digest of the body as sent', () => {
    const body = '{"a":1}';
    const good = createHmac('sha256', 'sesame').update(body).digest('hex');
    const statusOf = (signature: string) =>
      reportOf(RULES, { headers: [['x-sig', `sha256=${signature}`]], body }).verdict.status;
    expect(statusOf(good)).toBe(0);
    expect(statusOf(good.replace(/^./, (digit) => (digit === '0' ? '1' : '0')))).toBe(401);
    expect(statusOf('')).toBe(401);
  });
});
