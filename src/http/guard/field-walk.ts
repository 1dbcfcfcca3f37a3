/**
 * One pass over the field lines of a request: names, text, repeated singletons, framing, connection options.
 *
 * Whatever two servers could read differently is refused here, so that the rules and the upstream read one request.
 */
import { isUtf8 } from 'node:buffer';
import { isFieldValue, isToken, SINGLETONS } from '../fields.ts';
import type { RefusalReason } from './refusal.ts';

export interface FieldLimits {
  readonly countMax: number;
  readonly nameBytesMax: number;
  readonly valueBytesMax: number;
  /** All names and values together, with the target. */
  readonly headBytesMax: number;
}

/** What the guard needs to know of the fields. */
export interface FieldFacts {
  host: string | undefined;
  contentLength: number | undefined;
  chunked: boolean;
  requestId: string | undefined;
  upgrade: string | undefined;
  /** `connection` names `upgrade`. */
  connectionUpgrade: boolean;
}

/** Bit of each singleton; JavaScript's bit operations carry 32 of them. */
const SINGLETON_BIT = new Map([...SINGLETONS].map((name, index) => [name, 1 << index]));

/** Ordinary names and values, tested first: nearly all fields need no closer look. */
const PLAIN_LOWER_NAME = /^[a-z0-9-]+$/;
const NOT_PLAIN_TEXT = /[^\t\x20-\x7e]/;
const NON_ASCII = /[\x80-\xff]/;
/** U+FFFD in UTF-8, as latin1: what a decoder puts in place of bytes it could not read. */
const REPLACEMENT = '\xef\xbf\xbd';

const CONTENT_LENGTH = /^[0-9]{1,15}$/;
/** What `connection` may name: its own options and fields that end at this hop in any case. */
const CONNECTION_OPTIONS = new Set(['close', 'keep-alive', 'upgrade', 'te', 'http2-settings']);

/** Returns a reason to refuse, or null with `facts` filled in. Linear, without allocation for ordinary fields. */
export function walkFields(
  fields: readonly string[],
  targetBytes: number,
  limits: FieldLimits,
  refuseOddNames: boolean,
  facts: FieldFacts,
): RefusalReason | null {
  if (fields.length > limits.countMax * 2) return 'head.too_large';
  let seen = 0;
  let bytes = targetBytes;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i];
    const value = fields[i + 1];
    if (name.length > limits.nameBytesMax || value.length > limits.valueBytesMax) return 'head.too_large';
    bytes += name.length + value.length + 4; // colon, space, CR, LF
    if (!PLAIN_LOWER_NAME.test(name)) {
      if (!isToken(name)) return 'field.name';
      if (refuseOddNames) return 'field.odd_name';
    }
    if (NOT_PLAIN_TEXT.test(value)) {
      if (!isFieldValue(value)) return 'field.control_byte';
      if (!isCleanUtf8(value)) return 'field.charset';
    }
    const bit = SINGLETON_BIT.get(name);
    if (bit !== undefined) {
      if ((seen & bit) !== 0) return repeated(name);
      seen |= bit;
    }
    const reason = readSpecial(name, value, facts);
    if (reason !== null) return reason;
  }
  if (bytes > limits.headBytesMax) return 'head.too_large';
  return facts.chunked && facts.contentLength !== undefined ? 'framing.both' : null;
}

function repeated(name: string): RefusalReason {
  if (name === 'content-length') return 'framing.content_length';
  if (name === 'transfer-encoding') return 'framing.transfer_encoding';
  return name === 'host' ? 'host.malformed' : 'field.repeated';
}

function readSpecial(name: string, value: string, facts: FieldFacts): RefusalReason | null {
  switch (name) {
    case 'host':
      facts.host = value;
      return null;
    case 'content-length':
      if (!CONTENT_LENGTH.test(value)) return 'framing.content_length';
      facts.contentLength = Number(value);
      return null;
    case 'transfer-encoding':
      // Exactly `chunked`: uWebSockets.js decodes any other value as chunked as well (RFC 9112 §6.1).
      if (value.toLowerCase() !== 'chunked') return 'framing.transfer_encoding';
      facts.chunked = true;
      return null;
    case 'connection':
      return readConnection(value, facts);
    case 'upgrade':
      facts.upgrade = value;
      return null;
    case 'x-request-id':
      facts.requestId = value;
      return null;
    default:
      return null;
  }
}

/** A nomination of any other field would have it removed after the rules have seen it (RFC 9110 §7.6.1). */
function readConnection(value: string, facts: FieldFacts): RefusalReason | null {
  if (value === 'keep-alive' || value === 'close') return null;
  for (const element of value.split(',')) {
    const option = element.trim().toLowerCase();
    if (option === 'upgrade') facts.connectionUpgrade = true;
    if (option !== '' && !CONNECTION_OPTIONS.has(option)) return 'connection.nomination';
  }
  return null;
}

function isCleanUtf8(value: string): boolean {
  if (!NON_ASCII.test(value)) return true;
  return isUtf8(Buffer.from(value, 'latin1')) && !value.includes(REPLACEMENT);
}
