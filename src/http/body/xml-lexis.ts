/** The lexical parts of XML 1.0 a reader needs: names, references, the declaration. Text is latin1. */
import { utf8OfCodePoint } from './latin1.ts';

/** Longest reference: `&#x10FFFF;` with leading zeros to spare. */
export const REFERENCE_BYTES_MAX = 16;

/** Byte classes. Bytes of 0x80 and above are parts of characters that names may hold, for the most part. */
export const XML_BYTE = Object.freeze({ nameStart: 1, name: 2, space: 4, control: 8 });

export const XML_CLASS = new Uint8Array(256).map((_, byte) => {
  const char = String.fromCharCode(byte);
  if ('\t\n\r '.includes(char)) return XML_BYTE.space;
  if (byte < 0x20) return XML_BYTE.control;
  if (/[A-Za-z_:]/.test(char) || byte >= 0x80) return XML_BYTE.nameStart | XML_BYTE.name;
  return /[0-9.-]/.test(char) ? XML_BYTE.name : 0;
});

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** What the reference `&body;` stands for, as UTF-8 bytes; null when XML without a DTD does not know it. */
export function readReference(body: string): string | null {
  if (!body.startsWith('#')) return ENTITIES.get(body) ?? null;
  const digits = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(body);
  if (digits === null) return null;
  const code = digits[1] === undefined ? parseInt(digits[2], 10) : parseInt(digits[1], 16);
  return isXmlChar(code) ? utf8OfCodePoint(code) : null;
}

/** XML 1.0 §2.2, production Char. */
function isXmlChar(code: number): boolean {
  if (code < 0x20) return code === 0x09 || code === 0x0a || code === 0x0d;
  if (code >= 0xd800 && code <= 0xdfff) return false;
  return code <= 0x10ffff && code !== 0xfffe && code !== 0xffff;
}

const DECLARATION =
  /^<\?xml[\t\n\r ]+version[\t\n\r ]*=[\t\n\r ]*(["'])1\.0\1(?:[\t\n\r ]+encoding[\t\n\r ]*=[\t\n\r ]*(["'])([A-Za-z][A-Za-z0-9._-]*)\2)?(?:[\t\n\r ]+standalone[\t\n\r ]*=[\t\n\r ]*(["'])(?:yes|no)\4)?[\t\n\r ]*\?>$/;

/** Judges a whole XML declaration (§2.8): its form, then its encoding. */
export function judgeDeclaration(text: string): 'sound' | 'malformed' | 'foreign' {
  const found = DECLARATION.exec(text);
  if (found === null) return 'malformed';
  const encoding = (found[3] ?? 'utf-8').toLowerCase();
  return encoding === 'utf-8' || encoding === 'us-ascii' ? 'sound' : 'foreign';
}

/** The part of a qualified name after its prefix. */
export function localName(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}

/** Index of the first byte from `from` on that is one of the stops, starts a reference, or may not stand in XML. */
export function xmlRunEnd(
  text: string,
  from: number,
  stop: number,
  other: number,
  references = true,
): number {
  let end = from;
  for (; end < text.length; end++) {
    const c = text.charCodeAt(end);
    if (c === stop || c === other || (references && c === 0x26) || XML_CLASS[c] === XML_BYTE.control) break;
  }
  return end;
}

/** Index after the name at `from`. */
export function xmlNameEnd(text: string, from: number): number {
  let end = from;
  while (end < text.length && (XML_CLASS[text.charCodeAt(end)] & XML_BYTE.name) !== 0) end++;
  return end;
}
