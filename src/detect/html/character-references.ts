/**
 * Character references as browsers decode them in text and attribute values (WHATWG HTML §13.2.5.72 to .80).
 *
 * Only names of ASCII characters are known: they are the ones that change what a text is. Numeric references need no
 * semicolon, of the names those do that browsers still read without one (§13.5). Attribute values keep such a name when
 * `=` or a letter follows; that is not looked at, so that too much is decoded, never too little.
 */
import { isDigit, isLetter, lowerCode } from './character.ts';

/** Longest name below (VerticalLine) and its semicolon. */
const NAME_CHARS_MAX = 13;

const NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    Tab: '\t',
    NewLine: '\n',
    nbsp: ' ',
    excl: '!',
    quot: '"',
    QUOT: '"',
    num: '#',
    dollar: '$',
    percnt: '%',
    amp: '&',
    AMP: '&',
    apos: "'",
    lpar: '(',
    rpar: ')',
    ast: '*',
    midast: '*',
    plus: '+',
    comma: ',',
    period: '.',
    sol: '/',
    colon: ':',
    semi: ';',
    lt: '<',
    LT: '<',
    equals: '=',
    gt: '>',
    GT: '>',
    quest: '?',
    commat: '@',
    lsqb: '[',
    lbrack: '[',
    bsol: '\\',
    rsqb: ']',
    rbrack: ']',
    Hat: '^',
    lowbar: '_',
    UnderBar: '_',
    grave: '`',
    lcub: '{',
    lbrace: '{',
    verbar: '|',
    vert: '|',
    VerticalLine: '|',
    rcub: '}',
    rbrace: '}',
  }),
);

/** Names that are read without a semicolon as well. */
const BARE_NAMES = ['quot', 'QUOT', 'amp', 'AMP', 'lt', 'LT', 'gt', 'GT', 'nbsp'] as const;

/** The text with its references decoded once; the same string when there is none. Linear; latin1 in, latin1 out. */
export function decodeReferences(text: string): string {
  let at = text.indexOf('&');
  if (at < 0) return text;
  let decoded = '';
  let kept = 0;
  while (at >= 0) {
    const reference = text.charCodeAt(at + 1) === 0x23 ? numeric(text, at + 2) : named(text, at + 1);
    if (reference !== undefined) {
      decoded += text.slice(kept, at) + reference.value;
      kept = reference.end;
    }
    at = text.indexOf('&', reference === undefined ? at + 1 : reference.end);
  }
  return kept === 0 ? text : decoded + text.slice(kept);
}

interface Reference {
  readonly value: string;
  readonly end: number;
}

/** A number after `&#`. Characters beyond latin1 become a letter of it: none of them is markup. */
function numeric(text: string, from: number): Reference | undefined {
  const hex = lowerCode(text.charCodeAt(from)) === 0x78;
  let at = hex ? from + 1 : from;
  const first = at;
  let code = 0;
  for (; at < text.length; at++) {
    const digit = digitOf(text.charCodeAt(at), hex);
    if (digit < 0) break;
    code = Math.min(code * (hex ? 16 : 10) + digit, 0x110000);
  }
  if (at === first) return undefined;
  const end = text.charCodeAt(at) === 0x3b ? at + 1 : at;
  return { value: String.fromCharCode(code === 0xa0 ? 0x20 : code > 0xff || code === 0 ? 0xff : code), end };
}

function digitOf(code: number, hex: boolean): number {
  if (isDigit(code)) return code - 0x30;
  const low = lowerCode(code);
  return hex && low >= 0x61 && low <= 0x66 ? low - 0x57 : -1;
}

function named(text: string, from: number): Reference | undefined {
  if (!isLetter(text.charCodeAt(from))) return undefined;
  for (let at = from + 1; at < from + NAME_CHARS_MAX && at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isLetter(code)) continue;
    const value = code === 0x3b ? NAMES.get(text.slice(from, at)) : undefined;
    if (value !== undefined) return { value, end: at + 1 };
    break;
  }
  const bare = BARE_NAMES.find((name) => text.startsWith(name, from));
  return bare === undefined ? undefined : { value: NAMES.get(bare)!, end: from + bare.length };
}
