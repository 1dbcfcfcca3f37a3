// Random rules for the less common parts of the language: aggregates, JSON paths and shapes, captures, nested
// quantifiers, lists, secrets, default deny, redirects and path views. wide-exchanges.ts has what they are asked about.
import fc from 'fast-check';
import { condition as common } from './engine-arbitraries.ts';

const from = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const join = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((texts) => texts.join(' '));

const order = from('>', '>=', '<', '<=', '==', '!=');
const small = from('0', '1', '2', '3', '5');
const quantifier = from('any', 'all', 'none');
const textTest = from(
  '== "a"',
  '!= "a"',
  'contains "ab"',
  'not contains "b"',
  'in ["a", "7"]',
  'matches /^a/',
  'matches /b.*a/',
  'not matches /[ab]$/',
  'in words',
  'contains any words',
  'starts_with any ["a", "x"]',
  'ends_with "b"',
  '== request.method |> text',
);
const jsonTest = from('== "a"', '== 7', '!= 7', '> 3', 'in 1..5', 'not in 1..5', '== true', 'in ["a", "ab"]');

const jsonPath = from(
  'body.json.list[*]',
  'body.json.items[*]',
  'body.json.items[*].k',
  'body.json.p.list[*]',
  'body.json[*]',
  'body.json[*].k',
  'body.json[""].list[*]',
  'body.json["0"][*]',
  'body.json.items[*].list[*]',
);
const jsonScalar = from(
  'body.json.k',
  'body.json.p.q',
  'body.json.list[1]',
  'body.json.items[0].k',
  'body.json[0]',
  'body.json["a/b"]',
  'body.json["0"].k',
  'body.json[""].k',
);
const selection = from(
  'args',
  'args.values',
  'args["q"]',
  'args.xml',
  'args.nested',
  'args.json',
  'files.filename',
  'files.name',
  'request.cookies',
  'multipart.headers',
  'request.headers.values',
  '(args.names, files.filename)',
  '(args.query, request.path)',
  'args except ["q", "k"]',
);
const chain = from(
  '',
  '',
  '|> lower',
  '|> trim |> lower',
  '|>? percent_decode(1)',
  '|> remove_space',
  '|> base64_decode',
  '|> find(/[ab]/)',
  '|> json_parse |> text',
  '|> slashes',
  '|> drop_prefix("a")',
);

const aggregate = fc.oneof(
  join(
    from(
      'count(args |>? lower)',
      'count(files)',
      'sum(files.size)',
      'sum(args |> to_int)',
      'repeats(args.values |> lower)',
      'count(args.json)',
      'count(args.paths)',
    ),
    order,
    small,
  ).map((text) => text.replace(/(files\.size\) \S+) (\d)/, '$1 $2B')),
  join(
    jsonPath.map((path) => `count(${path})`),
    order,
    small,
  ),
  join(
    from('exists', 'not exists'),
    fc.oneof(jsonPath, jsonScalar).map((path) => `(${path})`),
  ),
  join(from('one(args["q"])', 'one(args.form["k"])'), textTest),
);
const jsonRule = fc.oneof(
  join(quantifier, jsonPath, jsonTest),
  join(jsonScalar, jsonTest),
  join(
    from('', 'not'),
    from('body.json', 'body.json.p', 'body.json.items[0]', 'body.json.list'),
    from('is Closed', 'is Item', 'is Names'),
  ),
  from(
    'any v of body.json.items[*].k { v == "a" or v.path contains "1" }',
    'all v of body.json.list[*] { v == 7 or v == "a" }',
  ),
);
const captures = from(
  'request.path matches /\\/(\\w+)/ as m and m[1] == "shop"',
  'request.path matches /\\/(\\w)/ as m and request.query matches /(\\w)=/ as n and m[1] == n[1]',
  'request.path matches /(\\w+)$/ as m and any v of request.cookies { v == m[1] }',
  'request.headers["x-a"] matches /(?P<w>[ab]+)/ as m and not (m["w"] == "ab")',
  'request.path matches /\\/(\\w+)$/ as m and any v of args { v == m[1] or v contains m[1] }',
  'request.path matches /(\\w)/ as m and request.method == POST and none v of args { v.name == "q" and v starts_with m[1] }',
  'request.path matches /(\\w+)/ as m and request.host matches /(\\w)/ as n and any v of args { v == m[1] } and all v of args.names { v != n[1] }',
  'one(args.query["q"]) matches /(.)/ as m and any v of args.form { v contains m[1] and v.name == "k" }',
  'request.query matches /(\\w)=/ as m and m[1] in args.json',
  'request.path matches /\\/(\\w+)$/ as m and not (any v of response.body.text { v contains m[1] })',
  'any v of args { v matches /(a)(b)?/ as m and m[2] == "b" }',
  'none v of args { v matches /(\\w)(\\w)/ as m and v.name contains m[1] }',
);
const nested = from(
  'any v of args.query { any w of request.cookies { v == w } }',
  'any v of args { v.name == "q" and v in request.headers.values }',
  'all v of args.names { any w of args.values { w contains v } }',
  'any v of args { count(args) > 2 and v == "a" }',
  'any v of args { not (any w of request.headers { w == v }) and v.source == "form" }',
  'any f of files { f.size > 3B and f.filename ends_with ".txt" }',
  'none f of files { f.type == "text/plain" or f.magic == "image/png" }',
  'any v of body.text { v contains "ab" and not (v starts_with "{") }',
);
const scalars = from(
  'request.headers["x-a"] |> or_else("ab") == "ab"',
  'request.cookies["sid"] == key',
  'request.cookies["sid"] |> sha256 |> hex_encode contains "a"',
  'switch.trial',
  'client.ip in ["10.0.0.0/8", "2001:db8::/32"]',
  'client.ip |> subnet(24, 64) |> text == "10.1.2.0/24"',
  'sample(50%, request.path)',
  'route.params["x"] == "7"',
  'route == item',
  'route != item',
  'exists(route)',
  'request.basename == "ab"',
  'body.bytes |> sha256 |> hex_encode starts_with "e3"',
  'args.bytes > 9B',
  'body.size >= 12B',
  'body.size < 12B',
  'body.size == 12B',
  'body.json.depth > 2',
  'body.json.keys < 3',
  'request.content_length > 20B',
  'body.malformed',
  'request.header_count > 3',
  '(request.method == GET or body.malformed)',
);
const response = from(
  'response.status in 500..599',
  'response.headers["x-b"] == "ab"',
  'any response.body.text matches /ab/',
  'any response.body.json.list[*] == "a"',
  'response.body.json.k == "ab"',
  'count(response.headers) > 1 and any args == "a"',
  'response.body.size > 20B',
  'none response.body.text contains "z"',
);

const test = fc.oneof(
  { weight: 3, arbitrary: aggregate },
  { weight: 4, arbitrary: jsonRule },
  { weight: 2, arbitrary: captures },
  { weight: 3, arbitrary: nested },
  { weight: 3, arbitrary: scalars },
  { weight: 4, arbitrary: join(quantifier, selection, chain, textTest) },
  { weight: 1, arbitrary: response },
  { weight: 2, arbitrary: common },
);
const condition = fc.oneof(
  { weight: 4, arbitrary: test },
  { weight: 1, arbitrary: test.map((one) => `not (${one})`) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(test, from('and', 'or', 'and not', 'or not'), test)
      .map(([a, op, b]) => `(${a}) ${op} (${b})`),
  },
);

const rule = (name: string): fc.Arbitrary<string> =>
  fc
    .record({
      severity: from('critical', 'error', 'warning', 'notice'),
      on: from('', '', '', 'on shop', 'on item, shop'),
      mode: from('', '', '', 'mode monitor'),
      unknown: from('', '', 'unknown match', 'unknown skip', 'unknown block'),
      when: condition,
      then: from('block 403', 'block 410', 'score', 'score 1 to lab', 'score 2', 'tag "t"'),
    })
    .map(({ severity, on, mode, unknown, when, then }) =>
      [
        `rule ${name} "r" { severity ${severity} ${on} ${mode} ${unknown}`,
        `  when ${when}`,
        `  then ${then}`,
        '}',
      ].join('\n'),
    );

const head = from(
  'request.path == "/shop/ab"',
  'any request.cookies == "a"',
  'all args.query contains "a"',
  'route == item',
  'none request.headers contains "ab"',
  'exists(request.cookies["sid"])',
  'count(args.query) > 1',
);
const headRule = fc
  .tuple(
    from('t.head', 't.a0'),
    from('critical', 'notice'),
    head,
    from('allow', 'redirect 302 "https://a.example/"', 'redirect 308 to https', 'block 402', 'score 2'),
  )
  .map(
    ([name, severity, when, then]) =>
      `rule ${name} "h" { severity ${severity}\n  when ${when}\n  then ${then}\n}`,
  );

const exclusion = fc
  .record({
    of: from('t.a', 't.b', 't.*'),
    target: from(
      'args["q"]',
      'args',
      'args.names',
      'request.path',
      'request.headers',
      'body.json.k',
      'request.cookies',
      'body.json.items[*].k',
      'args.json',
      'args[/^[a-m]/]',
    ),
    on: from('', '', 'on shop'),
    when: from('', '', 'when any args.query contains "ab"', 'when request.method == GET'),
  })
  .map(({ of, target, on, when }) => `exclude ${of} { target ${target} ${on} ${when} because "test" }`);

const settings = fc
  .record({
    mode: from('enforce', 'enforce', 'enforce', 'monitor'),
    fallback: from('allow', 'allow', 'allow', 'deny -> block 401'),
    uninspectable: from('block 415', 'block 415', 'log', 'pass'),
    window: from(
      'hold 32B, window 16B',
      'hold 32B, window 32B',
      'hold 100B, window 64B',
      'hold 4KiB, window 4KiB',
    ),
    max: from(
      '4KiB -> block 413',
      '5KiB -> block 413',
      '4KiB -> log',
      '33B -> log',
      '50B -> pass',
      '110B -> log',
      '64B -> block 413',
    ),
    points: from('2', '5'),
  })
  .map(
    ({ mode, fallback, uninspectable, window, max, points }) => `policy "random" {
  mode ${mode}
  default ${fallback}
  on uninspectable request -> ${uninspectable}
  on uninspectable response -> block 502
  body ${window}, max ${max}
  threshold request >= ${points} -> block 409
  threshold lab >= 3 -> block 408
}
route shop = ANY "/shop/**"
route item = GET, POST "/shop/{x}/ab"
shape Closed { k: string(1..8), list?: list(..3) of string(..4), p?: { q: int(0..9) } closed }
shape Item { k: one of ["a", "ab", 7] or null, q?: number }
shape Names { k?: string matching /[a-z]{1,4}/ or null, list?: list(1..2) of json, items?: list of Item }
shape Thing { k: string(1..8), list?: list(..3) of string(..4), p?: { q: int(0..9) } }
list words: String = ["a", "ab", "x"]
route deep = POST "/shop/{x}/deep"
switch trial on
secret key
rule t.z "reaches every threshold" { severity notice when request.host == "none.example" then score 9 to lab }
`,
  );

/** Settings, one to three rules, perhaps an exclusion; each a text of its own so that rules can be shuffled. */
export const policyParts: fc.Arbitrary<readonly string[]> = fc
  .tuple(settings, rule('t.a'), fc.option(rule('t.b')), fc.option(headRule), fc.option(exclusion))
  .map((parts) => parts.filter((part) => part !== null));
