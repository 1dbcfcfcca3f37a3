/**
 * The default listener: uWebSockets.js, HTTP/1.1 and WebSocket, about 6 µs CPU per request cheaper than node:http.
 *
 * It answers HTTP/1.0, absolute-form targets and `OPTIONS *` with an error page of its own, and cuts heads and unused
 * connections after 8 to 12 s; deployments that need these, or other times, use the node listener.
 */
import type { TemplatedApp, us_listen_socket } from 'uWebSockets.js';
import { systemClock } from '../../core/clock.ts';
import { RETIRED_DOOR_MS } from '../../core/limits.ts';
import type { Listener, ListenerHandler, ListenerOptions, ListenerTls } from '../listener.ts';
import { BlockedAnswers } from './blocked-answers.ts';
import { loadUws, type Uws } from './load-uws.ts';
import { createApp, listenOn, portOf, UwsDoor } from './uws-door.ts';

/** Builds the app; rejects with W_PLATFORM_UNSUPPORTED where the library has no binary, W_TLS_INVALID for odd keys. */
export async function createUwsListener(
  options: ListenerOptions,
  handler: ListenerHandler,
): Promise<Listener> {
  return new UwsListener(await loadUws(), options, handler);
}

class UwsListener implements Listener {
  readonly kind = 'uws';
  #uws: Uws;
  #options: ListenerOptions;
  #handler: ListenerHandler;
  #blockedAnswers: BlockedAnswers;
  #door: UwsDoor;
  #plainDoor: UwsDoor | undefined;
  /** Doors with replaced certificates that still have connections. */
  #retired = new Set<UwsDoor>();
  /** With TLS: accepts for the door in force and serves nothing itself. */
  #acceptor: TemplatedApp | undefined;
  #accepting: us_listen_socket | null = null;

  constructor(uws: Uws, options: ListenerOptions, handler: ListenerHandler) {
    this.#uws = uws;
    this.#options = options;
    this.#handler = handler;
    this.#blockedAnswers = new BlockedAnswers(options.writeMs, () => handler.onSlowRead(), systemClock);
    this.#door = this.#open(options.tls);
    if (options.tls !== undefined) this.#acceptor = createApp(uws, options.tls);
  }

  async listen(host: string, port: number): Promise<number> {
    if (this.#acceptor === undefined) return this.#door.listen(host, port);
    this.#door.takeOver(this.#acceptor, undefined);
    this.#accepting = await listenOn(this.#acceptor, host, port);
    return portOf(this.#uws, this.#accepting);
  }

  listenPlain(host: string, port: number): Promise<number> {
    this.#plainDoor = this.#open(undefined);
    return this.#plainDoor.listen(host, port);
  }

  /**
   * Another app takes what the acceptor accepts from now on; the listen socket stays, for closing one resets the
   * connections that wait in it. What the door before has it serves to its end.
   */
  renewTls(tls: ListenerTls): Promise<void> {
    const before = this.#door;
    return Promise.resolve().then(() => {
      if (this.#acceptor === undefined || before.isClosing) return;
      this.#door = this.#open(tls);
      this.#door.takeOver(this.#acceptor, before);
      before.stopAccepting();
      this.#retired.add(before);
      before.whenEmpty(() => {
        this.#retired.delete(before);
        // Connections it was just handed are not counted yet; and not within the callback of its own last connection.
        setTimeout(() => before.close(), RETIRED_DOOR_MS).unref();
      });
    });
  }

  stopAccepting(): void {
    if (this.#accepting !== null) this.#uws.us_listen_socket_close(this.#accepting);
    this.#accepting = null;
    for (const door of this.#doors()) door.stopAccepting();
  }

  close(): Promise<void> {
    this.stopAccepting();
    this.#blockedAnswers.stop();
    this.#acceptor?.close();
    for (const door of this.#doors()) door.close();
    this.#retired.clear();
    return Promise.resolve();
  }

  #doors(): UwsDoor[] {
    return [this.#door, ...(this.#plainDoor === undefined ? [] : [this.#plainDoor]), ...this.#retired];
  }

  #open(tls: ListenerTls | undefined): UwsDoor {
    return new UwsDoor(this.#uws, this.#options, tls, this.#handler, this.#blockedAnswers);
  }
}
