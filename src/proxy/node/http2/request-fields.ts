/**
 * Turns the field block of an HTTP/2 request (RFC 9113 §8.3) into what the guard reads: pseudo fields become method,
 * target and `host`, cookie crumbs one line.
 *
 * The library below has refused malformed blocks already (§8.1.1): missing, repeated, unknown and late pseudo fields,
 * upper-case names, fields of a connection, lengths that are no number. `http2-requests.contract.test.ts` holds it to that;
 * the guard asks again for what it can see.
 */
import type { RawRequest } from '../../../http/guard/raw-request.ts';

/** The part of a request that its field block gives. */
export interface BlockReading extends Pick<RawRequest, 'method' | 'target' | 'fields' | 'authority'> {
  /** Of the target's scheme; what the connection is counts, not this. */
  readonly scheme: string;
  readonly length: string | undefined;
  readonly expectsContinue: boolean;
  /** Names and values together. */
  readonly bytes: number;
}

/** @param lines names and values in turn, latin1, as the library gives them. Linear; one array per request. */
export function readBlock(lines: readonly string[]): BlockReading {
  const pseudo = { method: '', path: '', scheme: '', authority: undefined as string | undefined };
  const fields: string[] = [];
  let length: string | undefined;
  let expectsContinue = false;
  let hasHost = false;
  let cookieAt = -1;
  let bytes = 0;
  for (let i = 0; i < lines.length; i += 2) {
    const name = lines[i];
    const value = lines[i + 1];
    bytes += name.length + value.length;
    switch (name) {
      case ':method':
        pseudo.method = value;
        continue;
      case ':path':
        pseudo.path = value;
        continue;
      case ':scheme':
        pseudo.scheme = value;
        continue;
      case ':authority':
        pseudo.authority = value;
        continue;
      case 'host':
        hasHost = true;
        break;
      case 'content-length':
        length = value;
        break;
      case 'expect':
        expectsContinue = value.toLowerCase() === '100-continue';
        break;
      case 'cookie':
        // §8.2.3: crumbs are one field before they reach anything that is not HTTP/2.
        if (cookieAt >= 0) {
          fields[cookieAt] += `; ${value}`;
          continue;
        }
        cookieAt = fields.length + 1;
        break;
    }
    fields.push(name, value);
  }
  const { method, path, scheme, authority } = pseudo;
  // Rules and service know the host by its field (§8.3.1 says how it is made).
  if (!hasHost && authority !== undefined) fields.unshift('host', authority);
  const target = method === 'CONNECT' ? (authority ?? '') : path;
  return { method, target, fields, authority, scheme, length, expectsContinue, bytes };
}
