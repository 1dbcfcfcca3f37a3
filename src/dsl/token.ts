/** Words of the language: the classes of the lexical grammar and the lists of words with a meaning. */
import { QUOTED_CHARS_MAX } from '../core/limits.ts';

/**
 * Class of a token. `number` is a JSON number with an exponent, which only JSON literals may have; `broken` stands
 * for text that a diagnostic has already been reported about, and is accepted wherever a literal is.
 */
export type TokenKind =
  | 'ident'
  | 'method'
  | 'type'
  | 'string'
  | 'regex'
  | 'int'
  | 'float'
  | 'number'
  | 'percent'
  | 'size'
  | 'duration'
  | 'date'
  | 'punctuation'
  | 'broken'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As written; '' at the end of the file. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Nothing but blanks stands before it on its line. */
  readonly firstOnLine: boolean;
}

/** Never names, except as JSON keys and in strings. */
export const RESERVED_WORDS: ReadonlySet<string> = new Set([
  'and',
  'or',
  'not',
  'any',
  'all',
  'none',
  'in',
  'is',
  'as',
  'of',
  'except',
  'matches',
  'contains',
  'starts_with',
  'ends_with',
  'true',
  'false',
]);

/** Words that begin an item at the top of a file. */
export const ITEM_WORDS: ReadonlySet<string> = new Set([
  'import',
  'policy',
  'rule',
  'limiter',
  'flood',
  'exclude',
  'override',
  'scenario',
  'route',
  'list',
  'const',
  'switch',
  'secret',
  'pattern',
  'targets',
  'fn',
  'shape',
]);

/** Words of the author in a message: in backquotes, cut where they only fill the screen. */
export function quoted(text: string): string {
  const shown = text.length > QUOTED_CHARS_MAX ? `${text.slice(0, QUOTED_CHARS_MAX)}…` : text;
  return `\`${shown}\``;
}

/** How a diagnostic names a token. */
export function describeToken(token: Token): string {
  if (token.kind === 'end') return 'the end of the file';
  if (token.kind === 'string') return 'a string';
  if (token.kind === 'regex') return 'a regex';
  return quoted(token.text);
}
