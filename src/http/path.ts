/**
 * One path for routing, rules and the upstream, and the other readings servers are known to make of it.
 *
 * *Canonical*: escapes of unreserved bytes decoded (RFC 3986 §6.2.2), other escapes in capitals, literal dot segments
 * resolved, slashes merged. It is also what the upstream is asked for, so nothing resolved here is resolved
 * differently behind.
 *
 * *Views*: where servers disagree about what is left: `%2f` and backslashes as separators, `;parameters`, dots and
 * spaces at the end of a segment (Windows drops them), escapes decoded twice. All views are decoded; `decodePath` puts
 * a route's own text in that form, and `foldPath` does so for those who read without regard to letter case. A route that
 * restricts compares with every view, one that permits needs all of them.
 *
 * Refused is what no honest client sends and some server reads as a dot segment: see `PathFault`.
 */
import { isUtf8 } from 'node:buffer';
import { lowerAscii } from './transform/lower.ts';
import { percentDecode } from './transform/percent-decode.ts';

export interface PathOptions {
  /** Keep `//` in the canonical path, except at its start, where it would look like an authority. */
  readonly keepDoubleSlashes: boolean;
}

export type PathFault =
  /** Does not begin with a slash, or begins with `/\`, which URL parsers read as an authority. */
  | 'form'
  /** A percent sign without two hexadecimal digits. */
  | 'broken_escape'
  /** A control byte or space, raw, or a control byte escaped; `%00` above all. */
  | 'control_byte'
  /** A raw byte from 0x80, or escapes that are not UTF-8 (overlong forms too). */
  | 'charset'
  /** A dot segment that appears only after decoding or after dropping parameters. */
  | 'hidden_dot_segment';

export type PathReading =
  | {
      readonly ok: true;
      /** Canonical path. */
      readonly path: string;
      /** Decoded, letters as sent; the first is the path itself in that form. Distinct, at most `PATH_VIEWS_MAX` (core/limits). */
      readonly views: readonly string[];
      /** The path for the upstream request line. */
      readonly forwarded: string;
    }
  | { readonly ok: false; readonly reason: PathFault };

const RAW_CONTROL = /[\x00-\x20\x7f]/;
const RAW_HIGH = /[\x80-\uffff]/;
const BROKEN_ESCAPE = /%(?![0-9a-fA-F]{2})/;
const CONTROL_ESCAPE = /%(?:[01][0-9a-fA-F]|7[fF])/;
const ESCAPE = /%([0-9a-fA-F]{2})/g;
const UNRESERVED = /[A-Za-z0-9._~-]/;
/** By byte: itself if it is unreserved, else its escape in capitals. */
const CANONICAL_ESCAPES = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return UNRESERVED.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});
const ENCODED_DOT = /%2e/i;
/** Without any of these a path reads the same everywhere but for letter case and a final slash. */
const DISPUTED = /[%\\;]|\.(?:\/|$)/;
const ENCODED_SLASH = /%2f/gi;
/** `..` and spaces, which Windows drops: a dot segment there. */
const SPACED_DOTS = /\/\.{1,2} +(?:\/|$)/;
const DOT = 0x2e;
const SPACE = 0x20;
/** A private byte in place of `%2f` while it is no separator; a control byte cannot occur otherwise. */
const HELD_SLASH = '\x01';

/** Reads the path of an origin-form target (latin1, as sent). Linear; at most `PATH_VIEWS_MAX` passes. */
export function readPath(raw: string, options: PathOptions): PathReading {
  const fault = findFault(raw);
  if (fault !== undefined) return { ok: false, reason: fault };
  const spelled = raw.includes('%') ? raw.replace(ESCAPE, canonicalEscape) : raw;
  // Literal dot segments are resolved before decoding, so that those which decoding brings to light are seen.
  const path = resolveDots(mergeSlashes(spelled, options.keepDoubleSlashes));
  if (ENCODED_DOT.test(raw) && path !== canonicalOf(mergeSlashes(raw, options.keepDoubleSlashes))) {
    return { ok: false, reason: 'hidden_dot_segment' };
  }
  const views = viewsOf(path);
  return views === undefined
    ? { ok: false, reason: 'hidden_dot_segment' }
    : { ok: true, path, views, forwarded: path };
}

/** The form in which views are written: decoded once, `%2f` kept apart from a slash, merged. For the literal text of routes. */
export function decodePath(text: string): string {
  return mergeSlashes(decodeButSlashes(text), false);
}

/** The same in lower case, for comparison with views in lower case. */
export function foldPath(text: string): string {
  return lowerAscii(decodePath(text));
}

/** Whether any two servers that Ward knows of read a canonical path alike, but for letter case and a final slash. */
export function isUndisputed(path: string): boolean {
  return !DISPUTED.test(path);
}

function findFault(raw: string): PathFault | undefined {
  if (!raw.startsWith('/') || raw.startsWith('/\\')) return 'form';
  if (RAW_CONTROL.test(raw)) return 'control_byte';
  if (RAW_HIGH.test(raw)) return 'charset';
  if (!raw.includes('%')) return undefined;
  if (BROKEN_ESCAPE.test(raw)) return 'broken_escape';
  if (CONTROL_ESCAPE.test(raw)) return 'control_byte';
  return isUtf8(Buffer.from(percentDecode(raw, 1), 'latin1')) ? undefined : 'charset';
}

function canonicalEscape(_escape: string, digits: string): string {
  return CANONICAL_ESCAPES[Number.parseInt(digits, 16)]!;
}

/** Canonical form with dot segments resolved before decoding: differs if decoding made any. */
function canonicalOf(merged: string): string {
  const resolved = resolveDots(merged);
  return resolved.includes('%') ? resolved.replace(ESCAPE, canonicalEscape) : resolved;
}

function mergeSlashes(path: string, keepInner: boolean): string {
  if (!path.includes('//')) return path;
  return keepInner ? path.replace(/^\/{2,}/, '/') : path.replace(/\/{2,}/g, '/');
}

/** RFC 3986 §5.2.4. The result keeps its leading slash and a final one. */
function resolveDots(path: string): string {
  if (!path.includes('/.')) return path;
  const kept: string[] = [];
  const segments = path.slice(1).split('/');
  for (const [index, segment] of segments.entries()) {
    const dots = segment === '.' || segment === '..';
    if (segment === '..') kept.pop();
    if (!dots) kept.push(segment);
    else if (index === segments.length - 1) kept.push('');
  }
  // `/a/..//b` would leave an empty first segment, which looks like an authority.
  const result = `/${kept.join('/')}`;
  return result.startsWith('//') ? result.replace(/^\/+/, '/') : result;
}

/** All readings; undefined if one of those decoded once has a dot segment. */
function viewsOf(path: string): readonly string[] | undefined {
  if (isUndisputed(path)) return [mergeSlashes(path, false)];
  const once = percentDecode(path, 1);
  const strict = new Set([decodeButSlashes(path), once]);
  const views = new Set<string>();
  for (const reading of strict) {
    for (const view of readings(reading)) {
      if (resolveDots(view) !== view || SPACED_DOTS.test(view)) return undefined;
      views.add(view);
      views.add(trimSegments(view));
    }
  }
  // Second decoding is rare enough that its dot segments are left to the rules.
  const twice = percentDecode(once, 1);
  if (!strict.has(twice)) {
    for (const view of readings(twice)) {
      views.add(resolveDots(view));
      views.add(resolveDots(trimSegments(view)));
    }
  }
  return [...views];
}

/** Slashes merged; backslashes kept and as slashes, parameters kept and dropped. */
function readings(decoded: string): string[] {
  const result: string[] = [];
  for (const spelled of decoded.includes('\\') ? [decoded, decoded.replaceAll('\\', '/')] : [decoded]) {
    result.push(mergeSlashes(spelled, false));
    if (spelled.includes(';')) result.push(mergeSlashes(spelled.replace(/;[^/]*/g, ''), false));
  }
  return result;
}

/** Each segment without the dots and spaces at its end; one of dots alone stays as it is, without its spaces. */
function trimSegments(path: string): string {
  if (!/[. ](?:\/|$)/.test(path)) return path;
  return path.split('/').map(trimSegment).join('/');
}

function trimSegment(segment: string): string {
  let end = segment.length;
  while (end > 0 && (segment.charCodeAt(end - 1) === DOT || segment.charCodeAt(end - 1) === SPACE)) end--;
  return end > 0 ? segment.slice(0, end) : segment.replaceAll(' ', '');
}

/** Decoded once, but for `%2f`. */
function decodeButSlashes(path: string): string {
  return percentDecode(path.replace(ENCODED_SLASH, HELD_SLASH), 1).replaceAll(HELD_SLASH, '%2f');
}
