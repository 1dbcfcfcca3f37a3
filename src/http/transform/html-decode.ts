/**
 * `html_decode`: HTML character references (HTML Living Standard §13.2.5.72), wider than SecLang's htmlEntityDecode.
 *
 * As there: a value up to 255 gives that byte, `&nbsp;` the byte 160, the semicolon is optional for numbers and for the
 * names quot, amp, lt, gt and nbsp, and those five are found in any letter case. Beyond it: numbers of any
 * length (larger ones become UTF-8), the named references that spell ASCII punctuation or vanish, and text that
 * touches a name without semicolon stays, as in a browser (`&ltscript` is `<script`).
 */
import { readNumber, reference, replaceReferences } from './character-reference.ts';
import type { TextTransformation } from './transformation.ts';

/** Names that need their semicolon, by code point. */
const NAMED: ReadonlyMap<string, number> = new Map(
  Object.entries({
    Tab: 0x09,
    NewLine: 0x0a,
    excl: 0x21,
    num: 0x23,
    dollar: 0x24,
    percnt: 0x25,
    apos: 0x27,
    lpar: 0x28,
    rpar: 0x29,
    ast: 0x2a,
    midast: 0x2a,
    plus: 0x2b,
    comma: 0x2c,
    period: 0x2e,
    sol: 0x2f,
    colon: 0x3a,
    semi: 0x3b,
    equals: 0x3d,
    quest: 0x3f,
    commat: 0x40,
    lsqb: 0x5b,
    lbrack: 0x5b,
    bsol: 0x5c,
    rsqb: 0x5d,
    rbrack: 0x5d,
    Hat: 0x5e,
    lowbar: 0x5f,
    UnderBar: 0x5f,
    grave: 0x60,
    DiacriticalGrave: 0x60,
    lcub: 0x7b,
    lbrace: 0x7b,
    verbar: 0x7c,
    vert: 0x7c,
    VerticalLine: 0x7c,
    rcub: 0x7d,
    rbrace: 0x7d,
    NonBreakingSpace: 0xa0,
    shy: 0xad,
    zwnj: 0x200c,
    zwj: 0x200d,
    ZeroWidthSpace: 0x200b,
    hyphen: 0x2010,
    dash: 0x2010,
  }),
);
const NAME_CHARS_MAX = Math.max(...[...NAMED.keys()].map((name) => name.length));

/** Names that need no semicolon, in any letter case. */
const LEGACY = [
  ['quot', 0x22],
  ['nbsp', 0xa0],
  ['amp', 0x26],
  ['lt', 0x3c],
  ['gt', 0x3e],
] as const;

const REPLACEMENT = 0xfffd;
const CODE_POINT_MAX = 0x10ffff;

function readReference(text: string, buffer: Buffer, at: number): number {
  if (buffer[at + 1] !== 0x23) return readName(text, at + 1);
  const end = readNumber(buffer, at + 2);
  const { magnitude } = reference;
  const isCharacter = magnitude <= CODE_POINT_MAX && !(magnitude >= 0xd800 && magnitude <= 0xdfff);
  reference.codePoint = isCharacter ? magnitude : REPLACEMENT;
  return end;
}

/** Offset behind a name that starts at `at`, 0 if none is known there. */
function readName(text: string, at: number): number {
  const initial = text.charCodeAt(at) | 0x20;
  if (!(initial >= 0x61 && initial <= 0x7a)) return 0;
  const semicolon = text.slice(at, at + NAME_CHARS_MAX + 1).indexOf(';');
  const exact = semicolon < 1 ? undefined : NAMED.get(text.slice(at, at + semicolon));
  if (exact !== undefined) {
    reference.codePoint = exact;
    return at + semicolon;
  }
  for (const [legacy, codePoint] of LEGACY) {
    if (startsWithFolded(text, at, legacy)) {
      reference.codePoint = codePoint;
      return at + legacy.length;
    }
  }
  return 0;
}

function startsWithFolded(text: string, at: number, letters: string): boolean {
  for (let index = 0; index < letters.length; index++) {
    if ((text.charCodeAt(at + index) | 0x20) !== letters.charCodeAt(index)) return false;
  }
  return true;
}

export const html_decode: TextTransformation = {
  kind: 'text',
  name: 'html_decode',
  doc: 'Decodes HTML character references: numeric ones of any length (up to 255 as a byte, above as UTF-8) and the named ones that stand for ASCII punctuation or invisible characters.',
  parameters: [],
  triggers: '&',
  erases: false,
  examples: [
    { input: '&lt;b&GT;', output: '<b>' },
    { input: '&#x6a;&#00097vascript&colon;', output: 'javascript:' },
    { input: 'a&#x4e2d;', output: 'a\xe4\xb8\xad' },
    { input: '&ltscript&lpar;1&rpar;', output: '<script(1)' },
    { input: 'R&D &# &unknown;', output: 'R&D &# &unknown;' },
  ],
  bind: () => (text) => replaceReferences(text, readReference),
};
