// What must hold of SQL detection for any text: it ends, moves on, and what is data stays data.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectSqli, detectSqliInAllPlaces } from '../../src/detect/sql/detect-sqli.ts';
import { MYSQL, STANDARD } from '../../src/detect/sql/dialect.ts';
import { SqlLexer } from '../../src/detect/sql/lexer.ts';
import { Reading } from '../../src/detect/sql/reading.ts';
import { readString } from '../../src/detect/sql/structure-reader.ts';
import { TOKEN } from '../../src/detect/sql/token.ts';

const RUNS = 2_000;

const anyByte = fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte));
const PIECES = [
  ...'\'"`()[]{};,.*+-/%^|&!~<>=@#:?$\\ \n\t\0\xa0\xc2',
  ...[
    '--',
    '/*',
    '*/',
    '/*!',
    '/*!50000',
    '$$',
    '$t$',
    "q'[",
    "]'",
    '||',
    '&&',
    '<=>',
    '1',
    '1.e',
    '0x1f',
    'a',
  ],
  ...[
    'select',
    'union',
    'all',
    'from',
    'where',
    'or',
    'and',
    'not',
    'between',
    'in',
    'like',
    'is',
    'null',
    'case',
  ],
  ...[
    'when',
    'then',
    'end',
    'order',
    'by',
    'limit',
    'into',
    'outfile',
    'drop',
    'table',
    'insert',
    'exec',
    'set',
  ],
  ...['sleep', 'benchmark', 'values', 'as', 'if', 'begin', 'declare', 'waitfor', 'delay', 'procedure', 'top'],
];
const text = fc.oneof(
  fc.string({ unit: anyByte, maxLength: 60 }),
  fc
    .array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...PIECES) }, anyByte), { maxLength: 40 })
    .chain((pieces) => fc.constantFrom(' ', '').map((glue) => pieces.join(glue))),
);

describe('any text', () => {
  it('has a verdict, the same one twice', () => {
    fc.assert(
      fc.property(text, (value) => {
        const first = detectSqli(value);
        expect(typeof first).toBe('boolean');
        expect(detectSqli(value)).toBe(first);
      }),
      { numRuns: RUNS },
    );
  });

  it('has at most as many tokens as bytes, and each begins where the one before it ended or later', () => {
    const lexer = new SqlLexer();
    fc.assert(
      fc.property(text, fc.constantFrom(MYSQL, STANDARD), (value, dialect) => {
        lexer.open(value, 0, dialect);
        let tokens = 0;
        for (let end = 0; lexer.next() !== TOKEN.END; end = lexer.at) {
          tokens++;
          expect(lexer.start).toBeGreaterThanOrEqual(end);
          expect(lexer.at).toBeGreaterThan(lexer.start);
          if (lexer.kind === TOKEN.COMMENT) break;
        }
        expect(tokens).toBeLessThanOrEqual(value.length);
        expect(lexer.at).toBeLessThanOrEqual(value.length);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('a place that is not tried', () => {
  it('has nothing to find', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(detectSqli(value), JSON.stringify(value)).toBe(detectSqliInAllPlaces(value));
      }),
      { numRuns: RUNS * 5 },
    );
  });
});

describe('data', () => {
  it('stays in its string when its quotes and backslashes are doubled', () => {
    const reading = new Reading();
    fc.assert(
      fc.property(text, fc.constantFrom("'", '"'), (value, quote) => {
        const standard = value.replaceAll(quote, quote + quote);
        const mysql = standard.replaceAll('\\', '\\\\');
        expect(readString(reading, standard, quote.charCodeAt(0), STANDARD)).toBe(false);
        expect(readString(reading, mysql, quote.charCodeAt(0), MYSQL)).toBe(false);
      }),
      { numRuns: RUNS },
    );
  });

  it('is every single word', () => {
    const letter = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCXYZ0123456789_.@:$?\xc3\xa9');
    fc.assert(
      fc.property(fc.string({ unit: letter, maxLength: 40 }), (word) => {
        expect(detectSqli(word)).toBe(false);
      }),
      { numRuns: RUNS },
    );
  });

  it('is every row of plain words, whichever of them SQL has too', () => {
    const word = fc.constantFrom(
      'the',
      'select',
      'union',
      'from',
      'or',
      'and',
      'order',
      'by',
      'group',
      'having',
    );
    const more = fc.constantFrom(
      'where',
      'like',
      'is',
      'not',
      'into',
      'drop',
      'update',
      'set',
      'with',
      'table',
    );
    const row = fc.array(fc.oneof(word, more, fc.constantFrom('a', 'cat', 'house')), { maxLength: 12 });
    fc.assert(
      fc.property(row, (words) => {
        // A whole statement is one, even of plain words.
        const value = `please ${words.join(' ')}`;
        expect(detectSqli(value)).toBe(false);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('an attack stays one', () => {
  const ATTACKS = [
    "' or '1' = '1",
    '1 union all select null , version ( ) ',
    "x' ; drop table users -- ",
    '1 and ( select count ( * ) from users ) > 0',
    "' and sleep ( 5 ) -- ",
    '1 order by 9 -- ',
  ];
  const gaps = fc.constantFrom(' ', '\n', '\t', '\x0b', '\x0c', '/**/', '/* x */', ' \n ', '--\n', '\xa0');

  it('in any case and with any white space', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ATTACKS),
        fc.array(gaps, { minLength: 20, maxLength: 20 }),
        fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
        (attack, spaces, capitals) => {
          const end = attack.search(/ -- $/) < 0 ? attack.length : attack.search(/ -- $/);
          let gap = 0;
          const body = attack.slice(0, end).replace(/ /g, () => spaces[gap++ % spaces.length]);
          const cased = [...body].map((c, i) => (capitals[i % 60] ? c.toUpperCase() : c)).join('');
          expect(detectSqli(cased + attack.slice(end)), cased).toBe(true);
        },
      ),
      { numRuns: RUNS },
    );
  });
});
