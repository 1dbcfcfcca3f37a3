/**
 * Incremental reader of `application/x-www-form-urlencoded` (WHATWG URL, §5.1) and of query strings.
 *
 * `&` is the only separator, `+` is a space, and percent escapes are decoded once. Pairs are reported in order,
 * duplicates included; the bytes are not taken for any charset. A percent sign without two hexadecimal digits is a
 * fault, because servers read it in different ways; the value has the sign as it is, as most of them read it. Lenient
 * reading, for text that may be a form, finds no fault in that and takes a name beyond the limit for a value without a name.
 * So does strict reading of a pair that begins with a brace or bracket: scripts send JSON under the type that is their default.
 */
import { LEAF, ORIGIN, PART } from '../value.ts';
import type { Origin } from '../value.ts';
import { IncrementalReader } from './incremental-reader.ts';
import { hexDigit, latin1Of } from './latin1.ts';
import type { ReaderOptions } from './reader.ts';

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const PLUS = 0x2b;

/** Bits of what a pair holds beside plain bytes. */
const HAS_PLUS = 1;
const HAS_PERCENT = 2;

export interface FormReading {
  /** Origin of the values: `form` if not given. */
  readonly origin?: Origin;
  readonly lenient?: boolean;
}

export class UrlencodedReader extends IncrementalReader {
  readonly kind = 'urlencoded';
  readonly #origin: Origin;
  readonly #lenient: boolean;
  #text = '';
  #textAt = 0;
  /** An escape that the last chunk cut. */
  #carry = '';
  /** State of a pair read piece by piece; -1 when the next byte begins a pair. */
  #pairAt = -1;
  #name = '';
  /** The pair began like JSON. */
  #isDocument = false;

  constructor(options: ReaderOptions, reading: FormReading = {}) {
    super(options);
    this.#origin = reading.origin ?? ORIGIN.form;
    this.#lenient = reading.lenient ?? false;
  }

  protected override get midToken(): boolean {
    return this.#pairAt >= 0;
  }

  get #isLenient(): boolean {
    return this.#lenient || this.#isDocument;
  }

  protected read(chunk: Uint8Array): void {
    const fresh = latin1Of(chunk);
    this.#textAt = this.base - this.#carry.length;
    this.#text = this.#carry === '' ? fresh : this.#carry + fresh;
    this.#carry = '';
    let i = this.#pairAt < 0 ? 0 : this.#pieces(0);
    while (i >= 0 && i < this.#text.length) i = this.#pair(i);
    this.#text = '';
  }

  protected finish(): void {
    if (this.#carry !== '') {
      const at = this.base - this.#carry.length;
      if (!this.#isLenient) this.doubt('form.escape', at);
      this.#take(this.#carry, at, this.#carry.length);
    }
    if (this.#pairAt >= 0 && !this.halted) this.#endPair(this.base);
  }

  /**
   * Reads the pair at `i` in one go if it is whole, sound and fits the window, else hands it to `#pieces`.
   * Returns the index of the next pair, or -1.
   */
  #pair(i: number): number {
    const text = this.#text;
    if (text.charCodeAt(i) === AMPERSAND) return i + 1;
    let equals = -1;
    let special = 0;
    let end = i;
    for (; end < text.length; end++) {
      const c = text.charCodeAt(end);
      if (c > EQUALS) continue;
      if (c === AMPERSAND) break;
      if (c === EQUALS) {
        if (equals < 0) equals = end;
      } else if (c === PLUS) special |= HAS_PLUS;
      else if (c === PERCENT) special |= HAS_PERCENT;
    }
    const nameEnd = equals < 0 ? end : equals;
    const from = equals < 0 ? end : equals + 1;
    const fits = end - from <= this.assembler.windowBytes && nameEnd - i <= this.limits.nameBytesMax;
    if (end < text.length && fits) {
      const name = decode(text.slice(i, nameEnd), special);
      const value = decode(text.slice(from, end), special);
      if (name !== null && value !== null) {
        if (!this.admit(this.#textAt + i)) return -1;
        const at = this.#textAt + from;
        this.sink.value(this.#origin, name, name, value, PART.WHOLE, LEAF.TEXT, at, end - from);
        return end + 1;
      }
    }
    this.#pairAt = this.#textAt + i;
    this.#name = '';
    if (this.held < 0) this.held = this.#pairAt;
    return this.admit(this.#pairAt) ? this.#pieces(i) : -1;
  }

  /** Goes on with a pair byte run by byte run, from `i`; returns the index after the pair, or -1. */
  #pieces(i: number): number {
    const text = this.#text;
    let from = i;
    for (;;) {
      const run = this.#runEnd(from);
      if (run > from && !this.#take(text.slice(from, run), this.#textAt + from, run - from)) return -1;
      if (run === text.length) return -1;
      const c = text.charCodeAt(run);
      if (c === AMPERSAND) {
        this.#endPair(this.#textAt + run);
        return run + 1;
      }
      const taken = c === PERCENT ? this.#escape(run) : this.#single(c, run);
      if (taken < 0) return -1;
      from = run + taken;
    }
  }

  /** Takes the `+` or `=` at `i`; an equals sign ends a name and is plain in a value. */
  #single(c: number, i: number): number {
    const at = this.#textAt + i;
    if (c === EQUALS && !this.assembler.open) {
      this.#beginValue(this.#name, at + 1);
      return 1;
    }
    return this.#take(c === PLUS ? ' ' : '=', at, 1) ? 1 : -1;
  }

  /** Takes the escape at `i`; returns the bytes it has, or -1 when it is cut or too long. */
  #escape(i: number): number {
    const text = this.#text;
    const first = i + 1 < text.length ? hexDigit(text.charCodeAt(i + 1)) : 0;
    const second = i + 2 < text.length ? hexDigit(text.charCodeAt(i + 2)) : 0;
    if (first < 0 || second < 0) {
      if (!this.#isLenient) this.doubt('form.escape', this.#textAt + i);
      return this.#take('%', this.#textAt + i, 1) ? 1 : -1;
    }
    if (i + 2 >= text.length) {
      this.#carry = text.slice(i);
      return -1;
    }
    return this.#take(String.fromCharCode(first * 16 + second), this.#textAt + i, 3) ? 3 : -1;
  }

  /** Adds decoded bytes to the name or the value; false, and a fault, when the name is too long as sent. */
  #take(text: string, at: number, sentBytes: number): boolean {
    if (this.assembler.open) {
      this.assembler.append(text, at, sentBytes);
      return true;
    }
    if (at === this.#pairAt) this.#isDocument = text.charAt(0) === '{' || text.charAt(0) === '[';
    const room = this.limits.nameBytesMax - (at - this.#pairAt);
    if (sentBytes <= room) {
      this.#name += text;
      return true;
    }
    if (!this.#isLenient) {
      this.fail('body.name', this.#pairAt);
      return false;
    }
    // Filled to the last byte first, so that where the name becomes a value does not depend on the cuts.
    const filling = sentBytes === text.length ? room : 0;
    const name = this.#name + text.slice(0, filling);
    this.#beginValue('', this.#pairAt);
    this.assembler.append(name, this.#pairAt, at + filling - this.#pairAt);
    this.assembler.append(text.slice(filling), at + filling, sentBytes - filling);
    return true;
  }

  #beginValue(name: string, at: number): void {
    this.assembler.begin(this.#origin, name, name, LEAF.TEXT, at);
  }

  #endPair(at: number): void {
    if (!this.assembler.open) this.#beginValue(this.#name, at);
    this.assembler.end();
    this.#pairAt = -1;
    this.#isDocument = false;
    this.held = -1;
  }

  /** Index of the first byte from `i` on that means something; in a value `=` does not. */
  #runEnd(i: number): number {
    const text = this.#text;
    const inValue = this.assembler.open;
    let end = i;
    for (; end < text.length; end++) {
      const c = text.charCodeAt(end);
      if (c === AMPERSAND || c === PLUS || c === PERCENT || (c === EQUALS && !inValue)) break;
    }
    return end;
  }
}

/** Decodes a name or value that holds what `special` says; null when an escape is broken. */
function decode(text: string, special: number): string | null {
  if (special === 0) return text;
  const spaced = (special & HAS_PLUS) === 0 ? text : text.replaceAll('+', ' ');
  let percent = (special & HAS_PERCENT) === 0 ? -1 : spaced.indexOf('%');
  if (percent < 0) return spaced;
  let decoded = '';
  let from = 0;
  while (percent >= 0) {
    if (percent + 2 >= spaced.length) return null;
    const first = hexDigit(spaced.charCodeAt(percent + 1));
    const second = hexDigit(spaced.charCodeAt(percent + 2));
    if (first < 0 || second < 0) return null;
    decoded += spaced.slice(from, percent) + String.fromCharCode(first * 16 + second);
    from = percent + 3;
    percent = spaced.indexOf('%', from);
  }
  return decoded + spaced.slice(from);
}
