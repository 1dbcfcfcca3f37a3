/**
 * What the log and the status page call a client's key. Addresses, networks and names of routes are shown; anything else
 * may be a secret (a session, an API key) and shows as its length and a keyed hash, by which equal keys are known as equal.
 */
import { createHmac } from 'node:crypto';
import { parseCidr } from '../http/address.ts';

const HASH_CHARS = 16;

/**
 * @param key latin1; several parts stand as `LENGTH:part … last`, as the engine joins them
 * @param isWord names that policies give and clients cannot, such as those of routes
 */
export function keyName(key: string, redactionKey: Uint8Array, isWord: (part: string) => boolean): string {
  return partsOf(key)
    .map((part) => {
      if (part === '\0') return '(none)';
      return parseCidr(part) !== null || isWord(part) ? part : redacted(part, redactionKey);
    })
    .join(' ');
}

/** A key that does not read as several parts is one. */
export function partsOf(key: string): readonly string[] {
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    const length = /^(\d{1,9}):/.exec(key.slice(at, at + 10));
    if (length === null) break;
    const begin = at + length[0].length;
    const end = begin + Number(length[1]);
    if (key.charAt(end) !== ' ') break;
    parts.push(key.slice(begin, end));
    at = end + 1;
  }
  parts.push(key.slice(at));
  return parts;
}

function redacted(part: string, redactionKey: Uint8Array): string {
  const hash = createHmac('sha256', redactionKey).update(part, 'latin1').digest('hex').slice(0, HASH_CHARS);
  return `[${part.length} bytes, ${hash}]`;
}
