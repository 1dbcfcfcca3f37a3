/** The prefilter must never lose a match: naive evaluation of every entry against the pattern set. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CandidateBuffer,
  type ChainStep,
  type Need,
  type PatternEntry,
  PatternSet,
} from '../../src/matcher/pattern-set.ts';
import { type CompiledRegex, compileRegex } from '../../src/matcher/regex.ts';
import { byteText, regexWithText } from './matcher-arbitraries.ts';

const lower = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

const PERCENT: ChainStep = {
  key: 'percent',
  apply: (t) => t.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
  triggers: '%',
  erases: false,
  keepOriginal: false,
};
const LOWER: ChainStep = {
  key: 'lower',
  apply: lower,
  triggers: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  erases: true,
  brings: '',
  joins: '',
  keepOriginal: false,
};
const REVERSE: ChainStep = {
  key: 'reverse',
  apply: (t) => [...t].reverse().join(''),
  triggers: null,
  erases: false,
  keepOriginal: false,
};

const swapped = (text: string, dropped: string): string =>
  [...text]
    .filter((byte) => !dropped.includes(byte))
    .map((byte) => String.fromCharCode(byte.charCodeAt(0) ^ 1))
    .join('');

/** Changes every text and has a screen, as Base64. */
const SWAP: ChainStep = {
  key: 'swap',
  apply: (t) => swapped(t, ''),
  triggers: null,
  erases: false,
  growth: 1,
  bindInto: (dropped) => (t, into) => Buffer.from(swapped(t, dropped), 'latin1').copy(into),
  keepOriginal: false,
};

/** Takes each of its triggers away, which the screen of a step behind it does by itself. */
const DROP: ChainStep = {
  key: 'drop',
  apply: (t) => t.replace(/[ "';]/g, ''),
  triggers: ' "\';',
  erases: true,
  brings: '',
  drops: true,
  dropsEach: true,
  keepOriginal: false,
};

/** Decoders that say where they decode. */
const FORETOLD: readonly ChainStep[] = [
  {
    ...{ key: 'plus', triggers: '%+', erases: false, growth: 1, keepOriginal: false },
    apply: (t) =>
      t
        .replaceAll('+', ' ')
        .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    decodesBefore: { '%': ['0123456789abcdef', '0123456789abcdef'], '+': [] },
  },
  {
    ...{ key: 'escapes', triggers: '\\', erases: false, growth: 1, keepOriginal: false },
    apply: (t) => t.replace(/\\([\s\S])/g, (_, byte: string) => (byte === 'a' ? '<' : byte)),
    decodesBefore: { '\\': ['a'] },
  },
  {
    ...{ key: 'comments', triggers: '/', erases: false, growth: 1, keepOriginal: false },
    apply: (t) => t.replace(/\/\*/g, ' '),
    decodesBefore: { '/': ['*'] },
  },
];

/** Stand-ins for transformations of every kind: erasing, decoding, opaque. */
const STEPS: readonly ChainStep[] = [
  LOWER,
  {
    key: 'squeeze',
    apply: (t) => t.replace(/\s+/g, ' '),
    triggers: ' \t\n\v\f\r\xa0',
    erases: true,
    brings: ' ',
    joins: '',
    keepOriginal: false,
  },
  {
    key: 'closed',
    apply: (t) => t.replace(/[\t\n\v\f\r ]+(?=[<b])/g, ''),
    triggers: '\t\n\v\f\r ',
    erases: true,
    brings: '',
    joins: '<b',
    drops: true,
    keepOriginal: false,
  },
  {
    key: 'quotes',
    apply: (t) => t.replace(/['"\\^]/g, ''),
    triggers: '\'"\\^',
    erases: true,
    brings: '',
    drops: true,
    keepOriginal: false,
  },
  {
    key: 'spaced',
    apply: (t) => t.replace(/[,;]/g, ' '),
    triggers: ',;',
    erases: true,
    brings: ' ',
    keepOriginal: false,
  },
  {
    key: 'requote',
    apply: (t) => t.replaceAll(' ', "'"),
    triggers: ' ',
    erases: true,
    brings: "'",
    keepOriginal: false,
  },
  { key: 'double', apply: (t) => t.replaceAll(',', ',,'), triggers: ',', erases: true, keepOriginal: false },
  PERCENT,
  { key: 'dots', apply: (t) => t.replaceAll('./', ''), triggers: '/', erases: false, keepOriginal: false },
  {
    key: 'ends',
    apply: (t) => (t.includes('/') || t.endsWith('.') ? t.replace(/\.(?=\/|$)/g, '<') : t),
    triggers: './',
    endTriggers: '.',
    erases: false,
    keepOriginal: false,
  },
  REVERSE,
  {
    key: 'letters',
    apply: (t) => t.replace(/[\t\n\v\f\r \xa0\xc2\0"'\\^,;]/g, '').replaceAll('z', 'a'),
    triggers: null,
    erases: false,
    readsOver: true,
    growth: 1,
    keepOriginal: false,
  },
  {
    key: 'half',
    apply: (t) => t.slice((t.length + 1) >> 1),
    triggers: null,
    erases: false,
    growth: 0.5,
    keepOriginal: false,
  },
];

const chainOf = (steps: readonly ChainStep[], maxLength: number): fc.Arbitrary<ChainStep[]> =>
  fc.array(
    fc
      .tuple(fc.constantFrom(...steps), fc.boolean())
      .map(([step, keepOriginal]) => ({ ...step, keepOriginal })),
    { maxLength },
  );

const chain = chainOf([...STEPS, SWAP, DROP, ...FORETOLD], 4);

/** A step with a screen, and such behind it as the screen foretells. */
const screenedChain = fc
  .tuple(chainOf([DROP, ...FORETOLD], 2), fc.boolean(), chainOf([...FORETOLD, DROP, LOWER], 4))
  .map(([before, keepOriginal, behind]) => [...before, { ...SWAP, keepOriginal }, ...behind]);

const literals: fc.Arbitrary<Need> = fc.record({
  kind: fc.constant('literals' as const),
  any: fc.array(byteText(5), { maxLength: 4 }),
  fold: fc.boolean(),
  at: fc.constantFrom('anywhere' as const, 'start' as const, 'end' as const, 'whole' as const),
});

interface Sample {
  readonly need: Need;
  /** A text likely to satisfy it. */
  readonly text: string;
}

const regex: fc.Arbitrary<Sample> = fc
  .tuple(regexWithText(), fc.constantFrom('', 'i', 'm'))
  .map(([[source, text], flags]) => ({ need: { kind: 'regex', source, flags }, text }));

const simple: fc.Arbitrary<Sample> = fc.oneof(
  regex,
  literals.map((need) => ({ need, text: need.kind === 'literals' ? (need.any[0] ?? '') : '' })),
  fc.tuple(fc.nat(3), fc.nat(8)).map(
    ([minLength, more]): Sample => ({
      need: { kind: 'always', minLength, maxLength: minLength + more },
      text: 'abc',
    }),
  ),
);

const sample: fc.Arbitrary<Sample> = fc.oneof(
  { arbitrary: simple, weight: 3 },
  {
    arbitrary: fc
      .tuple(
        fc.constantFrom('all' as const, 'any' as const),
        fc.array(simple, { minLength: 1, maxLength: 3 }),
      )
      .map(
        ([kind, parts]): Sample => ({
          need: { kind, needs: parts.map((part) => part.need) },
          text: parts.map((part) => part.text).join(''),
        }),
      ),
    weight: 1,
  },
);

const compiled = new Map<string, CompiledRegex>();

function compile(source: string, flags: string): CompiledRegex {
  const key = `${flags}/${source}`;
  const regex = compiled.get(key) ?? compileRegex(source, flags);
  if (compiled.size > 5_000) compiled.clear();
  compiled.set(key, regex);
  return regex;
}

function satisfied(need: Need, text: string): boolean {
  switch (need.kind) {
    case 'regex':
      return compile(need.source, need.flags).test(text);
    case 'literals':
      return need.any.some((literal) => {
        const [value, wanted] = need.fold ? [lower(text), lower(literal)] : [text, literal];
        if (need.at === 'start') return value.startsWith(wanted);
        if (need.at === 'end') return value.endsWith(wanted);
        return need.at === 'whole' ? value === wanted : value.includes(wanted);
      });
    case 'all':
      return need.needs.every((part) => satisfied(part, text));
    case 'any':
      return need.needs.some((part) => satisfied(part, text));
    case 'always':
      return text.length >= (need.minLength ?? 0) && text.length <= (need.maxLength ?? Infinity);
  }
}

function results(steps: readonly ChainStep[], text: string): string[] {
  return steps.reduce<string[]>(
    (texts, step) => [
      ...new Set(texts.flatMap((t) => (step.keepOriginal ? [t, step.apply(t)] : [step.apply(t)]))),
    ],
    [text],
  );
}

const percentEncode = (text: string): string =>
  text.replace(/[^a-z]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** The texts of all samples, as they are, disguised and spliced. */
function mutations(texts: readonly string[], noise: string): string[] {
  return [
    '',
    noise,
    ...texts.flatMap((text) => [
      text,
      text.toUpperCase(),
      noise + text + noise,
      [...text].join("'"),
      [...text].join(' \0'),
      [...text].map((byte) => ('<bB'.includes(byte) ? ` ${byte}` : byte)).join(''),
      percentEncode(text),
      [...text].reverse().join(''),
      text.slice(1) + noise + text,
    ]),
    texts.join(noise),
  ];
}

/** The same as what a screened step changes into them, with what stands behind it at work, or between its parts. */
function screenedMutations(texts: readonly string[], noise: string): string[] {
  return mutations(
    texts.flatMap((text) => [
      text,
      swapped(text, ''),
      swapped(percentEncode(text), ''),
      swapped(percentEncode(text).replaceAll('%', '% '), ''),
      swapped(percentEncode(text).replaceAll('%', '\\%'), ''),
      swapped([...text].join('\\'), ''),
      swapped(text.replaceAll('<', '\\a'), ''),
      swapped([...text].join('+'), ''),
      swapped(text.replaceAll(' ', '/*'), ''),
      [...swapped(text, '')].join(' '),
    ]),
    noise,
  );
}

const entryPlan = (chains: fc.Arbitrary<ChainStep[]>) =>
  fc.record({
    sample,
    chain: chains,
    exact: fc.boolean(),
    targets: fc.uniqueArray(fc.nat(2), { minLength: 1 }),
  });

test.each([
  ['of any steps', entryPlan(chain), mutations, 12, 100],
  ['of steps with screens', entryPlan(screenedChain), screenedMutations, 4, 20],
] as const)(
  'every entry %s that holds is reported, exact ones exactly, once each, and alike the second time',
  (_, plan, valuesOf, entriesMax, numRuns) => {
    let [expected, spared] = [0, 0];
    fc.assert(
      fc.property(fc.array(plan, { minLength: 1, maxLength: entriesMax }), byteText(), (plans, noise) => {
        const entries = plans.map(({ sample: { need }, chain: steps, exact, targets }, i): PatternEntry => {
          const search = exact && need.kind === 'regex' ? compile(need.source, need.flags) : undefined;
          return {
            id: 100 + i,
            chain: steps,
            need,
            targets,
            ...(search === undefined ? {} : { exact: search }),
          };
        });
        const set = new PatternSet(entries);
        const [out, again] = [new CandidateBuffer(2), new CandidateBuffer()];
        const values = valuesOf(
          plans.map((entry) => entry.sample.text),
          noise,
        );
        for (const value of values) {
          for (const target of [0, 1, 2, 3]) {
            set.scan(target, value, out);
            set.scan(target, value, again);
            const reported = [...out.ids.subarray(0, out.count)];
            expect([...again.ids.subarray(0, again.count)]).toEqual(reported);
            expect(new Set(reported).size).toBe(reported.length);
            for (const entry of entries) {
              const holds =
                entry.targets.includes(target) &&
                results(entry.chain, value).some((text) => satisfied(entry.need, text));
              const at = reported.indexOf(entry.id);
              const where = JSON.stringify([entry, target, value]);
              if (holds) expect(at, where).toBeGreaterThanOrEqual(0);
              if (entry.exact !== undefined) expect(at >= 0, where).toBe(holds);
              if (at >= 0) expect(out.confirmed[at]).toBe(entry.exact === undefined ? 0 : 1);
              expected += holds ? 1 : 0;
              spared += at < 0 ? 1 : 0;
            }
          }
        }
      }),
      { numRuns },
    );
    // The test would be empty if nothing matched, and the prefilter useless if it spared nothing.
    expect(expected).toBeGreaterThan(1_000);
    expect(spared).toBeGreaterThan(1_000);
  },
);

describe('rules as people write them', () => {
  const RULES: readonly (readonly [source: string, flags: string])[] = [
    ['\\bunion\\b[\\s\\/*]{1,40}(?:all|distinct)?[\\s\\/*]{0,40}select\\b', 'i'],
    ['[\'"]\\s{0,8}(?:or|and)\\s{1,8}[\'"]?(\\w{1,32})[\'"]?\\s{0,8}(?:=|like\\b)', 'i'],
    ['<script[^>]*>', 'i'],
    ['(?:^|[\\\\/])\\.\\.[\\\\/]', ''],
    ['javascript:|on(?:error|load|click)\\s*=', 'i'],
    ['\\$\\{jndi:(?:ldaps?|rmi|dns)://', 'i'],
    ['/etc/(?:passwd|shadow|group)', ''],
    ['\\b(?:4\\d{3}|5[1-5]\\d{2})[ -]?\\d{4}[ -]?\\d{4}[ -]?\\d{1,4}\\b', ''],
    ['[\\x80-\\xff]{3}', ''],
    ['\\0', ''],
    ['^(?:GET|POST)$', ''],
    ['(?:sleep|benchmark)\\s*\\(\\s*\\d+', 'i'],
  ];
  const ATTACKS = [
    "1' UNION/**/ALL SELECT password FROM users--",
    "x' or '1'='1",
    '<ScRiPt src=//e.example>',
    '..\\..\\windows',
    '/../../etc/passwd',
    '<img onerror = alert(1)>',
    '${jndi:ldap://e.example/a}',
    '4111 1111 1111 1111',
    '\xe2\x82\xac\xff',
    'a\0b',
    'POST',
    'select sleep (5)',
    'mountain bike helmet, blue',
  ];
  const entries = RULES.flatMap(([source, flags], i) =>
    [[], [PERCENT, STEPS[0], STEPS[1]], [PERCENT, { ...REVERSE, keepOriginal: true }]].map(
      (steps, k): PatternEntry => ({
        id: i * 3 + k,
        chain: steps,
        need: { kind: 'regex', source, flags },
        exact: compileRegex(source, flags),
        targets: [0],
      }),
    ),
  );
  const set = new PatternSet(entries);
  const out = new CandidateBuffer();

  const check = (value: string): number => {
    set.scan(0, value, out);
    const expected = entries
      .filter((e) => results(e.chain, value).some((t) => e.exact?.test(t)))
      .map((e) => e.id);
    expect(
      [...out.ids.subarray(0, out.count)].sort((a, b) => a - b),
      JSON.stringify(value),
    ).toEqual(expected);
    return expected.length;
  };

  test('attacks are found as they are', () => {
    expect(ATTACKS.reduce((sum, attack) => sum + check(attack), 0)).toBeGreaterThan(30);
  });

  test('attacks cut, spliced, recased, encoded and dirtied are found exactly when naive evaluation finds them', () => {
    const attack = fc.constantFrom(...ATTACKS);
    const mutated = fc.oneof(
      fc.tuple(attack, attack, fc.nat(30), fc.nat(30)).map(([a, b, i, k]) => a.slice(0, i) + b.slice(k)),
      fc.tuple(attack, fc.nat(30), byteText()).map(([a, i, noise]) => a.slice(0, i) + noise + a.slice(i)),
      attack.map(percentEncode),
      attack.map((a) =>
        [...a]
          .map((c, i) => (i % 2 === 0 ? c.toUpperCase() : c.toLowerCase()))
          .join('')
          .slice(0, 90),
      ),
      fc.tuple(byteText(30), attack, byteText(30)).map((parts) => parts.join('')),
      attack.map((a) => [...percentEncode(a)].reverse().join('')),
    );
    const latin1 = mutated.filter((value) => !/[^\x00-\xff]/.test(value));
    fc.assert(
      fc.property(latin1, (value) => void check(value)),
      { numRuns: 3_000 },
    );
  });
});
