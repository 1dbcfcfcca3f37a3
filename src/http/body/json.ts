/**
 * Incremental reader of RFC 8259 JSON: every leaf becomes a value, at bounded depth, name length and memory.
 *
 * It reads a latin1 string, one char per byte. Strings that are values stream through the assembler; every other token
 * is short by limit, so one that a chunk cuts is carried over and read again from its start. Strict by default: what
 * two parsers could read differently (a duplicate key, a lone surrogate, a byte order mark) is a fault. Lenient reading
 * is for text that may be JSON but was not declared so, where a fault would be a way out of inspection: it reports all
 * duplicates, accepts lone surrogates, takes bytes as they are. Such text may be a sequence of documents (one a line,
 * RFC 7464 records, one right after another): reading goes on with the next, past what is none.
 */
import { JSON_NUMBER_BYTES_MAX } from '../../core/limits.ts';
import { LEAF, ORIGIN, PART } from '../value.ts';
import type { Leaf, Origin } from '../value.ts';
import { IncrementalReader } from './incremental-reader.ts';
import { JsonFrames, type KeyVerdict } from './json-frames.ts';
import {
  ESCAPE_LONE_SURROGATE,
  ESCAPE_MORE,
  NUMBER_BYTE,
  NUMBER_SYNTAX,
  PLAIN_BYTE,
  documentMarkFrom,
  readEscape,
} from './json-lexis.ts';
import { StructureTap } from './json-structure.ts';
import { latin1Of, ownCopy } from './latin1.ts';
import type { FaultReason, ReaderOptions } from './reader.ts';
import { Utf8Validator } from './utf8-validator.ts';

/** What may come next. */
const EXPECT = Object.freeze({
  value: 0,
  elementOrClose: 1,
  keyOrClose: 2,
  key: 3,
  colon: 4,
  commaOrClose: 5,
  nothing: 6,
  /** Sequences: text that is no JSON is passed over. */
  document: 7,
});

/** A step that needs more bytes than there are; or one that ended in a fault. */
const PAUSE = -1;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export interface JsonReading {
  /** Origin of the leaves; the direction decides if not given. */
  readonly origin?: Origin;
  readonly lenient?: boolean;
  /** Any number of documents, of which the first alone reaches the structure sink; nothing is a syntax fault. */
  readonly sequence?: boolean;
}

export class JsonReader extends IncrementalReader {
  readonly kind = 'json';
  readonly #tap: StructureTap | null;
  readonly #origin: Origin;
  readonly #lenient: boolean;
  readonly #sequence: boolean;
  readonly #utf8 = new Utf8Validator();
  readonly #frames = new JsonFrames();
  readonly #escape = { text: '' };
  #expect: number = EXPECT.value;
  /** The start of a token that the last chunk cut. */
  #carry = '';
  /** What is being read, and its offset in the body. */
  #text = '';
  #textAt = 0;

  constructor(options: ReaderOptions, reading: JsonReading = {}) {
    const tap = options.structure === undefined ? null : new StructureTap(options.sink, options.structure);
    super(options, tap ?? options.sink, options.limits.documentValuesMax);
    this.#tap = tap;
    this.#origin = reading.origin ?? (options.direction === 'response' ? ORIGIN.response_json : ORIGIN.json);
    this.#lenient = reading.lenient ?? false;
    this.#sequence = reading.sequence ?? false;
  }

  protected override get midToken(): boolean {
    return this.assembler.open || this.#carry !== '';
  }

  protected read(chunk: Uint8Array): void {
    const valid = this.#lenient ? chunk.length : this.#utf8.accept(chunk);
    const fresh = latin1Of(chunk, 0, valid);
    this.#textAt = this.base - this.#carry.length;
    this.#text = this.#carry === '' ? fresh : this.#carry + fresh;
    this.#carry = '';
    this.#run();
    this.#text = '';
    if (valid < chunk.length) this.fail('json.charset', this.base + valid);
  }

  protected finish(): void {
    this.#finishDocument();
    this.#frames.clear();
  }

  #finishDocument(): void {
    if (!this.#utf8.complete) return this.fail('json.charset', this.base);
    if (this.#carry !== '' && this.#frames.depth === 0 && NUMBER_BYTE[this.#carry.charCodeAt(0)] === 1) {
      this.#textAt = this.base - this.#carry.length;
      this.#text = this.#carry;
      this.#finishNumber(0, this.#carry.length);
      return;
    }
    if (this.#sequence && this.#frames.depth === 0 && !this.midToken) return;
    const begun = this.#expect !== EXPECT.value || this.#frames.depth > 0 || this.midToken;
    if (!begun) this.fail('json.syntax', this.base);
    else if (this.#expect !== EXPECT.nothing || this.midToken) this.fail('body.truncated', this.base);
  }

  #run(): void {
    const text = this.#text;
    let i = this.assembler.open ? this.#stringRest(0) : 0;
    while (i >= 0 && i < text.length) {
      const c = text.charCodeAt(i);
      const isBlank = c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;
      if (isBlank && this.#expect !== EXPECT.document) i++;
      else i = this.#step(c, i);
    }
  }

  /** Reads the token at `i`; returns where the next one may start, or PAUSE. */
  #step(c: number, i: number): number {
    switch (this.#expect) {
      case EXPECT.commaOrClose:
        if (c !== 0x2c) return this.#close(c, i);
        this.#expect = this.#frames.inArray ? EXPECT.value : EXPECT.key;
        return i + 1;
      case EXPECT.keyOrClose:
        return c === QUOTE ? this.#key(i) : this.#close(c, i);
      case EXPECT.key:
        return c === QUOTE ? this.#key(i) : this.#wrong(i);
      case EXPECT.colon:
        if (c !== 0x3a) return this.#wrong(i);
        this.#expect = EXPECT.value;
        return i + 1;
      case EXPECT.elementOrClose:
        return c === 0x5d ? this.#close(c, i) : this.#value(c, i);
      case EXPECT.value:
        return this.#value(c, i);
      case EXPECT.document:
        return this.#nextDocument(i);
      default:
        return this.#wrong(i);
    }
  }

  #value(c: number, i: number): number {
    if (c === 0x7b || c === 0x5b) return this.#open(c === 0x5b, i);
    if (c === QUOTE) return this.#string(i);
    if (c === 0x2d || (c >= 0x30 && c <= 0x39)) return this.#number(i);
    if (c === 0x74) return this.#literal('true', LEAF.BOOLEAN, i);
    if (c === 0x66) return this.#literal('false', LEAF.BOOLEAN, i);
    if (c === 0x6e) return this.#literal('null', LEAF.NULL, i);
    return this.#wrong(i);
  }

  #open(isArray: boolean, i: number): number {
    const at = this.#textAt + i;
    if (this.#frames.depth >= this.limits.depthMax) return this.#refuse('json.depth', at);
    this.#position();
    this.#frames.open(isArray);
    if (this.#frames.depth > this.counts.depth) this.counts.depth = this.#frames.depth;
    this.#tap?.structure?.open(isArray ? 'array' : 'object', at);
    this.#expect = isArray ? EXPECT.elementOrClose : EXPECT.keyOrClose;
    return i + 1;
  }

  #close(c: number, i: number): number {
    const frames = this.#frames;
    if (frames.depth === 0 || c !== (frames.inArray ? 0x5d : 0x7d)) return this.#wrong(i);
    const at = this.#textAt + i;
    const empty = frames.empty;
    this.#tap?.structure?.close(frames.inArray ? 'array' : 'object', at);
    frames.close();
    if (empty) {
      if (frames.name !== '') {
        if (!this.admit(at)) return PAUSE;
        this.sink.value(this.#origin, frames.name, frames.path, '', PART.WHOLE, LEAF.EMPTY, at, 0);
      }
      this.held = -1;
    }
    this.#afterValue();
    return i + 1;
  }

  /** Reads a key, which is at most `nameBytesMax` bytes as sent, so that one that is cut can be read again. */
  #key(i: number): number {
    const at = this.#textAt + i;
    this.#hold(at);
    const expected = this.#frames.expected;
    if (expected !== null && this.#isKey(expected.key, i + 1)) {
      const refusal = this.#admitKey(expected.key, this.#frames.enter(expected), at);
      return refusal === null ? i + expected.key.length + 2 : this.#refuse(refusal, at);
    }
    let key = '';
    let isPlain = true;
    let end = i + 1;
    for (;;) {
      const run = this.#plainEnd(end);
      if (run - i - 1 > this.limits.nameBytesMax) return this.#refuse('body.name', at);
      if (run > end) key += this.#text.slice(end, run);
      if (run === this.#text.length) return this.#pause(i);
      const c = this.#text.charCodeAt(run);
      if (c === QUOTE) {
        end = run + 1;
        break;
      }
      if (c !== BACKSLASH) return this.#wrong(run);
      const taken = readEscape(this.#text, run, this.#lenient, this.#escape);
      if (taken === ESCAPE_MORE) return this.#pause(i);
      if (taken < 0) return this.#wrongEscape(taken, run);
      end = run + taken;
      if (end - i - 1 > this.limits.nameBytesMax) return this.#refuse('body.name', at);
      key += this.#escape.text;
      isPlain = false;
    }
    const refusal = this.#enter(key, isPlain, at);
    return refusal === null ? end : this.#refuse(refusal, at);
  }

  /** Whether a key that needs no escapes stands at `from`, with the quote behind it. */
  #isKey(key: string, from: number): boolean {
    return this.#text.startsWith(key, from) && this.#text.charCodeAt(from + key.length) === QUOTE;
  }

  #enter(key: string, isPlain: boolean, at: number): FaultReason | null {
    if (this.#frames.nameBytes(key) > this.limits.nameBytesMax)
      return this.counts.keys < this.limits.documentValuesMax ? 'body.name' : 'body.arguments';
    return this.#admitKey(key, this.#frames.key(key, isPlain), at);
  }

  #admitKey(key: string, verdict: KeyVerdict, at: number): FaultReason | null {
    if (this.counts.keys >= this.limits.documentValuesMax) return 'body.arguments';
    this.counts.keys++;
    if (verdict === 'too_many') return 'body.arguments';
    if (verdict === 'duplicate' && !this.#lenient) return 'json.duplicate_key';
    this.#tap?.structure?.key(ownCopy(key), at);
    this.#expect = EXPECT.colon;
    return null;
  }

  #string(i: number): number {
    const at = this.#textAt + i;
    if (!this.#beginLeaf(at)) return PAUSE;
    const end = this.#plainEnd(i + 1);
    if (
      end < this.#text.length &&
      this.#text.charCodeAt(end) === QUOTE &&
      end - i - 1 <= this.assembler.windowBytes
    ) {
      this.#leaf(this.#text.slice(i + 1, end), LEAF.TEXT, at + 1);
      return end + 1;
    }
    this.assembler.begin(this.#origin, this.#frames.name, this.#frames.path, LEAF.TEXT, at + 1);
    return this.#stringRest(i + 1);
  }

  /** Goes on with the string in the assembler. */
  #stringRest(from: number): number {
    let i = from;
    for (;;) {
      const run = this.#plainEnd(i);
      if (run > i) this.assembler.append(this.#text.slice(i, run), this.#textAt + i, run - i);
      if (run === this.#text.length) return PAUSE;
      const c = this.#text.charCodeAt(run);
      if (c === QUOTE) {
        this.assembler.end();
        this.held = -1;
        this.#afterValue();
        return run + 1;
      }
      if (c !== BACKSLASH) return this.#wrong(run);
      const taken = readEscape(this.#text, run, this.#lenient, this.#escape);
      if (taken === ESCAPE_MORE) return this.#pause(run);
      if (taken < 0) return this.#wrongEscape(taken, run);
      this.assembler.append(this.#escape.text, this.#textAt + run, taken);
      i = run + taken;
    }
  }

  #number(i: number): number {
    const text = this.#text;
    let end = i + 1;
    while (end < text.length && NUMBER_BYTE[text.charCodeAt(end)] === 1) end++;
    if (end - i > JSON_NUMBER_BYTES_MAX) return this.#refuse('json.number', this.#textAt + i);
    return end === text.length ? this.#pause(i) : this.#finishNumber(i, end);
  }

  #finishNumber(i: number, end: number): number {
    const number = this.#text.slice(i, end);
    if (!NUMBER_SYNTAX.test(number)) return this.#wrong(i);
    const at = this.#textAt + i;
    if (!this.#beginLeaf(at)) return PAUSE;
    this.#leaf(number, LEAF.NUMBER, at);
    return end;
  }

  #literal(word: string, leaf: Leaf, i: number): number {
    if (!this.#text.startsWith(word, i)) {
      const rest = this.#text.slice(i, i + word.length);
      return rest.length < word.length && word.startsWith(rest) ? this.#pause(i) : this.#wrong(i);
    }
    const at = this.#textAt + i;
    if (!this.#beginLeaf(at)) return PAUSE;
    this.#leaf(word, leaf, at);
    return i + word.length;
  }

  /** A scalar begins: counts it and settles its name. */
  #beginLeaf(at: number): boolean {
    if (!this.admit(at)) return false;
    this.#position();
    this.#hold(at);
    return true;
  }

  /** Bytes from `at` on are not cleared before a value is reported. */
  #hold(at: number): void {
    this.releaseStale(at);
    if (this.held < 0) this.held = at;
  }

  #position(): void {
    if (this.#frames.inArray) this.#frames.element();
  }

  /** Reports a scalar that lies whole in the text. */
  #leaf(text: string, leaf: Leaf, at: number): void {
    const frames = this.#frames;
    this.sink.value(this.#origin, frames.name, frames.path, text, PART.WHOLE, leaf, at, text.length);
    this.held = -1;
    this.#afterValue();
  }

  #afterValue(): void {
    if (this.#frames.depth > 0) this.#expect = EXPECT.commaOrClose;
    else if (this.#sequence) this.#endDocument(EXPECT.value);
    else this.#expect = EXPECT.nothing;
  }

  #endDocument(expect: number): void {
    if (this.#tap !== null) this.#tap.structure = undefined;
    this.#expect = expect;
  }

  /** What is open ends at `i`, where the text is no JSON; the next document is looked for from there on. */
  #abandonDocument(i: number): number {
    if (this.assembler.open) this.assembler.end();
    while (this.#frames.depth > 0) this.#frames.close();
    this.held = -1;
    this.#endDocument(EXPECT.document);
    return i;
  }

  #nextDocument(i: number): number {
    const text = this.#text;
    const at = documentMarkFrom(text, i);
    if (at === text.length) return at;
    this.#expect = EXPECT.value;
    const c = text.charCodeAt(at);
    return c === 0x5b || c === 0x7b ? at : at + 1;
  }

  /** Index of the first char from `i` on that cannot stand in a string as it is. */
  #plainEnd(i: number): number {
    const text = this.#text;
    let end = i;
    while (end < text.length && PLAIN_BYTE[text.charCodeAt(end)] === 1) end++;
    return end;
  }

  /** The token at `i` is cut: reads it again with the next chunk. */
  #pause(i: number): number {
    if (!this.assembler.open) this.#hold(this.#textAt + i);
    this.#carry = this.#text.slice(i);
    return PAUSE;
  }

  #wrongEscape(taken: number, i: number): number {
    return taken === ESCAPE_LONE_SURROGATE ? this.#refuse('json.charset', this.#textAt + i) : this.#wrong(i);
  }

  /** No token of the grammar; UTF-8 and UTF-16 marks at the start are named for what they are. */
  #wrong(i: number): number {
    if (this.#sequence) return this.#abandonDocument(i);
    const mark = this.#textAt + i === 0 && this.#text.charCodeAt(i) === 0xef;
    return this.#refuse(mark ? 'json.charset' : 'json.syntax', this.#textAt + i);
  }

  #refuse(reason: FaultReason, at: number): number {
    this.fail(reason, at);
    return PAUSE;
  }
}
