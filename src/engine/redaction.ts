/** Redacted values: printed as a name, a length and a keyed hash, so that two logs of the same secret can be told to agree. */
import { createHmac } from 'node:crypto';
import { LOG_VALUE_CHARS_MAX } from '../core/limits.ts';
import type { MaybeValue } from '../http/value.ts';
import { UNKNOWN } from '../http/value.ts';
import type { Redacted, Shown } from './api.ts';
import type { RedactionPlan } from './program.ts';

const HASH_HEX_DIGITS = 16;

/** The hash is HMAC-SHA-256 under a key of the process: guessing a value from a log takes the key. */
export function redact(plan: Pick<RedactionPlan, 'hashKey'>, name: string, text: string): Redacted {
  const hash = createHmac('sha256', plan.hashKey).update(text, 'latin1').digest('hex');
  return { redacted: name, length: text.length, hash: hash.slice(0, HASH_HEX_DIGITS) };
}

/** Cut to what a log line may hold. */
export function shown(text: string): string {
  return text.length <= LOG_VALUE_CHARS_MAX ? text : text.slice(0, LOG_VALUE_CHARS_MAX);
}

/** `[name, length, hash]`, as messages print it. */
export function printShown(value: Shown | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : `[${value.redacted}, ${value.length} bytes, ${value.hash}]`;
}

/** A run-time value as text for reports. */
export function textOf(value: MaybeValue): string {
  if (value === undefined || value === UNKNOWN) return '';
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return String(value);
  if ('text' in value) return value.text;
  return JSON.stringify(value);
}
