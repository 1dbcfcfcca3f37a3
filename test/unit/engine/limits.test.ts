// What one exchange may keep in the engine, each limit reached and passed.
import { expect, test } from 'vitest';
import {
  BODY_BYTES_MAX_DEFAULT,
  BODY_HOLD_BYTES_DEFAULT,
  BODY_WINDOW_BYTES_DEFAULT,
  FIND_MATCHES_MAX,
  HELD_MASKS_MAX,
  LOG_VALUE_CHARS_MAX,
  MATCHES_REPORTED_MAX,
  REPEATED_NAMES_MAX,
  RESPONSE_HOLD_BYTES_DEFAULT,
  RETAINED_BYTES_MAX,
  RETAINED_VALUES_MAX,
  SHAPE_KEYS_MAX,
  WARMUP_REQUESTS,
} from '../../../src/core/limits.ts';
import { Accumulator } from '../../../src/engine/accumulator.ts';
import { holdSpan } from '../../../src/engine/masks.ts';
import type { AccumulatorSpec } from '../../../src/engine/program.ts';
import { shown } from '../../../src/engine/redaction.ts';
import { ShapeValidator } from '../../../src/engine/shape-validator.ts';
import { warmUp } from '../../../src/engine/warm-up.ts';
import { UNKNOWN } from '../../../src/http/value.ts';
import { begin, bytes, engineFor } from '../../support/transaction-of.ts';

const accumulator = (kind: AccumulatorSpec['kind']): Accumulator =>
  new Accumulator({ kind } as unknown as AccumulatorSpec);
const take = (into: Accumulator, text: string): void => into.take(text, '', '', 0, 0, null);

test('repetitions of REPEATED_NAMES_MAX names are counted; with one more the result is unknown', () => {
  const names = accumulator('repeats');
  for (let i = 0; i < REPEATED_NAMES_MAX; i++) take(names, `n${i}`);
  take(names, 'n0');
  expect(names.result).toBe(2);
  take(names, 'one more');
  expect(names.result).toBe(UNKNOWN);
  expect(names.soFar).toBe(2);
});

test('RETAINED_VALUES_MAX values are kept', () => {
  const values = accumulator('collect');
  for (let i = 0; i < RETAINED_VALUES_MAX; i++) take(values, 'v');
  expect([values.retained.length, values.incomplete]).toEqual([RETAINED_VALUES_MAX, false]);
  take(values, 'v');
  expect([values.retained.length, values.incomplete]).toEqual([RETAINED_VALUES_MAX, true]);
});

test('values of RETAINED_BYTES_MAX in all are kept', () => {
  const values = accumulator('collect');
  const half = 'v'.repeat(RETAINED_BYTES_MAX / 2);
  take(values, half);
  take(values, half);
  expect([values.retained.length, values.incomplete]).toEqual([2, false]);
  take(values, 'v');
  expect([values.retained.length, values.incomplete]).toEqual([2, true]);
});

test('an object of a shape may have SHAPE_KEYS_MAX keys', () => {
  const shape = new ShapeValidator(
    { kind: 'object', fields: new Map(), required: [], closed: false, nullable: false },
    '',
  );
  shape.open('object');
  for (let i = 0; i < SHAPE_KEYS_MAX; i++) shape.key(`k${i}`);
  expect(shape.violation).toBeNull();
  shape.key('one more');
  expect(shape.violation?.reason).toBe('too many keys');
});

test('HELD_MASKS_MAX spans are kept, what follows widens the last', () => {
  const spans: number[] = [];
  for (let i = 0; i < HELD_MASKS_MAX; i++) holdSpan(spans, i * 10, i * 10 + 4, true);
  const last = (HELD_MASKS_MAX - 1) * 10;
  expect([spans.length, ...spans.slice(-3)]).toEqual([HELD_MASKS_MAX * 3, last, last + 4, 1]);
  holdSpan(spans, last + 10, last + 14, true);
  expect([spans.length, ...spans.slice(-3)]).toEqual([HELD_MASKS_MAX * 3, last, last + 14, 0]);
});

/** A text/plain answer with all spans covered that its rules ask for. */
function covered(rules: string, text: string): { readonly text: string; readonly masks: number } {
  const transaction = begin(engineFor(`pattern card = /\\b4\\d{3}\\b/\n${rules}`));
  void transaction.requestEnd();
  transaction.responseHead(200, ['content-type', 'text/plain']);
  const body = bytes(text);
  void transaction.responseBody(body);
  void transaction.responseEnd();
  const masks = transaction.takeMasks();
  for (const { start, end, with: byte } of masks) body.fill(byte, start, end);
  transaction.close();
  return { text: body.toString('latin1'), masks: masks.length };
}

const MASK_CARDS =
  'rule t.card "x" { severity error when any response.body.text |> find(card) contains "4" then mask unknown skip }';

test('more spans than HELD_MASKS_MAX are all covered', () => {
  const line = `4111 ${'x'.repeat(80)}\n`;
  const { text, masks } = covered(MASK_CARDS, line.repeat(HELD_MASKS_MAX + 10));
  // Segments overlap by half, so that most spans are found twice.
  expect(masks).toBeLessThan(HELD_MASKS_MAX);
  expect(masks).toBeGreaterThan(HELD_MASKS_MAX / 4);
  expect(text).not.toContain('4111');
  expect(text.slice(0, line.length)).toBe(line.replace('4111', '****'));
});

test('a window with more matches than FIND_MATCHES_MAX is covered whole when the rule holds elsewhere', () => {
  const many = '4111 '.repeat(FIND_MATCHES_MAX + 1);
  const { text } = covered(MASK_CARDS, `4111 ${'x'.repeat(BODY_WINDOW_BYTES_DEFAULT)} ${many}`);
  expect(text).not.toContain('4111');
});

test.each([0, BODY_WINDOW_BYTES_DEFAULT * 2])(
  'what hides behind more matches than FIND_MATCHES_MAX is unknown, in a text with %i bytes more',
  (more) => {
    const rules =
      'pattern card = /\\b4\\d{3}\\b/\nrule t.card "x" { severity error when any response.body.text |> find(card) == "4999" then block 502 unknown block }';
    const transaction = begin(engineFor(rules));
    void transaction.requestEnd();
    transaction.responseHead(200, ['content-type', 'text/plain']);
    void transaction.responseBody(bytes(`${'x'.repeat(more)} ${'4111 '.repeat(FIND_MATCHES_MAX)} 4999`));
    void transaction.responseEnd();
    expect(transaction.verdict).toMatchObject({ action: 'block', by: 'policy.uninspectable' });
    transaction.close();
  },
);

test('a report names MATCHES_REPORTED_MAX rules and counts the rest', () => {
  const rules = Array.from(
    { length: MATCHES_REPORTED_MAX + 3 },
    (_, i) => `rule a.r${i} "x" { when request.path == "/" then tag "t${i}" }`,
  );
  const transaction = begin(engineFor(rules.join('\n')));
  void transaction.requestEnd();
  const { matches, matchesDropped, tags } = transaction.report();
  expect([matches.length, matchesDropped, tags.length]).toEqual([MATCHES_REPORTED_MAX, 3, rules.length]);
  transaction.close();
});

test('a shown value has LOG_VALUE_CHARS_MAX characters', () => {
  const longest = 'v'.repeat(LOG_VALUE_CHARS_MAX);
  expect([shown(longest), shown(`${longest}v`)]).toEqual([longest, longest]);
});

const INSPECTS_BODY = 'rule a.b "x" { when any args contains "attack" then block 403 }';
const FORM = [['content-type', 'application/x-www-form-urlencoded']] as const;

test('a request body flows once it is longer than BODY_HOLD_BYTES_DEFAULT', () => {
  const transaction = begin(engineFor(INSPECTS_BODY), {
    body: 'x'.repeat(BODY_HOLD_BYTES_DEFAULT + 4),
    headers: FORM,
  });
  void transaction.requestBody(bytes('a=b&'.repeat(BODY_HOLD_BYTES_DEFAULT / 4)));
  expect(transaction.requestReleasable).toBe(0);
  void transaction.requestBody(bytes('a=b&'));
  expect(transaction.requestReleasable).toBeGreaterThan(BODY_HOLD_BYTES_DEFAULT - 4);
  transaction.close();
});

test('a request body over BODY_BYTES_MAX_DEFAULT is refused, announced or not', () => {
  const engine = engineFor(INSPECTS_BODY);
  const headers = (length: number) => [...FORM, ['content-length', String(length)]] as const;
  const announced = (length: number): number => {
    const transaction = begin(engine, { method: 'POST', body: '', headers: headers(length) });
    const { status } = transaction.verdict;
    transaction.close();
    return status;
  };
  expect([announced(BODY_BYTES_MAX_DEFAULT), announced(BODY_BYTES_MAX_DEFAULT + 1)]).toEqual([0, 413]);
  const chunked = begin(engine, { method: 'POST', headers: [['transfer-encoding', 'chunked']] });
  const chunk = Buffer.alloc(BODY_BYTES_MAX_DEFAULT / 4);
  for (let i = 0; i < 4; i++) void chunked.requestBody(chunk);
  expect(chunked.verdict.status).toBe(0);
  void chunked.requestBody(bytes('x'));
  expect(chunked.verdict).toMatchObject({ status: 413, by: 'policy.body_max' });
  chunked.close();
});

test('a response flows once it is longer than RESPONSE_HOLD_BYTES_DEFAULT', () => {
  const transaction = begin(
    engineFor('rule a.b "x" { when any response.body.text contains "leak" then block 502 }'),
  );
  void transaction.requestEnd();
  transaction.responseHead(200, ['content-type', 'text/plain']);
  void transaction.responseBody(Buffer.alloc(RESPONSE_HOLD_BYTES_DEFAULT, 'x'));
  expect(transaction.responseReleasable).toBe(0);
  void transaction.responseBody(Buffer.alloc(RESPONSE_HOLD_BYTES_DEFAULT, 'x'));
  expect(transaction.responseReleasable).toBeGreaterThan(0);
  transaction.close();
});

test('warming takes WARMUP_REQUESTS requests, no more', () => {
  const engine = engineFor(INSPECTS_BODY);
  let begun = 0;
  warmUp({
    version: engine.version,
    begin: (head) => {
      begun++;
      return engine.begin(head);
    },
  });
  expect(begun).toBe(WARMUP_REQUESTS);
});
