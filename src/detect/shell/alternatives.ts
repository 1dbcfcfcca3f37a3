/**
 * Marks of a shell that separate alternatives: of a regular expression, `(zip|tar)`, of types, `string | Date`, of a value
 * and its default, `{{ a || 'ping' }}`. Settings and manifests are full of them, and names of commands stand among them.
 */

/** What only regular expressions have: groups with a question mark, classes, repeated brackets. In lower case. */
const EXPRESSION =
  /\(\?(?:[:=!>]|<[=!]|[imsx]{1,4}[:)-])|\\[bsdwhg](?:[^\w]|$)|\[\^?[^\]\s]{1,24}\][*+?{]|\.\*\??[)|]|\)[*+?](?:[^\w]|$)|\\\.\(/;
/** One alternative and its end. Arguments, redirections and paths are none: a program is run with them. */
const ALTERNATIVE = /(?:[^\s|;&<>`$/)]|\/(?![a-z?]))*\$?(?:[|)]|$)/y;

const TYPE_BEFORE =
  /(?:^|[\s|<(,])(?:string|number|boolean|undefined|any|unknown|object|void|integer|float|array|function|regexp|symbol)(?:\[\]|>)*\s?$/;
const TYPE_BEHIND =
  /\|\s?(?:date|set|file|time|env|test|host|type|copy|sort|column|man|path|map)(?:<[\w\s,|<>[\]]{0,64}>)?(?:\[\])*\s?(?:$|[|>,)])/y;
const DEFAULT_BEHIND = /\|\s*(?:'[\w -]*'|"[\w -]*")\s*\}\}/y;
/** `Date|date` and `Date&Time` name columns. */
const TWINS = /(?:^|\W)(?:(\w{2,16})[|&]\1|date[|&]time)$/;

/** Enough in front of a mark to see a type, or a name that is said again behind it. */
const BEFORE_BYTES = 32;

/** Where a regular expression shows, -1 where none does. Linear. */
export function expressionStart(text: string): number {
  return text.search(EXPRESSION);
}

/** Whether the mark at `at` separates alternatives; `expressionAt` is what `expressionStart` said. Linear in one of them. */
export function separatesAlternatives(text: string, at: number, expressionAt: number): boolean {
  const next = at + 1;
  if (expressionAt >= 0 && expressionAt < at && text.charCodeAt(at) === 0x7c && fits(ALTERNATIVE, text, next))
    return true;
  const before = text.slice(Math.max(0, at - BEFORE_BYTES), at);
  if (TYPE_BEFORE.test(before) && fits(TYPE_BEHIND, text, at)) return true;
  const word = /^[|&](\w{2,16})$/.exec(text.slice(at, next + BEFORE_BYTES));
  if (word !== null && TWINS.test(before + word[0])) return true;
  return fits(DEFAULT_BEHIND, text, at);
}

function fits(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}
