/**
 * Claims as fields for the service. Texts, numbers and switches go as they are, lists and objects as JSON; a text that
 * cannot stand in a field line makes the whole token unusable, for a service must not take its bearer for nobody.
 */
import { isFieldValue } from '../../http/fields.ts';
import type { JsonObject, JsonValue } from '../../http/value.ts';

export interface ForwardedClaim {
  /** A name, or below one: `['realm_access', 'roles']`. Latin1. */
  readonly path: readonly string[];
  /** Lower-case name of the field. */
  readonly field: string;
}

/** `sub` is a name; `/realm_access/roles` a JSON pointer (RFC 6901) to what lies deeper. */
export function claimPath(text: string): readonly string[] {
  if (!text.startsWith('/')) return [text];
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Field lines (name, value, …) of the claims that are there; undefined if one cannot be written. */
export function forwardClaims(
  claims: JsonObject,
  forwarded: readonly ForwardedClaim[],
): readonly string[] | undefined {
  const fields: string[] = [];
  for (const { path, field } of forwarded) {
    const value = valueAt(claims, path);
    if (value === undefined || value === null) continue;
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
    if (!isFieldValue(text) || text !== text.trim()) return undefined;
    fields.push(field, text);
  }
  return fields;
}

function valueAt(claims: JsonObject, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = claims;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    value = (value as JsonObject)[name];
  }
  return value;
}
