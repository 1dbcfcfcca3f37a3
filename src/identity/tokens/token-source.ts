/** Where a request carries its token: a field or a cookie. */
import { combineLines } from '../../http/fields.ts';
import { parseCookies } from '../../http/cookies.ts';
import type { FieldLines } from '../../http/request-head.ts';

export interface TokenSource {
  readonly kind: 'field' | 'cookie';
  /** Lower-case for a field, as written for a cookie. */
  readonly name: string;
}

/** The scheme of `authorization` (RFC 6750 §2.1); in any other field it may be left out. */
const BEARER = /^bearer +/i;

/** `ambiguous`: two different ones, of which the service might read the other. */
export type FoundToken = { readonly text: string } | 'missing' | 'ambiguous';

const MISSING = 'missing';

/** Reads every source, not the first alone. Linear in the head. */
export function findToken(fields: FieldLines, sources: readonly TokenSource[]): FoundToken {
  let found: string | undefined;
  for (const source of sources) {
    for (const text of source.kind === 'field'
      ? inField(fields, source.name)
      : inCookie(fields, source.name)) {
      if (found !== undefined && text !== found) return 'ambiguous';
      found = text;
    }
  }
  return found === undefined ? MISSING : { text: found };
}

function inField(fields: FieldLines, name: string): readonly string[] {
  const texts: string[] = [];
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at] !== name) continue;
    const token = tokenOf(name, fields[at + 1]);
    if (token !== undefined) texts.push(token);
  }
  return texts;
}

function inCookie(fields: FieldLines, name: string): readonly string[] {
  const line = combineLines(fields, 'cookie');
  if (line === undefined) return [];
  const { pairs } = parseCookies(line);
  return pairs.filter((_, at) => at % 2 === 1 && pairs[at - 1] === name);
}

/** The token in the value of a field; undefined in `authorization` under another scheme. */
function tokenOf(name: string, value: string): string | undefined {
  const scheme = BEARER.exec(value);
  if (scheme !== null) return value.slice(scheme[0].length);
  return name === 'authorization' ? undefined : value;
}

/** Takes tokens out of what the service gets: their fields, and their cookies out of the cookie line. */
export class TokenStripper {
  readonly #fields: ReadonlySet<string>;
  readonly #cookies: ReadonlySet<string>;

  constructor(sources: readonly TokenSource[]) {
    const named = (kind: TokenSource['kind']): ReadonlySet<string> =>
      new Set(sources.filter((source) => source.kind === kind).map(({ name }) => name));
    this.#fields = named('field');
    this.#cookies = named('cookie');
  }

  /** What is left of a field's value; undefined if nothing is. Other schemes than Bearer stay in `authorization`. */
  strip(name: string, value: string): string | undefined {
    if (name === 'cookie' && this.#cookies.size > 0) return this.#withoutCookies(value);
    return this.#fields.has(name) && tokenOf(name, value) !== undefined ? undefined : value;
  }

  #withoutCookies(line: string): string | undefined {
    const kept = line.split(';').filter((piece) => !this.#cookies.has(piece.split('=', 1)[0].trim()));
    return kept.length === 0 ? undefined : kept.join(';').trim();
  }
}
