/** Claims of a token as values of the rules language: `jwt.claims` and `jwt.scopes`. */
import { escapePointer } from './shape-validator.ts';
import { joinNames } from '../http/body/json-names.ts';
import { LEAF } from '../http/value.ts';
import type { JsonValue, MaybeValue } from '../http/value.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** The claim at a path; objects, arrays and null in their box. Own members only: a token cannot reach a prototype. */
export function claimAt(claims: Claims | undefined, path: readonly (string | number)[]): MaybeValue {
  let value: unknown = claims;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    // An array is indexed by numbers alone, as in a body.
    if (Array.isArray(value) !== (typeof part === 'number')) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  if (value === undefined) return undefined;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return { json: value as JsonValue };
}

/** Scopes: `scope`, separated by spaces (RFC 8693 §4.2), else `scp`, a list or such a text. */
export function scopesOf(claims: Claims | undefined): readonly string[] {
  if (claims === undefined) return [];
  const granted = Object.hasOwn(claims, 'scope')
    ? claims.scope
    : Object.hasOwn(claims, 'scp')
      ? claims.scp
      : undefined;
  if (typeof granted === 'string') return granted.split(' ').filter((scope) => scope !== '');
  return Array.isArray(granted) ? granted.filter((scope) => typeof scope === 'string') : [];
}

/** Visits the leaves of the claims as a body's are visited: name without indexes, path with them. */
export function visitClaims(
  value: unknown,
  visit: (name: string, path: string, text: string, leaf: number) => void,
  name = '',
  path = '',
): void {
  if (typeof value !== 'object' || value === null) {
    visit(name, path, String(value), leafOf(value));
    return;
  }
  const entries = Array.isArray(value)
    ? value.map((item: unknown, index) => [name, `${path}/${index}`, item] as const)
    : Object.entries(value).map(
        ([key, item]) => [joinNames(name, key), `${path}/${escapePointer(key)}`, item] as const,
      );
  if (entries.length === 0) visit(name, path, '', LEAF.EMPTY);
  for (const [itemName, itemPath, item] of entries) visitClaims(item, visit, itemName, itemPath);
}

function leafOf(value: unknown): number {
  if (typeof value === 'number') return LEAF.NUMBER;
  if (typeof value === 'boolean') return LEAF.BOOLEAN;
  return value === null ? LEAF.NULL : LEAF.TEXT;
}
