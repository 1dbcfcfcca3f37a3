/**
 * One app of uWebSockets.js, which serves the connections of one listen socket and one set of certificates. The listener
 * has one that takes connections, perhaps one for plain HTTP, and those whose certificates were replaced, which live on
 * until their last connection is gone.
 */
import type {
  AppOptions,
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_listen_socket,
  us_socket_context_t,
} from 'uWebSockets.js';
import { SidecarError } from '../../core/errors.ts';
import type { ListenerHandler, ListenerOptions, ListenerTls } from '../listener.ts';
import type { BlockedAnswers } from './blocked-answers.ts';
import type { Uws } from './load-uws.ts';
import { type InboundOwner, type InboundWay, peerOf, UwsInbound } from './uws-inbound.ts';
import { socketBehavior, UwsUpgrade } from './uws-socket.ts';

/**
 * Suites of TLS 1.2 with forward secrecy and authenticated encryption: the library's own choice has CBC among them. Those
 * of TLS 1.3 are all of that kind and not chosen here.
 */
const SUITES =
  'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:' +
  'ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305';

/** The library's types leave these methods out. The app must be of the same kind, with TLS or without. */
interface SharingApp extends TemplatedApp {
  getDescriptor(): number;
  addChildAppDescriptor(descriptor: number): void;
  removeChildAppDescriptor(descriptor: number): void;
}

export class UwsDoor {
  /** Answers from now on close their connections. */
  isClosing = false;
  #uws: Uws;
  #app: TemplatedApp;
  #socket: us_listen_socket | null = null;
  #handler: ListenerHandler;
  #owner: InboundOwner;
  #open = 0;
  #whenEmpty: (() => void) | undefined;
  /** A connection is being cut that was never counted. */
  #turningAway = false;

  /** @throws SidecarError W_TLS_INVALID when the library does not take keys or certificates */
  constructor(
    uws: Uws,
    options: ListenerOptions,
    tls: ListenerTls | undefined,
    handler: ListenerHandler,
    blockedAnswers: BlockedAnswers,
  ) {
    this.#uws = uws;
    this.#handler = handler;
    const { connections } = handler;
    this.#owner = { connections, blockedAnswers, socketGone: () => this.#gone() };
    this.#app = createApp(uws, tls);
    this.#app.filter((res, delta) => this.#connection(res, delta));
    const scheme = tls === undefined ? 'http' : 'https';
    this.#serve(options, {
      scheme,
      serverName: undefined,
      hasClientCertificates: tls?.clients !== undefined,
    });
    for (const { names } of tls?.certificates ?? []) {
      for (const name of names) {
        this.#app.domain(name);
        const serverName = name.startsWith('*.') ? undefined : name;
        this.#serve(options, { scheme, serverName, hasClientCertificates: tls?.clients !== undefined });
      }
    }
  }

  /** Resolves to the port; rejects with W_LISTEN_FAILED. */
  async listen(host: string, port: number): Promise<number> {
    this.#socket = await listenOn(this.#app, host, port);
    return portOf(this.#uws, this.#socket);
  }

  /** Takes the connections that another app accepts; the one that took them before gets no more. */
  takeOver(acceptor: TemplatedApp, before: UwsDoor | undefined): void {
    const sharing = acceptor as SharingApp;
    if (before !== undefined) sharing.removeChildAppDescriptor(descriptorOf(before.#app));
    sharing.addChildAppDescriptor(descriptorOf(this.#app));
  }

  stopAccepting(): void {
    this.isClosing = true;
    if (this.#socket === null) return;
    this.#uws.us_listen_socket_close(this.#socket);
    this.#socket = null;
  }

  /** Cuts what is left. */
  close(): void {
    this.stopAccepting();
    this.#app.close();
  }

  /** Calls back once when the last connection is gone, WebSockets included; at once when there is none. */
  whenEmpty(callback: () => void): void {
    if (this.#open === 0) callback();
    else this.#whenEmpty = callback;
  }

  #serve(options: ListenerOptions, way: InboundWay): void {
    this.#app.ws(
      '/*',
      socketBehavior(options, (res, req, context) => this.#upgrade(res, req, way, context)),
    );
    this.#app.any('/*', (res, req) => this.#request(res, req, way));
  }

  /**
   * Called with 1 when a connection is made and -1 when it has ended, then without an address. One that ends before its
   * first request also calls what was attached here; a request attaches its own. An upgraded one never comes back.
   */
  #connection(res: HttpResponse, delta: number): void {
    const { connections } = this.#handler;
    if (delta < 0) {
      if (this.#turningAway) return;
      connections.closeUnknown();
      this.#gone();
      return;
    }
    const client = connections.open(peerOf(res));
    if (client !== null) {
      this.#open += 1;
      res.onAborted(() => connections.attribute(client));
      return;
    }
    this.#turningAway = true;
    res.close();
    this.#turningAway = false;
  }

  #gone(): void {
    this.#open -= 1;
    if (this.#open > 0 || this.#whenEmpty === undefined) return;
    const callback = this.#whenEmpty;
    this.#whenEmpty = undefined;
    callback();
  }

  // A throw in a handler would abort the process, so both end here.

  #request(res: HttpResponse, req: HttpRequest, way: InboundWay): void {
    try {
      const inbound = new UwsInbound(res, req, way, this.#owner);
      if (this.isClosing) inbound.closeWhenDone();
      this.#handler.onRequest(inbound);
      inbound.handlerReturned();
    } catch {
      res.close();
    }
  }

  #upgrade(res: HttpResponse, req: HttpRequest, way: InboundWay, context: us_socket_context_t): void {
    try {
      const inbound = new UwsUpgrade(res, req, way, this.#owner, context);
      if (this.isClosing) inbound.closeWhenDone();
      this.#handler.onUpgrade(inbound);
      inbound.handlerReturned();
    } catch {
      res.close();
    }
  }
}

function descriptorOf(app: TemplatedApp): number {
  return (app as SharingApp).getDescriptor();
}

/** Rejects with W_LISTEN_FAILED. */
export function listenOn(app: TemplatedApp, host: string, port: number): Promise<us_listen_socket> {
  return new Promise((resolve, reject) => {
    app.listen(host, port, (socket) => {
      if (socket !== false) {
        resolve(socket);
        return;
      }
      const message = `Cannot listen on ${host}:${port}.`;
      reject(new SidecarError('W_LISTEN_FAILED', message, { source: 'configuration' }));
    });
  });
}

export function portOf(uws: Uws, socket: us_listen_socket): number {
  return uws.us_socket_local_port(socket as Parameters<Uws['us_socket_local_port']>[0]);
}

/** @throws SidecarError W_TLS_INVALID when the library does not take keys or certificates */
export function createApp(uws: Uws, tls: ListenerTls | undefined): TemplatedApp {
  if (tls === undefined) return uws.App();
  const common: AppOptions = {
    ssl_ciphers: SUITES,
    ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
    // Verifies a certificate that is shown, but asks for none: whoever must have one is refused by an entry step.
    ...(tls.clients === undefined ? {} : { ca_file_name: tls.clients.caFile }),
  };
  const filesOf = (at: number): AppOptions => ({
    ...common,
    key_file_name: tls.certificates[at].keyFile,
    cert_file_name: tls.certificates[at].certFile,
  });
  try {
    const app = uws.SSLApp(filesOf(0));
    tls.certificates.forEach(({ names }, at) => {
      for (const name of names) app.addServerName(name, filesOf(at));
    });
    return app;
  } catch (cause) {
    const message = 'The keys and certificates of tls cannot be used: uWebSockets.js does not take them.';
    throw new SidecarError('W_TLS_INVALID', message, { source: 'configuration', cause });
  }
}
