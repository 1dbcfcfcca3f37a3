/** Thresholds with a number: what reports list, with points that go on behind a refusal that is only monitored. */
import { describe, expect, test } from 'vitest';
import { compilePolicy, inspect } from '../../../src/library.ts';
import type { Report } from '../../../src/library.ts';

const POLICY = `language 1
policy "scored" {
  mode      MODE
  score     critical = 5
  threshold request  >= 5 -> block 403 id 10 "In {score} of {{5}}"
  threshold response >= 5 -> block 502 id 20 "Out {score}"
  threshold exchange >= 1 -> log       id 30 "{score.request} + {score.response} = {score}, xss {score.xss}"
}
rule t.a "x" { severity critical when any args.query contains "attack" then score to xss }
rule t.b "x" { severity critical when any response.body.text contains "secret" then score }
`;

async function reportOf(mode: string, target: string, body: string): Promise<Report> {
  const { engine, diagnostics } = compilePolicy({ text: POLICY.replace('MODE', mode) });
  if (engine === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  const { report } = await inspect(engine, { target, response: { status: 200, body } });
  if (report === null) throw new Error('refused');
  return report;
}

describe('a threshold with a number', () => {
  const titles = ({ thresholds }: Report): unknown[] => thresholds.map(({ id, title }) => [id, title]);

  test.each([
    ['/', 'fine', []],
    [
      '/?q=attack',
      'fine',
      [
        [10, 'In 5 of {5}'],
        [30, '5 + 0 = 5, xss 5'],
      ],
    ],
    [
      '/',
      'a secret',
      [
        [20, 'Out 5'],
        [30, '0 + 5 = 5, xss 0'],
      ],
    ],
    [
      '/?q=attack',
      'a secret',
      [
        [10, 'In 5 of {5}'],
        [30, '5 + 5 = 10, xss 5'],
        [20, 'Out 5'],
      ],
    ],
  ])('%s answered %s', async (target, body, expected) => {
    expect(titles(await reportOf('monitor', target, body))).toEqual(expected);
  });

  test('is told with the phase and whether it took effect', async () => {
    const enforced = await reportOf('enforce', '/?q=attack', 'a secret');
    expect(enforced.thresholds).toEqual([
      { name: 'policy.threshold.request', id: 10, title: 'In 5 of {5}', phase: 'headers', mode: 'enforce' },
      {
        name: 'policy.threshold.exchange',
        id: 30,
        title: '5 + 0 = 5, xss 5',
        phase: 'headers',
        mode: 'enforce',
      },
    ]);
    const monitored = await reportOf('monitor', '/?q=attack', '');
    expect(monitored.thresholds.map(({ mode }) => mode)).toEqual(['monitor', 'monitor']);
  });

  test('shows points and nothing else', () => {
    const { diagnostics } = compilePolicy({
      text: POLICY.replace('MODE', 'enforce').replace('{score} of', '{client.ip} of'),
    });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toMatchObject([{ code: 'E211' }]);
  });
});

describe('the place of a match as ModSecurity names it', () => {
  const RULE = (place: string): string =>
    `language 1\npolicy "p" { mode monitor }\nrule t.a "x" { severity critical when ${place} contains "attack" then block 403 message "{match.variable}" }\n`;

  test.each([
    ['any args', { target: '/?q=attack' }, 'ARGS:q'],
    ['any args.names', { target: '/?attack=1' }, 'ARGS_NAMES:attack'],
    [
      'any request.headers',
      { target: '/', headers: [['x-my-field', 'attack']] as const },
      'REQUEST_HEADERS:X-My-Field',
    ],
    [
      'any request.cookies',
      { target: '/', headers: [['cookie', 'sid=attack']] as const },
      'REQUEST_COOKIES:sid',
    ],
    ['request.target', { target: '/attack' }, 'REQUEST_URI'],
    ['any request.line', { target: '/attack' }, 'REQUEST_LINE'],
    ['any response.body.text', { target: '/', response: { status: 200, body: 'attack' } }, 'RESPONSE_BODY'],
  ])('%s', async (place, request, expected) => {
    const { engine, diagnostics } = compilePolicy({ text: RULE(place) });
    if (engine === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
    const { report } = await inspect(engine, request);
    expect(report?.matches[0]?.message).toBe(expected);
  });
});
