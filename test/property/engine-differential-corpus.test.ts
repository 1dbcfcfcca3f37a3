// The shipped rules over the whole corpus and over mutations of it: the engine must say what the oracle says.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadCorpus } from '../../src/control/corpus-runner.ts';
import type { WrittenRequest } from '../../src/control/inspection.ts';
import { checkFiles } from '../support/check-rules.ts';
import { demandAgreement, engineFindings, engineOf, oracleFindings } from '../support/differential.ts';

const root = join(import.meta.dirname, '..', '..');
const RULES = join(root, 'rules');
const files = readdirSync(RULES)
  .filter((name) => name.endsWith('.ward'))
  .map((path) => ({ path, text: readFileSync(join(RULES, path), 'utf8') }));
const { policy } = checkFiles(files);
if (policy === null) throw new Error('the shipped rules do not check');
const engine = engineOf(policy);
const cases = await loadCorpus(join(root, 'corpus'));
const RUNS = Number(process.env['WARD_PROPERTY_RUNS'] ?? 150);
/** The same policies every time, so that CI is not a lottery; `WARD_PROPERTY_SEED` looks elsewhere. */
const SEED = Number(process.env['WARD_PROPERTY_SEED'] ?? 20261121);

async function agree(request: WrittenRequest, cuts: readonly number[]): Promise<void> {
  const expected = oracleFindings(policy as NonNullable<typeof policy>, request);
  const found = await engineFindings(engine, request, cuts);
  demandAgreement(['oracle', expected], ['engine', found], 'the shipped rules', request);
}

/** Each with a time limit of its own. */
const PARTS = 8;

test.each(Array.from({ length: PARTS }, (_, part) => part))(
  `every case of the corpus, part %i of ${PARTS}`,
  async (part) => {
    expect(cases.length).toBeGreaterThan(400);
    for (const [index, { request }] of cases.entries()) {
      if (index % PARTS === part) await agree(request, [1 + (index % 7), 64]);
    }
  },
);

// -- mutations: what is left of an attack, or of a harmless request, after some damage

type Mutation = (request: WrittenRequest, at: number) => WrittenRequest;

const TYPES = [
  'application/json',
  'application/x-www-form-urlencoded',
  'text/plain',
  'application/xml',
  'multipart/form-data; boundary=x',
];
const SPLICES = [
  "'",
  '"',
  '%',
  '&',
  '=',
  '\\',
  '{',
  ']',
  '\0',
  ' ',
  '%00',
  '%2527',
  '<',
  '\r\n',
  ';',
  '\xe2',
  '../',
  '&#x27;',
];

function splice(text: string, at: number, remove: number, insert: string): string {
  const start = at % (text.length + 1);
  return text.slice(0, start) + insert + text.slice(start + remove);
}

const onBody =
  (change: (body: string, at: number) => string): Mutation =>
  (request, at) =>
    request.body === undefined ? request : { ...request, body: change(request.body, at) };
const onTarget =
  (change: (target: string, at: number) => string): Mutation =>
  (request, at) => ({ ...request, target: change(request.target, at) });

const MUTATIONS: readonly Mutation[] = [
  onBody((body, at) => splice(body, at, 0, SPLICES[at % SPLICES.length])),
  onBody((body, at) => splice(body, at, 1 + (at % 3), '')),
  onBody((body, at) => body.slice(0, at % (body.length + 1))),
  onBody((body, at) => splice(body, at, 1, `%${(at % 256).toString(16).padStart(2, '0')}`)),
  onBody((body) => body + body),
  onBody((body) => body.toUpperCase()),
  (request, at) => ({
    ...request,
    headers: [
      ...request.headers.filter(([name]) => name !== 'content-type'),
      ['content-type', TYPES[at % TYPES.length]],
    ],
  }),
  onTarget((target, at) =>
    splice(
      target,
      target.includes('?') ? target.indexOf('?') + 1 + (at % target.length) : at,
      0,
      encodeURIComponent(SPLICES[at % 10]),
    ),
  ),
  onTarget((target) => `${target}${target.includes('?') ? '&' : '?'}again=${encodeURIComponent(target)}`),
  (request) =>
    request.body === undefined || request.body.length > 2_000
      ? request
      : { ...request, target: `/x?body=${encodeURIComponent(request.body)}`, body: undefined },
  (request) => ({
    ...request,
    headers: [
      ...request.headers,
      ['x-copy', encodeURIComponent(request.body ?? request.target).slice(0, 500)],
    ],
  }),
];

test('mutations of the corpus', async () => {
  const mutated = fc
    .tuple(
      fc.nat(cases.length - 1),
      fc.array(fc.tuple(fc.nat(MUTATIONS.length - 1), fc.nat(10_000)), { minLength: 1, maxLength: 3 }),
    )
    .map(([index, steps]) =>
      steps.reduce((request, [mutation, at]) => MUTATIONS[mutation](request, at), cases[index].request),
    );
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 });
  await fc.assert(fc.asyncProperty(mutated, cuts, agree), { numRuns: RUNS, seed: SEED });
});
