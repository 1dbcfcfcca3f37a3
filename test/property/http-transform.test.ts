// Properties of the transformation contract, over random bytes and over text made of the pieces decoders react to.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIND_MATCHES_MAX, TRANSFORM_SCRATCH_BYTES_MAX } from '../../src/core/limits.ts';
import { UNKNOWN } from '../../src/http/value.ts';
import { TRANSFORMATIONS } from '../../src/http/transform/registry.ts';
import {
  ERASED_BYTES,
  type BoundArgument,
  type TextTransformation,
  type Transformation,
} from '../../src/http/transform/transformation.ts';

const RUNS = 150;
const byte = (code: number): string => String.fromCharCode(code);

const anyByte = fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte));
const PIECES = [
  ...'/\\.;,#*-<!>&%+=\'"^ \t\n\r\v\f\0\xa0\xc2()?uUxXaAzZ0123789',
  ...[
    '/*',
    '*/',
    '<!--',
    '-->',
    '--',
    '..',
    '%u',
    '%uff1c',
    '%2e',
    '%25',
    '&#',
    '&#x',
    '&lt',
    '&colon;',
    '&#1114112;',
  ],
  ...[
    '\\u00',
    '\\uff21',
    '\\x4',
    '\\7',
    '\\\n',
    '\xef\xbc\x9c',
    '\xc3\xa9',
    '\xc0\xaf',
    '\xed\xa0\x80',
    '\xf5\x80\x80\x80',
  ],
  ...['YQ==', 'http://', '//', '@', ':', '[::1]', '127.1', '{"a":', '[', ']', '}', 'script', 'UNION'],
];
const text = fc.oneof(
  fc.string({ unit: anyByte, maxLength: 40 }),
  fc
    .array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...PIECES) }, anyByte), { maxLength: 30 })
    .map((p) => p.join('')),
);

/** Some arguments for each parameter kind. */
function argumentsOf(transformation: Transformation): BoundArgument[] {
  return transformation.parameters.map((parameter) => {
    switch (parameter.kind) {
      case 'Int':
        return Math.min(3, parameter.range![1]);
      case 'Pattern':
        return {
          findAll: (input, max) =>
            [...input.matchAll(/./gs)].slice(0, max).map((m) => [m.index, m.index + 1]),
        };
      default:
        return 'a';
    }
  });
}

const all = [...TRANSFORMATIONS.values()];
const texts = all.filter((t): t is TextTransformation => t.kind === 'text');
const named = <T extends Transformation>(list: readonly T[]): [string, T][] => list.map((t) => [t.name, t]);

describe.each(named(texts))('%s', (_name, transformation) => {
  const run = transformation.bind(argumentsOf(transformation));

  it('is pure, gives latin1 and the same object when nothing changes', () => {
    fc.assert(
      fc.property(text, (input) => {
        const output = run(input);
        expect(run(input)).toBe(output);
        expect(/^[\0-\xff]*$/.test(output)).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it('changes nothing without a trigger byte', () => {
    const { triggers } = transformation;
    if (triggers === null) return;
    const set = new Set(triggers);
    fc.assert(
      fc.property(text, (input) => {
        const calm = [...input].filter((byte) => !set.has(byte)).join('');
        expect(run(calm)).toBe(calm);
      }),
      { numRuns: RUNS },
    );
  });

  it('erases what it says', () => {
    if (!transformation.erases) return;
    const skeleton = (s: string): string =>
      [...s]
        .filter((byte) => !ERASED_BYTES.includes(byte))
        .map((byte) => (byte >= 'A' && byte <= 'Z' ? byte.toLowerCase() : byte))
        .join('');
    fc.assert(
      fc.property(text, (input) => {
        expect(skeleton(run(input))).toBe(skeleton(input));
      }),
      { numRuns: RUNS },
    );
  });

  it('parts what white space parts but before the bytes it says', () => {
    const { joins } = transformation;
    if (joins === undefined) return;
    expect(transformation.erases).toBe(true);
    /** The bytes that stay, each with whether white space stands before it. */
    const parted = (s: string): [byte: string, isParted: boolean][] => {
      const all: [string, boolean][] = [];
      let isParted = false;
      for (const byte of s) {
        if ('\t\n\v\f\r '.includes(byte)) isParted = true;
        if (ERASED_BYTES.includes(byte)) continue;
        all.push([byte, isParted && all.length > 0]);
        isParted = false;
      }
      return all;
    };
    fc.assert(
      fc.property(text, (input) => {
        const after = parted(run(input));
        parted(input).forEach(([byte, isParted], i) => {
          if (isParted && !joins.includes(byte)) expect(after[i][1]).toBe(true);
        });
      }),
      { numRuns: RUNS },
    );
  });

  it('only takes away what it says it drops', () => {
    if (transformation.drops !== true) return;
    expect(transformation.erases).toBe(true);
    fc.assert(
      fc.property(text, (input) => {
        let at = 0;
        for (const byte of run(input)) {
          while (at < input.length && input[at] !== byte) expect(ERASED_BYTES).toContain(input[at++]);
          expect(input[at++]).toBe(byte);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('does nothing to a trigger that counts at the end alone before another byte', () => {
    const { endTriggers, triggers } = transformation;
    if (endTriggers === undefined) return;
    const others = [...(triggers ?? '')].filter((byte) => !endTriggers.includes(byte));
    const bytes = fc.array(fc.oneof(fc.constantFrom(...endTriggers, 'a', '1'), fc.nat(255).map(byte)));
    fc.assert(
      fc.property(bytes, fc.nat(255).map(byte), (before, last) => {
        const input = [...before, last].filter((byte) => !others.includes(byte)).join('');
        fc.pre(!endTriggers.includes(input.slice(-1)));
        expect(run(input)).toBe(input);
      }),
      { numRuns: RUNS },
    );
  });

  it('takes away each trigger and nothing else if it says so', () => {
    if (transformation.dropsEach !== true) return;
    const { triggers } = transformation;
    fc.assert(
      fc.property(text, (input) => {
        expect(run(input)).toBe([...input].filter((byte) => triggers?.includes(byte) !== true).join(''));
      }),
      { numRuns: RUNS },
    );
  });

  it('decodes only before the bytes it says', () => {
    const { decodesBefore, triggers } = transformation;
    if (decodesBefore === undefined) return;
    expect(Object.keys(decodesBefore).sort()).toEqual([...(triggers ?? '')].sort());
    const spaces = Object.keys(decodesBefore).filter((trigger) => decodesBefore[trigger].length === 0);
    const skeleton = (s: string): string =>
      [...s].filter((byte) => !ERASED_BYTES.includes(byte) && !spaces.includes(byte)).join('');
    const decodes = (input: string, at: number): boolean => {
      const places = decodesBefore[input[at]] ?? [];
      return (
        places.length > 0 &&
        places.every((bytes, i) => bytes.includes(input[at + 1 + i]?.toLowerCase() ?? ' '))
      );
    };
    fc.assert(
      fc.property(text, (input) => {
        // Triggers before such bytes are made ordinary, from the end, so that none comes to stand before others.
        let calm = input;
        for (let at = calm.length - 1; at >= 0; at--)
          if (decodes(calm, at)) calm = `${calm.slice(0, at)}~${calm.slice(at + 1)}`;
        expect(skeleton(run(calm))).toBe(skeleton(calm));
      }),
      { numRuns: RUNS },
    );
  });

  it('writes the same bytes as it gives text', () => {
    if (transformation.bindInto === undefined) return;
    expect(transformation.triggers).toBeNull();
    expect(transformation.parameters).toEqual([]);
    const [plain, without] = [transformation.bindInto(''), transformation.bindInto(' \t%a')];
    const bytesOf = (into: typeof plain, input: string): string => {
      const buffer = Buffer.alloc(input.length);
      return buffer.toString('latin1', 0, into(input, buffer));
    };
    fc.assert(
      fc.property(text, (input) => {
        expect(bytesOf(plain, input)).toBe(run(input));
        expect(bytesOf(without, input)).toBe(run(input.replaceAll(/[ \t%a]/g, '')));
      }),
      { numRuns: RUNS },
    );
  });

  it('reads over erased bytes if it says so', () => {
    if (transformation.readsOver !== true) return;
    fc.assert(
      fc.property(text, (input) => {
        const without = [...input].filter((byte) => !ERASED_BYTES.includes(byte)).join('');
        expect(run(without)).toBe(run(input));
      }),
      { numRuns: RUNS },
    );
  });

  it('grows no more than it says', () => {
    const { growth } = transformation;
    if (growth === undefined) return;
    fc.assert(
      fc.property(text, (input) => {
        expect(run(input).length).toBeLessThanOrEqual(Math.floor(growth * input.length));
      }),
      { numRuns: RUNS },
    );
  });

  it('brings no erased byte but those it says', () => {
    if (!transformation.erases || transformation.brings === undefined) return;
    fc.assert(
      fc.property(text, (input) => {
        const known = new Set([...input, ...(transformation.brings ?? '')]);
        const news = [...run(input)].filter((byte) => ERASED_BYTES.includes(byte) && !known.has(byte));
        expect(news).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });
});

const predicates = all.filter((t) => t.kind === 'map' && (t.needs ?? t.needsFalse) !== undefined);

describe.each(named(predicates))('%s', (_name, transformation) => {
  it('is true, or false, only of a text with one of the pieces it needs for that', () => {
    if (transformation.kind !== 'map') return;
    const run = transformation.bind(argumentsOf(transformation));
    const check = (input: string): void => {
      const needs = run(input) === true ? transformation.needs : transformation.needsFalse;
      if (needs !== undefined) expect(needs.some((piece) => input.includes(piece))).toBe(true);
    };
    for (const { input } of transformation.examples) if (typeof input === 'string') check(input);
    fc.assert(fc.property(text, check), { numRuns: RUNS });
  });
});

describe.each(named(all))('%s', (_name, transformation) => {
  it('never throws', () => {
    const run = transformation.bind(argumentsOf(transformation)) as (value: unknown) => unknown;
    fc.assert(
      fc.property(fc.oneof(text, fc.integer(), fc.boolean(), fc.double()), (input) => {
        if (transformation.kind === 'text' && typeof input !== 'string') return;
        run(input);
      }),
      { numRuns: RUNS },
    );
  });

  it('takes time linear in the text for hostile repetitions', () => {
    const run = transformation.bind(argumentsOf(transformation)) as (value: unknown) => unknown;
    for (const piece of PIECES) run(piece.repeat(Math.ceil(65_536 / piece.length)));
    // Squared work would be minutes; a busy machine is not.
  });
});

it.each([
  ...['lower', 'squeeze', 'percent_decode', 'url_decode_uni', 'html_decode', 'js_decode', 'css_decode'],
  ...[
    'escape_decode',
    'utf8_to_unicode',
    'remove_space',
    'strip_comments',
    'remove_comment_chars',
    'cmd_line',
  ],
])('%s reads values beyond the shared buffer as it reads short ones', (name) => {
  const transformation = texts.find((candidate) => candidate.name === name)!;
  const filler = 'x'.repeat(TRANSFORM_SCRATCH_BYTES_MAX);
  for (const { input, args = [] } of transformation.examples) {
    const run = transformation.bind(args);
    expect(run(`${filler}${input as string}`) === filler + run(input as string)).toBe(true);
  }
});

it('reports more matches than the limit as unknown', () => {
  const find = TRANSFORMATIONS.get('find')!;
  if (find.kind !== 'map') throw new Error('find');
  const run = find.bind(argumentsOf(find));
  expect(run('x'.repeat(FIND_MATCHES_MAX))).toHaveLength(FIND_MATCHES_MAX);
  expect(run('x'.repeat(FIND_MATCHES_MAX + 1))).toBe(UNKNOWN);
});
