/**
 * What all readers share: the first fault, the cleared offset, the counts, and values against their limit.
 *
 * Two rules make a reader independent of how the bytes were cut: whatever has a fast path for a token that lies whole
 * in one chunk takes it only when the token is sound, and leaves all else to the path that reads byte by byte; and a
 * fault stands at an offset that the content gives, never the chunk.
 */
import type { ValueSink } from '../value.ts';
import type {
  BodyKind,
  BodyReader,
  FaultReason,
  ReaderFault,
  ReaderLimits,
  ReaderOptions,
} from './reader.ts';
import { ValueAssembler } from './value-assembler.ts';

export abstract class IncrementalReader implements BodyReader {
  abstract readonly kind: BodyKind;
  readonly counts = { values: 0, keys: 0, depth: 0 };
  protected readonly limits: ReaderLimits;
  protected readonly sink: ValueSink;
  protected readonly assembler: ValueAssembler;
  /** Offset in the body of the chunk being read; between chunks, the bytes read so far. */
  protected base = 0;
  /** Offset from which bytes belong to something not yet reported, or -1. */
  protected held = -1;
  #fault: ReaderFault | null = null;
  #halted = false;
  #cleared = 0;
  #ended = false;

  readonly #valuesMax: number;

  protected constructor(
    options: ReaderOptions,
    sink: ValueSink = options.sink,
    valuesMax: number = options.limits.argumentsMax,
  ) {
    this.#valuesMax = valuesMax;
    this.limits = options.limits;
    this.sink = sink;
    this.assembler = new ValueAssembler(sink, options.limits.windowBytes);
  }

  get fault(): ReaderFault | null {
    return this.#fault;
  }

  get halted(): boolean {
    return this.#halted;
  }

  get cleared(): number {
    return this.#cleared;
  }

  write(chunk: Uint8Array): void {
    if (this.#halted || this.#ended || chunk.length === 0) return;
    this.read(chunk);
    if (!this.#halted) {
      this.base += chunk.length;
      this.#clearTo(this.base);
    }
  }

  end(): void {
    if (this.#halted || this.#ended) return;
    this.#ended = true;
    this.finish();
    if (!this.#halted) {
      this.held = -1;
      this.#clearTo(this.base);
    }
  }

  /** True inside a token; names are only let go between tokens, which the content decides. */
  protected get midToken(): boolean {
    return this.assembler.open;
  }

  /** Reads one chunk that is not empty; `base` is its offset. */
  protected abstract read(chunk: Uint8Array): void;

  /** The body is complete. */
  protected abstract finish(): void;

  /** Notes a fault and ends the reading. */
  protected fail(reason: FaultReason, at: number): void {
    if (this.#halted) return;
    this.#halted = true;
    this.doubt(reason, at);
    this.#clearTo(at);
  }

  /** Notes a fault after which it is still plain where values begin and end: reading goes on. */
  protected doubt(reason: FaultReason, at: number): void {
    this.#fault ??= { reason, at };
  }

  /** Counts a value that begins at `at`; false, and a fault, when there are too many. */
  protected admit(at: number): boolean {
    if (this.counts.values >= this.#valuesMax) {
      this.fail('body.arguments', at);
      return false;
    }
    this.counts.values++;
    return true;
  }

  /**
   * Lets go of a name that has waited over two windows for its value (white space may go on for ever, memory may not).
   * Must be called wherever something new is held, so that the cleared offset does not depend on the cuts.
   */
  protected releaseStale(at: number): void {
    if (this.held >= 0 && at - this.held > 2 * this.limits.windowBytes) this.held = -1;
  }

  #clearTo(offset: number): void {
    let cleared = offset;
    if (this.assembler.open && !this.assembler.untold) {
      cleared = this.assembler.cleared;
    } else {
      if (!this.midToken) this.releaseStale(offset);
      if (this.held >= 0) cleared = this.held;
    }
    if (cleared > this.#cleared) this.#cleared = cleared;
  }
}
