import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonReader } from '../../src/http/body/json.ts';
import type { ReaderOptions } from '../../src/http/body/reader.ts';
import { LEAF } from '../../src/http/value.ts';
import { replayEveryCut, utf8BytesAsLatin1, wholeValues } from './body-replay.ts';

const make = (options: ReaderOptions): JsonReader => new JsonReader(options);
const makeLenient = (options: ReaderOptions): JsonReader => new JsonReader(options, { lenient: true });
const makeSequence = (options: ReaderOptions): JsonReader =>
  new JsonReader(options, { lenient: true, sequence: true });

/** What the reader must report, by way of JSON.parse. */
function leavesOf(value: unknown, name: string, path: string, out: unknown[][]): unknown[][] {
  const under = (key: string): string => (name === '' ? key : `${name}.${key}`);
  if (Array.isArray(value)) {
    value.forEach((item, index) => leavesOf(item, name, `${path}/${index}`, out));
    if (value.length === 0 && name !== '')
      out.push([utf8BytesAsLatin1(name), utf8BytesAsLatin1(path), '', LEAF.EMPTY]);
  } else if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    for (const [key, member] of entries) {
      leavesOf(member, under(key), `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, out);
    }
    if (entries.length === 0 && name !== '') {
      out.push([utf8BytesAsLatin1(name), utf8BytesAsLatin1(path), '', LEAF.EMPTY]);
    }
  } else {
    const leaf =
      typeof value === 'string'
        ? LEAF.TEXT
        : typeof value === 'number'
          ? LEAF.NUMBER
          : value === null
            ? LEAF.NULL
            : LEAF.BOOLEAN;
    const text = typeof value === 'number' ? JSON.stringify(value) : String(value);
    out.push([name, path, text, leaf].map((x) => (typeof x === 'string' ? utf8BytesAsLatin1(x) : x)));
  }
  return out;
}

const key = fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('a', '~/', '\\"', 'é', '😀'));
const { document } = fc.letrec((tie) => ({
  document: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ maxLength: 40 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
    fc.constantFrom(true, false, null),
    fc.array(tie('document'), { maxLength: 4 }),
    fc.dictionary(key, tie('document'), { maxKeys: 12 }),
  ),
}));

/** JSON text of the document with random white space and escapes. */
const spelled = fc
  .tuple(document, fc.constantFrom(undefined, 1, '\t'), fc.boolean())
  .map(([doc, indent, escape]) => {
    const text = JSON.stringify(doc, undefined, indent);
    return [
      doc,
      escape
        ? text.replace(/[^\x00-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
        : text,
    ] as const;
  });

describe('json reader', () => {
  test('reports the leaves JSON.parse gives, at every cut', () => {
    fc.assert(
      fc.property(spelled, ([doc, text]) => {
        fc.pre(text.length < 700);
        const run = replayEveryCut(make, Buffer.from(text, 'utf8'));
        const expected = leavesOf(doc, '', '', []);
        if (run.fault?.reason === 'body.name') return; // joined names may pass the small limit
        expect(run.fault).toBeNull();
        expect(wholeValues(run, 16)).toEqual(expected);
      }),
      { numRuns: 80 },
    );
  });

  const fragment = fc.constantFrom(
    ...[
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '"a":',
      '"b":1',
      '\\',
      '\\u00',
      '\\ud83d',
      '\\ude00',
      '\\n',
    ],
    ...[
      '1',
      '-',
      '0',
      '1.5e3',
      'e',
      'true',
      'nul',
      'false',
      ' ',
      '\n',
      '\x01',
      '\xc3\xa9',
      '\xf0\x9f',
      '\x98\x80',
      '\xff',
    ],
    ...[
      '\xef\xbb\xbf',
      '"' + 'x'.repeat(30) + '"',
      'y'.repeat(20),
      ' '.repeat(40),
      '{"k":',
      '[[[',
      '9'.repeat(50),
    ],
  );
  test('reports the leaves of every document of a sequence, at every cut', () => {
    const separator = fc.constantFrom('\n', '\r\n', '\x1e', ' ', '\n\x1e', '\nno JSON\n', ' )]}\n');
    const sequence = fc.array(fc.tuple(spelled, separator), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(sequence, (documents) => {
        const text = documents.map(([[, spelling], gap]) => spelling + gap).join('');
        fc.pre(text.length < 500);
        const run = replayEveryCut(makeSequence, Buffer.from(text, 'utf8'));
        if (run.fault?.reason === 'body.name') return;
        expect(run.fault).toBeNull();
        expect(wholeValues(run, 16)).toEqual(documents.flatMap(([[doc]]) => leavesOf(doc, '', '', [])));
      }),
      { numRuns: 80 },
    );
  });

  test('reads any bytes the same at every cut, strict, lenient and as a sequence', () => {
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 12 }), (parts) => {
        const body = Buffer.from(parts.join(''), 'latin1');
        replayEveryCut(make, body);
        replayEveryCut(makeLenient, body);
        replayEveryCut(makeSequence, body);
      }),
      { numRuns: 300 },
    );
  });

  test('accepts no text that JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 8 }), (parts) => {
        const body = Buffer.from(parts.join(''), 'latin1');
        const run = replayEveryCut(make, body);
        if (run.fault === null) expect(() => JSON.parse(body.toString('utf8')) as unknown).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });
});
