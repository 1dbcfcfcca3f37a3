// `mask`: which bytes of a response are covered, at their own length.
import { describe, expect, it } from 'vitest';
import { begin, bytes, engineFor } from '../../support/transaction-of.ts';
import type { Mask } from '../../../src/engine/api.ts';

const CARD = 'pattern card = /\\b4\\d{3}[ -]?\\d{4}[ -]?\\d{4}[ -]?\\d{4}\\b/';

function masked(rules: string, type: string, body: string): string {
  const transaction = begin(engineFor(rules));
  expect(transaction.masksResponse).toBe(true);
  expect(transaction.acceptEncoding).toBe('identity');
  void transaction.requestEnd();
  transaction.responseHead(200, ['content-type', type]);
  void transaction.responseBody(bytes(body));
  void transaction.responseEnd();
  const masks: readonly Mask[] = transaction.takeMasks();
  expect(transaction.takeMasks()).toEqual([]);
  transaction.close();
  const result = bytes(body);
  for (const { start, end, with: byte } of masks) result.fill(byte, start, end);
  return result.toString('latin1');
}

describe('masks', () => {
  it('covers every matching text and spares what `keep` says', () => {
    const rules = `${CARD}\nrule t.card "x" { severity error when any response.body.text |> find(card) |> digits |> luhn then mask keep 4 }`;
    expect(masked(rules, 'text/plain', 'a 4111 1111 1111 1111 b 4111111111111112 c 4012888888881881.')).toBe(
      'a ***************1111 b 4111111111111112 c ************1881.',
    );
  });

  it('covers whole JSON leaves, numbers with zeros', () => {
    const rules =
      'rule t.ssn "x" { severity error when any response.body.json.people[*].ssn |> text matches /^\\d{3}-?\\d{2}-?\\d{4}$/ then mask }';
    const body = '{"people":[{"ssn":"123-45-6789"},{"ssn":123456789},{"ssn":"n/a"}]}';
    expect(masked(rules, 'application/json', body)).toBe(
      '{"people":[{"ssn":"***********"},{"ssn":000000000},{"ssn":"n/a"}]}',
    );
  });

  it('finds what lies across segments of a long text once', () => {
    const rules = `policy "p" { mode enforce body hold 1KiB, window 64B, max 1MiB -> block 413 }\n${CARD}\nrule t.card "x" { severity error when any response.body.text |> find(card) |> digits |> luhn then mask }`;
    const padding = 'x '.repeat(23);
    expect(masked(rules, 'text/plain', `${padding}4111111111111111 ${padding}${padding}`)).toBe(
      `${padding}**************** ${padding}${padding}`,
    );
  });

  it('does nothing for a rule in monitor mode', () => {
    const rules = `${CARD}\nrule t.card "x" { severity error mode monitor until 2030-01-01 when any response.body.text |> find(card) |> digits |> luhn then mask }`;
    const transaction = begin(engineFor(rules));
    expect(transaction.masksResponse).toBe(false);
    void transaction.requestEnd();
    transaction.responseHead(200, []);
    void transaction.responseBody(bytes('4111111111111111'));
    void transaction.responseEnd();
    expect(transaction.takeMasks()).toEqual([]);
    expect(transaction.report().matches.map((match) => match.rule)).toEqual(['t.card']);
    transaction.close();
  });
});
