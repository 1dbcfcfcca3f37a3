// A body longer than `max` under an outcome that refuses nothing: it goes on whole, and what was not read is unknown.
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ExchangeTransaction } from '../../../src/engine/transaction.ts';
import { begin, bytes, engineFor } from '../../support/transaction-of.ts';

const BODY = `a=${'x'.repeat(1_000)}&q=a${'&p=z'.repeat(500)}`;
const FORM: [string, string][] = [['content-type', 'application/x-www-form-urlencoded']];

function rules(outcome: string, when: string, unknown = '', settings = ''): string {
  return `policy "p" { mode enforce on uninspectable request -> log body hold 64B, window 32B, max 200B -> ${outcome} ${settings} }
rule t.a "x" { severity critical ${unknown} when ${when} then block 403 }`;
}

async function send(transaction: ExchangeTransaction, body: Uint8Array, cut: number): Promise<void> {
  for (let at = 0; at < body.length; at += cut) await transaction.requestBody(body.subarray(at, at + cut));
}

describe('a body over the maximum that is not refused', () => {
  it.each(['log', 'pass'])('is counted and released to its last byte: %s', async (outcome) => {
    for (const cut of [1, 7, 100, 5_000]) {
      const transaction = begin(engineFor(rules(outcome, 'any args == "a"')), { headers: FORM, body: BODY });
      await send(transaction, bytes(BODY), cut);
      expect(transaction.requestReleasable).toBeGreaterThanOrEqual(BODY.length);
      await transaction.requestEnd();
      expect(transaction.verdict.action).toBe('pass');
      const report = transaction.report();
      expect(report.bodyBytes).toBe(BODY.length);
      expect(report.logged).toEqual(outcome === 'log' ? ['policy.body_max'] : []);
      expect(report.uninspectable).toBe('body.max');
      transaction.close();
    }
  });

  it.each([
    'any args == "a"',
    'none args == "a"',
    'all args != "a"',
    'not exists(args["q"])',
    'count(args) < 3',
    'body.size < 1000B',
    'body.size == 201B',
    'body.malformed',
    'not body.malformed',
    'args.bytes < 1KiB',
    'any body.text contains "q=a"',
    'body.bytes |> sha256 |> hex_encode starts_with "0"',
    'body.json.k == "a"',
  ])('leaves open what the rest could decide: %s', async (when) => {
    const transaction = begin(engineFor(rules('pass', when, 'unknown block')), { headers: FORM, body: BODY });
    await send(transaction, bytes(BODY), 64);
    expect(transaction.verdict).toMatchObject({ status: 415, by: 'policy.uninspectable' });
    transaction.close();
  });

  it.each([
    ['any args starts_with "x"', 'block'],
    ['body.size > 199B', 'block'],
    ['body.size > 200B', 'block'],
    ['body.size <= 200B', 'pass'],
    ['none args.names == "a"', 'pass'],
  ])('settles what was read: %s', async (when, action) => {
    const engine = engineFor(rules('pass', when, 'unknown block'));
    const transaction = begin(engine, { headers: FORM, body: BODY });
    await send(transaction, bytes(BODY), 1_000);
    await transaction.requestEnd();
    expect(transaction.verdict.action).toBe(action);
    transaction.close();
  });

  it('goes on likewise in monitor mode, where no outcome refuses', async () => {
    const policy = rules('block 413', 'any args == "a"').replace('mode enforce', 'mode monitor');
    const transaction = begin(engineFor(policy), { headers: FORM, body: BODY });
    await send(transaction, bytes(BODY), 300);
    expect(transaction.requestReleasable).toBeGreaterThanOrEqual(BODY.length);
    await transaction.requestEnd();
    const report = transaction.report();
    expect(report.shadow).toMatchObject({ action: 'block', by: 'policy.body_max' });
    expect(report.bodyBytes).toBe(BODY.length);
    transaction.close();
  });

  it('is read up to the maximum and not a byte further', async () => {
    const body = `a=${'x'.repeat(196)}&q&`;
    for (const [max, status] of [
      ['199B', 415],
      ['201B', 403],
    ] as const) {
      const policy = rules('log', 'any args.names == "q"', 'unknown block').replace('200B', max);
      const transaction = begin(engineFor(policy), { headers: FORM, body });
      await send(transaction, bytes(`${body}more=1`), 10);
      expect(transaction.verdict.status).toBe(status);
      transaction.close();
    }
  });

  it('goes on likewise when it is compressed', async () => {
    const packed = gzipSync(Buffer.from(Array.from({ length: 5_000 }, (_, i) => `${i * 7919}`).join('&')));
    const headers: [string, string][] = [...FORM, ['content-encoding', 'gzip']];
    const transaction = begin(engineFor(rules('log', 'any args == "a"')), {
      headers,
      body: packed.toString('latin1'),
    });
    await send(transaction, packed, 150);
    expect(transaction.requestReleasable).toBeGreaterThanOrEqual(packed.length);
    await transaction.requestEnd();
    expect(transaction.verdict.action).toBe('pass');
    expect(transaction.report().bodyBytes).toBe(packed.length);
    transaction.close();
  });

  it('of a response leaves its size unknown', () => {
    const engine = engineFor(`policy "p" { mode enforce response hold 64B, over -> pass }
rule t.small "x" { severity critical unknown skip when response.body.size < 1000B then block 502 }`);
    const transaction = begin(engine);
    void transaction.requestEnd();
    transaction.responseHead(200, ['content-type', 'text/plain']);
    void transaction.responseBody(bytes('x'.repeat(100)));
    void transaction.responseEnd();
    expect(transaction.verdict.action).toBe('pass');
    transaction.close();
  });
});
