/**
 * The ASCII character a legacy server makes of a Unicode one ("best fit"), for `%uHHHH` escapes.
 *
 * The table is derived at start: the first character of the compatibility decomposition (UAX #15) if it is ASCII
 * and all that follows are combining marks, and by hand the punctuation that code pages map by its looks. Both are
 * what lets U+02BC act as an apostrophe in an SQL injection, or U+2215 as a slash in a traversal.
 */

const LOOKALIKES: Readonly<Record<string, string>> = {
  "'": '\u02b9\u02bb\u02bc\u02bd\u02c8\u2018\u2019\u201a\u201b\u2032\u2035',
  '"': '\u02ba\u201c\u201d\u201e\u2033\u2036\u301d\u301e',
  '`': '\u02cb',
  '-': '\u2010\u2011\u2012\u2013\u2014\u2015\u2212',
  '/': '\u2044\u2215',
  '\\': '\u2216',
  '<': '\u2039\u2329\u3008',
  '>': '\u203a\u232a\u3009',
  '*': '\u2217',
  ':': '\u2236',
  '|': '\u2223',
  '~': '\u02dc\u223c',
  '^': '\u02c6',
};

/** Blocks with compatibility forms of ASCII: Latin extensions, punctuation to enclosed letters, small and wide forms. */
const BLOCKS = [
  [0x0100, 0x02ff],
  [0x1e00, 0x1eff],
  [0x2000, 0x24ff],
  [0x3000, 0x303f],
  [0xfe50, 0xff5e],
] as const;

const ASCII_THEN_MARKS = /^[\x20-\x7e]\p{M}*$/u;

function derive(): ReadonlyMap<number, number> {
  const table = new Map<number, number>();
  for (const [first, last] of BLOCKS) {
    for (let codePoint = first; codePoint <= last; codePoint++) {
      const plain = String.fromCharCode(codePoint).normalize('NFKD');
      if (ASCII_THEN_MARKS.test(plain)) table.set(codePoint, plain.charCodeAt(0));
    }
  }
  for (const [ascii, lookalikes] of Object.entries(LOOKALIKES)) {
    for (const character of lookalikes) table.set(character.charCodeAt(0), ascii.charCodeAt(0));
  }
  return table;
}

const BEST_FIT = derive();

/** The ASCII byte a UTF-16 unit best fits, else its low byte, which is what servers without a mapping keep. */
export function bestFitByte(unit: number): number {
  return BEST_FIT.get(unit) ?? unit & 0xff;
}
