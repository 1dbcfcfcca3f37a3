/**
 * Named byte classes, and characters beyond ASCII as the UTF-8 bytes they stand for (RFC 3629).
 */
import { ByteSet } from './byte-set.ts';
import { choiceOf, type RegexNode, sequenceOf } from './regex-ast.ts';

const DIGIT = ByteSet.range(0x30, 0x39);
const UPPER = ByteSet.range(0x41, 0x5a);
const LOWER = ByteSet.range(0x61, 0x7a);
const ALPHA = UPPER.union(LOWER);
const ALNUM = ALPHA.union(DIGIT);
export const WORD = ALNUM.union(ByteSet.of('_'));
const GRAPH = ByteSet.range(0x21, 0x7e);

/** Perl classes. RE2's `\s` has no vertical tab. */
const PERL: Readonly<Record<string, ByteSet>> = { d: DIGIT, w: WORD, s: ByteSet.of('\t\n\f\r ') };

const POSIX: Readonly<Record<string, ByteSet>> = {
  alnum: ALNUM,
  alpha: ALPHA,
  ascii: ByteSet.range(0, 0x7f),
  blank: ByteSet.of('\t '),
  cntrl: ByteSet.range(0, 0x1f).add(0x7f),
  digit: DIGIT,
  graph: GRAPH,
  lower: LOWER,
  print: ByteSet.range(0x20, 0x7e),
  punct: GRAPH.without(ALNUM),
  space: ByteSet.of('\t\n\v\f\r '),
  upper: UPPER,
  word: WORD,
  xdigit: DIGIT.union(ByteSet.of('ABCDEFabcdef')),
};

/** The set of `\d`, `\D`, `\w`, …; undefined for any other letter. */
export function perlClass(letter: string): ByteSet | undefined {
  const positive = Object.hasOwn(PERL, letter) ? PERL[letter] : undefined;
  if (positive !== undefined) return positive;
  const lower = letter.toLowerCase();
  return Object.hasOwn(PERL, lower) ? PERL[lower].complement() : undefined;
}

/** The set of `[:name:]` or `[:^name:]`; undefined when there is no such class. */
export function posixClass(name: string): ByteSet | undefined {
  const negated = name.startsWith('^');
  const plain = negated ? name.slice(1) : name;
  if (!Object.hasOwn(POSIX, plain)) return undefined;
  return negated ? POSIX[plain].complement() : POSIX[plain];
}

type CharacterRange = readonly [low: number, high: number];

/** One byte range per position of an encoded character. */
type ByteRanges = readonly CharacterRange[];

/** A choice of byte sequences that are the UTF-8 forms of the characters in `ranges` (surrogates left out). */
export function utf8Node(ranges: readonly CharacterRange[]): RegexNode {
  return choiceOf(
    ranges
      .flatMap(([low, high]) => utf8Ranges(low, high))
      .map((positions) =>
        sequenceOf(positions.map(([low, high]) => ({ kind: 'set', bytes: ByteSet.range(low, high) }))),
      ),
  );
}

const SURROGATES: CharacterRange = [0xd800, 0xdfff];
const LAST_OF_LENGTH = [0x7f, 0x7ff, 0xffff];

/** Splits a range of code points until every position of its encodings varies independently. */
function utf8Ranges(low: number, high: number): ByteRanges[] {
  if (low > high) return [];
  if (low <= SURROGATES[1] && high >= SURROGATES[0]) {
    return [...utf8Ranges(low, SURROGATES[0] - 1), ...utf8Ranges(SURROGATES[1] + 1, high)];
  }
  for (const last of LAST_OF_LENGTH) {
    if (low <= last && high > last) return [...utf8Ranges(low, last), ...utf8Ranges(last + 1, high)];
  }
  if (high > 0x7f) {
    for (const bits of [6, 12, 18]) {
      const tail = (1 << bits) - 1;
      if ((low | tail) === (high | tail)) continue;
      if ((low & tail) !== 0) return [...utf8Ranges(low, low | tail), ...utf8Ranges((low | tail) + 1, high)];
      const cut = high - (high & tail);
      if ((high & tail) !== tail) return [...utf8Ranges(low, cut - 1), ...utf8Ranges(cut, high)];
    }
  }
  const first = utf8Bytes(low);
  const last = utf8Bytes(high);
  return [first.map((byte, i) => [byte, last[i]] as const)];
}

/** The UTF-8 bytes of one code point. */
function utf8Bytes(codePoint: number): number[] {
  return [...Buffer.from(String.fromCodePoint(codePoint), 'utf8')];
}
