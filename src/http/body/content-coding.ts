/**
 * Decoders of Content-Encoding: compressed bytes in, decoded bytes out in bounded pieces.
 *
 * Node's zlib streams hand over one output buffer at a time, so a bomb is caught by the ratio before it takes memory.
 * They accept more than one parser would agree on: they stop silently at the end of the data and ignore what follows,
 * and gunzip joins concatenated members. So the gzip frame (RFC 1952) is read here, around a raw inflate, and for every
 * coding the bytes the engine consumed are compared with the bytes it was given. Raw deflate under the name `deflate`
 * is refused: RFC 9110 §8.4.1.2 means the zlib format.
 */
import { createBrotliDecompress, createInflate, createInflateRaw } from 'node:zlib';
import type { BrotliDecompress, Inflate, InflateRaw } from 'node:zlib';
import { CONTENT_CODINGS_MAX, INFLATE_GRACE_BYTES, INFLATE_RATIO_MAX } from '../../core/limits.ts';
import { GzipFrame } from './gzip-frame.ts';
import type { ReaderFault } from './reader.ts';

export type ContentCoding = 'identity' | 'gzip' | 'deflate' | 'br';

export interface Decoder {
  /**
   * Resolves when all output of `chunk` was delivered; `chunk` must stay as it is until then. Rejects only with what
   * `onBytes` threw: thrown through the engine it would end the process instead of reaching the evaluation boundary.
   */
  write(chunk: Uint8Array): Promise<void>;
  /** The encoded body is complete: faults if the compressed data is not. Rejects as `write` does. */
  end(): Promise<void>;
  /** The first fault; nothing is delivered after it. */
  readonly fault: ReaderFault | null;
  /** Encoded bytes whose output has been delivered. */
  readonly consumed: number;
  /** Decoded bytes delivered. */
  readonly produced: number;
  /** Frees the engine; pending writes resolve. Must be called unless `end` resolved. */
  close(): void;
}

/**
 * The coding of a Content-Encoding field value.
 *
 * @returns null when it is none of ours or more than one is stacked: fault `coding.unsupported`
 */
export function contentCodingOf(field: string | undefined): ContentCoding | null {
  const codings = (field ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
  if (codings.length > CONTENT_CODINGS_MAX) return null;
  switch (codings[0]) {
    case undefined:
      return 'identity';
    case 'gzip':
    case 'x-gzip':
      return 'gzip';
    case 'deflate':
      return 'deflate';
    case 'br':
      return 'br';
    default:
      return null;
  }
}

/** @param onBytes receives decoded bytes; the chunk may be reused after it returns */
export function createDecoder(coding: ContentCoding, onBytes: (chunk: Buffer) => void): Decoder {
  return coding === 'identity' ? new IdentityDecoder(onBytes) : new ZlibDecoder(coding, onBytes);
}

class IdentityDecoder implements Decoder {
  readonly fault = null;
  consumed = 0;
  readonly #onBytes: (chunk: Buffer) => void;

  constructor(onBytes: (chunk: Buffer) => void) {
    this.#onBytes = onBytes;
  }

  get produced(): number {
    return this.consumed;
  }

  write(chunk: Uint8Array): Promise<void> {
    this.consumed += chunk.length;
    try {
      this.#onBytes(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
    return Promise.resolve();
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    // Holds nothing.
  }
}

class ZlibDecoder implements Decoder {
  fault: ReaderFault | null = null;
  produced = 0;
  readonly #engine: Inflate | InflateRaw | BrotliDecompress;
  readonly #onBytes: (chunk: Buffer) => void;
  readonly #frame: GzipFrame | null;
  /** Bytes given to the engine; it took `bytesWritten` of them. */
  #given = 0;
  /** The engine left bytes behind: its data has ended. */
  #finished = false;
  #closed = false;
  #thrown: { readonly error: unknown } | null = null;
  /** Ends the wait of the current `write` or `end`. */
  #wake: (() => void) | null = null;

  constructor(coding: Exclude<ContentCoding, 'identity'>, onBytes: (chunk: Buffer) => void) {
    this.#onBytes = onBytes;
    this.#frame = coding === 'gzip' ? new GzipFrame() : null;
    this.#engine =
      coding === 'gzip'
        ? createInflateRaw()
        : coding === 'deflate'
          ? createInflate()
          : createBrotliDecompress();
    this.#engine.on('data', (chunk: Buffer) => this.#deliver(chunk));
    this.#engine.on('error', () => this.#damage());
    this.#engine.on('close', () => this.#resume());
  }

  get consumed(): number {
    return (this.#frame?.headerBytes ?? 0) + this.#engine.bytesWritten + (this.#frame?.trailerBytes ?? 0);
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#stopped() || chunk.length === 0) return;
    const data = this.#frame === null ? chunk : this.#frame.header(chunk);
    if (data === null) return this.#damage();
    if (data.length > 0) await this.#feed(data);
  }

  async end(): Promise<void> {
    if (this.#stopped()) return;
    if (!this.#finished) {
      // 'finish' comes before the engine has judged the end of its data, 'end' after.
      await this.#wait((done) => this.#engine.once('end', done).end());
      if (this.#stopped()) return;
    }
    if (this.#given === 0 || (this.#frame !== null && !this.#frame.complete)) this.#damage();
    else this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#engine.destroy();
    this.#resume();
  }

  #stopped(): boolean {
    return this.fault !== null || this.#closed;
  }

  async #feed(data: Uint8Array): Promise<void> {
    let left = data.length;
    if (!this.#finished) {
      this.#given += data.length;
      await this.#wait((done) => this.#engine.write(data, done));
      if (this.#stopped()) return;
      left = this.#given - this.#engine.bytesWritten;
      this.#finished = left > 0;
    }
    if (left === 0) return;
    // Behind the data stands the trailer of a gzip member, or something that must not be there.
    const rest = data.subarray(data.length - left);
    if (this.#frame === null || !this.#frame.trailer(rest)) this.#damage();
  }

  /** Waits for the callback, an error or `close`, whichever comes first; then all output has been delivered. */
  async #wait(start: (done: () => void) => void): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      start(() => this.#resume());
    });
    while (!this.#stopped() && this.#engine.readableLength > 0 && this.#engine.read() !== null);
    const thrown = this.#thrown;
    this.#thrown = null;
    if (thrown !== null) throw thrown.error;
  }

  #resume(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  #deliver(chunk: Buffer): void {
    if (this.#stopped()) return;
    this.produced += chunk.length;
    if (this.produced > INFLATE_GRACE_BYTES && this.produced > this.consumed * INFLATE_RATIO_MAX) {
      return this.#fail('coding.ratio');
    }
    this.#frame?.content(chunk);
    try {
      this.#onBytes(chunk);
    } catch (error) {
      this.#thrown = { error };
      this.close();
    }
  }

  #damage(): void {
    this.#fail('coding.damaged');
  }

  #fail(reason: 'coding.damaged' | 'coding.ratio'): void {
    if (this.fault === null && !this.#closed) this.fault = { reason, at: this.produced };
    this.close();
  }
}
