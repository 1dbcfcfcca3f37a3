/**
 * A JWT as it travels (RFC 7519 in the compact form of RFC 7515): header, claims and signature, read strictly.
 *
 * Stricter than the RFCs where readers differ: base64url without stray bits, so that a token has one spelling; no member
 * named twice; no `crit`, since Ward knows no extensions. What a header says of keys (`jku`, `jwk`, `x5u`, `x5c`) is not
 * even read: keys come from the configuration.
 */
import { KEY_ID_CHARS_MAX, TOKEN_HEADER_CHARS_MAX, TOKEN_HEADERS_KEPT_MAX } from '../../core/limits.ts';
import { parseJson } from '../../http/json-value.ts';
import type { JsonObject, JsonValue } from '../../http/value.ts';
import { type AlgorithmName, isAlgorithm } from './algorithm.ts';

export interface TokenHeader {
  readonly algorithm: AlgorithmName;
  readonly keyId: string | undefined;
  /** `typ`, lower-case without the prefix `application/` (RFC 7515 §4.1.9); '' without. */
  readonly type: string;
}

export interface CompactToken {
  readonly header: TokenHeader;
  /** Frozen, texts latin1. Not to be believed before the signature holds. */
  readonly claims: JsonObject;
  /** What is signed: header and claims as sent. */
  readonly signed: string;
  readonly signature: Buffer;
}

export type ReadFault = 'malformed' | 'algorithm' | 'critical';

const SEGMENT = /^[A-Za-z0-9_-]+$/;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Reads tokens; remembers headers, of which an issuer has one for each key. */
export class TokenReader {
  #headers = new Map<string, TokenHeader>();

  /** Linear in the length of the text, which the caller bounds. Never throws. */
  read(text: string): CompactToken | ReadFault {
    const first = text.indexOf('.');
    const second = text.indexOf('.', first + 1);
    if (first < 0 || second < 0) return 'malformed';
    const header = this.#header(text.slice(0, first));
    if (typeof header === 'string') return header;
    const claims = parseSegment(text.slice(first + 1, second));
    const signature = decodeSegment(text.slice(second + 1));
    if (claims === undefined || signature === undefined) return 'malformed';
    return { header, claims, signed: text.slice(0, second), signature };
  }

  #header(segment: string): TokenHeader | ReadFault {
    const known = this.#headers.get(segment);
    if (known !== undefined) return known;
    const header = readHeader(segment);
    if (typeof header === 'string') return header;
    // Whoever writes ever new headers only makes this forget: it is read again then.
    if (this.#headers.size >= TOKEN_HEADERS_KEPT_MAX) this.#headers.clear();
    // A copy: a part of a text keeps the whole of it in memory, and this is a part of a token.
    this.#headers.set(Buffer.from(segment, 'latin1').toString('latin1'), header);
    return header;
  }
}

function readHeader(segment: string): TokenHeader | ReadFault {
  if (segment.length > TOKEN_HEADER_CHARS_MAX) return 'malformed';
  const header = parseSegment(segment);
  if (header === undefined) return 'malformed';
  const { alg, kid, typ, crit } = header;
  if (!isAlgorithm(alg)) return 'algorithm';
  if (crit !== undefined) return 'critical';
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > KEY_ID_CHARS_MAX)) return 'malformed';
  if (typ !== undefined && typeof typ !== 'string') return 'malformed';
  return { algorithm: alg, keyId: kid, type: (typ ?? '').toLowerCase().replace(/^application\//, '') };
}

function parseSegment(segment: string): JsonObject | undefined {
  const bytes = decodeSegment(segment);
  const value: JsonValue | undefined = bytes === undefined ? undefined : parseJson(bytes.toString('latin1'));
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as JsonObject) : undefined;
}

/** Bytes of canonical base64url without padding (RFC 7515 §2, RFC 4648 §3.5); undefined for anything else. */
function decodeSegment(segment: string): Buffer | undefined {
  if (!SEGMENT.test(segment)) return undefined;
  const rest = segment.length % 4;
  if (rest === 1) return undefined;
  const last = ALPHABET.indexOf(segment[segment.length - 1]);
  // The bits of the last letter beyond the last byte.
  if ((rest === 2 && (last & 0xf) !== 0) || (rest === 3 && (last & 0x3) !== 0)) return undefined;
  return Buffer.from(segment, 'base64url');
}
