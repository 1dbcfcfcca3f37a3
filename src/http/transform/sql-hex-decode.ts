/** `sql_hex_decode`: the hexadecimal literals of SQL, `0x414243`, wherever they stand. */
import { hexPair, load, unload } from './bytes.ts';
import type { TextTransformation } from './transformation.ts';

const ZERO = 0x30;

function sqlHexDecode(text: string): string {
  const first = text.indexOf('0');
  if (first < 0) return text;
  const buffer = load(text);
  let out = first;
  for (let at = first; at < text.length; ) {
    // Digits end at the zero byte behind the text at the latest.
    let byte = buffer[at] === ZERO && (buffer[at + 1]! | 0x20) === 0x78 ? pairAt(buffer, at + 2) : -1;
    if (byte < 0) {
      buffer[out++] = buffer[at++]!;
      continue;
    }
    for (at += 2; byte >= 0; byte = pairAt(buffer, at)) {
      buffer[out++] = byte;
      at += 2;
    }
  }
  return unload(buffer, out, text);
}

function pairAt(buffer: Buffer, at: number): number {
  return hexPair(buffer[at], buffer[at + 1]);
}

export const sql_hex_decode: TextTransformation = {
  kind: 'text',
  name: 'sql_hex_decode',
  doc: 'Decodes hexadecimal literals of SQL: `0x` and the pairs of digits behind it. A digit without partner stays. SecLang: sqlHexDecode.',
  parameters: [],
  triggers: '0',
  erases: false,
  examples: [
    { input: "where a=0x414243 or '1'", output: "where a=ABC or '1'" },
    { input: '0X61626', output: 'ab6' },
    { input: '0x4', output: '0x4' },
    { input: '00x41', output: '0A' },
  ],
  bind: () => sqlHexDecode,
};
