// Which values of a document a path with `*` or an index means: elements of arrays, never members of objects.
import { describe, expect, it } from 'vitest';
import { begin, bytes, engineFor } from '../../support/transaction-of.ts';

function blocks(when: string, body: string): boolean {
  const engine = engineFor(`rule t.a "x" { severity critical when ${when} then block 403 }`);
  const transaction = begin(engine, { headers: [['content-type', 'application/json']], body });
  void transaction.requestBody(bytes(body));
  void transaction.requestEnd();
  const { action } = transaction.verdict;
  transaction.close();
  return action === 'block';
}

describe('paths into a JSON document', () => {
  it.each([
    ['count(body.json[*]) > 0', '[{}]', true],
    ['count(body.json[*]) > 0', '{"0":{}}', false],
    ['exists(body.json[*])', '{"0":1,"1":2}', false],
    ['exists(body.json.a[*].k)', '{"a":{"0":{"k":1}}}', false],
    ['exists(body.json.a[*].k)', '{"a":[{"k":1}]}', true],
    ['body.json["0"] == "x"', '{"0":"x"}', true],
    ['body.json["0"] == "x"', '["x"]', false],
    ['body.json[0] == "x"', '{"0":"x"}', false],
    ['any body.json[""].a[*] == "x"', '{"":{"a":["x"]}}', true],
    ['count(body.json[""].a[*]) == 1', '{"":{"a":[[]]}}', true],
  ])('%s on %s: %s', (when, body, expected) => {
    expect(blocks(when, body)).toBe(expected);
  });
});
