/**
 * String literals: what `"…"` means in bytes, where a byte of it stands in the source, and how bytes are written.
 *
 * The escapes are those of JSON (RFC 8259 §7) and `\xNN` for one byte. Other text stands for its UTF-8 bytes.
 */
import { Buffer } from 'node:buffer';
import type { StringLiteral } from './ast-expression.ts';
import type { Span } from './source.ts';

/** A mistake inside a literal; offsets count in its raw text. */
export interface StringProblem {
  readonly start: number;
  readonly end: number;
  readonly message: string;
}

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
// One unit of a string: plain text up to the next backslash or forbidden character, or one escape.
const UNIT =
  /[^\\\0-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+|[\ud800-\udbff][\udc00-\udfff]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\[^]|[^]/y;

/** Calls `visit` for each unit of a raw literal with its offsets and its latin1 bytes. O(length). */
function eachUnit(
  raw: string,
  visit: (start: number, end: number, bytes: string, problem: string | undefined) => void,
): void {
  const end = raw.length - 1;
  UNIT.lastIndex = 1;
  while (UNIT.lastIndex < end) {
    const start = UNIT.lastIndex;
    const match = UNIT.exec(raw);
    if (match === null) return;
    // A run of plain text takes the closing quote with it.
    const unit = UNIT.lastIndex > end ? match[0].slice(0, end - UNIT.lastIndex) : match[0];
    const [bytes, problem] = decodeUnit(unit);
    visit(start, start + unit.length, bytes, problem);
    UNIT.lastIndex = start + unit.length;
  }
}

function decodeUnit(unit: string): [bytes: string, problem: string | undefined] {
  if (unit.charCodeAt(0) !== 92) {
    const code = unit.charCodeAt(0);
    if (
      unit.length === 1 &&
      (code < 32 || code === 127 || (code >= 0x202a && code <= 0x2069 && !isPlain(code)))
    ) {
      const hex = code.toString(16).toUpperCase().padStart(4, '0');
      return ['', `character U+${hex} is written \`\\u${hex}\``];
    }
    if (unit.length === 1 && code >= 0xd800 && code <= 0xdfff) return ['', 'half of a surrogate pair'];
    return [utf8(unit), undefined];
  }
  if (unit.length === 2) {
    const escaped = SIMPLE_ESCAPES[unit.charAt(1)];
    if (escaped !== undefined) return [escaped, undefined];
    if (unit === '\\x') return ['', '`\\x` is followed by two hex digits'];
    if (unit === '\\u') return ['', '`\\u` is followed by four hex digits'];
    return ['', `\`${unit}\` is no escape`];
  }
  if (unit.charAt(1) === 'x') return [String.fromCharCode(parseInt(unit.slice(2), 16)), undefined];
  const high = parseInt(unit.slice(2, 6), 16);
  if (unit.length === 12) return [utf8(String.fromCharCode(high, parseInt(unit.slice(8), 16))), undefined];
  if (high >= 0xd800 && high <= 0xdfff) return ['', `\`${unit}\` is half of a surrogate pair`];
  return [utf8(String.fromCharCode(high)), undefined];
}

/** Whether a character between the two ranges of bidirectional controls is harmless. */
function isPlain(code: number): boolean {
  return code > 0x202e && code < 0x2066;
}

function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The bytes of a raw literal, quotes included in `raw`, as a latin1 string; mistakes are left out of the value. */
export function decodeString(raw: string, report: (problem: StringProblem) => void): string {
  let value = '';
  eachUnit(raw, (start, end, bytes, problem) => {
    value += bytes;
    if (problem !== undefined) report({ start, end, message: problem });
  });
  return value;
}

/** Where bytes `from`–`to` of a literal's value stand in the source. Escapes and characters are not cut. O(length). */
export function stringSpan(literal: StringLiteral, from: number, to: number): Span {
  const base = literal.span.start;
  let at = 0;
  let start: number | undefined;
  let end = base + 1;
  eachUnit(literal.raw, (unitStart, unitEnd, bytes) => {
    // Plain ASCII runs map byte to character; anything else maps as a whole.
    const direct = bytes.length === unitEnd - unitStart && literal.raw.charCodeAt(unitStart) !== 92;
    if (start === undefined && from < at + bytes.length) start = base + unitStart + (direct ? from - at : 0);
    if (to > at) end = base + (direct ? Math.min(unitStart + to - at, unitEnd) : unitEnd);
    at += bytes.length;
  });
  const first = start ?? Math.max(base + literal.raw.length - 1, base);
  return { source: literal.span.source, start: first, end: Math.max(first, end) };
}

/** Writes latin1 bytes as a literal: printable ASCII as it is, everything else escaped. The inverse of `decodeString`. */
export function quoteBytes(bytes: string): string {
  const escaped = bytes.replace(/["\\\0-\x1f\x7f-\xff]/g, (char) => {
    if (char === '"' || char === '\\') return `\\${char}`;
    if (char === '\n') return '\\n';
    if (char === '\r') return '\\r';
    if (char === '\t') return '\\t';
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `"${escaped}"`;
}
