/**
 * JSON inside a parameter or a cookie: its leaves are values too, or `\u0027` would hide a quote from every rule.
 *
 * Text that begins like JSON is read as a whole, leniently; if it is none, nothing is reported and nothing is wrong.
 */
import { NESTED_JSON_BYTES_MAX } from '../../core/limits.ts';
import { ORIGIN } from '../value.ts';
import type { ValueSink } from '../value.ts';
import { JsonReader } from './json.ts';
import type { ReaderLimits } from './reader.ts';

/** `beyond_limits`: it begins as JSON but is longer, deeper or wider than is read; what was read is reported. */
export type NestedJson = 'absent' | 'read' | 'beyond_limits';

/**
 * Reports the JSON leaves of a value with origin `nested`, under `name.key` and `path/key`.
 *
 * @param text   the value (latin1), after its own decoding
 * @param at     where the value stands; leaves get its offset and length, for their own are lost in its decoding
 * @param length bytes of the value as sent
 */
export function readNestedJson(
  text: string,
  name: string,
  path: string,
  at: number,
  length: number,
  limits: ReaderLimits,
  sink: ValueSink,
): NestedJson {
  if (!beginsLikeJson(text)) return 'absent';
  if (text.length > NESTED_JSON_BYTES_MAX) return 'beyond_limits';
  const leaves: Parameters<ValueSink['value']>[] = [];
  const collector: ValueSink = {
    value: (...leaf) => leaves.push(leaf),
    file: () => undefined,
  };
  const reader = new JsonReader(
    { limits, sink: collector, direction: 'request' },
    { lenient: true, origin: ORIGIN.nested },
  );
  reader.write(Buffer.from(text, 'latin1'));
  reader.end();
  const reason = reader.fault?.reason;
  if (reason === 'json.syntax' || reason === 'body.truncated' || reason === 'json.charset') return 'absent';
  for (const [origin, key, pointer, leafText, part, leaf] of leaves) {
    const full = key === '' ? name : `${name}.${key}`;
    sink.value(origin, full, path + pointer, leafText, part, leaf, at, length);
  }
  return reason === undefined ? 'read' : 'beyond_limits';
}

/**
 * Whether the first segment of a value too long to be read as a whole goes on like JSON: its leaves are then missing.
 * Only a mistake in the syntax says no; a character cut at the end does not.
 */
export function goesOnLikeJson(segment: string, limits: ReaderLimits): boolean {
  if (!beginsLikeJson(segment)) return false;
  const nobody: ValueSink = { value: () => undefined, file: () => undefined };
  const reader = new JsonReader(
    { limits, sink: nobody, direction: 'request' },
    { lenient: true, origin: ORIGIN.nested },
  );
  reader.write(Buffer.from(segment, 'latin1'));
  reader.end();
  return reader.fault?.reason !== 'json.syntax';
}

/** The first char that is not white space opens an object or an array. Cheap: nearly always the first char. */
function beginsLikeJson(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x7b || c === 0x5b) return true;
    if (c !== 0x20 && c !== 0x09 && c !== 0x0a && c !== 0x0d) return false;
  }
  return false;
}
