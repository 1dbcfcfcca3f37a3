// Replay: reading traffic line by line, and what two programs decide differently.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { replay } from '../../../../src/control/replay/replay.ts';
import type { Replay, ReplayOptions } from '../../../../src/control/replay/replay.ts';
import { trafficLines } from '../../../../src/control/replay/traffic-lines.ts';
import { readTraffic } from '../../../../src/control/replay/traffic-request.ts';
import { compilePolicyForTests } from '../../../../src/control/rule-set.ts';
import {
  REPLAY_LINE_BYTES_MAX,
  REPLAY_LISTED_MAX,
  REPLAY_PROBLEMS_LISTED_MAX,
} from '../../../../src/core/limits.ts';
import { policyOf } from '../../../support/check-rules.ts';

const directory = mkdtempSync(join(tmpdir(), 'ward-replay-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

function fileOf(lines: readonly string[]): string {
  const path = join(directory, `${Math.random()}.ndjson`);
  writeFileSync(path, lines.join('\n'));
  return path;
}

const engineOf = (word: string, status = 403) =>
  compilePolicyForTests(
    policyOf(`rule t.a "x" { severity error when any args contains "${word}" then block ${status} }`),
  );

const run = (
  lines: readonly string[],
  after = engineOf('vile'),
  options: ReplayOptions = {},
): Promise<Replay> => replay(fileOf(lines), engineOf('evil'), after, options);

const get = (target: string): string => JSON.stringify({ method: 'GET', target });

describe('replay', () => {
  it('lists each request that is decided otherwise, with the rules and the place', async () => {
    const result = await run([
      get('/?q=evil'),
      get('/?q=good'),
      get('/?a=vile'),
      get('/?a=evil%20and%20vile'),
    ]);
    expect(result).toMatchObject({
      requests: 4,
      refusedBefore: 2,
      refusedAfter: 2,
      newlyRefused: 1,
      newlyPassing: 1,
      otherRule: 0,
    });
    const blocked = { action: 'block', status: 403, by: 't.a' };
    const passed = { action: 'pass', status: 0, by: null, rules: [] };
    expect(result.differences).toEqual([
      {
        line: 1,
        request: 'GET /?q=evil',
        before: { ...blocked, rules: [{ rule: 't.a', at: 'args.query["q"]' }] },
        after: passed,
      },
      {
        line: 3,
        request: 'GET /?a=vile',
        before: passed,
        after: { ...blocked, rules: [{ rule: 't.a', at: 'args.query["a"]' }] },
      },
    ]);
  });

  it('tells another status from another rule', async () => {
    expect(await run([get('/?q=evil')], engineOf('evil', 429))).toMatchObject({
      otherStatus: 1,
      otherRule: 0,
    });
    const renamed = compilePolicyForTests(
      policyOf('rule t.b "x" { severity error when any args contains "evil" then block 403 }'),
    );
    expect(await run([get('/?q=evil')], renamed)).toMatchObject({ otherRule: 1, differences: [] });
  });

  it('names lines that are no requests, and goes on unless told otherwise', async () => {
    const lines = [
      '{"collection":"x"}',
      '',
      'no json',
      '[]',
      '{"method":"GET"}',
      get('/?q=evil'),
      get('/%00'),
    ];
    const result = await run(lines);
    expect(result.problems).toEqual([
      { line: 3, why: 'this is no JSON' },
      { line: 4, why: 'a request is a JSON object' },
      { line: 5, why: '`target` is missing' },
    ]);
    expect(result).toMatchObject({ requests: 2, wrong: 3, malformed: 1, newlyPassing: 1 });
    const onProblem = (): never => {
      throw new Error('stop');
    };
    await expect(run(lines, undefined, { onProblem })).rejects.toThrow('stop');
  });

  it('lists so many differences and problems, and counts the others', async () => {
    const result = await run([
      ...Array.from({ length: REPLAY_LISTED_MAX + 1 }, () => get('/?q=evil')),
      ...Array.from({ length: REPLAY_PROBLEMS_LISTED_MAX + 1 }, () => '1'),
    ]);
    expect(result).toMatchObject({
      newlyPassing: REPLAY_LISTED_MAX + 1,
      wrong: REPLAY_PROBLEMS_LISTED_MAX + 1,
    });
    expect(result.differences).toHaveLength(REPLAY_LISTED_MAX);
    expect(result.problems).toHaveLength(REPLAY_PROBLEMS_LISTED_MAX);
  });
});

describe('lines', () => {
  const linesOf = async (text: string, max: number): Promise<(string | undefined)[]> => {
    const found: (string | undefined)[] = [];
    let last = 0;
    for await (const { text: line, number, bytesRead } of trafficLines(fileOf([text]), max)) {
      expect(number).toBe(found.length + 1);
      expect(bytesRead).toBeGreaterThan(last);
      last = bytesRead;
      found.push(line);
    }
    return found;
  };

  it('are read across chunks, one that is too long is left out', async () => {
    expect(REPLAY_LINE_BYTES_MAX).toBeGreaterThan(16 * 1024 * 1024);
    const long = 'a'.repeat(200_000);
    expect(await linesOf(`é\n${long}\n\n${long}b\nend`, long.length)).toEqual([
      'é',
      long,
      '',
      undefined,
      'end',
    ]);
    expect(await linesOf('', 1)).toEqual([]);
  });
});

describe('a recorded request', () => {
  const requestOf = (record: unknown): unknown => {
    const read = readTraffic(JSON.stringify(record));
    return read.kind === 'request' ? read.request : read;
  };

  it('is text as UTF-8, or bytes as base64', () => {
    const request = requestOf({ method: 'POST', target: '/', body: 'é', headers: [['User-Agent', 'é']] });
    expect(request).toMatchObject({
      body: '\xc3\xa9',
      headers: [['User-Agent', '\xc3\xa9']],
      scheme: 'https',
    });
    expect(requestOf({ method: 'POST', target: '/', body_base64: '/w==' })).toMatchObject({ body: '\xff' });
  });

  it('may have an answer', () => {
    const response = { status: 500, headers: [['a', 'b']], body: 'x' };
    expect(requestOf({ method: 'GET', target: '/', response })).toMatchObject({ answered: response });
  });

  it.each([
    [{ method: 'GET', target: 1 }],
    [{ method: 'GET', target: '/', headers: { a: 'b' } }],
    [{ method: 'GET', target: '/', headers: [['a']] }],
    [{ method: 'GET', target: '/', body: 'a', body_base64: 'YQ==' }],
    [{ method: 'GET', target: '/', from: 1 }],
    [{ method: 'GET', target: '/', scheme: 'ftp' }],
    [{ method: 'GET', target: '/', response: { status: 99 } }],
  ])('is wrong: %o', (record) => {
    expect(requestOf(record)).toMatchObject({ kind: 'wrong' });
  });
});
