// How much of a body may go on, and when: the hold, the last byte, compressed bodies, event streams.
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { begin, bytes, engineFor } from '../../support/transaction-of.ts';

const REQUEST_RULES = `
policy "p" { mode enforce body hold 64B, window 32B, max 1KiB -> block 413 response hold 64B, over -> scan }
rule t.attack "x" { severity critical when any (args, body.text) contains "attack" then block 403 }
rule t.leak "x" { severity critical when any response.body.text contains "SECRET" then block 502 }
`;
const FORM: [string, string][] = [['content-type', 'application/x-www-form-urlencoded']];

describe('request bodies', () => {
  it('holds everything up to the hold, then all that is inspected but the last byte', () => {
    const transaction = begin(engineFor(REQUEST_RULES), { headers: FORM, body: 'x'.repeat(200) });
    expect(transaction.inspectsRequestBody).toBe(true);
    void transaction.requestBody(bytes(`a=${'b'.repeat(50)}`));
    expect(transaction.requestReleasable).toBe(0);
    void transaction.requestBody(bytes('&c=d'.repeat(20)));
    const released = transaction.requestReleasable;
    expect(released).toBeGreaterThan(50);
    expect(released).toBeLessThan(132);
    void transaction.requestEnd();
    expect(transaction.requestReleasable).toBe(132);
    expect(transaction.verdict.action).toBe('pass');
    transaction.close();
  });

  it('releases nothing once refused', () => {
    const transaction = begin(engineFor(REQUEST_RULES), { headers: FORM, body: 'x'.repeat(200) });
    void transaction.requestBody(bytes(`${'a=b&'.repeat(40)}c=attack&d=e`));
    expect(transaction.verdict).toMatchObject({
      action: 'block',
      status: 403,
      by: 't.attack',
      phase: 'body',
    });
    expect(transaction.requestReleasable).toBe(0);
    transaction.close();
  });

  it('lets bodies pass unseen that no rule reads', () => {
    const transaction = begin(
      engineFor('rule t.a "x" { severity error when request.method == PUT then block 405 }'),
      {
        body: 'x',
      },
    );
    expect(transaction.inspectsRequestBody).toBe(false);
    expect(transaction.requestReleasable).toBe(Infinity);
    transaction.close();
  });

  it('refuses a body over the maximum, declared or not', () => {
    const engine = engineFor(REQUEST_RULES);
    const declared = begin(engine, { headers: FORM, body: 'x'.repeat(1025) });
    expect(declared.verdict).toMatchObject({ status: 413, by: 'policy.body_max' });
    declared.close();
    const chunked = begin(engine, { headers: [...FORM, ['transfer-encoding', 'chunked']], body: '' });
    for (let i = 0; i < 1024; i++) void chunked.requestBody(bytes('a'));
    expect(chunked.verdict.action).toBe('pass');
    void chunked.requestBody(bytes('a'));
    expect(chunked.verdict).toMatchObject({ status: 413, by: 'policy.body_max' });
    chunked.close();
  });

  it('reads compressed bodies and releases only what was decoded and inspected', async () => {
    const compressed = gzipSync(bytes(`${'a=b&'.repeat(100)}c=attack`));
    const headers: [string, string][] = [...FORM, ['content-encoding', 'gzip']];
    const transaction = begin(engineFor(REQUEST_RULES), { headers, body: compressed.toString('latin1') });
    await transaction.requestBody(compressed);
    expect(transaction.requestReleasable).toBe(0);
    await transaction.requestEnd();
    expect(transaction.verdict.by).toBe('t.attack');
    transaction.close();
  });

  it('takes a coding it does not read, and damaged data, for uninspectable', async () => {
    const engine = engineFor(REQUEST_RULES);
    for (const [coding, body] of [
      ['compress', 'a=b'],
      ['gzip', 'a=b'],
    ]) {
      const headers: [string, string][] = [...FORM, ['content-encoding', coding]];
      const transaction = begin(engine, { headers, body });
      await transaction.requestBody(bytes(body));
      await transaction.requestEnd();
      expect(transaction.verdict).toMatchObject({ status: 415, by: 'policy.uninspectable' });
      expect(transaction.report().uninspectable).toMatch(/^coding\./);
      transaction.close();
    }
  });
});

describe('response bodies', () => {
  const answered = (fields: string[] = ['content-type', 'text/plain']) => {
    const transaction = begin(engineFor(REQUEST_RULES));
    void transaction.requestEnd();
    transaction.responseHead(200, fields);
    return transaction;
  };

  it('holds up to the hold and scans on beyond it', () => {
    const transaction = answered();
    void transaction.responseBody(bytes('a'.repeat(60)));
    expect(transaction.responseReleasable).toBe(0);
    void transaction.responseBody(bytes('a'.repeat(60)));
    expect(transaction.responseReleasable).toBeGreaterThan(60);
    expect(transaction.responseReleasable).toBeLessThan(120);
    void transaction.responseBody(bytes('SECRET'));
    void transaction.responseEnd();
    expect(transaction.verdict).toMatchObject({ action: 'block', by: 't.leak', phase: 'response_body' });
    transaction.close();
  });

  it('lets go of what it has when the hold ends by time', () => {
    const transaction = answered();
    void transaction.responseBody(bytes('tick'));
    expect(transaction.responseReleasable).toBe(0);
    transaction.responseHoldExpired();
    expect(transaction.responseReleasable).toBeGreaterThanOrEqual(3);
    void transaction.responseBody(bytes(' SECRET'));
    void transaction.responseEnd();
    expect(transaction.verdict.by).toBe('t.leak');
    transaction.close();
  });

  it('finds what lies across the point where the hold ended by time, and closes', () => {
    const transaction = answered();
    void transaction.responseBody(bytes('tick SEC'));
    transaction.responseHoldExpired();
    expect(transaction.responseReleasable).toBe(7);
    expect(transaction.verdict.action).toBe('pass');
    void transaction.responseBody(bytes('RET tock'));
    void transaction.responseEnd();
    expect(transaction.verdict.by).toBe('t.leak');
    expect(transaction.responseReleasable).toBe(0);
    transaction.close();
  });

  it('blocks before it lets go of what the hold was for', () => {
    const transaction = answered();
    void transaction.responseBody(bytes('tick SECRET tock'));
    transaction.responseHoldExpired();
    expect(transaction.verdict.by).toBe('t.leak');
    expect(transaction.responseReleasable).toBe(0);
    transaction.close();
  });

  it.each([
    ['response.body.text == "tick tock"', 'tick tock', true],
    ['response.body.text matches /^tick tock$/', 'tick tock', true],
    ['response.body.text matches /^tock/', 'tick tock', false],
    ['response.body.text matches /tick$/', 'tick tock', false],
    ['response.body.text |> length < 5', 'tick tock', false],
    ['response.body.text |> length > 3', 'tick tock', true],
    ['response.body.text not contains "tock"', 'tick tock', false],
    ['response.body.text not contains "SECRET"', 'tick tock', true],
    ['response.body.text matches /(?:t[io]ck ?){2}/', 'tick tock', true],
  ])('decides %s alike when the hold ends by time within the text', (when, text, matches) => {
    const rules = `policy "p" { mode enforce }\nrule t.a "x" { when ${when} then tag "a" }`;
    for (let cut = 0; cut <= text.length; cut++) {
      const transaction = begin(engineFor(rules));
      void transaction.requestEnd();
      transaction.responseHead(200, ['content-type', 'text/plain']);
      void transaction.responseBody(bytes(text.slice(0, cut)));
      transaction.responseHoldExpired();
      transaction.responseHoldExpired();
      void transaction.responseBody(bytes(text.slice(cut)));
      void transaction.responseEnd();
      expect(transaction.report().tags, `cut at ${cut}`).toEqual(matches ? ['a'] : []);
      transaction.close();
    }
  });

  it('covers what is to be masked on either side of that point', () => {
    const rules =
      'policy "p" { mode enforce }\nrule t.a "x" { when any response.body.text |> find(/\\d{4}/) matches /^\\d/ then mask }';
    const transaction = begin(engineFor(rules));
    void transaction.requestEnd();
    transaction.responseHead(200, ['content-type', 'text/plain']);
    void transaction.responseBody(bytes('a 1234 56'));
    transaction.responseHoldExpired();
    expect(transaction.takeMasks()).toEqual([{ start: 2, end: 6, with: 0x2a }]);
    void transaction.responseBody(bytes('78 b'));
    void transaction.responseEnd();
    expect(transaction.takeMasks()).toEqual([
      { start: 2, end: 6, with: 0x2a },
      { start: 7, end: 11, with: 0x2a },
    ]);
    transaction.close();
  });

  it('inspects an event stream event by event and never holds it', async () => {
    const transaction = answered(['content-type', 'text/event-stream']);
    await transaction.responseBody(bytes('data: one\n\n'));
    expect(transaction.responseReleasable).toBe(11);
    await transaction.responseBody(bytes('data: two\n'));
    expect(transaction.responseReleasable).toBe(11);
    await transaction.responseBody(bytes('data: SECRET\n\n'));
    expect(transaction.verdict.by).toBe('t.leak');
    transaction.close();
  });

  it('stops where `over -> pass` says so, and leaves open rules to their clause', () => {
    const rules = REQUEST_RULES.replace(
      'over -> scan',
      'over -> pass on uninspectable response -> block 502',
    );
    const transaction = begin(engineFor(rules));
    void transaction.requestEnd();
    transaction.responseHead(200, []);
    void transaction.responseBody(bytes('a'.repeat(65)));
    expect(transaction.verdict).toMatchObject({ status: 502, by: 'policy.uninspectable' });
    transaction.close();
  });
});
