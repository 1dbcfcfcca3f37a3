/**
 * What a rule looks at: values, and where they came from.
 *
 * Text is a *latin1 string*: one char per byte, 0–255, whatever charset the bytes are in. It is converted once,
 * where the bytes enter, and stays so through transformations and the matcher.
 */
import type { Cidr, IpAddress } from './address.ts';

/** Part of a message that values come from. The position in this list is the numeric `Origin` of the hot path. */
export const ORIGIN_NAMES = [
  'query', // args.query
  'form', // args.form
  'json', // args.json: leaves, and a top-level scalar under the name ''
  'multipart', // args.multipart: parts without a file name
  'xml', // args.xml: text and attributes
  'nested', // args.nested: JSON inside a parameter or a cookie
  'header', // request.headers
  'cookie', // request.cookies
  'part_header', // multipart.headers: raw lines by part name
  'text', // body.text: the decoded body as it is, in segments
  'response_header',
  'response_text',
  'response_json',
  'ws_text',
  'claim', // jwt.claims: leaves
  'scope', // jwt.scopes
  'certificate_name', // tls.cert.sans
  'certificate_usage', // tls.cert.usages
  'certificate_policy', // tls.cert.policies
] as const;

export type OriginName = (typeof ORIGIN_NAMES)[number];
export type Origin = number;

export const ORIGIN = Object.freeze(
  Object.fromEntries(ORIGIN_NAMES.map((name, index) => [name, index])),
) as Readonly<Record<OriginName, Origin>>;

/** How much of a value an event carries; a value up to `window` bytes is always WHOLE. */
export const PART = Object.freeze({ MIDDLE: 0, FIRST: 1, LAST: 2, WHOLE: 3 });
export type Part = number;

/**
 * The type a JSON leaf had; everything that is not JSON is TEXT. EMPTY is an object or array without members: it has
 * no text, but is reported so that its name is looked at.
 */
export const LEAF = Object.freeze({ TEXT: 0, NUMBER: 1, BOOLEAN: 2, NULL: 3, EMPTY: 4 });
export type Leaf = number;

/** Something that may be there but could not be read. Absent values are `undefined`. */
export const UNKNOWN: unique symbol = Symbol('unknown');
export type Unknown = typeof UNKNOWN;

/** A run-time value of the rules language: numbers carry Int, Float, Duration (µs), Size (bytes) and Date (ms). */
export type Value = string | number | boolean | IpAddress | Cidr | Json | readonly Value[];
export type MaybeValue = Value | undefined | Unknown;

/** A JSON value at run time, frozen; objects have no prototype and text is latin1 (UTF-8 bytes). */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** JSON as a value of the language, boxed so that it is told from a text, a list or an address by its one key. */
export interface Json {
  readonly json: JsonValue;
}

/** Receives values in order of arrival. Nothing it is given may be kept but the strings. */
export interface ValueSink {
  /**
   * @param name   field name, e.g. `q`, `items.sku`
   * @param path   JSON pointer for JSON (`/items/0/sku`), XPath-like for XML, else the name
   * @param text   the whole value, or one segment of it (segments of `window` bytes, overlapping by half)
   * @param part   PART bits: FIRST on the first segment, LAST on the last
   * @param leaf   JSON type
   * @param at     offset in the decoded body of the first byte of this text as sent (before unescaping)
   * @param length bytes this text occupies in the decoded body as sent
   */
  value(
    origin: Origin,
    name: string,
    path: string,
    text: string,
    part: Part,
    leaf: Leaf,
    at: number,
    length: number,
  ): void;
  /** A file of a multipart body is complete. */
  file(file: FileRecord): void;
}

export interface FileRecord {
  readonly name: string;
  readonly filename: string;
  /** The declared media type, lower-case without parameters; '' if none. */
  readonly type: string;
  readonly size: number;
  /** The media type its first bytes show, '' if none is known. */
  readonly magic: string;
  readonly at: number;
}

/** Structure of a JSON body, for shapes. Calls nest as the document does. */
export interface JsonStructureSink {
  open(kind: 'object' | 'array', at: number): void;
  close(kind: 'object' | 'array', at: number): void;
  key(name: string, at: number): void;
  /** `text` is unescaped; a string longer than `window` comes in several calls, `part` as above. */
  scalar(leaf: Leaf, text: string, part: Part, at: number): void;
}
