/**
 * The request target (RFC 9112 §3.2), split into path and query.
 *
 * Origin-form is what a service sees. Absolute-form is turned into it where the caller allows that, and brings the
 * host that then overrides the field; the asterisk goes with OPTIONS.
 */
import { TARGET_BYTES_MAX } from '../core/limits.ts';
import { type Host, parseHost } from './host.ts';

export interface TargetOptions {
  /** Accept `http://host/path` and `https://host/path`. */
  readonly absoluteForm: boolean;
}

export type TargetFault = 'empty' | 'too_long' | 'control_byte' | 'fragment' | 'form' | 'host';

export type TargetReading =
  | {
      readonly ok: true;
      readonly kind: 'origin' | 'asterisk';
      /** Path as sent; `*` for the asterisk. */
      readonly rawPath: string;
      /** Without the question mark; '' also if there is none. */
      readonly query: string;
      readonly hasQuery: boolean;
      /** The authority of an absolute-form target. */
      readonly authority: Host | undefined;
    }
  | { readonly ok: false; readonly reason: TargetFault };

/** Control characters, space and bytes that no URI holds; a client must send those escaped (RFC 3986 §2). */
const NO_URI_BYTE = /[\x00-\x20\x7f-\uffff]/;
const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/is;

/** Splits a request target. Linear. */
export function splitTarget(target: string, method: string, options: TargetOptions): TargetReading {
  if (target === '') return { ok: false, reason: 'empty' };
  if (target.length > TARGET_BYTES_MAX) return { ok: false, reason: 'too_long' };
  if (NO_URI_BYTE.test(target)) return { ok: false, reason: 'control_byte' };
  if (target.includes('#')) return { ok: false, reason: 'fragment' };
  if (target === '*') {
    return method === 'OPTIONS' ? split('*', 'asterisk', undefined) : { ok: false, reason: 'form' };
  }
  if (target.startsWith('/')) return split(target, 'origin', undefined);
  const absolute = options.absoluteForm ? ABSOLUTE.exec(target) : null;
  if (absolute === null) return { ok: false, reason: 'form' };
  const authority = parseHost(absolute[1]!); // refuses user info
  if (authority === null) return { ok: false, reason: 'host' };
  const rest = absolute[2]!;
  return split(rest.startsWith('/') ? rest : `/${rest}`, 'origin', authority);
}

function split(target: string, kind: 'origin' | 'asterisk', authority: Host | undefined): TargetReading {
  const mark = target.indexOf('?');
  return {
    ok: true,
    kind,
    rawPath: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    hasQuery: mark >= 0,
    authority,
  };
}
