/**
 * Mutations of the shipped rule files through parser, checker and compiler: each ends with diagnostics or a program,
 * never with a throw, and a program that came out judges a request without an engine error.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compileProgram } from '../../src/compiler/compile.ts';
import { inspect } from '../../src/control/inspection.ts';
import type { WrittenRequest } from '../../src/control/inspection.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { checkFiles } from '../support/check-rules.ts';
import { FUZZ_SEED, fuzzRuns, mutate, pick, randomOf } from '../support/fuzz.ts';

const folder = new URL('../../rules/', import.meta.url);
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.ward'))
  .map((name) => ({ path: name, text: readFileSync(new URL(name, folder), 'utf8') }));
const policies = files.filter(({ text }) => /^policy /m.test(text));
/** Names, operators and numbers of the files themselves: edits that often still mean something. */
const TOKENS = [
  ...new Set(files.flatMap(({ text }) => text.match(/\w+(?:\.\w+)*|"[^"\n]*"|[^\w\s]+/g) ?? [])),
];

const REQUEST: WrittenRequest = {
  method: 'POST',
  target: '/search?q=%27+union+select&id=1',
  from: '198.51.100.7',
  scheme: 'https',
  headers: [
    ['cookie', 'sid=x; a={"b":"c"}'],
    ['content-type', 'application/json'],
  ],
  body: '{"a":["<script>",{"b":"../../etc/passwd"}],"n":1.5}',
  answered: {
    status: 200,
    headers: [['content-type', 'text/html']],
    body: '<pre>Warning: mysql_query()</pre>',
  },
};

/** One block of a file (rule, pattern, exclusion …), so that edits hit different places and most of it stays sound. */
const blocks = files.flatMap(({ text }) =>
  text.split(/\n(?=(?:sealed )?(?:rule|pattern|list|shape|route|exclude|override) )/).slice(1),
);

test(`mutated rules, seed ${FUZZ_SEED}`, async () => {
  const random = randomOf(FUZZ_SEED);
  let programs = 0;
  let refused = 0;
  for (let run = 0; run < fuzzRuns(300); run++) {
    const text = `language 1\npolicy "fuzz" { mode enforce }\n${mutate(pick(blocks, random), TOKENS, random, 3)}\n${pick(blocks, random)}\n`;
    const { policy, diagnostics } = checkFiles([{ path: 'fuzz.ward', text }]);
    expect(policy === null, text).toBe(diagnostics.some(({ severity }) => severity === 'error'));
    if (policy === null) {
      refused++;
      continue;
    }
    const { program } = compileProgram(policy);
    const result = await inspect(createEngine(program), REQUEST);
    expect(result.kind === 'judged' ? result.report.engineError : result.reason, text).toBeUndefined();
    programs++;
  }
  expect(Math.min(programs, refused), `${programs} programs, ${refused} refused`).toBeGreaterThan(0);
});

test(`whole files, mutated, seed ${FUZZ_SEED}`, () => {
  const random = randomOf(FUZZ_SEED);
  expect(policies.length).toBeGreaterThan(0);
  for (let run = 0; run < fuzzRuns(300) / 30; run++) {
    const which = random(files.length);
    const mutated = files.map((file, index) =>
      index === which ? { path: file.path, text: mutate(file.text, TOKENS, random) } : file,
    );
    const { policy, diagnostics } = checkFiles(mutated);
    expect(policy === null).toBe(diagnostics.some(({ severity }) => severity === 'error'));
    for (const { span } of diagnostics) expect(span.end).toBeLessThanOrEqual(span.source.text.length);
  }
});
