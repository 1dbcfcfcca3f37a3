/**
 * The textual forms of settings: durations, sizes, addresses, networks, the upstream's URL.
 *
 * Each parser returns `undefined` for text it does not accept; the schema's formats are these parsers, so what
 * validates can be converted.
 */
import ipaddr from 'ipaddr.js';
import { KIB, MIB } from '../core/limits.ts';

/** A TCP address to bind to. IPv6 hosts are held without brackets. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Where the service is: a TCP address, with TLS or without, or a unix socket. */
export interface UpstreamAddress {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  /** Path of a unix socket; host and port then only name it. */
  readonly socketPath: string | undefined;
}

const DURATION_UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const SIZE_UNITS_BYTES: Readonly<Record<string, number>> = { B: 1, KiB: KIB, MiB: MIB, GiB: 1024 * MIB };

/** `10s` → 10000. */
export function parseDurationMs(text: string): number | undefined {
  const parts = /^(\d{1,9})(ms|s|m|h)$/.exec(text);
  return parts === null ? undefined : Number(parts[1]) * DURATION_UNITS_MS[parts[2]];
}

/** `32KiB` → 32768. */
export function parseSizeBytes(text: string): number | undefined {
  const parts = /^(\d{1,9})(B|KiB|MiB|GiB)$/.exec(text);
  return parts === null ? undefined : Number(parts[1]) * SIZE_UNITS_BYTES[parts[2]];
}

/** `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`, `:8080` (all addresses). */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const parts = /^(?:\[([0-9A-Fa-f:.%]+)\]|([A-Za-z0-9.-]*)):(\d{1,5})$/.exec(text);
  if (parts === null) return undefined;
  const port = Number(parts[3]);
  if (port > 65_535) return undefined;
  if (parts[1] !== undefined) return ipaddr.IPv6.isValid(parts[1]) ? { host: parts[1], port } : undefined;
  return { host: parts[2] === '' ? '0.0.0.0' : parts[2], port };
}

/** The text `parseListenAddress` reads back. */
export function formatListenAddress(address: ListenAddress): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** `http://127.0.0.1:3000`, `https://service.internal`, `unix:/run/service.sock`. A path or query is not accepted. */
export function parseUpstreamUrl(text: string): UpstreamAddress | undefined {
  if (text.startsWith('unix:')) {
    const socketPath = text.slice('unix:'.length);
    return socketPath.startsWith('/')
      ? { scheme: 'http', host: 'localhost', port: 80, socketPath }
      : undefined;
  }
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const plain = url.protocol === 'http:';
  if (!plain && url.protocol !== 'https:') return undefined;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined;
  if (url.pathname !== '/' || url.hostname === '') return undefined;
  return {
    scheme: plain ? 'http' : 'https',
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (plain ? 80 : 443) : Number(url.port),
    socketPath: undefined,
  };
}

/** Where an authoriser is, and the path that goes before those it is asked about: '' or without a slash at its end. */
export interface AuthorizerAddress extends UpstreamAddress {
  readonly path: string;
}

/** As `parseUpstreamUrl`, with a path if there is one. */
export function parseAuthorizerUrl(text: string): AuthorizerAddress | undefined {
  if (text.startsWith('unix:') || !URL.canParse(text)) {
    const socket = parseUpstreamUrl(text);
    return socket === undefined ? undefined : { ...socket, path: '' };
  }
  const { origin, pathname } = new URL(text);
  // Everything but the path: a query or user is found by the other parser.
  const address = parseUpstreamUrl(text.replace(/^(https?:\/\/[^/?#]+)\/[^?#]*/i, '$1'));
  if (address === undefined || origin === 'null' || !isPath(pathname)) return undefined;
  return { ...address, path: pathname.replace(/\/+$/, '') };
}

/** `10.0.0.0/8`, `2001:db8::/32`, or one address. */
function isNetwork(text: string): boolean {
  return ipaddr.isValidCIDR(text) || (ipaddr.isValid(text) && !/^\d+$/.test(text));
}

/** `https://app.example.com`, `http://localhost:3000`: scheme and authority, as the Origin field has them (RFC 6454 §6.1). */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text.toLowerCase();
}

/** A field name made of token characters (RFC 9110 §5.1). */
function isFieldName(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/.test(text);
}

/** `example.com`, `10.0.0.1`, `[::1]`: without a port. */
function isHost(text: string): boolean {
  return /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,253})$/.test(text);
}

/** A host, or `*.example.com` for every host below one. */
function isHostPattern(text: string): boolean {
  return isHost(text.startsWith('*.') ? text.slice(2) : text);
}

/**
 * Where the service may call: a name, `*.` and a name of two labels or more, or an address (IPv6 in brackets). Only in the
 * one spelling that URL parsers leave as it is: none of `0x7f.1`, `127.1`, `2130706433`, `host.`.
 */
export function isEgressHost(text: string): boolean {
  const isPattern = text.startsWith('*.');
  const host = (isPattern ? text.slice(2) : text).toLowerCase();
  if (!isHost(host) || !URL.canParse(`http://${host}`) || host.endsWith('.')) return false;
  const isAddress = ipaddr.isValid(host.replace(/^\[|\]$/g, ''));
  return new URL(`http://${host}`).hostname === host && (!isPattern || (!isAddress && host.includes('.')));
}

/** `10.0.0.2`, `10.0.0.2:5353`, `[::1]:53`: an address, with a port if it is not 53. */
export function isDnsServer(text: string): boolean {
  if (ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)) return true;
  const address = parseListenAddress(text);
  return address !== undefined && address.port > 0 && ipaddr.isValid(address.host) && !text.startsWith(':');
}

/** `/healthz`: the path of a request target without query, in visible ASCII (RFC 3986 §3.3). */
function isPath(text: string): boolean {
  return /^\/[!"$->@-~]*$/.test(text);
}

/** Where keys are fetched from: https, or http on this machine, where nobody can change them on the way. */
function isJwksUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  if (protocol === 'https:') return true;
  return protocol === 'http:' && /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

/** `header:authorization`, `cookie:session`. */
function isTokenSource(text: string): boolean {
  return /^(?:header|cookie):[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/.test(text);
}

/** The formats of the settings schema, by name. */
export const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  duration: (text) => parseDurationMs(text) !== undefined,
  size: (text) => parseSizeBytes(text) !== undefined,
  listen: (text) => parseListenAddress(text) !== undefined,
  upstream: (text) => parseUpstreamUrl(text) !== undefined,
  authorizer: (text) => parseAuthorizerUrl(text) !== undefined,
  network: isNetwork,
  origin: isOrigin,
  host: isHost,
  'field-name': isFieldName,
  'host-pattern': isHostPattern,
  path: isPath,
  'egress-host': isEgressHost,
  'dns-server': isDnsServer,
  'jwks-url': isJwksUrl,
  'token-source': isTokenSource,
  'service-name': (text) => /^[A-Za-z0-9._-]{1,64}$/.test(text),
  fingerprint: (text) => /^(?:[0-9A-Fa-f]{64}|(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2})$/.test(text),
  'object-identifier': (text) => /^[0-2](?:\.\d{1,12}){1,20}$/.test(text),
  method: (text) => /^[A-Z][A-Z0-9-]{0,31}$/.test(text),
};
