/** Header and trailer of the one gzip member a body may be (RFC 1952 §2.3), around its deflate data. */
import { crc32 } from 'node:zlib';
import { GZIP_HEADER_BYTES_MAX } from '../../core/limits.ts';

const FLAG = Object.freeze({ headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 });
const FIXED_BYTES = 10;
const TRAILER_BYTES = 8;
const MORE = -1;
const WRONG = -2;

export class GzipFrame {
  headerBytes = 0;
  trailerBytes = 0;
  #header: Buffer = Buffer.alloc(0);
  #headerRead = false;
  #trailer: Buffer = Buffer.alloc(0);
  #crc = 0;
  #size = 0;

  /** Takes the header off the start of the body; returns what follows it in `chunk`, null when it is malformed. */
  header(chunk: Uint8Array): Uint8Array | null {
    if (this.#headerRead) return chunk;
    const before = this.#header.length;
    this.#header = Buffer.concat([this.#header, chunk.subarray(0, GZIP_HEADER_BYTES_MAX)]);
    const length = headerLength(this.#header);
    if (length === WRONG || length > GZIP_HEADER_BYTES_MAX) return null;
    if (length === MORE && this.#header.length >= GZIP_HEADER_BYTES_MAX) return null;
    if (length === MORE) return chunk.subarray(chunk.length);
    this.#headerRead = true;
    this.headerBytes = length;
    return chunk.subarray(length - before);
  }

  /** Decoded bytes, for the checks of the trailer. */
  content(chunk: Buffer): void {
    this.#crc = crc32(chunk, this.#crc);
    this.#size = (this.#size + chunk.length) >>> 0;
  }

  /** Takes bytes after the deflate data; false when they are not the trailer that belongs there. */
  trailer(bytes: Uint8Array): boolean {
    if (this.#trailer.length + bytes.length > TRAILER_BYTES) return false;
    this.#trailer = Buffer.concat([this.#trailer, bytes]);
    this.trailerBytes = this.#trailer.length;
    return this.#trailer.length < TRAILER_BYTES || this.complete;
  }

  /** The trailer is there, and checksum and size are right. */
  get complete(): boolean {
    const trailer = this.#trailer;
    if (trailer.length !== TRAILER_BYTES) return false;
    return trailer.readUInt32LE(0) === this.#crc && trailer.readUInt32LE(4) === this.#size;
  }
}

/** Bytes of the header at the start of `bytes`, MORE or WRONG. */
function headerLength(bytes: Buffer): number {
  const magic = Buffer.from([0x1f, 0x8b, 8]);
  const known = Math.min(bytes.length, magic.length);
  if (!bytes.subarray(0, known).equals(magic.subarray(0, known))) return WRONG;
  if (bytes.length < FIXED_BYTES) return MORE;
  const flags = bytes[3];
  if ((flags & FLAG.reserved) !== 0) return WRONG;
  let end = FIXED_BYTES;
  if ((flags & FLAG.extra) !== 0) {
    if (bytes.length < end + 2) return MORE;
    end += 2 + bytes.readUInt16LE(end);
  }
  for (const flag of [FLAG.name, FLAG.comment]) {
    if ((flags & flag) === 0) continue;
    const zero = bytes.indexOf(0, end);
    if (zero < 0) return MORE;
    end = zero + 1;
  }
  if ((flags & FLAG.headerCrc) !== 0) {
    if (bytes.length < end + 2) return MORE;
    if (bytes.readUInt16LE(end) !== (crc32(bytes.subarray(0, end)) & 0xffff)) return WRONG;
    end += 2;
  }
  return bytes.length < end ? MORE : end;
}
