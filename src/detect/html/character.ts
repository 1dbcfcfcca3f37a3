/** Classes of single bytes for the tokenizers, as HTML (WHATWG HTML §13.2.5) and Infra (§4.6 ASCII) define them. */

const { LOWER, SPACE, LETTER } = tables();

function tables(): { LOWER: Uint8Array; SPACE: Uint8Array; LETTER: Uint8Array } {
  const lower = Uint8Array.from({ length: 256 }, (_, byte) =>
    byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte,
  );
  const space = new Uint8Array(256);
  for (const byte of [0x09, 0x0a, 0x0c, 0x0d, 0x20]) space[byte] = 1;
  const letter = Uint8Array.from(lower, (byte) => (byte >= 0x61 && byte <= 0x7a ? 1 : 0));
  return { LOWER: lower, SPACE: space, LETTER: letter };
}

/** Tab, line feed, form feed, carriage return, space. A vertical tab is part of names. */
export function isSpace(code: number): boolean {
  return SPACE[code] === 1;
}

export function isLetter(code: number): boolean {
  return LETTER[code] === 1;
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** The code in lower case; what is no ASCII letter stays. */
export function lowerCode(code: number): number {
  return code < 256 ? LOWER[code] : code;
}

/** First position from `at` whose byte is no white space. */
export function skipSpace(text: string, at: number, end: number): number {
  while (at < end && isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** Whether `word`, given in lower case, stands at `at` in any case. */
export function startsWithAt(text: string, word: string, at: number, end: number): boolean {
  if (at + word.length > end) return false;
  for (let index = 0; index < word.length; index++) {
    if (lowerCode(text.charCodeAt(at + index)) !== word.charCodeAt(index)) return false;
  }
  return true;
}
