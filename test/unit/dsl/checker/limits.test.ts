// Limiters, floods, `limit` and `ban` as checked: units, defaults, phases, and what they may read of each other.
import { expect, test } from 'vitest';
import type { CheckedFlood, CheckedLimiter } from '../../../../src/dsl/checked.ts';
import { checkText, policyOf } from '../../../support/check-rules.ts';

const RULE = '\nrule a.b "x" { then limit l }';
const limiter = (entries: string): CheckedLimiter => policyOf(`limiter l { ${entries} }${RULE}`).limiters[0];
const flood = (entries: string): CheckedFlood => policyOf(`flood l { ${entries} }${RULE}`).floods[0];
const codes = (text: string): readonly string[] => checkText(text).diagnostics.map((found) => found.code);

test('a limiter that says little counts in all replicas, and alone while they cannot be asked', () => {
  expect(limiter('key client.ip allow 5 per 1m then block 429')).toMatchObject({
    name: 'l',
    key: [{ kind: 'field', field: { name: 'client.ip' } }],
    rates: [{ count: 5, periodMs: 60_000, burst: 5, when: undefined }],
    algorithm: 'sliding_window',
    count: undefined,
    cost: undefined,
    sharing: 'exact',
    down: 'local',
    status: 429,
    blockMs: 0,
    phase: 'headers',
  });
});

test('a token bucket is the generic cell rate algorithm, with a burst of its own', () => {
  const made = limiter('key client.ip allow 5 per 1s burst 2 using token_bucket then block 503 for 15m');
  expect(made).toMatchObject({ algorithm: 'gcra', rates: [{ burst: 2 }], status: 503, blockMs: 900_000 });
});

test.each([
  ['cluster', 'exact', 'local'],
  ['cluster leased', 'leased', 'local'],
  ['cluster leased, down -> closed', 'leased', 'closed'],
  ['cluster, down -> open', 'exact', 'open'],
  ['local', 'process', 'local'],
])('store %s shares %s', (store, sharing, down) => {
  const made = limiter(`key client.ip allow 5 per 1s store ${store} then block 429`);
  expect(made).toMatchObject({ sharing, down });
});

test('the phase is the latest of key, when and cost; count comes later', () => {
  const rest = 'then block 429 count response.status == 401';
  expect(limiter(`key client.ip, route allow 5 per 1s ${rest}`).phase).toBe('headers');
  expect(limiter(`key one(args["user"]) |> lower allow 5 per 1s ${rest}`).phase).toBe('body');
  expect(limiter(`key client.ip allow 1 per 1s when body.size > 1KiB allow 5 per 1s ${rest}`).phase).toBe(
    'body',
  );
  const costly = limiter('key client.ip allow 5_000 per 1s cost body.size then block 429');
  expect(costly).toMatchObject({ phase: 'body', cost: { kind: 'field', type: 'Size' } });
});

test('a rule that limits waits for what its limiter reads', () => {
  const declared = `limiter l { key one(args["user"]) allow 5 per 1s then block 429 }
    limiter m { key client.ip allow 5 per 1s then block 429 }`;
  const [both, early] = policyOf(`${declared}
    rule a.a "x" { when client.ip in ["10.0.0.0/8"] then limit m, limit l, score to flood, tag "t" }
    rule a.b "x" { when client.ip in ["10.0.0.0/8"] then limit m }`).rules;
  expect(both.phase).toBe('body');
  expect(both.actions.slice(0, 2)).toEqual([
    { kind: 'limit', of: 'limiter', name: 'm' },
    { kind: 'limit', of: 'limiter', name: 'l' },
  ]);
  expect(early.phase).toBe('headers');
});

test('what a function reads of a limiter has the phase of the limiter, wherever that is declared', () => {
  const policy = policyOf(`fn busy(): Bool = limiter.l.used > 3 and flood.f.ratio >= 2.5
    rule a.a "x" { when busy() then log }
    rule a.b "x" { then limit l message "{limiter.l.remaining} left" }
    limiter l { key one(args["user"]) allow 1 per 1s when flood.f.active allow 5 per 1s then block 429 }
    flood f { key client.ip baseline ewma 10m trip above 8 times baseline floor 5 per 1s
      release below 3 times baseline for 30s then limit to 5 per 1s }`);
  expect(policy.rules.map((rule) => rule.phase)).toEqual(['body', 'body']);
  expect(policy.rules[1].message[0]).toMatchObject({
    scalar: { kind: 'limiterPart', limiter: 'l', part: 'remaining', phase: 'body', type: 'Int' },
  });
  expect(policy.limiters[0].rates[0].when).toMatchObject({
    left: { kind: 'floodPart', flood: 'f', part: 'active', phase: 'headers', type: 'Bool' },
  });
});

test('a mistake in a limiter is reported once, though a function asked for its phase before', () => {
  const text = `fn busy(): Bool = limiter.l.used > 3
    rule a.a "x" { when busy() then log }
    rule a.b "x" { then limit l }
    limiter l { key args["q"] allow 0 per 1s then block 429 }`;
  expect(codes(text)).toEqual(['E201', 'E209']);
});

test('a limiter that reads itself is refused, through a function as recursion', () => {
  const rest = 'allow 5 per 1s then block 429 }\nrule a.a "x" { then limit l }';
  expect(codes(`limiter l { key limiter.l.used ${rest}`)).toEqual(['E401']);
  expect(codes(`fn f(): Int = limiter.l.used |> or_else(0)\nlimiter l { key f() ${rest}`)).toEqual(['E212']);
});

test('a rule that limits may read a limiter asked in an earlier phase', () => {
  const policy = policyOf(`limiter l { key client.ip allow 5 per 1s then block 429 }
    limiter m { key one(args["user"]) allow 5 per 1s then block 429 }
    rule a.a "x" { then limit l }
    rule a.b "x" { when limiter.l.used > 3 then limit m }`);
  expect(policy.rules[1].phase).toBe('body');
});

test('an absent count makes a negated test true, which a rule that allows must not rest on', () => {
  const text = `policy "p" { default deny -> block 403 }
    limiter l { key client.ip allow 5 per 1s then block 429 }
    rule a.a "x" { then limit l }
    rule a.b "x" { when limiter.l.used != 3 then allow }`;
  expect(codes(text)).toEqual(['E204']);
  const guarded = text.replace('limiter.l.used != 3', 'exists(limiter.l.used) and limiter.l.used != 3');
  expect(codes(guarded)).toEqual([]);
});

test('a flood has stages in order of time', () => {
  const made = flood(`key client.ip |> subnet(24, 56), route baseline ewma 10m
    trip above 8 times baseline floor 500 per 1s release below 3 times baseline for 30s
    then limit to 5 per 1s, block 429 for 1m after 30s, block 503 after 45s, ban for 10m after 2m`);
  expect(made).toMatchObject({
    baselineMs: 600_000,
    tripTimes: 8,
    floor: { count: 500, periodMs: 1_000 },
    releaseTimes: 3,
    releaseMs: 30_000,
    phase: 'headers',
    stages: [
      { kind: 'limit', rate: { count: 5, periodMs: 1_000, burst: 5, when: undefined }, afterMs: 0 },
      { kind: 'block', status: 429, forMs: 60_000, afterMs: 30_000 },
      { kind: 'block', status: 503, forMs: 0, afterMs: 45_000 },
      { kind: 'ban', forMs: 600_000, afterMs: 120_000 },
    ],
  });
});

test('a ban is known by its key in canonical form, and may follow any rule', () => {
  const [first, second] = policyOf(`
    rule a.a "x" { when any args contains "x" then ban client.ip   |>   subnet(24,56) for 1h, ban client.ip for 1m }
    rule a.b "x" { when response.status == 500 then ban request.headers["x-key"] |> sha256 for 2d }`).rules;
  expect(first.actions).toMatchObject([
    { kind: 'ban', label: 'client.ip |> subnet(24, 56)', forMs: 3_600_000, key: { kind: 'pipe' } },
    { kind: 'ban', label: 'client.ip', forMs: 60_000 },
  ]);
  expect(second.actions).toMatchObject([{ label: 'request.headers["x-key"] |> sha256', forMs: 172_800_000 }]);
  expect(
    codes('rule a.a "x" { when any args contains "x" then ban client.ip for 1m, ban client.ip for 1h }'),
  ).toEqual(['E301']);
});

test('never ban and on banned are settings', () => {
  const { settings } = policyOf(`policy "p" { never ban office on banned -> block 444 }
    list office : Cidr = ["10.0.0.0/8"]`);
  expect(settings).toMatchObject({ neverBan: ['office'], onBanned: { kind: 'block', status: 444 } });
});

test('a rule that limits needs no example: a first request never matches it', () => {
  const text = 'limiter l { key client.ip allow 5 per 1s then block 429 }';
  expect(codes(`${text}\nrule a.a "x" { then limit l, score }`)).toEqual([]);
});

test('a value of a document is a key, a document is none', () => {
  const rest = 'allow 5 per 1s then block 429 }\nrule a.a "x" { then limit l }';
  for (const key of ['jwt.claims.sub', 'body.json.user', 'body.bytes |> sha256', '"everybody"']) {
    expect(codes(`limiter l { key ${key} ${rest}`)).toEqual([]);
  }
  for (const key of ['jwt.claims', 'body.json', 'body.bytes', 'one(args["q"]) |> json_parse']) {
    expect(codes(`limiter l { key ${key} ${rest}`)).toEqual(['E201']);
  }
});

test('what a policy needs of others is listed, each field at its first use', () => {
  const policy = policyOf(`rule a.a "x" { when none jwt.scopes == "a" then block 403 }
    rule a.b "x" { when none jwt.scopes == "b" or not jwt.valid then block 403 }`);
  expect(policy.needs.map(({ provider, field }) => [provider, field])).toEqual([
    ['jwt', 'jwt.scopes'],
    ['jwt', 'jwt.valid'],
  ]);
  expect(policyOf('rule a.a "x" { when request.method == PUT then block 403 }').needs).toEqual([]);
});
