/** The server's half of a WebSocket handshake, verified in full (RFC 6455 §4.2.1). */
import { combineLines, isToken } from '../../http/fields.ts';
import type { Admission } from '../../http/guard/request-guard.ts';
import type { RefusalReason } from '../../http/guard/refusal.ts';

export interface SocketOptions {
  /** Allowed `Origin` values, lower-case; empty: any, and none. A browser sends it, so cross-site hijacking ends here. */
  readonly origins: readonly string[];
  readonly messageBytesMax: number;
  /** Bytes that may wait in one direction. */
  readonly queueBytesMax: number;
}

export type HandshakeReading =
  | { readonly ok: true; readonly protocols: readonly string[] }
  | { readonly ok: false; readonly reason: RefusalReason };

/** 16 bytes in base64: 22 characters and two pads, the last character with four unused bits of zero. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

export function readHandshake(admission: Admission, options: SocketOptions): HandshakeReading {
  const { head, upgrade } = admission;
  const { fields } = head;
  if (head.method !== 'GET' || head.version !== '1.1') return refused('upgrade.handshake');
  if (upgrade === undefined || upgrade.toLowerCase() !== 'websocket') return refused('upgrade.handshake');
  if (head.hasBody || head.contentLength !== undefined) return refused('upgrade.body');
  if (combineLines(fields, 'sec-websocket-version') !== '13') return refused('upgrade.version');
  if (!KEY.test(combineLines(fields, 'sec-websocket-key') ?? '')) return refused('upgrade.handshake');
  const origin = combineLines(fields, 'origin');
  if (options.origins.length > 0 && !options.origins.includes(origin?.toLowerCase() ?? '')) {
    return refused('upgrade.origin');
  }
  const offered = combineLines(fields, 'sec-websocket-protocol');
  if (offered === undefined) return { ok: true, protocols: [] };
  const protocols = offered.split(',').map((protocol) => protocol.trim());
  const distinct = new Set(protocols).size === protocols.length;
  return distinct && protocols.every(isToken) ? { ok: true, protocols } : refused('upgrade.handshake');
}

function refused(reason: RefusalReason): HandshakeReading {
  return { ok: false, reason };
}
