/**
 * Whole JSON texts as frozen values, for the few places that need a document rather than a stream of leaves.
 *
 * Strict where JSON.parse is not: a repeated key (the last one wins there, the first one elsewhere) and nesting beyond
 * the limit are refused.
 */
import { isUtf8 } from 'node:buffer';
import { JSON_DEPTH_MAX } from '../core/limits.ts';
import type { JsonObject, JsonValue } from './value.ts';

/**
 * Reads a JSON text given as latin1 (UTF-8 bytes); text inside is latin1 as well.
 *
 * @returns undefined if it is malformed, not UTF-8, nested deeper than `JSON_DEPTH_MAX` or has a duplicate key.
 */
export function parseJson(text: string): JsonValue | undefined {
  const members = countMembers(text);
  if (members < 0) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(toUtf16(text));
  } catch {
    return undefined;
  }
  // Escapes can stand for other characters.
  const isAscii = !text.includes('\\') && !NON_ASCII.test(text);
  const freezer = new Freezer(isAscii ? (string) => string : toLatin1);
  const value = freezer.freeze(parsed);
  return freezer.members === members ? value : undefined;
}

/** Colons outside strings, one for each member of an object; -1 if too deep or not UTF-8. */
function countMembers(text: string): number {
  let members = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    if (byte === 0x22) {
      at = endOfString(text, at + 1);
      if (at < 0) return -1;
    } else if (byte === 0x3a) {
      members++;
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > JSON_DEPTH_MAX) return -1;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    }
  }
  return !NON_ASCII.test(text) || isUtf8(Buffer.from(text, 'latin1')) ? members : -1;
}

/** The closing quote of the string whose first char stands at an offset; -1 without one. Runs of escapes are read once. */
function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === 0x5c) escapes++;
    if (escapes % 2 === 0) return end;
  }
  return -1;
}

/** ASCII is the same in both, and most texts are nothing else. */
const NON_ASCII = /[^\x00-\x7f]/;

function toUtf16(text: string): string {
  return NON_ASCII.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text;
}

function toLatin1(text: string): string {
  return NON_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

/** Freezes what `JSON.parse` made. Depth is bounded by `countMembers`. */
class Freezer {
  members = 0;
  readonly #toText: (text: string) => string;

  constructor(toText: (text: string) => string) {
    this.#toText = toText;
  }

  freeze(value: unknown): JsonValue {
    if (typeof value === 'string') return this.#toText(value);
    if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
    if (Array.isArray(value)) return Object.freeze(value.map((item) => this.freeze(item)));
    const result: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
    const members = value as Readonly<Record<string, unknown>>;
    for (const key of Object.keys(members)) {
      this.members++;
      result[this.#toText(key)] = this.freeze(members[key]);
    }
    return Object.freeze(result) satisfies JsonObject;
  }
}
