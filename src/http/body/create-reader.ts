/** Makes the reader for a body. The raw text tap (text.ts) runs beside it where `body.text` is needed. */
import { unreachable } from '../../core/assert.ts';
import {
  ARGUMENT_COUNT_MAX,
  ARGUMENT_NAME_BYTES_MAX,
  BODY_WINDOW_BYTES_DEFAULT,
  DOCUMENT_VALUE_COUNT_MAX,
  JSON_DEPTH_MAX,
  MULTIPART_PART_COUNT_MAX,
} from '../../core/limits.ts';
import { IncrementalReader } from './incremental-reader.ts';
import { JsonReader } from './json.ts';
import { MultipartReader } from './multipart.ts';
import type { BodyKind, BodyReader, FaultReason, ReaderLimits, ReaderOptions } from './reader.ts';
import { SniffingReader } from './sniff.ts';
import type { BodyChoice } from './sniff.ts';
import { UrlencodedReader } from './urlencoded.ts';
import { XmlReader } from './xml.ts';

export const READER_LIMITS_DEFAULT: ReaderLimits = Object.freeze({
  windowBytes: BODY_WINDOW_BYTES_DEFAULT,
  argumentsMax: ARGUMENT_COUNT_MAX,
  documentValuesMax: DOCUMENT_VALUE_COUNT_MAX,
  nameBytesMax: ARGUMENT_NAME_BYTES_MAX,
  depthMax: JSON_DEPTH_MAX,
  partsMax: MULTIPART_PART_COUNT_MAX,
});

/** The structured reader for a kind; `text` is sniffed, `none` and `opaque` report nothing. */
export function createBodyReader(kind: BodyKind, options: ReaderOptions): BodyReader {
  switch (kind) {
    case 'urlencoded':
      return new UrlencodedReader(options);
    case 'json':
      return new JsonReader(options);
    case 'multipart':
      return new MultipartReader(options);
    case 'xml':
      return new XmlReader(options);
    case 'text':
      return new SniffingReader(options);
    case 'none':
    case 'opaque':
      return new SilentReader(kind, options);
    default:
      return unreachable(kind, 'body kind');
  }
}

/** The reader for a content type (`chooseBody`); a choice with a fault gives a reader that has it from the start. */
export function createReaderFor(choice: BodyChoice, options: ReaderOptions): BodyReader {
  if (choice.fault !== null) return new SilentReader(choice.kind, options, choice.fault);
  if (choice.isJsonSequence === true) return new SniffingReader(options, true);
  const { boundary } = choice;
  return createBodyReader(choice.kind, boundary === undefined ? options : { ...options, boundary });
}

/** Lets everything through unread, or refuses it from the start. */
class SilentReader extends IncrementalReader {
  readonly kind: BodyKind;

  constructor(kind: BodyKind, options: ReaderOptions, fault: FaultReason | null = null) {
    super(options);
    this.kind = kind;
    if (fault !== null) this.fail(fault, 0);
  }

  protected read(): void {
    // Nothing to report.
  }

  protected finish(): void {
    // Nothing was open.
  }
}
