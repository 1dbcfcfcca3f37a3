/**
 * Reads the preamble by which a load balancer tells whose connection it passes on: the PROXY protocol, versions 1 and 2
 * (haproxy.org, "The PROXY protocol", sections 2.1 and 2.2).
 *
 * Nothing here decides whether the sender may say so; callers read preambles of trusted peers only.
 */
import { PROXY_PREAMBLE_BYTES_MAX } from '../core/limits.ts';

export type Preamble =
  /** The bytes so far begin like one: wait for more. */
  | { readonly kind: 'incomplete' }
  /** These bytes are something else. */
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' }
  /** `address` is '' where the sender speaks for itself (v1 `UNKNOWN`, v2 `LOCAL` and unix sockets). */
  | { readonly kind: 'read'; readonly bytes: number; readonly address: string; readonly port: number };

const V1_MARK = 'PROXY ';
/** "The worst case is 107 characters", line end included. */
const V1_BYTES_MAX = 107;
const V1_LINE =
  /^PROXY (?:UNKNOWN(?: [\x20-\x7e]*)?|TCP4 ([0-9.]{7,15}) [0-9.]{7,15} (\d{1,5}) \d{1,5}|TCP6 ([0-9A-Fa-f:.]{2,45}) [0-9A-Fa-f:.]{2,45} (\d{1,5}) \d{1,5})$/;

const V2_MARK = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V2_HEAD_BYTES = 16;
const V2_INET = 1;
const V2_INET6 = 2;
const PORT_MAX = 65_535;

const INCOMPLETE: Preamble = { kind: 'incomplete' };
const NONE: Preamble = { kind: 'none' };
const MALFORMED: Preamble = { kind: 'malformed' };

/** Looks at the first bytes of a connection. Linear in their number, which callers bound by PROXY_PREAMBLE_BYTES_MAX. */
export function readPreamble(bytes: Buffer): Preamble {
  if (bytes.length === 0) return INCOMPLETE;
  if (bytes[0] === V2_MARK[0]) return readBinary(bytes);
  const mark = bytes.toString('latin1', 0, Math.min(bytes.length, V1_MARK.length));
  if (!V1_MARK.startsWith(mark)) return NONE;
  return readLine(bytes);
}

function readLine(bytes: Buffer): Preamble {
  const end = bytes.indexOf('\r\n', 0, 'latin1');
  if (end < 0) return bytes.length < V1_BYTES_MAX ? INCOMPLETE : MALFORMED;
  if (end + 2 > V1_BYTES_MAX) return MALFORMED;
  const parts = V1_LINE.exec(bytes.toString('latin1', 0, end));
  if (parts === null) return MALFORMED;
  const address = (parts[1] as string | undefined) ?? (parts[3] as string | undefined) ?? '';
  const port = Number((parts[2] as string | undefined) ?? (parts[4] as string | undefined) ?? 0);
  return port > PORT_MAX ? MALFORMED : { kind: 'read', bytes: end + 2, address, port };
}

function readBinary(bytes: Buffer): Preamble {
  const marked = Math.min(bytes.length, V2_MARK.length);
  if (bytes.compare(V2_MARK, 0, marked, 0, marked) !== 0) return NONE;
  if (bytes.length < V2_HEAD_BYTES) return INCOMPLETE;
  const version = bytes[12] >> 4;
  const command = bytes[12] & 0x0f;
  const total = V2_HEAD_BYTES + bytes.readUInt16BE(14);
  if (version !== 2 || command > 1 || total > PROXY_PREAMBLE_BYTES_MAX) return MALFORMED;
  if (bytes.length < total) return INCOMPLETE;
  const family = bytes[13] >> 4;
  // LOCAL: the balancer's own health check. What stands in the address block is to be skipped.
  if (command === 0 || (family !== V2_INET && family !== V2_INET6)) {
    return { kind: 'read', bytes: total, address: '', port: 0 };
  }
  const size = family === V2_INET ? 4 : 16;
  if (total < V2_HEAD_BYTES + 2 * size + 4) return MALFORMED;
  const address = bytes.subarray(V2_HEAD_BYTES, V2_HEAD_BYTES + size);
  const port = bytes.readUInt16BE(V2_HEAD_BYTES + 2 * size);
  return { kind: 'read', bytes: total, address: textOf(address), port };
}

function textOf(address: Buffer): string {
  if (address.length === 4) return address.join('.');
  const groups: string[] = [];
  for (let i = 0; i < address.length; i += 2) groups.push(address.readUInt16BE(i).toString(16));
  return groups.join(':');
}
