/** TLS of the strict listener: contexts by server name, and what its connections tell of their clients. */
import { X509Certificate } from 'node:crypto';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import {
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type TlsOptions,
  TLSSocket,
} from 'node:tls';
import type { ListenerTls } from '../listener.ts';

/** Suites with forward secrecy and authenticated encryption; those of TLS 1.3 are named as well, for this list is of both. */
const SUITES = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/**
 * Groups to agree on keys with, which are those of uWebSockets.js too. By itself OpenSSL also takes finite-field ones of up
 * to 8,192 bits (RFC 7919), whose cost a client that computes nothing could make Ward bear again and again (CVE-2002-20001).
 */
const GROUPS = 'X25519:P-256:P-384';

/** The contexts in force. Replaced as a whole: a handshake sees the old ones or the new ones. */
export class NodeTls {
  #contexts: Contexts;
  #certificates = new WeakMap<TLSSocket, string>();

  /** @throws Error for keys and certificates OpenSSL does not take */
  constructor(tls: ListenerTls) {
    this.#contexts = contextsOf(tls);
  }

  /** Options of the server. */
  serverOptions(tls: ListenerTls): TlsOptions {
    return {
      ...optionsOf(tls, 0),
      honorCipherOrder: true,
      requestCert: tls.clients !== undefined,
      // One that is missing is the business of an entry step; one that does not verify ends the connection in `admits`.
      rejectUnauthorized: false,
      SNICallback: (name, done) => done(null, this.#contextOf(name.toLowerCase())),
    };
  }

  /** @throws Error as the constructor; then nothing changed */
  renew(server: HttpsServer, tls: ListenerTls): void {
    const contexts = contextsOf(tls);
    server.setSecureContext(optionsOf(tls, 0));
    this.#contexts = contexts;
  }

  /** False for a certificate that did not verify: the connection must end. */
  admits(socket: TLSSocket): boolean {
    return socket.authorized || socket.getPeerX509Certificate() === undefined;
  }

  /** PEM of the client's certificate, '' for none. Made once for each connection. */
  certificateOf(socket: Socket): string {
    if (!(socket instanceof TLSSocket) || !socket.authorized) return '';
    let pem = this.#certificates.get(socket);
    if (pem === undefined) {
      pem = socket.getPeerX509Certificate()?.toString() ?? '';
      this.#certificates.set(socket, pem);
    }
    return pem;
  }

  #contextOf(name: string): SecureContext {
    const { byName, byParent, other } = this.#contexts;
    return byName.get(name) ?? byParent.get(name.slice(name.indexOf('.') + 1)) ?? other;
  }
}

interface Contexts {
  readonly byName: ReadonlyMap<string, SecureContext>;
  /** For `*.example.com`, by `example.com`: a star stands for one label (RFC 6125 §6.4.3). */
  readonly byParent: ReadonlyMap<string, SecureContext>;
  readonly other: SecureContext;
}

function contextsOf(tls: ListenerTls): Contexts {
  demandOneKind(tls);
  const byName = new Map<string, SecureContext>();
  const byParent = new Map<string, SecureContext>();
  const contexts = tls.certificates.map((_, at) => createSecureContext(optionsOf(tls, at)));
  tls.certificates.forEach(({ names }, at) => {
    for (const name of names) {
      if (name.startsWith('*.')) byParent.set(name.slice(2), contexts[at]);
      else byName.set(name, contexts[at]);
    }
  });
  return { byName, byParent, other: contexts[0] };
}

/**
 * Node adds the certificate of a name to that of the server instead of replacing it, so that of two kinds of key the client
 * would choose, and get the wrong name's.
 */
function demandOneKind({ certificates }: ListenerTls): void {
  const kinds = certificates.map(({ cert }) => new X509Certificate(cert).publicKey.asymmetricKeyType);
  const odd = kinds.findIndex((kind) => kind !== kinds[0]);
  if (odd < 0) return;
  throw new Error(
    `${certificates[odd].certFile} has a key of another kind (${kinds[odd]}) than tls.cert (${kinds[0]}), which the listener node cannot serve by name`,
  );
}

function optionsOf(tls: ListenerTls, at: number): SecureContextOptions {
  const { cert, key } = tls.certificates[at];
  return {
    cert,
    key,
    ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
    ...(tls.clients === undefined ? {} : { ca: tls.clients.ca }),
    minVersion: tls.minVersion,
    ciphers: SUITES,
    ecdhCurve: GROUPS,
  };
}
