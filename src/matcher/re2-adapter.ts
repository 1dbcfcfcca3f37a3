/**
 * The only file that knows RE2. It runs a printed regex (regex-printer.ts) over latin1 text, one character per byte.
 *
 * RE2 in its UTF-8 mode steps over invalid bytes, so `.` and `[^x]` would miss raw bytes from 0x80 on: the text is
 * encoded as UTF-8 first, which makes every byte one code point, and spans are mapped back. One trace of the encoding
 * is left: an empty match of `\B` may lie inside a byte from 0x80 on; regexes that match nothing are refused (E102). Text travels in a scratch
 * buffer because a string argument costs RE2 a conversion per call. The flags `g` and `y`, `lastIndex`, `replace` and
 * `split` are not used: they misbehave in the releases that run on Node 20.
 */
import RE2 from 're2';
import { KIB } from '../core/limits.ts';

/** `d` reports the spans of groups; without `g` and `y` a program keeps no state between calls. */
const FLAGS = 'du';
/** Views of the scratch up to this length are kept, so that short texts make no garbage. */
const KEPT_VIEW_BYTES_MAX = 4 * KIB;

let scratch = Buffer.allocUnsafeSlow(256 * KIB);
let views: (Buffer | undefined)[] = [];
let encodedText = '';
let encodedView: Buffer = scratch.subarray(0, 0);

/** The text as UTF-8 in the scratch; valid until the next call. Repeated calls for one text cost nothing. */
function encode(text: string): Buffer {
  if (text === encodedText) return encodedView;
  // Three bytes a character hold any string, so nothing is ever cut off.
  if (text.length * 3 > scratch.length) {
    scratch = Buffer.allocUnsafeSlow(text.length * 3);
    views = [];
  }
  const length = scratch.write(text, 0, 'utf8');
  encodedText = text;
  if (length > KEPT_VIEW_BYTES_MAX) encodedView = scratch.subarray(0, length);
  else encodedView = views[length] ??= scratch.subarray(0, length);
  return encodedView;
}

/** Characters before byte `end` given that `start` bytes are `startChars` characters. */
function charsUntil(bytes: Buffer, end: number, start: number, startChars: number): number {
  let chars = startChars;
  for (let i = start; i < end; i++) if ((bytes[i] & 0xc0) !== 0x80) chars++;
  return chars;
}

type Spans = readonly ([number, number] | undefined)[];

function spansOf(program: RE2, bytes: Buffer): Spans | undefined {
  const match = program.exec(bytes) as { indices?: Spans } | null;
  return match?.indices;
}

/** One compiled RE2 program. Matching is linear in the text. */
export class Re2Program {
  readonly #source: string;
  readonly #program: RE2;
  #continuation: RE2 | undefined;

  /** @throws SyntaxError when RE2 refuses the source or its program exceeds RE2's memory budget. */
  constructor(source: string) {
    this.#source = source;
    this.#program = new RE2(source, FLAGS);
  }

  test(text: string): boolean {
    return this.#program.test(encode(text));
  }

  /** Start and end of group n at 2n and 2n + 1, -1 for a group that took no part; undefined without a match. */
  exec(text: string): Int32Array | undefined {
    const bytes = encode(text);
    const spans = spansOf(this.#program, bytes);
    if (spans === undefined) return undefined;
    const out = new Int32Array(spans.length * 2).fill(-1);
    const ascii = bytes.length === text.length;
    for (let n = 0; n < spans.length; n++) {
      const span = spans[n];
      if (span === undefined) continue;
      out[2 * n] = ascii ? span[0] : charsUntil(bytes, span[0], 0, 0);
      out[2 * n + 1] = ascii ? span[1] : charsUntil(bytes, span[1], span[0], out[2 * n]);
    }
    return out;
  }

  /**
   * Spans of the non-overlapping matches from left to right, at most `max`. Each search is linear, and a regex that
   * looks far ahead before it settles on a short match may search the rest again for each of them.
   */
  findAll(text: string, max: number): [number, number][] {
    const bytes = encode(text);
    const out: [number, number][] = [];
    let [countedBytes, countedChars] = [0, 0];
    const charAt = (byte: number): number => {
      countedChars = charsUntil(bytes, byte, countedBytes, countedChars);
      countedBytes = byte;
      return countedChars;
    };
    let from = 0;
    while (out.length < max && from <= bytes.length) {
      const span = from === 0 ? spansOf(this.#program, bytes)?.[0] : this.#next(bytes, from);
      if (span === undefined) break;
      out.push([charAt(span[0]), charAt(span[1])]);
      from = span[1] > span[0] ? span[1] : span[1] + (bytes[span[1]] >= 0xc0 ? 2 : 1);
    }
    return out;
  }

  /**
   * The first match at or behind byte `from` > 0. The character before is handed over as context and consumed
   * outside the group, so `^` and `\b` see what they would see in the whole text.
   */
  #next(bytes: Buffer, from: number): [number, number] | undefined {
    this.#continuation ??= new RE2(`\\A[\\x00-\\xff][\\x00-\\xff]*?(${this.#source})`, FLAGS);
    const context = from - ((bytes[from - 1] & 0xc0) === 0x80 ? 2 : 1);
    const span = spansOf(this.#continuation, bytes.subarray(context))?.[1];
    return span === undefined ? undefined : [span[0] + context, span[1] + context];
  }
}
