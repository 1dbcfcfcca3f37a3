/**
 * The management address: `/healthz` (the process lives), `/readyz` (it takes requests), `/status` (what runs).
 * Plain node:http on the loopback interface; it reads no bodies, writes nothing and asks nobody who they are.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SidecarError } from '../core/errors.ts';

/** What `/status` and `/readyz` show. Plain data, made when asked for. */
export interface Status {
  /** False before the first worker listens, and from the first sign of shutdown on. */
  readonly ready: boolean;
  readonly state: 'starting' | 'running' | 'draining';
  readonly [detail: string]: unknown;
}

export interface AdminServer {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws SidecarError W_LISTEN_FAILED */
export async function startAdminServer(
  host: string,
  port: number,
  status: () => Status,
): Promise<AdminServer> {
  const server = createServer({ maxHeaderSize: 8_192, requestTimeout: 5_000 }, (request, response) => {
    answer(request, response, status);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `cannot listen on the admin address ${host}:${port}: ${(cause as NodeJS.ErrnoException).code}`;
      const hint = 'choose another with --admin or admin.listen, or turn it off with --admin off';
      reject(new SidecarError('W_LISTEN_FAILED', message, { source: 'configuration', cause, hint }));
    });
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(request: IncomingMessage, response: ServerResponse, status: () => Status): void {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return send(response, 405, { error: 'GET only' });
  const current = status();
  switch ((request.url ?? '').split('?', 1)[0]) {
    case '/healthz':
      return send(response, 200, { alive: true });
    case '/readyz':
      return send(response, current.ready ? 200 : 503, current);
    case '/status':
      return send(response, 200, current);
    default:
      return send(response, 404, { error: 'unknown path', known: ['/healthz', '/readyz', '/status'] });
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}
