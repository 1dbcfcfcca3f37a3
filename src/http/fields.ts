/**
 * Field names and values of HTTP messages (RFC 9110 §5), and which fields are special to a hop.
 *
 * Names are lower-case throughout; values are latin1.
 */

/** A name servers cannot confuse with another: CGI-style servers map `_` and `-` to the same variable. */
const PLAIN_NAME = /^[A-Za-z0-9-]+$/;
/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 §5.5: CR, LF and NUL are dangerous, other control characters but tab are invalid. */
const FORBIDDEN_IN_VALUE = /[\x00-\x08\x0a-\x1f\x7f]/;

/** True for names of `[A-Za-z0-9-]`, the only ones that are forwarded. */
export function isPlainFieldName(name: string): boolean {
  return PLAIN_NAME.test(name);
}

/** True for any RFC 9110 token: method, field name, parameter name. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** True if a value holds no control character but tab. Obs-text (bytes from 0x80) is allowed. */
export function isFieldValue(value: string): boolean {
  return !FORBIDDEN_IN_VALUE.test(value);
}

/** Fields that belong to one connection (RFC 9110 §7.6.1, RFC 9112 §9), never forwarded as they came. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** Fields that may stand once in a request: of two, one server reads the first and another the last. */
export const SINGLETONS: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'content-range',
  'content-disposition',
  'transfer-encoding',
  'authorization',
  'proxy-authorization',
  'expect',
  'origin',
  'referer',
  'user-agent',
  'from',
  'date',
  'range',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'max-forwards',
  'upgrade-insecure-requests',
  'sec-websocket-key',
  'sec-websocket-version',
  'x-request-id',
]);

/**
 * The value of a field under `name` (lower-case), its lines joined as RFC 9110 §5.3 says: by a comma, cookies by a
 * semicolon (RFC 9113 §8.2.3). Undefined without a line; a single line is returned as it is.
 */
export function combineLines(fields: readonly string[], name: string): string | undefined {
  let result: string | undefined;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    if (fields[at] !== name) continue;
    const value = fields[at + 1]!;
    if (result === undefined) result = value;
    else result += (name === 'cookie' ? '; ' : ', ') + value;
  }
  return result;
}
