/**
 * The engine under a caller who keeps no order: bodies cut anywhere, ends and closes too early, twice or never, answers
 * before the request is over. Nothing throws or rejects, a refusal stays one, releases never pass what was written, and
 * every state goes back: the same requests sent in order afterwards get the report of a fresh engine.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileProgram } from '../../src/compiler/compile.ts';
import { admit, inspect } from '../../src/control/inspection.ts';
import type { WrittenRequest } from '../../src/control/inspection.ts';
import type { Transaction } from '../../src/engine/api.ts';
import { createEngine } from '../../src/engine/engine.ts';
import type { RuleProgram } from '../../src/engine/program.ts';
import { checkFiles } from '../support/check-rules.ts';
import { FUZZ_SEED, fuzzRuns, mutate, pick, randomOf } from '../support/fuzz.ts';
import type { Random } from '../support/fuzz.ts';

const folder = new URL('../../rules/', import.meta.url);
const EXTRA = `language 1
pattern card = /\\b4\\d{3}[ -]?\\d{4}[ -]?\\d{4}[ -]?\\d{4}\\b/
shape Order { id: int, items?: list(..3) of string }
rule fuzz.order "shape" { when not body.json is Order then tag "shape" unknown skip }
rule fuzz.card "mask" { when any response.body.text |> find(card) |> digits |> luhn then mask keep 4 }
rule fuzz.names "names" { when repeats(args.names) > 2 then score 1 }
`;

const TYPES = [
  'application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=b',
  'text/xml',
  'text/plain',
  'application/x-ndjson',
  'image/png',
  '',
];
const CODINGS = ['', '', '', 'gzip', 'br', 'zstd'];
const BODIES = [
  '{"id":1,"items":["a","<script>alert(1)</script>"],"id2":{"a":[1,2,{"b":null}]}}',
  '{"a":1}\n{"b":"union select password from users"}\n',
  'a=1&b=%27+or+1%3D1--&a=2&a=3&c={"d":"x"}',
  '--b\r\nContent-Disposition: form-data; name="a"; filename="x.php"\r\n\r\n<?php\r\n--b--\r\n',
  '<a><b c="1">t</b></a>',
  `${'text 4111 1111 1111 1111 '.repeat(200)}`,
];
const TOKENS = [
  '"',
  '{',
  '}',
  '\n',
  '--b',
  '\r\n',
  '%',
  '<',
  '&',
  "' or 1=1--",
  '4111111111111111',
  '\0',
  '\xff',
];

interface Written {
  readonly request: WrittenRequest;
  readonly body: Buffer;
  readonly answer: Buffer;
}

function written(random: Random): Written {
  const body = mutate(pick(BODIES, random), TOKENS, random);
  const coding = pick(CODINGS, random);
  const bytes = Buffer.from(body, 'latin1');
  const sent = coding === 'gzip' ? gzipSync(bytes) : coding === 'br' ? brotliCompressSync(bytes) : bytes;
  const headers: [string, string][] = [['cookie', `sid=${random(9)}`]];
  const type = pick(TYPES, random);
  if (type !== '') headers.push(['content-type', type]);
  if (coding !== '') headers.push(['content-encoding', coding]);
  const answer = mutate(pick(BODIES, random), TOKENS, random);
  const request: WrittenRequest = {
    method: 'POST',
    target: pick(['/', '/search?q=1&q=2', '/a?x=%27%20or%201=1', '/.git/config'], random),
    from: '198.51.100.7',
    scheme: 'https',
    headers,
    body: sent.toString('latin1'),
    answered: {
      status: pick([200, 204, 500], random),
      headers: [['content-type', pick(TYPES, random)]],
      body: answer,
    },
  };
  return { request, body: sent, answer: Buffer.from(answer, 'latin1') };
}

/** Calls in a random order, each awaited as the contract demands; what is asked for in between must hold. */
async function disorder(
  transaction: Transaction,
  { body, answer, request }: Written,
  random: Random,
): Promise<void> {
  let sent = 0;
  let answered = 0;
  const status = request.answered?.status ?? 200;
  for (let calls = random(14); calls > 0; calls--) {
    // Each message is judged by itself.
    const kind = random(9);
    const refused = transaction.verdict.action !== 'pass' && kind !== 8;
    const size = 1 + random(64);
    switch (kind) {
      case 0:
      case 1:
      case 2:
        await transaction.requestBody(body.subarray(sent, (sent += size)));
        break;
      case 3:
        await transaction.requestEnd();
        break;
      case 4:
        transaction.responseHead(status, ['content-type', request.answered?.headers[0][1] ?? '']);
        break;
      case 5:
        await transaction.responseBody(answer.subarray(answered, (answered += size)));
        break;
      case 6:
        await transaction.responseEnd();
        break;
      case 7:
        transaction.responseHoldExpired();
        break;
      default:
        transaction.wsMessage(random(2) === 0 ? 'in' : 'out', answer.subarray(0, size));
    }
    if (refused) expect(transaction.verdict.action, 'a refusal was taken back').not.toBe('pass');
    for (const mask of transaction.takeMasks()) expect(mask.start).toBeLessThan(mask.end);
    expect(transaction.requestReleasable).toBeGreaterThanOrEqual(0);
    expect(transaction.responseReleasable).toBeGreaterThanOrEqual(0);
  }
}

describe(`transactions, seed ${FUZZ_SEED}`, () => {
  let program: RuleProgram;
  beforeAll(() => {
    const files = readdirSync(folder)
      .filter((name) => name.endsWith('.ward'))
      .map((name) => ({ path: name, text: readFileSync(new URL(name, folder), 'utf8') }));
    const { policy, diagnostics } = checkFiles([...files, { path: 'fuzz.ward', text: EXTRA }]);
    if (policy === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
    program = compileProgram(policy).program;
  });

  test('in any order', async () => {
    const random = randomOf(FUZZ_SEED);
    const engine = createEngine(program);
    for (let run = 0; run < fuzzRuns(600); run++) {
      const one = written(random);
      const admission = admit(one.request);
      if ('reason' in admission) continue;
      const transaction = engine.begin(admission.head);
      await disorder(transaction, one, random);
      expect(transaction.report().engineError, `run ${run}: ${JSON.stringify(one.request)}`).toBeUndefined();
      const working = transaction.requestBody(one.body);
      transaction.close();
      transaction.close();
      // Afterwards nothing happens any more.
      expect([transaction.requestBody(one.body), transaction.requestEnd()]).toEqual([undefined, undefined]);
      if (run % 8 === 0) {
        const reused = await inspect(engine, one.request);
        expect(reused, `run ${run}`).toEqual(await inspect(createEngine(program), one.request));
      }
      await working;
    }
  });
});
