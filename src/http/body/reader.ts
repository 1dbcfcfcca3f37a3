/**
 * The contract of the incremental body readers: bytes in, values out, at bounded memory.
 *
 * Readers are strict: what two parsers could read differently is a fault, never a guess. Where a fault leaves no doubt
 * where values begin and end, reading goes on, so that rules see what there is as well. They never throw on any input, and what they report does not depend on how the bytes were cut into chunks (a property test cuts at every byte).
 */
import type { JsonStructureSink, ValueSink } from '../value.ts';

export type BodyKind = 'none' | 'urlencoded' | 'json' | 'multipart' | 'xml' | 'text' | 'opaque';

/** Why a body cannot be inspected. Stable: metrics and logs carry these names. */
export const FAULT_REASONS = {
  'form.escape': 'A percent sign without two hexadecimal digits.',
  'json.syntax': 'The text is not RFC 8259 JSON.',
  'json.duplicate_key': 'An object has the same key twice.',
  'json.depth': 'Arrays and objects nest deeper than the limit.',
  'json.number': 'A number is longer than the limit.',
  'json.charset': 'The text is not UTF-8, or has a byte order mark.',
  'xml.syntax': 'The text is not well-formed XML.',
  'xml.doctype': 'The document has a DTD or an entity of its own.',
  'xml.depth': 'Elements nest deeper than the limit.',
  'xml.charset': 'The document declares a charset other than UTF-8.',
  'multipart.boundary': 'The boundary is missing, doubled or malformed.',
  'multipart.delimiter': 'A delimiter line is broken, or a bare line feed stands where CRLF must.',
  'multipart.header': 'The header of a part is malformed or too long.',
  'multipart.truncated': 'The closing delimiter is missing.',
  'multipart.parts': 'There are more parts than the limit.',
  'body.arguments': 'There are more values than the limit.',
  'body.name': 'A name is longer than the limit.',
  'body.truncated': 'The body ends in the middle of a value.',
  'coding.unsupported': 'The content coding is not one Ward reads, or codings are stacked.',
  'coding.damaged': 'The compressed data is damaged, truncated or followed by other data.',
  'coding.ratio': 'The body inflates more than the ratio limit allows.',
  'charset.unsupported': 'The declared charset is not one Ward reads.',
} as const;

export type FaultReason = keyof typeof FAULT_REASONS;

export interface ReaderFault {
  readonly reason: FaultReason;
  /** Offset in the decoded body. */
  readonly at: number;
}

/** What a reader may hold and how far it reads; the defaults are in core/limits. */
export interface ReaderLimits {
  readonly windowBytes: number;
  /** Values of a form. */
  readonly argumentsMax: number;
  /** Leaves, keys and elements of a JSON or XML document. */
  readonly documentValuesMax: number;
  readonly nameBytesMax: number;
  readonly depthMax: number;
  readonly partsMax: number;
}

export interface BodyReader {
  readonly kind: BodyKind;
  /** Reads the next bytes; `chunk` may be reused by the caller afterwards. */
  write(chunk: Uint8Array): void;
  /** The body is complete. Reports what was open, or a fault. */
  end(): void;
  /** The first fault: what is reported is not all, or not as every parser reads it. */
  readonly fault: ReaderFault | null;
  /** The fault ended the reading: no byte after it is looked at. */
  readonly halted: boolean;
  /** Every byte before this offset belongs to values already reported. Grows only. */
  readonly cleared: number;
  /** Values, keys or parts seen so far, and the deepest nesting (JSON, XML). */
  readonly counts: { readonly values: number; readonly keys: number; readonly depth: number };
}

export interface ReaderOptions {
  readonly limits: ReaderLimits;
  readonly sink: ValueSink;
  /** Given when a rule needs the structure of a JSON body. */
  readonly structure?: JsonStructureSink;
  /** Multipart: the boundary parameter as sent. */
  readonly boundary?: string;
  /** Which origin JSON leaves and text get; responses use `response_json` and `response_text`. */
  readonly direction: 'request' | 'response';
}
