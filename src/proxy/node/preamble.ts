/**
 * PROXY protocol on the strict listener: reads the preamble of trusted peers before the HTTP or TLS parser sees a byte.
 *
 * Only peers on the list are asked. What anybody else sends goes to the parser as it is, where a preamble is no HTTP and
 * gets 400: an address that a client gives itself is never believed.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { PROXY_PREAMBLE_BYTES_MAX } from '../../core/limits.ts';
import { type Cidr, parseIp } from '../../http/address.ts';
import { CidrSet } from '../../http/cidr-set.ts';
import { readPreamble } from '../../http/proxy-protocol.ts';

/** The other end of a connection; no two have the same at one time. */
function endOf(socket: { remoteAddress?: string | undefined; remotePort?: number | undefined }): string {
  return `${socket.remoteAddress ?? ''} ${socket.remotePort ?? 0}`;
}

export class PreambleReader {
  readonly #trusted: CidrSet;
  readonly #waitMs: number;
  /** Addresses given for open connections, by their other end: under TLS the request's socket is another object. */
  readonly #given = new Map<string, string>();

  /** @param waitMs how long a trusted peer may take for its preamble */
  constructor(trusted: readonly Cidr[], waitMs: number) {
    this.#trusted = new CidrSet(trusted);
    this.#waitMs = waitMs;
  }

  /** Stands between the server's accepted connections and its parser. */
  install(server: Server): void {
    const parsers = server.listeners('connection') as ((socket: Socket) => void)[];
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      const go = (): void => parsers.forEach((parse) => parse.call(server, socket));
      const peer = parseIp(socket.remoteAddress ?? '');
      if (peer !== null && this.#trusted.contains(peer)) this.#read(socket, go);
      else go();
    });
  }

  /** The address given for this connection, '' without a preamble. */
  proxied(socket: Socket): string {
    return this.#given.size === 0 ? '' : (this.#given.get(endOf(socket)) ?? '');
  }

  #read(socket: Socket, go: () => void): void {
    let held: Buffer = Buffer.alloc(0);
    const end = endOf(socket);
    const give = (address: string): void => {
      socket.off('readable', read);
      socket.off('error', drop);
      socket.setTimeout(0, drop);
      if (address !== '') {
        this.#given.set(end, address);
        socket.once('close', () => this.#given.delete(end));
      }
      if (held.length > 0) socket.unshift(held);
      go();
    };
    const read = (): void => {
      for (
        let chunk = socket.read() as Buffer | null;
        chunk !== null;
        chunk = socket.read() as Buffer | null
      ) {
        held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
        const preamble = readPreamble(held);
        if (preamble.kind === 'incomplete' && held.length < PROXY_PREAMBLE_BYTES_MAX) continue;
        if (preamble.kind === 'none') give('');
        else if (preamble.kind === 'read') {
          held = held.subarray(preamble.bytes);
          give(preamble.address);
        } else drop();
        return;
      }
    };
    const drop = (): void => {
      socket.destroy();
    };
    socket.on('readable', read);
    socket.once('error', drop);
    socket.setTimeout(this.#waitMs, drop);
  }
}
