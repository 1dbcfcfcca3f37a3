/**
 * Tells HTTP/2 by prior knowledge from HTTP/1 on a plain socket (RFC 9113 §3.3): by the 24 bytes every connection of HTTP/2
 * begins with (§3.4), which are no request of HTTP/1 that any server takes.
 *
 * Nothing is parsed here and nothing taken: the bytes go back before a parser is chosen. `Upgrade: h2c` is no way in; RFC 9113
 * dropped it, and a request whose meaning changes half-way is what smuggling is made of.
 */
import type { Socket } from 'node:net';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** What to do with a socket once its first bytes are known. */
export interface PrefaceChoice {
  http1(): void;
  http2(): void;
  /** Nothing came in time. */
  silent(): void;
}

/** @param waitMs patience for the first bytes; after that the parsers have clocks of their own */
export function readPreface(socket: Socket, waitMs: number, choice: PrefaceChoice): void {
  let held: Buffer = Buffer.alloc(0);
  const choose = (next: () => void): void => {
    socket.off('readable', read);
    socket.off('end', cut);
    socket.off('error', cut);
    socket.setTimeout(0, late);
    if (held.length > 0) socket.unshift(held);
    next();
  };
  const read = (): void => {
    for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null) {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const compared = Math.min(held.length, PREFACE.length);
      if (!held.subarray(0, compared).equals(PREFACE.subarray(0, compared))) choose(() => choice.http1());
      else if (compared === PREFACE.length) choose(() => choice.http2());
      else continue;
      return;
    }
  };
  const late = (): void => choose(() => choice.silent());
  const cut = (): void => {
    socket.destroy();
  };
  socket.on('readable', read);
  socket.on('end', cut);
  socket.on('error', cut);
  socket.setTimeout(waitMs, late);
}
