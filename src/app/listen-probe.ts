/**
 * Asks for the address before the workers do, alone and exclusively: workers share the port through SO_REUSEPORT, with
 * which a second Ward on the same address would not fail but take half of the connections. Also finds the port when 0
 * is asked for, which uWebSockets.js would not share.
 */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { ListenAddress } from '../config/formats.ts';
import { formatListenAddress } from '../config/formats.ts';
import { SidecarError } from '../core/errors.ts';

const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there; choose another address with --listen',
  EACCES: 'ports below 1024 need a privilege (CAP_NET_BIND_SERVICE); choose a higher one',
  EADDRNOTAVAIL: 'this machine has no such address',
};

/** Resolves to the port. @throws SidecarError W_LISTEN_FAILED */
export function probeListenAddress(address: ListenAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (cause: NodeJS.ErrnoException) => {
      const message = `cannot listen on ${formatListenAddress(address)}: ${cause.code ?? cause.message}`;
      const hint = HINTS[cause.code ?? ''];
      const base = { source: 'configuration' as const, cause };
      reject(new SidecarError('W_LISTEN_FAILED', message, hint === undefined ? base : { ...base, hint }));
    });
    probe.listen({ host: address.host, port: address.port, exclusive: true }, () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
