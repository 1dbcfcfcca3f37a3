/**
 * `unwrap`: the text behind the wrappings that applications take off before they use a value.
 *
 * Rules test a value and, beside it, what is inside (`|>? unwrap`): decoding alone would let a payload hide that means
 * something else once decoded. Wrappings nest in any order, so layers are taken off until none is left, at most
 * `UNWRAP_LAYERS_MAX`. Percent escapes and character references count as wrappings only around others: rules decode them
 * by themselves, and a value that has nothing else is not worth a second look. The exception is a cookie or header field
 * that a form was serialised into: its plus signs are blanks, which no rule takes them for.
 */
import { UNWRAP_FORM_BYTES_MAX, UNWRAP_LAYERS_MAX, UNWRAP_PERCENT_ROUNDS } from '../../core/limits.ts';
import { hexPair, hexValue, load, unload, writeUtf8 } from './bytes.ts';
import { decodeEncodedText, mayHoldEncodedText } from './encoded-text.ts';
import { html_decode } from './html-decode.ts';
import { percentDecode } from './percent-decode.ts';
import type { TextTransformation } from './transformation.ts';

const htmlDecode = html_decode.bind([]);

const PERCENT = 0x25;
const BACKSLASH = 0x5c;
const REPLACEMENT = 0xfffd;
const CODE_POINT_MAX = 0x10ffff;
/** Bytes of which each wrapping but Base64 and hexadecimal has one. */
const MARKED = /[\\%&\xc0\xc1\xe0]/;
/** An escape of one of the kinds below may begin here. */
const ESCAPE = /\\[ux]|%u/i;
const OVERLONG = /[\xc0\xc1][\x80-\xbf]|\xe0[\x80\x81][\x80-\xbf]/g;

/** The code point of the escape found last; a second result that costs no object. */
let found = 0;

/** The offset behind `\uHHHH`, `\u{H}` or `%uHHHH` whose letter is at `at`, 0 if there is none. */
function unicodeEscapeEnd(buffer: Buffer, at: number): number {
  if (buffer[at + 1] === 0x7b) {
    let end = at + 2;
    let value = 0;
    for (let digit = hexValue(buffer[end]); digit >= 0; digit = hexValue(buffer[++end])) {
      value = Math.min(value * 16 + digit, CODE_POINT_MAX + 1);
    }
    found = value;
    return end > at + 2 && buffer[end] === 0x7d ? end + 1 : 0;
  }
  const high = hexPair(buffer[at + 1], buffer[at + 2]);
  const low = hexPair(buffer[at + 3], buffer[at + 4]);
  if ((high | low) < 0) return 0;
  found = (high << 8) | low;
  return at + 5;
}

/** Decodes `\uHHHH`, `\u{H}`, `%uHHHH` (to UTF-8) and `\xHH` (to a byte); other escapes stay. Never longer. */
function decodeEscapes(text: string): string {
  const first = text.search(ESCAPE);
  if (first < 0) return text;
  const buffer = load(text);
  let out = first;
  for (let at = first; at < text.length; ) {
    const mark = buffer[at]!;
    const letter = (buffer[at + 1] ?? 0) | 0x20;
    let end = 0;
    if (letter === 0x75 && (mark === BACKSLASH || mark === PERCENT)) {
      end = unicodeEscapeEnd(buffer, at + 1);
      const isCharacter = found <= CODE_POINT_MAX && !(found >= 0xd800 && found <= 0xdfff);
      if (end > 0) out = writeUtf8(buffer, out, isCharacter ? found : REPLACEMENT);
    } else if (letter === 0x78 && mark === BACKSLASH) {
      const byte = hexPair(buffer[at + 2], buffer[at + 3]);
      if (byte >= 0) {
        buffer[out++] = byte;
        end = at + 4;
      }
    }
    if (end === 0) buffer[out++] = buffer[at++]!;
    else at = end;
  }
  return unload(buffer, out, text);
}

/** ASCII in two or three bytes of UTF-8, which RFC 3629 §3 forbids and lenient decoders read; a C0 byte starts nothing else. */
function decodeOverlong(text: string): string {
  return text.replace(OVERLONG, (bytes) => {
    const last = bytes.charCodeAt(bytes.length - 1);
    const before = bytes.charCodeAt(bytes.length - 2);
    return String.fromCharCode(((before & 1) << 6) | (last & 0x3f));
  });
}

/** One layer off. */
function peel(text: string): string {
  if (!MARKED.test(text)) return decodeEncodedText(text);
  const plain = decodeOverlong(decodeEscapes(text));
  return plain === text ? decodeEncodedText(text) : plain;
}

/** All that form serialising leaves of a value, with `!'()~` that JavaScript leaves too: blanks are plus signs between. */
const FORM_BYTES = /^[\w.*!'()~-][\w.*!'()~+-]*$/;
const ESCAPED_FORM = /^[^\s+][^\s]*$/;
const PERCENT_ESCAPE = /%[\da-f]{2}/i;
/** By hand people turn blanks alone: no white space before the first plus, and a mark that Base64 does not have … */
const UNBROKEN_TO_PLUS = /^[^\s+]*\+/;
const CODE_MARK = /['"()<>|&#*;,]/;
/** … or a word between two, and a number that is compared or assigned. */
const WORD_BETWEEN = /\+[A-Za-z]{2,10}\+/;
const COMPARED_NUMBER = /\d=|=\d/;

/** Whether the text is a value of application/x-www-form-urlencoded (WHATWG URL, 5.2) with a blank inside. */
function isFormValue(text: string): boolean {
  if (text.length > UNWRAP_FORM_BYTES_MAX || !text.includes('+')) return false;
  const isCode = CODE_MARK.test(text) || (WORD_BETWEEN.test(text) && COMPARED_NUMBER.test(text));
  if (isCode && UNBROKEN_TO_PLUS.test(text)) return true;
  if (text.indexOf('+', 1) < 0) return false;
  return FORM_BYTES.test(text) || (PERCENT_ESCAPE.test(text) && ESCAPED_FORM.test(text));
}

/** The text asked for last and what is in it: one value is asked for by many rules in a row. */
let lastText = '';
let lastInner = '';

function unwrapText(text: string): string {
  const isMarked = MARKED.test(text) || mayHoldEncodedText(text);
  if (!isMarked && !text.includes('+')) return text;
  if (text === lastText) return lastInner;
  lastInner = isMarked ? withoutLayers(text) : text;
  // In what was encoded a plus may as well be a sign: between words it is none.
  if ((lastInner === text || WORD_BETWEEN.test(lastInner)) && isFormValue(lastInner)) {
    lastInner = lastInner.replaceAll('+', ' ');
  }
  lastText = text;
  return lastInner;
}

function withoutLayers(text: string): string {
  let result = text;
  for (let layer = 0; layer < UNWRAP_LAYERS_MAX; layer++) {
    let inner = peel(result);
    if (inner === result) {
      const plain = htmlDecode(percentDecode(result, UNWRAP_PERCENT_ROUNDS));
      inner = plain === result ? plain : peel(plain);
      if (inner === plain) break;
    }
    result = inner;
  }
  return result;
}

export const unwrap: TextTransformation = {
  kind: 'text',
  name: 'unwrap',
  doc: 'The text inside: Base64 and hexadecimal that hold text (a whole value, or long runs in it), \\uHHHH, \\u{H}, %uHHHH, \\xHH, overlong UTF-8, in any order, percent escapes and character references between them; of a value serialised as in a form, the blanks. A value without any stays as it is; `|>? unwrap` tests both.',
  parameters: [],
  triggers: null,
  erases: false,
  examples: [
    { input: 'PHNjcmlwdD4=', output: '<script>' },
    { input: 'next=Li4vLi4vZXRjL3Bhc3N3ZA&x=1', output: 'next=../../etc/passwd&x=1' },
    { input: '\\u003cscript\\x3e', output: '<script>' },
    { input: '0x3c7363726970743e', output: '<script>' },
    { input: 'UEhOamNtbHdkRDQ9', output: '<script>' },
    { input: '\xc0\xbcscript', output: '<script' },
    { input: '%2527 or', output: '%2527 or' },
    { input: 'x%3B+ls+-la', output: 'x%3B ls -la' },
    { input: 'plain words, 100% of them', output: 'plain words, 100% of them' },
  ],
  bind: () => unwrapText,
};
