/**
 * Text from outside, made fit for a log line, a terminal and a person.
 *
 * The engine holds text as latin1, one char per byte. Here it becomes readable: valid UTF-8 is decoded, and whatever
 * could move a cursor, hide text or end a line is written as an escape. The result is reversible: a backslash of
 * the client's own is doubled.
 */
import { isUtf8 } from 'node:buffer';
import { LOG_VALUE_CHARS_MAX } from '../core/limits.ts';

/** Controls (C0, C1), format characters (bidirectional overrides among them), separators, surrogates, private use. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]|\\/gu;

const ASCII_PRINTABLE = /^[ -[\]-~]*$/;

/** Escapes latin1 text and cuts it to `charsMax`; a cut is marked with `…`. Linear. */
export function printable(latin1: string, charsMax: number = LOG_VALUE_CHARS_MAX): string {
  const cut = latin1.length > charsMax ? latin1.slice(0, charsMax) : latin1;
  const escaped = ASCII_PRINTABLE.test(cut) ? cut : escapeBytes(cut);
  return cut.length < latin1.length ? `${escaped}…` : escaped;
}

function escapeBytes(latin1: string): string {
  const bytes = Buffer.from(latin1, 'latin1');
  const end = wholeCharacters(bytes);
  if (!isUtf8(bytes.subarray(0, end))) return latin1.replace(/[^ -~]|\\/g, escapeByte);
  const text = bytes.toString('utf8', 0, end).replace(UNPRINTABLE, escapeCharacter);
  return text + bytes.toString('latin1', end).replace(/[^ -~]/g, escapeByte);
}

/** Where the last whole UTF-8 character ends: the cut may have gone through one (at most three bytes of it are left). */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return back < length ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

function escapeByte(char: string): string {
  return char === '\\' ? '\\\\' : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

function escapeCharacter(char: string): string {
  if (char === '\\') return '\\\\';
  const code = char.codePointAt(0) as number;
  return code < 0x80 ? escapeByte(char) : `\\u{${code.toString(16)}}`;
}
