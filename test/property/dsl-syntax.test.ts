// Generated programs: every one parses, is formatted to a fixed point and keeps its tree and its comments.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatFile, printFile } from '../../src/dsl/formatter.ts';
import { parseFile } from '../../src/dsl/parser.ts';
import { createSource } from '../../src/dsl/source.ts';
import { decodeString, quoteBytes } from '../../src/dsl/string-literal.ts';
import { sameTree } from '../../src/dsl/walk.ts';

const SEED = Number(process.env.WARD_TEST_SEED ?? 20_270_331);
const settings = { seed: SEED, numRuns: 150 };

/** Concatenates what parts generate. */
const text = (...parts: (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> =>
  fc
    .tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
    .map((all) => all.join(''));
const list = (part: fc.Arbitrary<string>, separator: string, min = 1, max = 4): fc.Arbitrary<string> =>
  fc.array(part, { minLength: min, maxLength: max }).map((all) => all.join(separator));

const name = fc.constantFrom(
  'a',
  'body',
  'request',
  'route',
  'x_1',
  'then',
  'limiter',
  'severity',
  'a_rather_long_name',
);
const typeName = fc.constantFrom('String', 'Cidr', 'List<String>', 'Map<List<Int>>?', 'T?');
const string = fc
  .string({ unit: 'binary', maxLength: 30 })
  .map((value) => quoteBytes(Buffer.from(value).toString('latin1')));
const regex = fc.constantFrom('/a/', '/\\//im', '/[^"{}]{1,40}(?:x|y)/i', `/${'abc|'.repeat(30)}d/`);
const int = fc.constantFrom('0', '1', '-5', '6_000', '9007199254740991');
const literal = fc.oneof(
  string,
  int,
  fc.constantFrom('0.5', '5%', '0B', '64KiB', '10m', '2027-03-31', 'GET', 'true', 'false'),
);
const array = text('[', list(literal, ', ', 0, 8), ']');

const { expr, pipe, pick } = fc.letrec<{
  expr: string;
  pipe: string;
  operand: string;
  pick: string;
  selection: string;
}>((tie) => {
  const step = text(
    fc.constantFrom(' |> ', ' |>? '),
    name,
    fc.oneof(fc.constant(''), text('(', tie('pipe'), ')'), text('(', regex, ')')),
  );
  const relation = fc.oneof(
    text(fc.constantFrom(' == ', ' != ', ' < ', ' >= '), tie('pipe')),
    text(fc.constantFrom(' in ', ' not in '), fc.oneof(array, tie('operand'), fc.constant('1..5'))),
    text(fc.constantFrom(' matches ', ' not matches '), fc.oneof(regex, name), fc.constantFrom('', ' as m')),
    text(fc.constantFrom(' contains ', ' not ends_with ', ' starts_with any '), tie('pipe')),
    fc.constant(' is Order'),
  );
  const test_ = fc.oneof(
    { maxDepth: 5 },
    text(tie('pipe'), relation),
    text(fc.constantFrom('any ', 'all ', 'none '), tie('selection'), relation),
    text('not ', tie('expr')),
    text('(', tie('expr'), ')'),
    text('any v of ', tie('selection'), ' { ', tie('expr'), ' }'),
  );
  return {
    expr: fc.oneof(
      { maxDepth: 4 },
      text(tie('pipe'), relation),
      test_,
      list(test_, ' and ', 2, 4),
      list(test_, ' or ', 2, 4),
    ),
    pipe: fc.oneof(
      { maxDepth: 3 },
      literal,
      tie('operand'),
      text(tie('operand'), step),
      text('(', tie('expr'), ')', step),
    ),
    operand: fc.oneof(
      { maxDepth: 3 },
      name,
      text(name, '.', name),
      text(name, '["q"][*][0]'),
      text(name, '(', tie('pipe'), ').', name),
    ),
    pick: fc.oneof(tie('operand'), text(tie('operand'), ' except ["a", /b/]')),
    selection: fc.oneof(tie('pick'), text('(', list(tie('pick'), ', '), ')', step)),
  };
});
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      'null',
      'true',
      '-1.5e+3',
      '0',
      '"a\\u00e9"',
      '"a rather long string to fill the line with"',
    ),
    text('[', list(tie('json'), ', ', 0, 5), ']'),
    text('{ "a": ', tie('json'), ', "b": ', tie('json'), ' }'),
  ),
}));

const option = fc.oneof(
  text('json ', json),
  text('header ', string, ' ', string),
  text('part "p" file "f" ', string),
  fc.constant('answered 500 { body "x" }'),
);
const request = text(
  'POST ',
  string,
  fc.array(option, { maxLength: 3 }).map((all) => all.map((one) => ` ${one}`).join('')),
);
const store = fc.constantFrom('local', 'cluster', 'cluster leased', 'cluster leased, down -> closed');
const stage = text(
  fc.constantFrom('limit to 5 per 1s', 'block 429', 'block 503 for 1m', 'ban for 10m'),
  fc.constantFrom('', ' after 30s'),
);
const action = fc.oneof(
  fc.constantFrom('limit l', 'limit a_rather_long_name'),
  fc.constantFrom('block 403', 'score to sqli', 'log alert', 'mask keep 4'),
  text('ban ', pipe, ' for 1h'),
  text('tag ', string),
);
const item = fc.oneof(
  text(
    '\nrule a.b "t" { when ',
    expr,
    ' then ',
    list(action, ', '),
    ' examples { ',
    list(text('hit ', request), '\n'),
    ' } }',
  ),
  text('\nlist ', name, ' : ', typeName, ' = ', array),
  text('\nroute ', name, ' = GET, PUT ', string),
  text('\npattern ', name, ' = ', regex),
  text('\ntargets ', name, ' = ', list(pick, ', ', 1, 8)),
  text('\nfn ', name, '(s: String): Bool = ', expr),
  text('\nlimiter l { key ', list(pipe, ', '), ' allow 5 per 1m when ', expr, ' store ', store, ' }'),
  text('\nflood f { key ', pipe, ' then ', list(stage, ', ', 1, 5), ' }'),
  text('\nscenario "s" { repeat 3 { send ', request, ' expect block 429 by a.b } advance 1m }'),
  text(
    '\nshape S { a?: list(1..) of { b: ',
    fc.constantFrom('string(..5)', 'S or null', 'one of ["a"]', '{ x: int closed }'),
    ' closed } }',
  ),
  text('\npolicy "p" { mode off threshold request >= 5 -> block 403 profile "x" { default deny -> log } }'),
);
/** Blanks and comments between tokens, wherever a blank is. */
const filler = fc.constantFrom(
  ' ',
  ' ',
  ' ',
  '\n',
  '\n\n\n',
  '\t',
  ' // remark\n',
  '\n/// doc\n',
  '\n// own line\n',
);
const program = fc
  .tuple(list(item, ' \n', 1, 5), fc.array(filler, { minLength: 1, maxLength: 40 }))
  .map(([body, fillers]) => {
    let next = 0;
    const between = (): string => fillers[next++ % fillers.length];
    // Strings and regexes hold blanks of their own.
    const spread = body.replace(/"(?:[^"\\]|\\.)*"|\/(?:[^/\\]|\\.)+\/| /g, (found) =>
      found === ' ' ? between() : found,
    );
    return `language 1\n${spread}\n`;
  });

test(`a generated program parses and is formatted to a fixed point (seed ${SEED})`, () => {
  fc.assert(
    fc.property(program, (source) => {
      const parsed = parseFile(createSource('p.ward', source));
      expect(parsed.diagnostics).toEqual([]);
      // formatFile itself compares the trees and the comments, and throws if they differ.
      const once = formatFile(createSource('p.ward', source)).text;
      expect(formatFile(createSource('p.ward', once)).text).toBe(once);
    }),
    settings,
  );
});

test(`printing a tree without its blank lines keeps the tree (seed ${SEED})`, () => {
  fc.assert(
    fc.property(program, (source) => {
      const { file } = parseFile(createSource('p.ward', source));
      const printed = printFile(file, 'generated');
      expect(sameTree(parseFile(createSource('p.ward', printed)).file.items, file.items)).toBe(true);
    }),
    settings,
  );
});

test(`quoting and decoding bytes are inverse (seed ${SEED})`, () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const value = Buffer.from(bytes).toString('latin1');
      const decoded = decodeString(quoteBytes(value), (problem) => expect(problem).toBeUndefined());
      expect(decoded).toBe(value);
    }),
    settings,
  );
});
