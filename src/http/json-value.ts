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
  const counter = { members: 0 };
  const value = freeze(parsed, counter);
  return counter.members === members ? value : undefined;
}

/** Colons outside strings, one for each member of an object; -1 if too deep or not UTF-8. */
function countMembers(text: string): number {
  let members = 0;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    if (inString) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) {
      inString = true;
    } else if (byte === 0x3a) {
      members++;
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > JSON_DEPTH_MAX) return -1;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    }
  }
  const bytes = Buffer.from(text, 'latin1');
  return isUtf8(bytes) ? members : -1;
}

function toUtf16(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}

function toLatin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Depth is bounded by `countMembers`. */
function freeze(value: unknown, counter: { members: number }): JsonValue {
  if (typeof value === 'string') return toLatin1(value);
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return Object.freeze(value.map((item) => freeze(item, counter)));
  const result: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
  for (const [key, member] of Object.entries(value as object)) {
    counter.members++;
    result[toLatin1(key)] = freeze(member, counter);
  }
  return Object.freeze(result) satisfies JsonObject;
}
