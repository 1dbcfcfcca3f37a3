/**
 * The management address: plain node:http on the loopback interface. It asks nobody who they are; what keeps web pages
 * away from it is in `admin/admission.ts`. What it serves is given to it, one resource a path.
 */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { SidecarError } from '../core/errors.ts';
import { ADMIN_CONNECTIONS_MAX } from '../core/limits.ts';
import type { AdminResource } from './admin/resource.ts';
import { AdminRouter } from './admin/router.ts';

export interface AdminServer {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws SidecarError W_LISTEN_FAILED */
export async function startAdminServer(
  host: string,
  port: number,
  resources: readonly AdminResource[],
): Promise<AdminServer> {
  const router = new AdminRouter(resources, host);
  const connections = new Connections();
  const server = createServer({ maxHeaderSize: 8_192, requestTimeout: 5_000 }, (request, response) => {
    connections.used(request.socket);
    void router.answer(request, response);
  });
  server.on('connection', (socket) => connections.opened(socket));
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

/**
 * At most `ADMIN_CONNECTIONS_MAX`. The one that was longest without a request makes room: were the newest refused instead,
 * whoever holds them all would have the orchestrator restart Ward for a probe that is not answered.
 */
class Connections {
  /** The longest without a request first. */
  readonly #sockets = new Set<Socket>();

  opened(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    if (this.#sockets.size <= ADMIN_CONNECTIONS_MAX) return;
    for (const oldest of this.#sockets) {
      this.#sockets.delete(oldest);
      oldest.destroy();
      return;
    }
  }

  used(socket: Socket): void {
    if (this.#sockets.delete(socket)) this.#sockets.add(socket);
  }
}
