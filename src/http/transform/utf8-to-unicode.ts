/**
 * `utf8_to_unicode`: SecLang's utf8toUnicode, its oddities included.
 *
 * It writes UTF-8 sequences as `%uhhhh` for a following `url_decode_uni`. What the reference does with text that is not
 * UTF-8 decides what rules written for it see, so it is kept: a lead byte without its continuation disappears,
 * a stray continuation byte stays, an overlong form or surrogate is followed by its lead byte, and a NUL that
 * is not last disappears.
 */
import { HIGH_BYTES, reserve, unload } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

/** The most one byte can become: `%uhhhh` and twice its lead from two bytes. */
const GROWTH = 4;

const SMALLEST = [0, 0, 0x80, 0x800, 0x10000] as const;

function utf8ToUnicode(text: string): string {
  let at = 0;
  for (; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    if (byte >= 0x80 || byte === 0) break;
  }
  if (at === text.length) return text;
  const buffer = reserve(text.length * GROWTH);
  let out = buffer.write(text.slice(0, at), 0, 'latin1');
  while (at < text.length) {
    const lead = text.charCodeAt(at);
    const size = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 1;
    if (size === 1) {
      if (lead !== 0 || at + 1 === text.length) buffer[out++] = lead;
      at++;
      continue;
    }
    if (lead >= 0xf5) buffer[out++] = lead;
    const codePoint = sequence(text, at, size, lead);
    if (codePoint < 0) {
      at++;
      continue;
    }
    out = writeEscape(buffer, out, codePoint);
    if (codePoint >= 0xd800 && codePoint <= 0xdfff) buffer[out++] = lead;
    if (codePoint < SMALLEST[size]!) buffer[out++] = lead;
    at += size;
  }
  return unload(buffer, out, text);
}

const HEX_DIGITS = Buffer.from('0123456789abcdef');

/** Writes `%u` and at least four digits; returns the offset behind them. */
function writeEscape(buffer: Buffer, at: number, codePoint: number): number {
  buffer[at++] = 0x25;
  buffer[at++] = 0x75;
  const digits = codePoint > 0xfffff ? 6 : codePoint > 0xffff ? 5 : 4;
  for (let shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    buffer[at++] = HEX_DIGITS[(codePoint >> shift) & 0xf]!;
  }
  return at;
}

/** The number a sequence of `size` bytes encodes, -1 if a continuation byte is missing. */
function sequence(text: string, at: number, size: number, lead: number): number {
  let codePoint = lead & (0xff >> (size + 1));
  for (let index = 1; index < size; index++) {
    const byte = text.charCodeAt(at + index);
    if ((byte & 0xc0) !== 0x80) return -1;
    codePoint = (codePoint << 6) | (byte & 0x3f);
  }
  return codePoint;
}

export const utf8_to_unicode: TextTransformation = {
  kind: 'text',
  name: 'utf8_to_unicode',
  doc: 'Writes UTF-8 sequences as %uhhhh, for `url_decode_uni` to read. SecLang: utf8toUnicode.',
  parameters: [],
  triggers: `\0${HIGH_BYTES}`,
  erases: false,
  examples: [
    { input: '\xef\xbc\x9cb', output: '%uff1cb' },
    { input: 'caf\xc3\xa9', output: 'caf%u00e9' },
    { input: '\xc0\xaf', output: '%u002f\xc0' },
    { input: 'a\xc3b', output: 'ab' },
    { input: 'plain', output: 'plain' },
  ],
  bind: () => utf8ToUnicode,
};
