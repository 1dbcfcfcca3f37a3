/**
 * Reads the server name out of the first message of a TLS client (RFC 8446 §4.1.2, RFC 6066 §3), and nothing else of it. Only
 * what is needed to find the name is walked; every length is held against the bytes that are there.
 */

export type HelloReading =
  | { readonly kind: 'incomplete' | 'not_tls' }
  /** `name` is lower-case; undefined when the client names none. */
  | { readonly kind: 'hello'; readonly name: string | undefined };

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const HOST_NAME = 0;
const RECORD_HEADER_BYTES = 5;
const RECORD_BYTES_MAX = 0x4000;
const MESSAGE_HEADER_BYTES = 4;
const VERSION_AND_RANDOM_BYTES = 34;

const NOT_TLS: HelloReading = { kind: 'not_tls' };

/** Linear in the bytes; asked again with more of them while it is `incomplete`. */
export function readClientHello(bytes: Buffer): HelloReading {
  const message = readMessage(bytes);
  if (message === 'not_tls' || message === 'incomplete') return { kind: message };
  return readExtensions(message);
}

/** The handshake message, which may be cut over several records. */
function readMessage(bytes: Buffer): Buffer | 'incomplete' | 'not_tls' {
  const pieces: Buffer[] = [];
  let got = 0;
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] !== HANDSHAKE_RECORD) return 'not_tls';
    if (bytes.length < at + RECORD_HEADER_BYTES) return 'incomplete';
    const length = bytes.readUInt16BE(at + 3);
    if (bytes[at + 1] !== 3 || length === 0 || length > RECORD_BYTES_MAX) return 'not_tls';
    const piece = bytes.subarray(at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + length);
    pieces.push(piece);
    got += piece.length;
    at += RECORD_HEADER_BYTES + length;
    if (got < MESSAGE_HEADER_BYTES) continue;
    const message = pieces.length === 1 ? piece : Buffer.concat(pieces);
    if (message[0] !== CLIENT_HELLO) return 'not_tls';
    const end = MESSAGE_HEADER_BYTES + message.readUIntBE(1, 3);
    if (message.length >= end) return message.subarray(MESSAGE_HEADER_BYTES, end);
  }
  return 'incomplete';
}

function readExtensions(hello: Buffer): HelloReading {
  const walk = new Walk(hello, VERSION_AND_RANDOM_BYTES);
  const isWhole = walk.skip(1) && walk.skip(2) && walk.skip(1);
  if (!isWhole) return NOT_TLS;
  if (walk.isAtEnd) return { kind: 'hello', name: undefined };
  const extensions = walk.take(2);
  if (extensions === undefined) return NOT_TLS;
  for (const each = new Walk(extensions, 0); !each.isAtEnd; ) {
    const type = each.number(2);
    const content = each.take(2);
    if (type === undefined || content === undefined) return NOT_TLS;
    if (type === SERVER_NAME) return readName(content);
  }
  return { kind: 'hello', name: undefined };
}

/** A list that holds one name of a host. */
function readName(extension: Buffer): HelloReading {
  const list = new Walk(extension, 0).take(2);
  if (list === undefined) return NOT_TLS;
  const walk = new Walk(list, 0);
  const type = walk.number(1);
  const name = walk.take(2);
  if (type !== HOST_NAME || name === undefined || !walk.isAtEnd) return NOT_TLS;
  return { kind: 'hello', name: name.toString('latin1').toLowerCase() };
}

/** Goes through fields that say their own length. */
class Walk {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  number(bytes: number): number | undefined {
    if (this.#at + bytes > this.#bytes.length) return undefined;
    const value = this.#bytes.readUIntBE(this.#at, bytes);
    this.#at += bytes;
    return value;
  }

  /** A field whose length stands before it, in so many bytes; undefined when it is not all there. */
  take(lengthBytes: number): Buffer | undefined {
    const length = this.number(lengthBytes);
    if (length === undefined || this.#at + length > this.#bytes.length) return undefined;
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  skip(lengthBytes: number): boolean {
    return this.take(lengthBytes) !== undefined;
  }
}
