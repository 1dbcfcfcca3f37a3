/**
 * Media types as content-type carries them (RFC 9110 §8.3.1).
 *
 * Servers disagree about odd ones, so oddities are reported rather than repaired: what is unclear about a boundary or
 * a charset makes a body uninspectable.
 */
import { MEDIA_TYPE_PARAMETERS_MAX } from '../core/limits.ts';
import { isToken } from './fields.ts';

export interface MediaType {
  /** `type/subtype`, lower-case. */
  readonly essence: string;
  /** Lower-case names; values as sent, quoted strings unescaped; of duplicates the first. */
  readonly parameters: ReadonlyMap<string, string>;
  /** A parameter name stands twice. */
  readonly duplicates: boolean;
  /** Something after the essence does not follow the grammar; what could be read is there. */
  readonly malformed: boolean;
}

const NO_PARAMETERS: ReadonlyMap<string, string> = new Map();

/** Reads a content-type value; null if it does not begin with `type/subtype`. Linear. */
export function parseMediaType(value: string): MediaType | null {
  const semicolon = value.indexOf(';');
  const essence = trimBlanks(semicolon < 0 ? value : value.slice(0, semicolon)).toLowerCase();
  const slash = essence.indexOf('/');
  if (slash < 0 || !isToken(essence.slice(0, slash)) || !isToken(essence.slice(slash + 1))) return null;
  if (semicolon < 0) return { essence, parameters: NO_PARAMETERS, duplicates: false, malformed: false };
  return { essence, ...readParameters(value, semicolon) };
}

function readParameters(value: string, from: number): Omit<MediaType, 'essence'> {
  const parameters = new Map<string, string>();
  let duplicates = false;
  let malformed = false;
  let at = from;
  while (at < value.length) {
    at = skipBlanks(value, at + 1); // past the semicolon
    if (at === value.length || value[at] === ';') continue; // an empty parameter is allowed
    if (parameters.size >= MEDIA_TYPE_PARAMETERS_MAX) return { parameters, duplicates, malformed: true };
    const nameEnd = scanTo(value, at, '=;');
    const name = value.slice(at, nameEnd).toLowerCase();
    const valueStart = nameEnd + 1;
    const quoted = value[valueStart] === '"';
    const content = quoted ? readQuoted(value, valueStart) : readBare(value, valueStart);
    const sound = value[nameEnd] === '=' && isToken(name) && content.sound;
    at = value[nameEnd] === '=' ? skipBlanks(value, content.end) : nameEnd;
    if (!sound || (at < value.length && value[at] !== ';')) malformed = true;
    if (sound && parameters.has(name)) duplicates = true;
    else if (sound) parameters.set(name, content.text);
    at = scanTo(value, at, ';');
  }
  return { parameters, duplicates, malformed };
}

interface Content {
  readonly text: string;
  /** Offset behind the value. */
  readonly end: number;
  readonly sound: boolean;
}

function readBare(value: string, start: number): Content {
  const end = scanTo(value, start, '; \t');
  const text = value.slice(start, end);
  return { text, end, sound: isToken(text) };
}

/** A quoted string (RFC 9110 §5.6.4) that begins at `start`. */
function readQuoted(value: string, start: number): Content {
  let text = '';
  for (let at = start + 1; at < value.length; at++) {
    if (value[at] === '"') return { text, end: at + 1, sound: true };
    if (value[at] === '\\' && at + 1 < value.length) at++;
    text += value[at];
  }
  return { text, end: value.length, sound: false };
}

/** Offset of the next of `stops`, or the end. */
function scanTo(value: string, from: number, stops: string): number {
  let at = from;
  while (at < value.length && !stops.includes(value[at]!)) at++;
  return Math.min(at, value.length);
}

function skipBlanks(value: string, from: number): number {
  let at = from;
  while (at < value.length && (value[at] === ' ' || value[at] === '\t')) at++;
  return Math.min(at, value.length);
}

/** Without optional white space (space and tab, RFC 9110 §5.6.3) at both ends. */
function trimBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--;
  return text.slice(skipBlanks(text.slice(0, end), 0), end);
}
