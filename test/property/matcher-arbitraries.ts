/** Generators for the matcher's property tests: regexes together with texts they match, and odd texts. */
import fc from 'fast-check';

/** A regex source and a latin1 text made to match it (but for assertions, which may stand anywhere). */
export type RegexWithText = readonly [source: string, text: string];

const WORDS = [
  'select',
  'union',
  'or',
  '../',
  '<script',
  'on',
  'alert(',
  "'",
  '"',
  '--',
  '/*',
  ' ',
  'a',
  'Z',
  '%',
  'x\xff',
  '\xc9',
  ';',
];

const escapeSource = (text: string): string =>
  text.replace(/[^A-Za-z0-9 ]/g, (char) =>
    char > '\x7f' ? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}` : `\\${char}`,
  );

const literal: fc.Arbitrary<RegexWithText> = fc
  .constantFrom(...WORDS)
  .map((word) => [escapeSource(word), word]);

const set: fc.Arbitrary<RegexWithText> = fc.constantFrom<RegexWithText>(
  ['.', '\n'],
  ['.', '\x80'],
  ['\\d', '7'],
  ['\\w', 'q'],
  ['\\W', '\xe9'],
  ['\\s', '\t'],
  ['[^a-z]', '<'],
  ['[^\\s]', '\xa0'],
  ['[a-f0-9]', 'c'],
  ['[\'"`]', "'"],
  ['[<>(){}]', '('],
  ['[\\x80-\\xff]', '\xfe'],
  ['[[:punct:]]', '|'],
  ['\\0', '\0'],
  ['é', '\xc3\xa9'],
  ['[éx]', 'x'],
);

const assertion: fc.Arbitrary<RegexWithText> = fc.constantFrom<RegexWithText>(
  ['\\b', ''],
  ['^', ''],
  ['$', ''],
  ['\\B', ''],
);

/** Small regexes of every construct, with a text for each. */
export function regexWithText(): fc.Arbitrary<RegexWithText> {
  const { node } = fc.letrec<{ node: RegexWithText; sequence: RegexWithText }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { arbitrary: literal, weight: 6 },
      { arbitrary: set, weight: 4 },
      { arbitrary: assertion, weight: 1 },
      { arbitrary: tie('sequence'), weight: 5 },
      {
        arbitrary: fc
          .tuple(fc.array(tie('sequence'), { minLength: 2, maxLength: 4 }), fc.nat())
          .map(
            ([options, pick]): RegexWithText => [
              `(?:${options.map(([source]) => source).join('|')})`,
              options[pick % options.length][1],
            ],
          ),
        weight: 3,
      },
      {
        arbitrary: fc
          .tuple(tie('sequence'), fc.constantFrom('*', '+', '?', '*?', '{2}', '{1,3}', '{2,}'), fc.nat(3))
          .map(([[source, text], count, times]): RegexWithText => {
            const least = count.startsWith('{2') ? 2 : count === '+' || count.startsWith('{1') ? 1 : 0;
            const most = count === '?' ? 1 : count === '{2}' ? 2 : 3;
            return [`(?:${source})${count}`, text.repeat(Math.min(most, Math.max(least, times)))];
          }),
        weight: 3,
      },
      {
        arbitrary: fc
          .tuple(fc.constantFrom('(', '(?i:', '(?-s:'), tie('sequence'))
          .map(([open, [source, text]]): RegexWithText => [`${open}${source})`, text]),
        weight: 2,
      },
    ),
    sequence: fc
      .array(tie('node'), { minLength: 1, maxLength: 4 })
      .map(
        (items): RegexWithText => [
          items.map(([source]) => source).join(''),
          items.map(([, text]) => text).join(''),
        ],
      ),
  }));
  return node.filter(([source, text]) => source.length < 200 && text.length < 200);
}

/** Short texts of every byte, with a liking for those that mean something to rules. */
export function byteText(maxLength = 10): fc.Arbitrary<string> {
  const char = fc.oneof(
    fc.constantFrom(...'abzAZ09 \n\0\'"\\<>()/%;,-_.:='),
    fc.nat(255).map((byte) => String.fromCharCode(byte)),
  );
  return fc.oneof(
    fc.array(char, { maxLength }).map((chars) => chars.join('')),
    fc.array(fc.constantFrom(...WORDS), { maxLength: 3 }).map((words) => words.join('')),
  );
}
