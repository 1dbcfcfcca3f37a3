/** The host field (RFC 9110 §7.2, RFC 3986 §3.2.2): one registered name or address, and a port. */
import { parseIp } from './address.ts';

export interface Host {
  /** Lower-case; IPv6 in brackets and canonical. */
  readonly name: string;
  /** Undefined if none was sent. */
  readonly port: number | undefined;
  /** Name and port as one text, the port only if one was sent. */
  readonly text: string;
}

const NAME_CHARS_MAX = 253; // RFC 1035 §2.3.4 in text form
/** Labels of letters, digits, hyphens and underscores; what else RFC 3986 allows in a reg-name is no host of a service. */
const NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?$/;
/** A last label of digits makes it an IPv4 address in WHATWG parsers (and then it must be one). */
const NUMERIC_END = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$/;
const PORT = /^[0-9]{1,5}$/;

/** Reads one host value; null if it is empty or malformed. */
export function parseHost(value: string): Host | null {
  const bracket = value.startsWith('[') ? value.indexOf(']') : -1;
  const colon = value.indexOf(':', bracket + 1);
  const portText = colon < 0 ? undefined : value.slice(colon + 1);
  const name = readName(colon < 0 ? value : value.slice(0, colon), bracket);
  if (name === null) return null;
  if (portText === undefined) return { name, port: undefined, text: name };
  const port = PORT.test(portText) ? Number(portText) : -1;
  return port < 0 || port > 65_535 ? null : { name, port, text: `${name}:${port}` };
}

function readName(text: string, bracket: number): string | null {
  if (text.startsWith('[')) {
    const address = bracket === text.length - 1 && text.includes(':') ? parseIp(text.slice(1, -1)) : null;
    if (address === null) return null;
    // A mapped address keeps its IPv6 form: it is a name here, not a client.
    return address.family === 6 ? `[${address.text}]` : `[::ffff:${address.text}]`;
  }
  if (text.length > NAME_CHARS_MAX) return null;
  const name = text.toLowerCase();
  if (!NAME.test(name)) return null;
  if (NUMERIC_END.test(name)) return parseIp(name)?.text ?? null;
  return name;
}
