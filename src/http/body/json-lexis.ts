/** The lexical parts of RFC 8259: which bytes make up strings and numbers, and what an escape stands for. */
import { hexDigit, utf8OfCodePoint } from './latin1.ts';

/** 1 for each byte that may stand in a string as it is (§7: neither quote, backslash nor control). */
export const PLAIN_BYTE = new Uint8Array(256).map((_, byte) =>
  byte >= 0x20 && byte !== 0x22 && byte !== 0x5c ? 1 : 0,
);

/** 1 for each byte that may stand in a number. */
export const NUMBER_BYTE = new Uint8Array(256).map((_, byte) =>
  '0123456789+-.eE'.includes(String.fromCharCode(byte)) ? 1 : 0,
);

/** 1 for each byte at which a document of a sequence may begin after text that is none: a line, a record, a bracket. */
const DOCUMENT_MARK = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === 0x0a || byte === 0x1e || byte === 0x5b || byte === 0x7b ? 1 : 0,
);

/** Index of the first such byte from `from` on; the length of the text when there is none. */
export function documentMarkFrom(text: string, from: number): number {
  let at = from;
  while (at < text.length && DOCUMENT_MARK[text.charCodeAt(at)] === 0) at++;
  return at;
}

/** §6. Linear: each alternative is decided by its first byte. */
export const NUMBER_SYNTAX = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

export const ESCAPE_MORE = 0;
const ESCAPE_WRONG = -1;
export const ESCAPE_LONE_SURROGATE = -2;

export interface Escape {
  /** UTF-8 bytes as latin1. */
  text: string;
}

/**
 * Reads the escape whose backslash stands at `at`.
 *
 * @param lenient a lone surrogate gives its three bytes instead of being refused
 * @returns chars it takes, with what it stands for in `out`; or ESCAPE_MORE when `text` ends before that is known
 */
export function readEscape(text: string, at: number, lenient: boolean, out: Escape): number {
  if (at + 1 >= text.length) return ESCAPE_MORE;
  const letter = text[at + 1];
  if (letter !== 'u') {
    const plain = SIMPLE_ESCAPES[letter];
    if (plain === undefined) return ESCAPE_WRONG;
    out.text = plain;
    return 2;
  }
  const unit = readUnit(text, at + 2);
  if (unit < 0) return unit === -1 ? ESCAPE_WRONG : ESCAPE_MORE;
  out.text = utf8OfCodePoint(unit);
  if (unit < 0xd800 || unit > 0xdfff) return 6;
  if (unit >= 0xdc00) return lenient ? 6 : ESCAPE_LONE_SURROGATE;
  return readLowSurrogate(text, at, unit, lenient, out);
}

function readLowSurrogate(text: string, at: number, high: number, lenient: boolean, out: Escape): number {
  const alone = lenient ? 6 : ESCAPE_LONE_SURROGATE;
  if (at + 6 >= text.length) return ESCAPE_MORE;
  if (text[at + 6] !== '\\') return alone;
  if (at + 7 >= text.length) return ESCAPE_MORE;
  if (text[at + 7] !== 'u') return alone;
  const low = readUnit(text, at + 8);
  if (low === -2) return ESCAPE_MORE;
  if (low < 0xdc00 || low > 0xdfff) return alone;
  out.text = utf8OfCodePoint(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
  return 12;
}

/** Four hexadecimal digits: their value, -1 when one is none, -2 when the text ends first. */
function readUnit(text: string, at: number): number {
  let unit = 0;
  for (let i = at; i < at + 4; i++) {
    if (i >= text.length) return -2;
    const digit = hexDigit(text.charCodeAt(i));
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}
