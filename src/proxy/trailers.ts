/**
 * Trailer fields of answers (RFC 9110 §6.5): which of them reach the client.
 *
 * A trailer comes when the rules have read the head. So it must have been announced in the head, where rules see its name;
 * nothing that frames, routes, authenticates or describes the body may come late (§6.5.1); and an answer whose body is
 * inspected loses them all, for nobody would have looked at these last words.
 */
import { ANSWER_TRAILER_BYTES_MAX, ANSWER_TRAILERS_MAX } from '../core/limits.ts';
import { HOP_BY_HOP, isPlainFieldName, SINGLETONS } from '../http/fields.ts';

/** Fields that say how to read, keep or use the answer, and must therefore stand before it. */
const HEAD_ONLY = new Set([
  'age',
  'allow',
  'cache-control',
  'clear-site-data',
  'location',
  'expires',
  'refresh',
  'retry-after',
  'set-cookie',
  'set-cookie2',
  'strict-transport-security',
  'vary',
  'warning',
  'www-authenticate',
  'x-frame-options',
]);
const HEAD_ONLY_PREFIXES = ['access-control-', 'content-', 'cross-origin-', 'sec-'];

/** The names a `trailer` field announces that may come; lower-case, none twice. Empty when there are too many. */
export function announcedTrailers(value: string): string[] {
  const names = value.split(',', ANSWER_TRAILERS_MAX + 1).map((name) => name.trim().toLowerCase());
  if (names.length > ANSWER_TRAILERS_MAX) return [];
  return [...new Set(names)].filter((name) => isPlainFieldName(name) && !belongsBefore(name));
}

function belongsBefore(name: string): boolean {
  return (
    HOP_BY_HOP.has(name) ||
    SINGLETONS.has(name) ||
    HEAD_ONLY.has(name) ||
    HEAD_ONLY_PREFIXES.some((prefix) => name.startsWith(prefix))
  );
}

/** Those of the trailers (lower-case name, value) that were announced; none when they are too many or too long. */
export function keepTrailers(trailers: readonly string[], announced: readonly string[]): string[] {
  const kept: string[] = [];
  let bytes = 0;
  for (let i = 0; i < trailers.length; i += 2) {
    if (!announced.includes(trailers[i])) continue;
    bytes += trailers[i].length + trailers[i + 1].length;
    kept.push(trailers[i], trailers[i + 1]);
  }
  return bytes > ANSWER_TRAILER_BYTES_MAX || kept.length > 2 * ANSWER_TRAILERS_MAX ? [] : kept;
}
