/** Turns an upstream's head into the one the client gets. */
import { HOP_BY_HOP } from '../http/fields.ts';
import { announcedTrailers } from './trailers.ts';

export interface ResponseHead {
  readonly status: number;
  /** What rules see: all fields as they came. */
  readonly received: readonly string[];
  /** What the client gets: without hop-by-hop fields, without validators of a body that may be masked. */
  readonly forwarded: string[];
  /** Announced body length; `undefined` when chunked or ended by the connection. */
  readonly length: number | undefined;
  /** The answer ends with its head (RFC 9110 §6.4.1), whatever it announces. */
  readonly bodyless: boolean;
  readonly eventStream: boolean;
  /** Trailer fields it announces and may have; only a body of unknown length can (RFC 9112 §7.1.2). */
  readonly trailers: readonly string[];
}

/** Fields that speak of the body's exact bytes and would be wrong after masking. */
const VALIDATORS = new Set([
  'etag',
  'content-digest',
  'repr-digest',
  'digest',
  'content-md5',
  'last-modified',
]);

/** `null` when the framing of the answer contradicts itself; such an answer must not be passed on. */
export function readResponseHead(
  method: string,
  status: number,
  fields: readonly string[],
  dropValidators: boolean,
): ResponseHead | null {
  const forwarded: string[] = [];
  let length: number | undefined;
  let chunked = false;
  let eventStream = false;
  let nominated = '';
  let trailer = '';
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i];
    const value = fields[i + 1];
    switch (name) {
      case 'content-length':
        if (!/^\d{1,15}$/.test(value) || (length !== undefined && length !== Number(value))) return null;
        length = Number(value);
        break;
      case 'transfer-encoding':
        chunked = true;
        break;
      case 'connection':
        if (value !== 'keep-alive' && value !== 'close') nominated += `${value},`;
        break;
      case 'trailer':
        trailer += `${value},`;
        break;
      case 'content-type':
        if (value.toLowerCase().startsWith('text/event-stream')) eventStream = true;
        forwarded.push(name, value);
        break;
      default:
        if (!HOP_BY_HOP.has(name) && !(dropValidators && VALIDATORS.has(name))) forwarded.push(name, value);
    }
  }
  if (chunked && length !== undefined) return null;
  const bodyless = method === 'HEAD' || status === 204 || status === 304;
  if (nominated !== '') dropNominated(forwarded, nominated);
  const trailers = trailer === '' || bodyless || !chunked ? [] : announcedTrailers(trailer);
  return { status, received: fields, forwarded, length, bodyless, eventStream, trailers };
}

/** Removes what the upstream's `Connection` names. */
function dropNominated(fields: string[], connection: string): void {
  const names = new Set(
    connection
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
  let kept = 0;
  for (let i = 0; i < fields.length; i += 2) {
    if (names.has(fields[i])) continue;
    fields[kept] = fields[i];
    fields[kept + 1] = fields[i + 1];
    kept += 2;
  }
  fields.length = kept;
}
