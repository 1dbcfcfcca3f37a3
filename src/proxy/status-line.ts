/** Status codes with their reason phrases (RFC 9110 §15, RFC 6585), as they stand in a status line. */
import { STATUS_CODES } from 'node:http';

const LINES = new Map<number, string>();

/** `404 Not Found`; a code without a registered phrase gets `Unknown`. Cached, at most 900 entries. */
export function statusLine(status: number): string {
  let line = LINES.get(status);
  if (line === undefined) {
    line = `${status} ${reasonPhrase(status)}`;
    LINES.set(status, line);
  }
  return line;
}

export function reasonPhrase(status: number): string {
  return STATUS_CODES[status] ?? 'Unknown';
}
