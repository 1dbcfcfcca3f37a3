/**
 * Takes the bytes of one body and feeds everything that reads them: size marks, digests, decoder, structured reader,
 * raw text. What happens, and in which order, depends on the content alone, never on how it was cut into chunks.
 *
 * So a chunk is cut where the content decides something: at a size a rule compares with, and where a segment of the
 * raw text becomes known to be complete. Between cuts the structured reader always goes first.
 */
import { createHash, createHmac } from 'node:crypto';
import type { Hash, Hmac } from 'node:crypto';
import { createDecoder } from '../http/body/content-coding.ts';
import type { ContentCoding, Decoder } from '../http/body/content-coding.ts';
import type { BodyReader } from '../http/body/reader.ts';
import type { RawTextTap } from '../http/body/text.ts';
import type { BodyFacts } from './evaluation-context.ts';
import type { DigestSpec } from './program.ts';

export interface IntakePlan {
  readonly facts: BodyFacts;
  /** Null: a coding Ward does not read; the body is uninspectable. */
  readonly coding: ContentCoding | null;
  /** The structured reader; null when no rule needs one. */
  readonly reader: BodyReader | null;
  /** Reads the raw text; made anew after each flush. */
  readonly openText: ((base: number) => RawTextTap) | null;
  readonly windowBytes: number;
  /** Sizes (as sent) at which a rule may become final, ascending. */
  readonly sizeMarks: readonly number[];
  readonly bytesMax: number;
  readonly digests: readonly { readonly spec: DigestSpec; readonly index: number }[];
  readonly onSizeMark: () => void;
  /** The body is over its maximum. What is left of the chunk is not read, and no other may be written. */
  readonly onOverMax: () => void;
  readonly onDigest: (index: number, value: string) => void;
}

/** Raw text that goes before its segment is complete. */
export interface HeldText {
  readonly text: string;
  /** No segment of the value was reported before. */
  readonly isFirst: boolean;
  /** Offset in the decoded body. */
  readonly at: number;
  /** Bytes of the value up to the end of this text. */
  readonly soFar: number;
}

/** How far decoded output has been produced by how many bytes as sent. */
interface Progress {
  readonly sent: number;
  readonly decoded: number;
}

/** Compressed bodies: progress points kept before the oldest are joined; they only delay a release. */
const PROGRESS_POINTS_MAX = 64;

export class BodyIntake {
  readonly #plan: IntakePlan;
  readonly #digests: readonly { readonly hash: Hash | Hmac; readonly index: number }[];
  readonly #decoder: Decoder | null;
  readonly #progress: Progress[] = [];
  readonly #reader: BodyReader | null;
  #text: RawTextTap | null;
  /** Decoded offset at which the current text reader began, and its next cut. */
  #textBase = 0;
  #textCut: number;
  /** Decoded offset up to which raw text was looked at before its segment was complete. */
  #lookedAt = 0;
  #decoded = 0;
  #nextMark = 0;
  #ended = false;

  constructor(plan: IntakePlan) {
    this.#plan = plan;
    this.#reader = plan.reader;
    this.#text = plan.openText === null ? null : plan.openText(0);
    this.#textCut = this.#text === null ? Infinity : evenWindow(plan.windowBytes);
    this.#digests = plan.digests.map(({ spec, index }) => ({ hash: openDigest(spec), index }));
    const reads = plan.reader !== null || plan.openText !== null;
    if (plan.coding === null && reads) plan.facts.fault ??= 'coding.unsupported';
    this.#decoder =
      plan.coding === null || plan.coding === 'identity' || !reads
        ? null
        : createDecoder(plan.coding, (bytes) => this.#read(bytes));
  }

  /** Kind of the reader in use, for what breaks with it. */
  get reader(): BodyReader | null {
    return this.#reader;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Bytes as sent that belong to nothing still to be inspected. */
  get cleared(): number {
    const { facts } = this.#plan;
    if (this.#decoder === null) return Math.min(facts.size, this.#clearedDecoded());
    if (facts.fault !== undefined) return facts.size;
    const limit = this.#clearedDecoded();
    let sent = 0;
    for (const point of this.#progress) if (point.decoded <= limit) sent = point.sent;
    return sent;
  }

  write(chunk: Uint8Array): void | Promise<void> {
    return this.#feed(chunk, 0);
  }

  end(): void | Promise<void> {
    if (this.#ended) return;
    if (this.#decoder === null) {
      this.#finish();
      return;
    }
    return this.#decoder.end().then(() => this.#finish());
  }

  /** Has the raw text looked at that is held for a segment not yet complete, and lets it go; the segment goes on. */
  clearText(look: (held: HeldText) => void): void {
    const held = this.#text?.heldText;
    if (held === undefined || this.#decoded === this.#lookedAt) return;
    this.#lookedAt = this.#decoded;
    const { text, isFirst, at } = held;
    look({ text, isFirst, at: at + this.#textBase, soFar: this.#decoded - this.#textBase });
  }

  /** Ends the raw text as a value: an event is over, the next one is another. */
  flushText(): void {
    if (this.#text === null || this.#plan.openText === null || this.#decoded === this.#textBase) return;
    this.#text.end();
    this.#text = this.#plan.openText(this.#decoded);
    this.#textBase = this.#decoded;
    this.#textCut = this.#decoded + evenWindow(this.#plan.windowBytes);
  }

  close(): void {
    this.#decoder?.close();
  }

  #feed(chunk: Uint8Array, from: number): void | Promise<void> {
    const { facts, sizeMarks, bytesMax } = this.#plan;
    let at = from;
    while (at < chunk.length) {
      if (facts.size >= bytesMax) {
        // The first byte too many is counted, not read.
        this.#advance(1);
        this.#plan.onOverMax();
        return;
      }
      const mark = this.#nextMark < sizeMarks.length ? sizeMarks[this.#nextMark] : Infinity;
      // A mark is passed by the byte behind it.
      const limit = Math.min(mark + 1, bytesMax);
      const end = Math.min(chunk.length, at + Math.max(0, limit - facts.size));
      const piece = at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end);
      for (const { hash } of this.#digests) hash.update(piece);
      const waiting = this.#decode(piece);
      at = end;
      if (waiting !== undefined) {
        return waiting.then(() => {
          this.#advance(piece.length);
          return this.#feed(chunk, end);
        });
      }
      this.#advance(piece.length);
    }
  }

  /** The size grows when the bytes were read, so that rules judged in between see one that the cuts have no part in. */
  #advance(bytes: number): void {
    const { facts, sizeMarks } = this.#plan;
    facts.size += bytes;
    while (this.#nextMark < sizeMarks.length && facts.size > sizeMarks[this.#nextMark]) {
      this.#nextMark++;
      this.#plan.onSizeMark();
    }
  }

  #decode(piece: Uint8Array): void | Promise<void> {
    if (this.#plan.coding === null) return;
    if (this.#decoder === null) {
      this.#read(piece);
      return;
    }
    const decoder = this.#decoder;
    return decoder.write(piece).then(() => {
      this.#plan.facts.fault ??= decoder.fault?.reason;
      if (this.#progress.length >= PROGRESS_POINTS_MAX) this.#progress.splice(0, PROGRESS_POINTS_MAX / 2);
      this.#progress.push({ sent: this.#plan.facts.size + piece.length, decoded: this.#decoded });
    });
  }

  #read(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    let at = 0;
    while (at < bytes.length) {
      const end = Math.min(bytes.length, at + (this.#textCut - this.#decoded));
      const piece = at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end);
      this.#reader?.write(piece);
      this.#text?.write(piece);
      this.#decoded += piece.length;
      at = end;
      if (this.#decoded === this.#textCut) this.#textCut = this.#nextTextCut();
    }
  }

  /** A segment is complete when the byte behind it comes: that byte is a piece of its own. */
  #nextTextCut(): number {
    const window = evenWindow(this.#plan.windowBytes);
    const offset = this.#textCut - this.#textBase;
    const beyond = (offset - window) % (window / 2);
    return this.#textCut + (beyond === 0 ? 1 : window / 2 - 1);
  }

  #clearedDecoded(): number {
    const reader = this.#reader === null || this.#reader.halted ? Infinity : this.#reader.cleared;
    const text = this.#text === null ? Infinity : this.#textBase + this.#text.cleared;
    return Math.min(reader, Math.max(text, this.#lookedAt));
  }

  #finish(): void {
    this.#ended = true;
    const { facts } = this.#plan;
    facts.fault ??= this.#decoder?.fault?.reason;
    if (facts.fault === undefined) this.#reader?.end();
    this.#text?.end();
    facts.fault ??= this.#reader?.fault?.reason;
    if (this.#reader?.kind === 'json' && facts.fault === undefined) {
      facts.jsonDepth = this.#reader.counts.depth;
      facts.jsonKeys = this.#reader.counts.keys;
    }
    for (const { hash, index } of this.#digests) this.#plan.onDigest(index, hash.digest().toString('latin1'));
  }
}

function evenWindow(windowBytes: number): number {
  return Math.max(1, windowBytes >>> 1) * 2;
}

/** The digest of a body that is not there is that of no bytes. */
export function digestOfNothing(spec: DigestSpec): string {
  return openDigest(spec).digest().toString('latin1');
}

function openDigest(spec: DigestSpec): Hash | Hmac {
  return spec.algorithm === 'hmac_sha256'
    ? createHmac('sha256', Buffer.from(spec.key ?? '', 'latin1'))
    : createHash(spec.algorithm);
}
