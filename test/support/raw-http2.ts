/**
 * Sends exact frames of HTTP/2 (RFC 9113 §4) and keeps those that come back. It helps the server in nothing: no library
 * would send half of what tests have to.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const END_STREAM = 0x1;
export const ACK = 0x1;
export const END_HEADERS = 0x4;

/** Error codes (RFC 9113 §7). */
export const CODE = { none: 0, protocol: 1, internal: 2, refused: 7, cancel: 8, calm: 11 } as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** Field lines as names and values in turn. */
export type Lines = readonly string[];

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A field block of literals without indexing (RFC 7541 §6.2.2). */
export function block(lines: Lines): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; i < lines.length; i += 2) parts.push(Buffer.from([0]), text(lines[i]), text(lines[i + 1]));
  return Buffer.concat(parts);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([integer(bytes.length), bytes]);
}

/** With a prefix of seven bits (RFC 7541 §5.1). */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let left = value - 127;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return Buffer.from([...bytes, left]);
}

export function requestLines(method: string, path: string, more: Lines = []): string[] {
  return [':method', method, ':scheme', 'http', ':authority', 's.example', ':path', path, ...more];
}

export class RawHttp2 {
  readonly socket: Duplex;
  readonly frames: Frame[] = [];
  closed = false;
  /** What came that is not read yet, and what came before any frame. */
  #pending = Buffer.alloc(0);
  #wake: (() => void)[] = [];
  #next = 1;

  /** @param socket connected; plain text or TLS */
  constructor(socket: Duplex) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#pending = Buffer.concat([this.#pending, chunk]);
      this.#cut();
      this.#notify();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
      this.#notify();
    });
  }

  /** One that has sent the preface, its settings (pairs of two and four bytes) and the acknowledgement of the server's. */
  static async open(
    port: number,
    settings: Uint8Array = Buffer.alloc(0),
    from = '127.0.0.1',
  ): Promise<RawHttp2> {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from, noDelay: true });
    const client = new RawHttp2(socket);
    await once(socket, 'connect');
    client.begin(settings);
    return client;
  }

  /** The server is asked to remember no field lines, so that each block can be read by itself. */
  begin(settings: Uint8Array = Buffer.alloc(0)): void {
    const own = Buffer.concat([Buffer.from([0, 1, 0, 0, 0, 0]), settings]);
    this.send(Buffer.from(PREFACE), frame(FRAME.settings, 0, 0, own), frame(FRAME.settings, ACK, 0));
  }

  send(...bytes: Uint8Array[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(bytes));
  }

  /** Sends a head on a new stream; returns its number. */
  request(lines: Lines, endStream = true): number {
    const stream = this.newStream();
    const flags = END_HEADERS | (endStream ? END_STREAM : 0);
    this.send(frame(FRAME.headers, flags, stream, block(lines)));
    return stream;
  }

  newStream(): number {
    const stream = this.#next;
    this.#next += 2;
    return stream;
  }

  data(stream: number, bytes: string | Uint8Array, endStream = false): void {
    const payload = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    this.send(frame(FRAME.data, endStream ? END_STREAM : 0, stream, payload));
  }

  reset(stream: number, code: number = CODE.cancel): void {
    this.send(frame(FRAME.reset, 0, stream, number32(code)));
  }

  of(type: number, stream?: number): Frame[] {
    return this.frames.filter((one) => one.type === type && (stream === undefined || one.stream === stream));
  }

  /** The status of a stream's answer; undefined before it came. */
  status(stream: number): number | undefined {
    const heads = this.of(FRAME.headers, stream).map(({ payload }) => statusOf(payload));
    return heads.find((status) => status >= 200);
  }

  body(stream: number): string {
    return this.of(FRAME.data, stream)
      .map(({ payload }) => payload.toString('latin1'))
      .join('');
  }

  /** Bytes the server made room for beyond the first window of a stream. */
  granted(stream: number): number {
    return this.of(FRAME.windowUpdate, stream).reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0);
  }

  /** The code of the reset of a stream. */
  resetCode(stream: number): number | undefined {
    return this.of(FRAME.reset, stream)[0]?.payload.readUInt32BE(0);
  }

  get goawayCode(): number | undefined {
    return this.of(FRAME.goaway).at(-1)?.payload.readUInt32BE(4);
  }

  /** A stream is over: its answer is complete, or it was reset, or the connection ended. */
  ended(stream: number): boolean {
    return this.closed || this.frames.some((one) => one.stream === stream && endsStream(one));
  }

  /** Waits for the end of a stream; the status of its answer, or the code of its reset as `reset 1`. */
  async outcome(stream: number, ms = 5_000): Promise<string> {
    await this.until(() => this.ended(stream), ms);
    const status = this.status(stream);
    if (status !== undefined) return String(status);
    const code = this.resetCode(stream);
    if (code !== undefined) return `reset ${code}`;
    return this.goawayCode === undefined ? 'nothing' : `goaway ${this.goawayCode}`;
  }

  /** Waits until `done` holds, the connection closes or time is up; says whether it holds. */
  async until(done: () => boolean, ms = 5_000): Promise<boolean> {
    const end = performance.now() + ms;
    while (!done() && !this.closed && performance.now() < end) {
      await new Promise<void>((resolve) => {
        // What is waited for may show elsewhere than on this connection.
        const timer = setTimeout(resolve, Math.max(1, Math.min(20, end - performance.now())));
        this.#wake.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return done();
  }

  async waitClosed(ms = 5_000): Promise<boolean> {
    await this.until(() => this.closed, ms);
    return this.closed;
  }

  destroy(): void {
    this.socket.destroy();
  }

  #cut(): void {
    for (;;) {
      if (this.#pending.length < 9) return;
      const end = 9 + this.#pending.readUIntBE(0, 3);
      if (this.#pending.length < end) return;
      const [, , , type, flags] = this.#pending;
      const stream = this.#pending.readUInt32BE(5) & 0x7fffffff;
      this.frames.push({ type, flags, stream, payload: this.#pending.subarray(9, end) });
      this.#pending = this.#pending.subarray(end);
    }
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

function endsStream({ type, flags }: Frame): boolean {
  if (type === FRAME.reset) return true;
  return (type === FRAME.headers || type === FRAME.data) && (flags & END_STREAM) !== 0;
}

/** Statuses with an index of their own in HPACK's static table (RFC 7541, appendix A). */
const INDEXED = new Map([
  [8, 200],
  [9, 204],
  [10, 206],
  [11, 304],
  [12, 400],
  [13, 404],
  [14, 500],
]);

/** The status a field block begins with; 0 for one without. */
function statusOf(payload: Buffer): number {
  let at = 0;
  // A change of the table's size comes first (§6.3).
  while ((payload[at] & 0xe0) === 0x20) at += 1;
  const first = payload[at];
  if ((first & 0x80) !== 0) return INDEXED.get(first & 0x7f) ?? 0;
  const index = first & ((first & 0x40) !== 0 ? 0x3f : 0x0f);
  if (index < 8 || index > 14) return 0;
  const length = payload[at + 1] & 0x7f;
  const value = payload.subarray(at + 2, at + 2 + length);
  return Number((payload[at + 1] & 0x80) === 0 ? value.toString('latin1') : digits(value));
}

/** Digits in HPACK's Huffman code (RFC 7541, appendix B): five bits for 0 to 2, six for 3 to 9. */
function digits(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let result = '';
  for (let at = 0; result.length < 3; ) {
    const five = Number.parseInt(bits.slice(at, at + 5), 2);
    if (five <= 2) {
      result += String(five);
      at += 5;
    } else {
      result += String(Number.parseInt(bits.slice(at, at + 6), 2) - 0b011001 + 3);
      at += 6;
    }
  }
  return result;
}
