// Random rules and random exchanges over one small vocabulary, so that rules hit often and for many reasons.
import fc from 'fast-check';
import type { WrittenRequest } from '../../src/control/inspection.ts';

const WORDS = [
  'a',
  'ab',
  'abc',
  'x',
  'Ab',
  '1',
  '7',
  'q',
  "a' or",
  '%61b',
  '&#97;',
  '{"k":"ab"}',
  '',
  'b,b',
  'sel ect',
];
const NAMES = ['q', 'p', 'x-a', 'id', 'sid', 'k', 'ax'];
const word = fc.constantFrom(...WORDS);
const name = fc.constantFrom(...NAMES);
const literal = word.map((text) => JSON.stringify(text));
const filled = fc.constantFrom(...WORDS.filter((text) => text !== '')).map((text) => JSON.stringify(text));

const selection = fc.constantFrom(
  'args',
  'args.query',
  'args["q"]',
  'args[/^[ap]/]',
  'args except ["q"]',
  'args except [/^p/]',
  'args.names',
  'args.paths',
  'args.json',
  'args.form',
  'args.nested',
  'args.multipart',
  'request.headers',
  'request.headers["x-a"]',
  'request.headers.names',
  'request.cookies',
  'request.cookies except ["sid"]',
  '(request.path, args)',
  '(request.headers["x-a"], request.cookies["sid"], args.query)',
  'body.text',
  'files.filename',
  'multipart.headers',
);

const step = fc.constantFrom(
  '|> lower',
  '|> percent_decode(2)',
  '|>? html_decode',
  '|> squeeze',
  '|> trim',
  '|> find(/[ab]{1,4}/)',
  '|>? lower',
);
const steps = fc.array(step, { maxLength: 2 }).map((all) => all.join(' '));

const regex = fc.constantFrom(
  '/ab/',
  '/^a/',
  '/b$/',
  '/a[bc]+/',
  '/or|sel/',
  '/(?:a|x)\\s?1?/i',
  '/k.{0,3}a/',
  "/a'\\s{0,4}or/",
);
const relation = fc.oneof(
  literal.map((text) => `== ${text}`),
  filled.map((text) => `contains ${text}`),
  filled.map((text) => `starts_with ${text}`),
  filled.map((text) => `ends_with ${text}`),
  fc.array(literal, { minLength: 1, maxLength: 3 }).map((all) => `in [${[...new Set(all)].join(', ')}]`),
  regex.map((text) => `matches ${text}`),
  regex.map((text) => `not matches ${text}`),
  filled.map((text) => `not contains ${text}`),
  literal.map((text) => `!= ${text}`),
);

const order = fc.constantFrom('>', '>=', '<', '<=', '==');
const small = fc.integer({ min: 0, max: 6 });
const quantifier = fc.constantFrom('any', 'all', 'none');

const scalarTest = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        'request.path',
        'request.query',
        'request.headers["x-a"]',
        'request.cookies["sid"]',
        'request.host',
        'request.target',
      ),
      steps.filter((text) => !text.includes('find') && !text.includes('?')),
      relation,
    )
    .map((parts) => parts.join(' ')),
  fc.constantFrom('GET', 'POST').map((method) => `request.method == ${method}`),
  fc.constant('request.method not in [GET, HEAD]'),
  fc
    .tuple(
      fc.constantFrom(
        'count(args)',
        'count(args.query)',
        'repeats(args.names)',
        'count(request.headers)',
        'repeats(args)',
      ),
      order,
      small,
    )
    .map((parts) => parts.join(' ')),
  fc
    .tuple(
      fc.constantFrom('exists', 'not exists'),
      fc.constantFrom('args["q"]', 'args.json', 'request.headers["x-a"]', 'body.json.k'),
    )
    .map(([fn, of]) => `${fn}(${of})`),
  relation.map((test) => `one(args["q"]) ${test}`),
  fc
    .tuple(fc.constantFrom('body.size', 'args.bytes'), order, fc.integer({ min: 0, max: 60 }))
    .map(([field, op, n]) => `${field} ${op} ${n}B`),
  fc
    .tuple(fc.constantFrom('body.json.depth', 'body.json.keys'), order, small)
    .map((parts) => parts.join(' ')),
  fc.constantFrom(
    'body.malformed',
    'request.has_body',
    'body.json.k == "ab"',
    'body.json.p.q > 3',
    'body.json.k == 1',
    'body.json.list[0] == "a"',
  ),
  fc.constantFrom('route == shop', 'route != shop', 'route in [shop, deep]', 'client.ip in ["10.0.0.0/8"]'),
  fc.constantFrom(
    'request.content_type == "application/json"',
    'body.kind == "json"',
    'not body.json is Thing',
    'body.json is Thing',
  ),
);

const quantified = fc
  .tuple(quantifier, selection, steps, relation)
  .map(([q, s, t, r]) => `${q} ${s} ${t} ${r}`);
const lengthTest = fc
  .tuple(quantifier, selection, order, fc.integer({ min: 0, max: 90 }))
  .map(([q, s, o, n]) => `${q} ${s} |> length ${o} ${n}`);
const jsonTest = fc.constantFrom(
  'any body.json.list[*] == "a"',
  'any body.json.list[*] == 7',
  'all body.json.items[*].k == "ab"',
  'none body.json.list[*] matches /b/',
);
const binderBody = fc.oneof(
  fc.tuple(relation, relation).map(([a, b]) => `v ${a} and v ${b}`),
  fc.tuple(relation, relation).map(([a, b]) => `v ${a} or v |> lower ${b}`),
  fc.tuple(relation, name).map(([a, n]) => `v ${a} and v.name == "${n}"`),
  fc.constant('v matches /([ab])(\\w)/ as m and m[1] != m[2]'),
  relation.map((test) => `v ${test} and request.method == POST`),
  fc.constant('any w of args.names { w == v }'),
  fc.constant('v in request.headers.names'),
);
const binder = fc
  .tuple(quantifier, selection, steps, binderBody)
  .map(([q, s, t, body]) => `${q} v of ${s} ${t} { ${body} }`);
const responseTest = fc.constantFrom(
  'response.status >= 500',
  'any response.headers contains "ab"',
  'any response.body.text contains "ab"',
  'any response.body.json.list[*] == "a"',
  'response.body.size > 20B',
  'response.body.json.k == "ab"',
);

const test = fc.oneof(
  { weight: 4, arbitrary: scalarTest },
  { weight: 4, arbitrary: quantified },
  { weight: 1, arbitrary: lengthTest },
  { weight: 1, arbitrary: jsonTest },
  { weight: 3, arbitrary: binder },
);

/** A condition in the language. */
export const condition: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: test },
  { weight: 2, arbitrary: fc.tuple(test, test).map(([a, b]) => `(${a}) and (${b})`) },
  { weight: 2, arbitrary: fc.tuple(test, test).map(([a, b]) => `(${a}) or (${b})`) },
  { weight: 1, arbitrary: test.map((a) => `not (${a})`) },
  { weight: 1, arbitrary: fc.tuple(test, test, test).map(([a, b, c]) => `(${a}) and (not (${b}) or ${c})`) },
  { weight: 1, arbitrary: fc.tuple(responseTest, test).map(([a, b]) => `${a} and (${b})`) },
  { weight: 1, arbitrary: responseTest },
);

const action = fc.oneof(
  fc.constantFrom('block 403', 'block 404', 'score 2 to lab', 'score', 'tag "t"', 'log alert'),
);
const clauses = fc.record({
  severity: fc.constantFrom('critical', 'error', 'warning', 'notice'),
  on: fc.constantFrom('', '', '', 'on shop', 'on deep'),
  unknown: fc.constantFrom('', '', '', 'unknown match', 'unknown skip', 'unknown block'),
  mode: fc.constantFrom('', '', '', 'mode monitor'),
});

/** One rule under a given name. */
export const rule = (ruleName: string): fc.Arbitrary<string> =>
  fc
    .tuple(clauses, condition, action)
    .map(([{ severity, on, unknown, mode }, when, then]) =>
      [
        `rule ${ruleName} "r" {`,
        on,
        `severity ${severity}`,
        mode,
        `when ${when}`,
        `then ${then}`,
        unknown,
        '}',
      ].join('\n  '),
    );

const exclusionTarget = fc.constantFrom(
  'args["q"]',
  'args',
  'request.headers["x-a"]',
  'args.names',
  'request.cookies',
  'args[/^p/]',
  'request.path',
);

export const exclusion: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('t.a', 't.b', 't.*'),
    fc.option(exclusionTarget, { nil: undefined }),
    fc.constantFrom('', '', 'on shop'),
    fc.constantFrom('', '', 'when request.method == GET', 'when any args.query contains "ab"'),
  )
  .map(
    ([of, target, on, when]) =>
      `exclude ${of} {\n  ${target === undefined ? '' : `target ${target}`}\n  ${on}\n  ${when}\n  because "test"\n}`,
  );

export const SETTINGS = `policy "random" {
  mode enforce
  on uninspectable request -> block 415
  on uninspectable response -> block 502
  body hold 64B, window 32B, max 400B -> block 413
  response hold 1KiB, over -> scan
  threshold request >= 4 -> block 409
}
route shop = ANY "/shop/**"
route deep = POST "/shop/{x}/deep"
shape Thing { k: string(1..8), list?: list(..3) of string(..4), p?: { q: int(0..9) } }
`;

// -- exchanges

const pairs = fc.array(fc.tuple(name, word), { maxLength: 4 });
const encode = (text: string): string => encodeURIComponent(text);
const form = pairs.map((all) => all.map(([key, value]) => `${encode(key)}=${encode(value)}`).join('&'));

const jsonValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    word,
    fc.integer({ min: 0, max: 9 }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('k', 'p', 'q', 'list', 'items'), tie('value'), { maxKeys: 3 }),
  ),
})).value;
const jsonText = fc.oneof(
  { weight: 5, arbitrary: jsonValue.map((value) => JSON.stringify(value)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '{"k":"ab"',
      '{"k":1,"k":2}',
      '[1,2',
      '{"k":"ab","list":["a",7]}',
      '{"p":{"q":5},"items":[{"k":"ab"},{"k":"x"}]}',
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(word, fc.integer({ min: 20, max: 60 }), word)
      .map(([a, n, b]) => JSON.stringify({ k: a + '-'.repeat(n) + b, list: ['a'] })),
  },
);
const longText = fc
  .tuple(word, fc.integer({ min: 0, max: 120 }), word)
  .map(([a, n, b]) => a + 'z'.repeat(n) + b);
const part = fc
  .tuple(name, word, fc.boolean())
  .map(
    ([key, value, file]) =>
      `--B\r\ncontent-disposition: form-data; name="${key}"${file ? `; filename="${key}.txt"` : ''}\r\n\r\n${value}\r\n`,
  );

const body = fc.oneof(
  fc.constant(undefined),
  form.map((text) => ['application/x-www-form-urlencoded', text] as const),
  jsonText.map((text) => ['application/json', text] as const),
  fc
    .tuple(fc.array(part, { maxLength: 3 }), fc.boolean())
    .map(
      ([parts, whole]) =>
        ['multipart/form-data; boundary=B', `${parts.join('')}${whole ? '--B--\r\n' : ''}`] as const,
    ),
  fc.tuple(fc.constantFrom('text/plain', 'application/octet-stream'), fc.oneof(longText, form, jsonText)),
);

const answered = fc.option(
  fc.tuple(fc.constantFrom(200, 404, 500), fc.oneof(jsonText, longText)).map(([status, text]) => ({
    status,
    headers: [
      ['content-type', text.startsWith('{') || text.startsWith('[') ? 'application/json' : 'text/plain'],
      ['x-b', text.slice(0, 3)],
    ] as [string, string][],
    body: text,
  })),
  { nil: undefined },
);

export const exchange: fc.Arbitrary<WrittenRequest> = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'PUT'),
    path: fc.constantFrom('/', '/shop', '/shop/ab', '/shop/7/deep', '/SHOP/a', '/other/ab'),
    query: fc.option(form, { nil: undefined }),
    header: fc.array(
      word.filter((text) => text !== ''),
      { maxLength: 2 },
    ),
    cookies: fc.array(fc.tuple(fc.constantFrom('sid', 'ax', 'q'), word), { maxLength: 3 }),
    from: fc.constantFrom('10.1.2.3', '203.0.113.9'),
    body,
    answered,
  })
  .map(({ method, path, query, header, cookies, from, body: sent, answered: answer }) => ({
    method,
    target: query === undefined ? path : `${path}?${query}`,
    from,
    scheme: 'http' as const,
    headers: [
      ...header.map((value): [string, string] => ['x-a', value]),
      ...(cookies.length === 0
        ? []
        : [['cookie', cookies.map(([key, value]) => `${key}=${value}`).join('; ')] as [string, string]]),
      ...(sent === undefined ? [] : [['content-type', sent[0]] as [string, string]]),
    ],
    body: sent?.[1],
    answered: answer,
  }));
