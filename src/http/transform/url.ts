/**
 * Which server a text names if it is used as a URL: shared by `url_scheme`, `url_host` and `url_port`.
 *
 * The reading is that of the WHATWG URL Standard, which browsers and `fetch` follow: backslashes, user info,
 * inet_aton hosts, full-width letters and tabs inside are all undone by it.
 */
import { isUtf8 } from 'node:buffer';
import { URL } from 'node:url';
import { readAnyIp } from './to-ip.ts';

/** A base for `//host` and `\\host`, which take the scheme of the page they stand on. */
const BASE = 'http://base.invalid/';
const NETWORK_PATH = /^[\x00-\x20]*[/\\][\t\n\r]*[/\\]/;
const ASCII = /^[\x00-\x7f]*$/;
const SCHEME = /^[\x00-\x20]*[a-zA-Z]/;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, ws: 80, wss: 443, ftp: 21 };

export interface UrlReading {
  /** Lower-case, without colon; undefined for `//host`. */
  readonly scheme: string | undefined;
  /** As a browser would connect to: lower-case, punycode, IPv6 in brackets, no final dot; undefined without one. */
  readonly host: string | undefined;
  /** The port, also if it is only implied by the scheme. */
  readonly port: number | undefined;
}

/**
 * A plain authority, as nearly all are: labels without user info, escapes or punycode, which the standard takes as they
 * stand but for numbers. 1 the scheme, 2 the host, 3 its last label, 4 the port.
 */
const PLAIN =
  /^(?:(https?|wss?|ftp):)?\/\/((?:(?!xn--)[a-z0-9](?:[a-z0-9-]{0,62})\.){0,16}((?!xn--)[a-z0-9][a-z0-9-]{0,62}))(?::([1-9]\d{0,3}))?(?:[/?#]|$)/;
/** A last label that makes a host an IPv4 address (WHATWG URL, "ends in a number"). */
const NUMBER = /^(?:\d+|0x[\da-f]*)$/;

/** The text read last and its reading: several rules, and steps of one, ask the same value. */
let lastText = '';
let lastReading: UrlReading | undefined;

/** Reads a text as a URL; undefined for one that names no scheme and no host. Linear. */
export function readUrl(text: string): UrlReading | undefined {
  if (text === lastText) return lastReading;
  const plain = PLAIN.exec(text);
  lastReading = plain === null ? readAnyUrl(text) : readPlainUrl(plain);
  lastText = text;
  return lastReading;
}

/** What the standard makes of a plain authority, without its parser: a tenth of the cost. */
function readPlainUrl([, scheme, name, last, digits]: RegExpExecArray): UrlReading | undefined {
  const host = NUMBER.test(last!) ? readAnyIp(name!)?.text : name;
  if (host === undefined) return undefined;
  return { scheme, host, port: digits === undefined ? DEFAULT_PORTS[scheme ?? 'http'] : Number(digits) };
}

function readAnyUrl(text: string): UrlReading | undefined {
  const relative = NETWORK_PATH.test(text);
  if (!relative && !(text.includes(':') && SCHEME.test(text))) return undefined;
  const characters = decode(text);
  const url = parse(characters, relative ? BASE : undefined);
  if (url === undefined) return undefined;
  const scheme = url.protocol.slice(0, -1);
  const host = url.hostname.toLowerCase().replace(/\.$/, '');
  return {
    scheme: relative ? undefined : scheme,
    host: host === '' ? undefined : host,
    port: url.port !== '' ? Number(url.port) : host === '' ? undefined : DEFAULT_PORTS[scheme],
  };
}

/**
 * Undefined where the standard finds no URL. `canParse` says so without the cost of an exception, yet once it is optimised
 * Node 20 takes the bytes of a latin1 string for UTF-8 in it: it is asked about ASCII only, and never relied on.
 */
function parse(text: string, base: string | undefined): URL | undefined {
  if (ASCII.test(text) && !URL.canParse(text, base)) return undefined;
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/** UTF-8 bytes held as latin1 to characters; text that is not UTF-8 is read byte by byte. */
function decode(text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : text;
}
