/**
 * Hands the bytes of a plain socket to undici's parser in the callback that read them.
 *
 * undici waits for `readable` and then calls `read()` until it gets null. A node stream puts a queue, a tick and three
 * look-ups between the two, about 3 µs of a small exchange. There is one reader and it takes all there is, so one
 * place for what it left is queue enough: a paused parser gives its rest back, and the socket stops reading.
 */
import type { Socket } from 'node:net';

export class DirectReads {
  #socket: Socket;
  /** Bytes the parser has not taken; at most the rest of one read and one more. */
  #waiting: Buffer | null = null;
  #stopped = false;

  /** Replaces `read` and `unshift` of a connected socket; its end and its errors stay the stream's business. */
  constructor(socket: Socket) {
    this.#socket = socket;
    const readStream = socket.read.bind(socket);
    // `read(0)` is how node starts the socket and how the stream's end is found; no bytes ever lie in the stream.
    socket.read = (size?: number): unknown => (size === 0 ? readStream(0) : this.#take());
    socket.unshift = (rest: Buffer): void => this.#giveBack(rest);
  }

  /** Takes the bytes of one read over. Returns false when the socket must not be read until they are taken. */
  arrived(bytes: Buffer): boolean {
    this.#waiting = this.#waiting === null ? bytes : Buffer.concat([this.#waiting, bytes]);
    this.#socket.emit('readable');
    this.#stopped = this.#waiting !== null;
    return !this.#stopped;
  }

  #take(): Buffer | null {
    const bytes = this.#waiting;
    if (bytes === null) return null;
    this.#waiting = null;
    if (this.#stopped) {
      this.#stopped = false;
      this.#socket._read(0);
    }
    return bytes;
  }

  #giveBack(rest: Buffer): void {
    if (rest.length > 0) this.#waiting = rest;
  }
}
