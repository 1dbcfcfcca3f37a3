/**
 * Joins the pieces of a value and reports it: whole if it fits the window, else in segments that overlap by half.
 *
 * Segment k covers the decoded bytes [k·half, k·half + window) of the value, where half = window / 2. Segments
 * therefore depend on the content alone, never on how it was cut into pieces. A segment is reported when a byte beyond
 * it arrives, because only then is it known not to be the last; so at most one window and one piece are held.
 */
import { VALUE_JOIN_BYTES_MAX } from '../../core/limits.ts';
import { PART } from '../value.ts';
import type { Leaf, Origin, ValueSink } from '../value.ts';

/** Shared, for it is never written to: most values fit one piece and store nothing. */
const NO_STORE = Buffer.alloc(0);

export class ValueAssembler {
  readonly #sink: ValueSink;
  readonly #half: number;
  readonly #window: number;
  #origin: Origin = 0;
  #name = '';
  #path = '';
  #leaf: Leaf = 0;
  /** Held text: the first `#stored` bytes of `#store`, then `#tail`. */
  #store: Buffer = NO_STORE;
  #stored = 0;
  #tail = '';
  #first = true;
  #open = false;
  /** Offset of the held text in the body, of its middle (-1: not reached), and of what follows it. */
  #from = 0;
  #middle = -1;
  #to = 0;

  /** @param windowBytes longest text reported in one piece; made even and at least 2 */
  constructor(sink: ValueSink, windowBytes: number) {
    this.#sink = sink;
    this.#half = Math.max(1, windowBytes >>> 1);
    this.#window = this.#half * 2;
  }

  /** Longest value that is reported WHOLE. */
  get windowBytes(): number {
    return this.#window;
  }

  get open(): boolean {
    return this.#open;
  }

  /** False once a segment of the open value was reported. */
  get untold(): boolean {
    return this.#first;
  }

  /** Offset of the first byte of the open value that belongs to a segment not yet reported. */
  get cleared(): number {
    return this.#from;
  }

  begin(origin: Origin, name: string, path: string, leaf: Leaf, at: number): void {
    this.#origin = origin;
    this.#name = name;
    this.#path = path;
    this.#leaf = leaf;
    this.#first = true;
    this.#open = true;
    this.#from = at;
    this.#to = at;
    this.#empty();
  }

  /**
   * Adds decoded text (latin1) that stands at `at` as `sentBytes` bytes. Text as long as sent is taken as verbatim and
   * may be cut anywhere; an escape must come alone, so that segments know where it starts and ends.
   */
  append(text: string, at: number, sentBytes: number): void {
    const verbatim = text.length === sentBytes;
    let done = 0;
    for (;;) {
      const held = this.#stored + this.#tail.length;
      const room = this.#window - held;
      const left = text.length - done;
      const here = verbatim ? at + done : at;
      const taken = left < room ? left : room;
      if (this.#middle < 0 && held + taken > this.#half) {
        this.#middle = verbatim ? here + this.#half - held : at;
      }
      if (taken > 0) {
        this.#hold(taken === text.length ? text : text.slice(done, done + taken));
        done += taken;
        this.#to = verbatim ? at + done : at + sentBytes;
      }
      if (done === text.length) return;
      this.#report(this.#first ? PART.FIRST : PART.MIDDLE);
      this.#slide(verbatim ? at + done : at);
    }
  }

  /** The text held for a segment that is not complete, and where it begins; it stays held. */
  get heldText(): { readonly text: string; readonly at: number } {
    return { text: this.#store.toString('latin1', 0, this.#stored) + this.#tail, at: this.#from };
  }

  /** Reports the rest. */
  end(): void {
    this.#report(this.#first ? PART.WHOLE : PART.LAST);
    this.#empty();
    this.#open = false;
  }

  /** Forgets a value of which nothing was reported. */
  discard(): void {
    this.#empty();
    this.#open = false;
  }

  #hold(piece: string): void {
    if (this.#stored === 0 && this.#tail === '') {
      this.#tail = piece;
    } else if (this.#tail.length + piece.length <= VALUE_JOIN_BYTES_MAX) {
      this.#tail += piece;
    } else {
      this.#spill(piece.length);
      this.#tail = piece;
    }
  }

  /** Moves the tail into the store, which grows by doubling up to the window. */
  #spill(more: number): void {
    const needed = this.#stored + this.#tail.length;
    if (this.#store.length < needed) {
      const size = Math.min(this.#window, Math.max(needed + more, this.#store.length * 2));
      const grown = Buffer.allocUnsafeSlow(size);
      this.#store.copy(grown, 0, 0, this.#stored);
      this.#store = grown;
    }
    this.#stored += this.#store.write(this.#tail, this.#stored, 'latin1');
    this.#tail = '';
  }

  #report(part: number): void {
    if (this.#stored > 0) {
      this.#spill(0);
      this.#tail = this.#store.toString('latin1', 0, this.#stored);
      this.#stored = 0;
    }
    const length = this.#to - this.#from;
    this.#sink.value(this.#origin, this.#name, this.#path, this.#tail, part, this.#leaf, this.#from, length);
  }

  /** Keeps the second half of a reported segment; the byte after it stands at `next`. */
  #slide(next: number): void {
    this.#first = false;
    this.#from = this.#middle;
    this.#tail = this.#tail.slice(this.#half);
    this.#middle = next;
  }

  #empty(): void {
    this.#stored = 0;
    this.#tail = '';
    this.#middle = -1;
  }
}
