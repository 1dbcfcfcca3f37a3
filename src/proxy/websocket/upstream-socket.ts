/** Opens the upstream's end of a WebSocket with the `ws` client, over TCP, TLS or a unix socket. */
import { connect } from 'node:net';
import { WebSocket, type ClientOptions } from 'ws';
import type { UpstreamOptions } from '../upstream/upstream.ts';

/**
 * Starts the handshake; the caller listens for `open`, `unexpected-response`, `error` and `close`.
 *
 * @param target the request target byte for byte: `ws` would rewrite it through a URL
 * @param fields field lines for the upstream; the ones of the handshake itself are left out
 */
export function openUpstreamSocket(
  upstream: UpstreamOptions,
  target: string,
  fields: readonly string[],
  protocols: readonly string[],
  messageBytesMax: number,
): WebSocket {
  const { protocol, host, port, socketPath, tls } = upstream;
  const options: ClientOptions & { finishRequest: (request: { path: string; end(): void }) => void } = {
    perMessageDeflate: false,
    followRedirects: false,
    handshakeTimeout: upstream.connectMs + upstream.headersMs,
    maxPayload: messageBytesMax,
    headers: headersOf(fields) as Record<string, string>,
    ...tls,
    rejectUnauthorized: true,
    ...(socketPath === undefined ? {} : { createConnection: () => connect(socketPath) }),
    finishRequest: (request) => {
      request.path = target;
      request.end();
    },
  };
  const scheme = protocol === 'https' ? 'wss' : 'ws';
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new WebSocket(`${scheme}://${authority}/`, [...protocols], options as ClientOptions);
}

/** As node:http takes them; `ws` hands them on, its type leaves arrays out. */
function headersOf(fields: readonly string[]): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i];
    if (name.startsWith('sec-websocket-')) continue;
    const before = headers[name];
    headers[name] = before === undefined ? fields[i + 1] : [before, fields[i + 1]].flat();
  }
  return headers;
}
