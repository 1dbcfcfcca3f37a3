/** Classes of bytes for the SQL lexer, one table look-up each. */

export const CHAR = {
  OTHER: 0,
  SPACE: 1,
  /** Begins a word. */
  LETTER: 2,
  DIGIT: 3,
  /** Single quote, double quote, backquote. */
  QUOTE: 4,
  PUNCTUATION: 5,
} as const;

/**
 * White space of any dialect: C0 controls count, since SQLite, SQL Server and Oracle each skip some of them. \xa0 is
 * white space for MySQL in single-byte character sets; the lexer looks whether it is part of a letter in UTF-8.
 */
const classes = new Uint8Array(256);
for (let code = 0; code <= 0x20; code++) classes[code] = CHAR.SPACE;
for (const mark of '!#$%&()*+,-./:;<=>?@[]^{|}~\\') classes[mark.charCodeAt(0)] = CHAR.PUNCTUATION;
for (const mark of '\'"`') classes[mark.charCodeAt(0)] = CHAR.QUOTE;
for (let code = 0x30; code <= 0x39; code++) classes[code] = CHAR.DIGIT;
for (let code = 0x41; code <= 0x5a; code++) {
  classes[code] = CHAR.LETTER;
  classes[code | 0x20] = CHAR.LETTER;
}
classes[0x5f] = CHAR.LETTER;
for (let code = 0x80; code <= 0xff; code++) classes[code] = CHAR.LETTER;

/** The class of the byte at `at`; beyond the end `OTHER`. Text beyond latin1 counts as letters. */
export function charClass(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 256 ? classes[code] : code > 255 ? CHAR.LETTER : CHAR.OTHER;
}

/** ASCII that may stand inside a word: letters, digits, `_`, `$`. */
const inWord = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const isWord = classes[code] === CHAR.LETTER || classes[code] === CHAR.DIGIT || code === 0x24;
  inWord[code] = isWord ? 1 : 0;
}

/** Whether the byte may stand inside a word. */
export function isWordByte(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code < 128) return inWord[code] === 1;
  return at < text.length && !isNoBreakSpace(text, at);
}

/** A no-break space: alone, or as UTF-8 writes it. After any other byte beyond ASCII \xa0 is the rest of a letter. */
export function isNoBreakSpace(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code === 0xc2) return text.charCodeAt(at + 1) === 0xa0;
  if (code !== 0xa0) return false;
  const before = at === 0 ? 0 : text.charCodeAt(at - 1);
  return before < 0x80 || before === 0xc2 || before === 0xa0;
}
