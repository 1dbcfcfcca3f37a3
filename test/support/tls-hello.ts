/**
 * ClientHello messages byte by byte, and what a server says to them: for what no client of today can be told to offer, and
 * for what none should (TLS 1.2: RFC 5246 §7.4.1; 1.3: RFC 8446 §4).
 */
import { once } from 'node:events';
import { connect } from 'node:net';

/** Numbers of the IANA registry "TLS ExtensionType Values". */
export const EXTENSION = {
  serverName: 0,
  statusRequest: 5,
  groups: 10,
  pointFormats: 11,
  signatures: 13,
  heartbeat: 15,
  alpn: 16,
  ticket: 35,
  earlyData: 42,
  versions: 43,
  pskModes: 45,
  keyShare: 51,
  renegotiation: 0xff01,
} as const;

/** Numbers of "TLS Supported Groups". */
export const GROUP = { secp256r1: 23, x25519: 29 } as const;

/** Alerts, RFC 8446 §6. */
export const ALERT = {
  handshakeFailure: 40,
  protocolVersion: 70,
  inappropriateFallback: 86,
  noApplicationProtocol: 120,
} as const;

export const TLS_1_2 = 0x0303;
export const TLS_1_3 = 0x0304;

/** Suites that only say something: RFC 5746 §3.3 and RFC 7507. */
export const RENEGOTIATION_SCSV = 0x00ff;
export const FALLBACK_SCSV = 0x5600;

export interface HelloWish {
  /** `client_version`; 1.3 is asked for by that number too. */
  readonly version?: number;
  readonly suites: readonly number[];
  readonly compressions?: readonly number[];
  readonly groups?: readonly number[];
  /** Of 1.3: groups it has made a key for; none asks the server for a HelloRetryRequest. */
  readonly shares?: readonly number[];
  /** Further extensions, by number. */
  readonly more?: Readonly<Record<number, Buffer>>;
}

/** What a server said first. `version` and `group` of 1.3 are those of its extensions. */
export type Answer =
  | {
      readonly kind: 'hello';
      readonly version: number;
      readonly suite: number;
      readonly compression: number;
      readonly random: Buffer;
      readonly extensions: ReadonlyMap<number, Buffer>;
    }
  | { readonly kind: 'alert'; readonly alert: number }
  | { readonly kind: 'closed' };

const WAIT_MS = 10_000;
const RECORD_BYTES_MAX = 16_384;

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
/** With its length before it, in so many bytes. */
const vector = (lengthBytes: 1 | 2 | 3, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(body.length, 0, lengthBytes);
  return Buffer.concat([length, body]);
};

/** RSA and ECDSA with SHA-256 to SHA-512, and RSA-PSS. */
const SIGNATURES = [0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601];

export const alpn = (...names: readonly string[]): Buffer =>
  vector(2, ...names.map((name) => vector(1, Buffer.from(name))));

/** Any 32 bytes are a public key of x25519 (RFC 7748 §5). */
const X25519_KEY = Buffer.alloc(32, 9);

/** The message in as many records as it takes. */
export function clientHello(wish: HelloWish): Buffer {
  const { version = TLS_1_2, groups = [GROUP.x25519, GROUP.secp256r1], shares = [GROUP.x25519] } = wish;
  const extensions = new Map<number, Buffer>([
    [EXTENSION.groups, vector(2, ...groups.map(u16))],
    [EXTENSION.pointFormats, vector(1, Buffer.from([0]))],
    [EXTENSION.signatures, vector(2, ...SIGNATURES.map(u16))],
  ]);
  if (version >= TLS_1_3) {
    extensions.set(EXTENSION.versions, vector(1, u16(version)));
    extensions.set(EXTENSION.pskModes, vector(1, Buffer.from([1])));
    const keys = shares.map((group) => Buffer.concat([u16(group), vector(2, X25519_KEY)]));
    extensions.set(EXTENSION.keyShare, vector(2, ...keys));
  }
  for (const [number, data] of Object.entries(wish.more ?? {})) extensions.set(Number(number), data);
  const body = Buffer.concat([
    u16(Math.min(version, TLS_1_2)),
    Buffer.alloc(32, 7),
    vector(1, Buffer.alloc(version >= TLS_1_3 ? 32 : 0, 5)),
    vector(2, ...wish.suites.map(u16)),
    vector(1, Buffer.from(wish.compressions ?? [0])),
    vector(2, ...[...extensions].flatMap(([number, data]) => [u16(number), vector(2, data)])),
  ]);
  return records(Buffer.concat([Buffer.from([1]), vector(3, body)]), Math.min(version, 0x0301));
}

function records(message: Buffer, version: number): Buffer {
  const made: Buffer[] = [];
  for (let at = 0; at < message.length; at += RECORD_BYTES_MAX) {
    const part = message.subarray(at, at + RECORD_BYTES_MAX);
    made.push(Buffer.from([22]), u16(version), vector(2, part));
  }
  return Buffer.concat(made);
}

/** What the server on that port of the loopback interface says first; `closed` also when it says nothing for ten seconds. */
export async function say(port: number, bytes: Buffer, endAfter = false): Promise<Answer> {
  const socket = connect({ port, host: '127.0.0.1' });
  let received: Buffer = Buffer.alloc(0);
  const over = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, WAIT_MS);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (answerOf(received) !== undefined) end();
    });
    socket.on('close', end);
    socket.on('error', () => undefined);
  });
  await once(socket, 'connect');
  socket.write(bytes);
  if (endAfter) socket.end();
  await over;
  socket.destroy();
  return answerOf(received) ?? { kind: 'closed' };
}

/** Undefined while it is not complete. */
function answerOf(bytes: Buffer): Answer | undefined {
  if (bytes.length < 5) return undefined;
  const length = bytes.readUInt16BE(3);
  if (bytes.length < 5 + length) return undefined;
  const record = bytes.subarray(5, 5 + length);
  if (bytes[0] === 21) return { kind: 'alert', alert: record[1] };
  if (bytes[0] !== 22 || record[0] !== 2) throw new Error(`no TLS: ${bytes.toString('latin1', 0, 40)}`);
  return serverHello(record.subarray(4, 4 + record.readUIntBE(1, 3)));
}

function serverHello(body: Buffer): Answer {
  let at = 34;
  const take = (count: number): number => body.readUIntBE((at += count) - count, count);
  at += 1 + body[at];
  const [suite, compression] = [take(2), take(1)];
  const extensions = new Map<number, Buffer>();
  if (at < body.length) at += 2;
  while (at < body.length) {
    const number = take(2);
    const length = take(2);
    extensions.set(number, body.subarray(at, at + length));
    at += length;
  }
  const version = extensions.get(EXTENSION.versions)?.readUInt16BE() ?? body.readUInt16BE();
  return { kind: 'hello', version, suite, compression, random: body.subarray(2, 34), extensions };
}
