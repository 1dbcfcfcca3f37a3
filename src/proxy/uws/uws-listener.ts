/**
 * The default listener: uWebSockets.js, HTTP/1.1 and WebSocket, about 6 µs CPU per request cheaper than node:http.
 *
 * It answers HTTP/1.0, absolute-form targets and `OPTIONS *` with an error page of its own, and cuts heads and unused
 * connections after 8 to 12 s; deployments that need these, or other times, use the node listener.
 */
import type {
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_listen_socket,
  us_socket_context_t,
} from 'uWebSockets.js';
import { systemClock } from '../../core/clock.ts';
import { SidecarError } from '../../core/errors.ts';
import type { Listener, ListenerHandler, ListenerOptions } from '../listener.ts';
import { BlockedAnswers } from './blocked-answers.ts';
import { loadUws, type Uws } from './load-uws.ts';
import { type InboundOwner, peerOf, UwsInbound } from './uws-inbound.ts';
import { socketBehavior, UwsUpgrade } from './uws-socket.ts';

/** Builds the app; rejects with W_PLATFORM_UNSUPPORTED where the library has no binary. */
export async function createUwsListener(
  options: ListenerOptions,
  handler: ListenerHandler,
): Promise<Listener> {
  return new UwsListener(await loadUws(), options, handler);
}

class UwsListener implements Listener {
  readonly kind = 'uws';
  #uws: Uws;
  #app: TemplatedApp;
  #socket: us_listen_socket | null = null;
  #handler: ListenerHandler;
  #owner: InboundOwner;
  #scheme: 'http' | 'https';
  #draining = false;
  /** A connection is being cut that was never counted. */
  #turningAway = false;

  constructor(uws: Uws, options: ListenerOptions, handler: ListenerHandler) {
    this.#uws = uws;
    this.#handler = handler;
    this.#owner = {
      connections: handler.connections,
      blockedAnswers: new BlockedAnswers(options.writeMs, () => handler.onSlowRead(), systemClock),
    };
    const tls = options.tls;
    this.#scheme = tls === undefined ? 'http' : 'https';
    this.#app =
      tls === undefined
        ? uws.App()
        : uws.SSLApp({
            key_file_name: tls.keyFile,
            cert_file_name: tls.certFile,
            ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
          });
    this.#app.filter((res, delta) => this.#connection(res, delta));
    this.#app.ws(
      '/*',
      socketBehavior(options, (res, req, context) => this.#upgrade(res, req, context)),
    );
    this.#app.any('/*', (res, req) => this.#request(res, req));
  }

  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#app.listen(host, port, (socket) => {
        if (socket === false) {
          reject(
            new SidecarError('W_LISTEN_FAILED', `Cannot listen on ${host}:${port}.`, {
              source: 'configuration',
            }),
          );
          return;
        }
        this.#socket = socket;
        resolve(this.#uws.us_socket_local_port(socket as Parameters<Uws['us_socket_local_port']>[0]));
      });
    });
  }

  stopAccepting(): void {
    this.#draining = true;
    if (this.#socket === null) return;
    this.#uws.us_listen_socket_close(this.#socket);
    this.#socket = null;
  }

  close(): Promise<void> {
    this.stopAccepting();
    this.#owner.blockedAnswers.stop();
    this.#app.close();
    return Promise.resolve();
  }

  /**
   * Called with 1 when a connection is made and -1 when it has ended, then without an address. One that ends before its
   * first request also calls what was attached here; a request attaches its own. An upgraded one never comes back.
   */
  #connection(res: HttpResponse, delta: number): void {
    const { connections } = this.#handler;
    if (delta < 0) {
      if (!this.#turningAway) connections.closeUnknown();
      return;
    }
    const client = connections.open(peerOf(res));
    if (client !== null) {
      res.onAborted(() => connections.attribute(client));
      return;
    }
    this.#turningAway = true;
    res.close();
    this.#turningAway = false;
  }

  // A throw in a handler would abort the process, so both end here.

  #request(res: HttpResponse, req: HttpRequest): void {
    try {
      const inbound = new UwsInbound(res, req, this.#scheme, this.#owner);
      if (this.#draining) inbound.closeWhenDone();
      this.#handler.onRequest(inbound);
      inbound.handlerReturned();
    } catch {
      res.close();
    }
  }

  #upgrade(res: HttpResponse, req: HttpRequest, context: us_socket_context_t): void {
    try {
      const inbound = new UwsUpgrade(res, req, this.#scheme, this.#owner, context);
      if (this.#draining) inbound.closeWhenDone();
      this.#handler.onUpgrade(inbound);
      inbound.handlerReturned();
    } catch {
      res.close();
    }
  }
}
