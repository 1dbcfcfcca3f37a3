/**
 * Incremental reader of `multipart/form-data` (RFC 7578, RFC 2046 §5.1), at bounded memory.
 *
 * Fields become values, files become records: their bytes are counted and sniffed, not held. Strict where parsers
 * differ: lines end with CRLF, a boundary after a bare CR or LF is refused instead of being content to some, nothing
 * stands before the first delimiter or, but for one CRLF, after the last, and no white space pads a delimiter line.
 */
import {
  FILE_MAGIC_BYTES,
  MULTIPART_BOUNDARY_BYTES_MAX,
  MULTIPART_PART_HEADER_BYTES_MAX,
} from '../../core/limits.ts';
import { LEAF, ORIGIN, PART } from '../value.ts';
import { magicOf } from './file-magic.ts';
import { IncrementalReader } from './incremental-reader.ts';
import { latin1Of, ownCopy } from './latin1.ts';
import { readPartHeader } from './multipart-header.ts';
import type { PartHeader } from './multipart-header.ts';
import type { FaultReason, ReaderOptions } from './reader.ts';

/** RFC 2046 §5.1.1: `bchars`, not ending with a space. */
const BOUNDARY = new RegExp(
  `^[0-9A-Za-z'()+_,\\-./:=? ]{0,${MULTIPART_BOUNDARY_BYTES_MAX - 1}}[0-9A-Za-z'()+_,\\-./:=?]$`,
);

/** Where the reader stands. */
const STAGE = Object.freeze({ firstDelimiter: 0, afterDelimiter: 1, header: 2, content: 3, epilogue: 4 });

/** A step that needs more bytes than there are; or one that ended in a fault. */
const PAUSE = -1;

interface OpenFile {
  readonly header: PartHeader;
  readonly filename: string;
  readonly at: number;
  size: number;
  head: string;
}

export class MultipartReader extends IncrementalReader {
  readonly kind = 'multipart';
  readonly #delimiter: string;
  #stage: number = STAGE.firstDelimiter;
  #parts = 0;
  /** Bytes of the last chunk that cannot be judged yet. */
  #carry = '';
  #text = '';
  #textAt = 0;
  /** Header of the part being read: its offset, lines, and their offsets. */
  #headerAt = 0;
  #lines: string[] = [];
  #linesAt: number[] = [];
  /** Offset where the content of the part begins; the file it is, if it is one. */
  #contentAt = 0;
  #file: OpenFile | null = null;
  #epilogueBytes = 0;

  constructor(options: ReaderOptions) {
    super(options);
    const boundary = options.boundary ?? '';
    this.#delimiter = `--${boundary}`;
    if (!BOUNDARY.test(boundary)) this.fail('multipart.boundary', 0);
  }

  /** All that is held is bounded by the limit of the header or by the window. */
  protected override get midToken(): boolean {
    return true;
  }

  protected read(chunk: Uint8Array): void {
    const fresh = latin1Of(chunk);
    this.#textAt = this.base - this.#carry.length;
    this.#text = this.#carry === '' ? fresh : this.#carry + fresh;
    this.#carry = '';
    let i = 0;
    while (i >= 0 && i < this.#text.length) i = this.#step(i);
    this.#text = '';
  }

  protected finish(): void {
    if (this.#stage !== STAGE.epilogue) this.fail('multipart.truncated', this.base);
    else if (this.#epilogueBytes === 1) this.fail('multipart.delimiter', this.base - 1);
  }

  #step(i: number): number {
    switch (this.#stage) {
      case STAGE.firstDelimiter:
        return this.#firstDelimiter(i);
      case STAGE.afterDelimiter:
        return this.#afterDelimiter(i);
      case STAGE.header:
        return this.#headerLine(i);
      case STAGE.content:
        return this.#content(i);
      default:
        return this.#epilogue(i);
    }
  }

  #firstDelimiter(i: number): number {
    const start = this.#text.slice(i, i + this.#delimiter.length);
    if (!this.#delimiter.startsWith(start)) return this.#refuse('multipart.delimiter', this.#textAt + i);
    if (start.length < this.#delimiter.length) return this.#pause(i);
    this.#stage = STAGE.afterDelimiter;
    this.held = -1;
    return i + start.length;
  }

  #afterDelimiter(i: number): number {
    const mark = this.#text.slice(i, i + 2);
    if (mark === '--') {
      this.#stage = STAGE.epilogue;
      this.held = -1;
      return i + 2;
    }
    if (mark === '\r\n') {
      const at = this.#textAt + i + 2;
      if (this.#parts >= this.limits.partsMax) return this.#refuse('multipart.parts', at);
      this.#parts++;
      this.#stage = STAGE.header;
      this.#headerAt = at;
      this.#lines = [];
      this.#linesAt = [];
      this.held = at;
      return i + 2;
    }
    return mark === '\r' || mark === '-'
      ? this.#pause(i)
      : this.#refuse('multipart.delimiter', this.#textAt + i);
  }

  #headerLine(i: number): number {
    const text = this.#text;
    const feed = text.indexOf('\n', i);
    const end = feed < 0 ? text.length : feed + 1;
    if (this.#textAt + end - this.#headerAt > MULTIPART_PART_HEADER_BYTES_MAX) {
      return this.#refuse('multipart.header', this.#headerAt);
    }
    if (feed < 0) return this.#pause(i);
    if (feed === i || text.charCodeAt(feed - 1) !== 0x0d) {
      return this.#refuse('multipart.delimiter', this.#textAt + feed);
    }
    if (feed - 1 > i) {
      this.#lines.push(ownCopy(text.slice(i, feed - 1)));
      this.#linesAt.push(this.#textAt + i);
      return feed + 1;
    }
    const refusal = this.#beginPart(this.#textAt + feed + 1);
    return refusal === null ? feed + 1 : this.#refuse(refusal, this.#headerAt);
  }

  /** The header is complete: reports its lines and prepares for the content at `at`. */
  #beginPart(at: number): FaultReason | null {
    const header = readPartHeader(this.#lines);
    if (header.fault !== null) this.doubt(header.fault, this.#headerAt);
    if (header.name.length > this.limits.nameBytesMax) return 'body.name';
    for (let k = 0; k < this.#lines.length; k++) {
      const line = this.#lines[k];
      if (!this.admit(this.#linesAt[k])) return 'body.arguments';
      const { name } = header;
      this.sink.value(
        ORIGIN.part_header,
        name,
        name,
        line,
        PART.WHOLE,
        LEAF.TEXT,
        this.#linesAt[k],
        line.length,
      );
    }
    if (!this.admit(at)) return 'body.arguments';
    this.#stage = STAGE.content;
    this.#contentAt = at;
    if (header.filename === null) {
      this.assembler.begin(ORIGIN.multipart, header.name, header.name, LEAF.TEXT, at);
    } else {
      this.#file = { header, filename: header.filename, at, size: 0, head: '' };
      this.held = at;
    }
    return null;
  }

  /** Looks for the delimiter that ends the content; what cannot be a part of it is let through. */
  #content(i: number): number {
    const text = this.#text;
    const begin = Math.max(this.#contentAt - this.#textAt, 0);
    // The carry begins two bytes before the first place where a delimiter was not ruled out yet.
    let found = text.indexOf(this.#delimiter, this.#contentAt < this.#textAt ? i + 2 : i);
    while (found >= 0) {
      const before = found > begin ? text.charCodeAt(found - 1) : -1;
      const ownLine = before === 0x0a && found - 1 > begin && text.charCodeAt(found - 2) === 0x0d;
      if (ownLine) {
        this.#take(i, found - 2);
        this.#endPart();
        return found + this.#delimiter.length;
      }
      if (before === -1 || before === 0x0a || before === 0x0d) {
        this.#take(i, Math.max(i, found - 2));
        return this.#refuse('multipart.delimiter', this.#textAt + found);
      }
      found = text.indexOf(this.#delimiter, found + 1);
    }
    const safe = Math.max(i, text.length - this.#delimiter.length - 1);
    this.#take(i, safe);
    return this.#pause(safe);
  }

  /** Content from `from` to `to` of the text belongs to the part. */
  #take(from: number, to: number): void {
    if (to <= from) return;
    const file = this.#file;
    if (file === null) {
      this.assembler.append(this.#text.slice(from, to), this.#textAt + from, to - from);
      return;
    }
    file.size += to - from;
    const wanted = FILE_MAGIC_BYTES - file.head.length;
    if (wanted > 0) file.head += this.#text.slice(from, Math.min(to, from + wanted));
    this.held = this.#textAt + to;
  }

  #endPart(): void {
    const file = this.#file;
    if (file === null) {
      this.assembler.end();
    } else {
      const { header, filename, size, at } = file;
      this.sink.file({ name: header.name, filename, type: header.type, size, magic: magicOf(file.head), at });
      this.#file = null;
    }
    this.held = -1;
    this.#stage = STAGE.afterDelimiter;
  }

  /** Nothing may follow the closing delimiter but one CRLF. */
  #epilogue(i: number): number {
    const c = this.#text.charCodeAt(i);
    if (c !== (this.#epilogueBytes === 0 ? 0x0d : 0x0a) || this.#epilogueBytes > 1) {
      return this.#refuse('multipart.delimiter', this.#textAt + i);
    }
    this.#epilogueBytes++;
    return i + 1;
  }

  #pause(i: number): number {
    if (this.held < 0) this.held = this.#textAt + i;
    this.#carry = this.#text.slice(i);
    return PAUSE;
  }

  #refuse(reason: FaultReason, at: number): number {
    this.fail(reason, at);
    return PAUSE;
  }
}
