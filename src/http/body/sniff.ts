/**
 * What a body is: from its content type, or from its first bytes when the type does not say.
 *
 * Missing, unknown and text types are *sniffed*: many services parse JSON, XML or forms whatever the type says, so what
 * looks like one is read like one. Then the content only may be JSON, and that it turns out not to be is no fault; the
 * raw text is looked at in any case. That it passes a limit remains one, or nesting would be a way out of inspection.
 */
import { JsonReader } from './json.ts';
import { latin1Of, ownCopy } from './latin1.ts';
import { isReadableCharset, parametersNamed, parseMediaType } from './media-type.ts';
import type { MediaType } from './media-type.ts';
import type { BodyKind, BodyReader, FaultReason, ReaderFault, ReaderOptions } from './reader.ts';
import { UrlencodedReader } from './urlencoded.ts';
import { XmlReader } from './xml.ts';

export interface BodyChoice {
  /** `text` means: to be sniffed. */
  readonly kind: BodyKind;
  /** The boundary parameter of a multipart form, unquoted. */
  readonly boundary?: string;
  /** The content is a sequence of JSON documents, whatever its first byte. */
  readonly isJsonSequence?: true;
  /** The body cannot be inspected, whatever it holds. */
  readonly fault: FaultReason | null;
}

/**
 * Decides how a body of that content type is read.
 *
 * @param contentType field value (latin1), undefined if absent
 */
export function chooseBody(contentType: string | undefined): BodyChoice {
  const type = parseMediaType(contentType ?? '');
  const { essence } = type;
  if (essence === 'multipart/form-data') return chooseMultipart(type);
  // A field in which others may find a form, with a boundary of which nothing is known here.
  if (!type.sound && (contentType ?? '').toLowerCase().includes('multipart/')) {
    return { kind: 'multipart', fault: 'multipart.boundary' };
  }
  const kind = kindOf(essence);
  const declared = kind !== 'text';
  const readable = isReadableCharset(type, essence.startsWith('text/') && !declared);
  const fault = readable && (type.sound || !declared) ? null : 'charset.unsupported';
  return isJsonSequence(essence) ? { kind, isJsonSequence: true, fault } : { kind, fault };
}

function chooseMultipart(type: MediaType): BodyChoice {
  const boundaries = parametersNamed(type, 'boundary');
  if (!type.sound || boundaries.length !== 1) return { kind: 'multipart', fault: 'multipart.boundary' };
  const fault = isReadableCharset(type) ? null : 'charset.unsupported';
  return { kind: 'multipart', boundary: boundaries[0], fault };
}

function kindOf(essence: string): BodyKind {
  if (essence === 'application/x-www-form-urlencoded') return 'urlencoded';
  if (essence === 'application/json' || essence === 'text/json' || essence.endsWith('+json')) return 'json';
  if (essence === 'application/xml' || essence === 'text/xml' || essence.endsWith('+xml')) return 'xml';
  return 'text';
}

/** One document a line under any of the names in use (none is registered), or RFC 7464 and RFC 8091 records. */
const JSON_SEQUENCE =
  /^application\/(?:(?:x-)?(?:ndjson|jsonl|jsonlines|json-lines|json-stream)|(?:.+\+)?json-seq)$/;

function isJsonSequence(essence: string): boolean {
  return JSON_SEQUENCE.test(essence);
}

/** Reasons for which a sniffed document is just not one. */
const NOT_SO_AFTER_ALL: ReadonlySet<FaultReason> = new Set([
  'json.syntax',
  'json.charset',
  'body.truncated',
  'form.escape',
  'xml.syntax',
  'xml.charset',
  // `<!doctype html>`; what declares entities is looked for in the raw text.
  'xml.doctype',
]);

/** White space, the mark of an RFC 7464 record, and the bytes of a byte order mark, which services drop. */
const BLANK = ' \t\r\n\x1e\xef\xbb\xbf';

/**
 * What may stand before the first `=` of a form: any printable ASCII but `<`. Wide, because servers take any name and a
 * sender could begin with an odd one; but no other bytes, or pictures and archives would be read as forms.
 */
const FORM_NAME_BYTE = new Uint8Array(256).map((_, byte) =>
  byte >= 0x20 && byte <= 0x7e && byte !== 0x3c && byte !== 0x3d ? 1 : 0,
);

/**
 * Reads a body that may be JSON or (in requests) XML or a form. `kind` is `text` unless it is found to be one of them.
 *
 * What it is shows by the first byte that is not blank, or for a form by the first `=`: until then, for at most
 * a name, bytes are kept.
 */
export class SniffingReader implements BodyReader {
  readonly #options: ReaderOptions;
  #reader: BodyReader | null = null;
  #decided = false;
  /** Bytes before the decision: blanks are only counted, what follows them is kept. */
  #blankBytes = 0;
  #start = '';
  #written = 0;

  /** @param isJsonSequence the content type says what it is: nothing is sniffed */
  constructor(options: ReaderOptions, isJsonSequence = false) {
    this.#options = options;
    if (isJsonSequence) this.#decide(openSequence(options));
  }

  /** What only began like XML is a page or a script. */
  get kind(): BodyKind {
    if (this.#reader?.kind === 'xml' && this.#reader.fault !== null && this.fault === null) return 'text';
    return this.#reader?.kind ?? 'text';
  }

  get fault(): ReaderFault | null {
    const fault = this.#reader?.fault ?? null;
    if (fault === null || NOT_SO_AFTER_ALL.has(fault.reason)) return null;
    return { reason: fault.reason, at: fault.at + this.#blankBytes };
  }

  get halted(): boolean {
    return this.fault !== null && this.#reader?.halted === true;
  }

  get cleared(): number {
    if (!this.#decided) return this.#blankBytes;
    if (this.#reader === null || (this.#reader.fault !== null && this.fault === null)) return this.#written;
    return this.#reader.cleared + this.#blankBytes;
  }

  get counts(): BodyReader['counts'] {
    return this.#reader?.counts ?? { values: 0, keys: 0, depth: 0 };
  }

  write(chunk: Uint8Array): void {
    if (this.fault !== null) return;
    this.#written += chunk.length;
    if (this.#decided) this.#reader?.write(chunk);
    else this.#sniff(chunk);
  }

  end(): void {
    this.#decided = true;
    this.#reader?.end();
  }

  #sniff(chunk: Uint8Array): void {
    const text = latin1Of(chunk);
    let i = 0;
    if (this.#start === '') {
      while (i < text.length && BLANK.includes(text[i])) i++;
      this.#blankBytes += i;
      if (i === text.length) return;
    }
    const first = this.#start === '' ? text[i] : this.#start[0];
    if (first === '{' || first === '[') {
      this.#decide(openSequence(this.#shifted()), chunk.subarray(i));
      return;
    }
    if (first === '<' && this.#options.direction === 'request') {
      this.#decide(new XmlReader(this.#shifted()), chunk.subarray(i));
      return;
    }
    let end = i;
    while (end < text.length && FORM_NAME_BYTE[text.charCodeAt(end)] === 1) end++;
    const nameBytes = this.#start.length + end - i;
    if (nameBytes > this.#options.limits.nameBytesMax || this.#options.direction === 'response') {
      this.#decided = true;
    } else if (end === text.length) {
      this.#start += ownCopy(text.slice(i));
    } else if (text[end] !== '=') {
      this.#decided = true;
    } else {
      this.#decide(new UrlencodedReader(this.#shifted(), { lenient: true }), chunk.subarray(i));
    }
  }

  #decide(reader: BodyReader, rest?: Uint8Array): void {
    this.#decided = true;
    this.#reader = reader;
    reader.write(Buffer.from(this.#start, 'latin1'));
    if (rest !== undefined) reader.write(rest);
    this.#start = '';
  }

  /** The reader begins after the blanks: its offsets are moved. */
  #shifted(): ReaderOptions {
    const { sink, structure, ...rest } = this.#options;
    const shift = this.#blankBytes;
    if (shift === 0) return this.#options;
    return {
      ...rest,
      sink: {
        value: (origin, name, path, text, part, leaf, at, length) =>
          sink.value(origin, name, path, text, part, leaf, at + shift, length),
        file: (file) => sink.file(file),
      },
      ...(structure === undefined
        ? {}
        : {
            structure: {
              open: (kind, at) => structure.open(kind, at + shift),
              close: (kind, at) => structure.close(kind, at + shift),
              key: (name, at) => structure.key(name, at + shift),
              scalar: (leaf, text, part, at) => structure.scalar(leaf, text, part, at + shift),
            },
          }),
    };
  }
}

function openSequence(options: ReaderOptions): BodyReader {
  return new JsonReader(options, { lenient: true, sequence: true });
}
