/**
 * Which calls, assignments and strings in a script tell of an attack: those with which attacks show that they run, fetch
 * what runs, or unwrap text and run it. Ordinary snippets call other things, or call these otherwise.
 */
import * as c from './token-class.ts';

/** Character codes given one by one, as encoders write text. */
const CODES_GIVEN = /^\s{0,8}(?:0x)?[0-9a-f]{1,6}\s{0,8}[,)]/i;
const FOREIGN_URL = /^\s{0,8}['"`]\s{0,8}(?:(?:https?:)?\/\/|data:|blob:)/i;
/** Functions and objects that make a name of something else. */
const UNWRAPS = /^(?:atob|btoa|unescape|decodeURI|decodeURIComponent|String|Object|Reflect)\s{0,4}[(.[`]/;
/** Enough of an argument to tell what it begins with. */
const ARGUMENT_CHARS = 32;

/** First position from `at` that holds no blank. */
export function pastBlanks(text: string, at: number, end: number): number {
  while (at < end && c.TOKEN_CLASS[text.charCodeAt(at)] === c.BLANK) at++;
  return at;
}

/** Whether the word behind blanks at `at` is text that an attacker sets or unwraps. */
export function foreignTextAt(text: string, at: number, end: number): boolean {
  const from = pastBlanks(text, at, end);
  let to = from;
  while (to < end && c.isWordPart(text.charCodeAt(to))) to++;
  return to > from && c.FOREIGN_TEXT.has(text.slice(from, to));
}

/** Whether a name in brackets, behind `at`, is made there instead of given: `top['al' + 'ert']`, `top[atob('…')]`. */
export function makesName(text: string, at: number, end: number): boolean {
  const from = pastBlanks(text, at, end);
  const next = from < end ? text.charCodeAt(from) : 0;
  if (next > 0xff) return false;
  return c.MAKES_NAMES.has(c.TOKEN_CLASS[next]) || UNWRAPS.test(text.slice(from, from + ARGUMENT_CHARS));
}

/**
 * Whether calling `word` of `owner` (empty when it is free, `?` when it is no plain name) tells. `at` is the position of
 * its arguments, behind the parenthesis, or the backtick when the call is a tagged template.
 */
export function isTellingCall(text: string, at: number, end: number, word: string, owner: string): boolean {
  const tagged = text.charCodeAt(at - 1) === 0x60;
  const from = pastBlanks(text, at, end);
  const next = from < end ? text.charCodeAt(from) : 0;
  const kind = next > 0xff ? c.WORD : c.TOKEN_CLASS[next];
  const givesText = tagged || kind === c.QUOTE || kind === c.BACKTICK;
  if (c.TELLING_CALLS.has(word)) {
    if (owner !== '' && !c.GLOBAL_OBJECTS.has(owner)) return false;
    // "confirm (yes/no)" is how prose writes it.
    const apart = !tagged && c.TOKEN_CLASS[text.charCodeAt(at - 2)] === c.BLANK;
    return !apart || kind !== c.WORD || foreignTextAt(text, at, end);
  }
  if (c.TEXT_RUNNERS.has(word)) return givesText || (kind === c.WORD && foreignTextAt(text, at, end));
  switch (word) {
    case 'fromCharCode':
    case 'fromCodePoint':
      return owner === 'String' && CODES_GIVEN.test(text.slice(at, at + ARGUMENT_CHARS));
    case 'write':
    case 'writeln':
      return owner === 'document';
    case 'import':
      return owner === '' && (next === 0x2f || FOREIGN_URL.test(text.slice(at, at + ARGUMENT_CHARS)));
    default:
      return false;
  }
}

/** Enough of the text around a name to tell what it is given to, and of what follows to see it called. */
const GIVEN_CHARS = 32;
const CALLED_WITHIN_CHARS = 256;
/** Functions that call what they are given, handlers, and what operators call. */
const GIVEN_TO_RUN =
  /(?:\b(?:map|find\w{0,9}|forEach|some|every|filter|reduce\w{0,5}|flatMap|sort|then|catch|set(?:Timeout|Interval)|queueMicrotask|requestAnimationFrame)\s{0,4}\(\s{0,4}|\b(?:replace\w{0,3}|from|apply|call|addEventListener)\s{0,4}\([^()]{0,16},\s{0,4}|\breplace\s{0,4}\(\s{0,4}\/[^()]{0,16}|\b(?:on[a-z]{3,20}|valueOf|toString)\s{0,4}[=:]\s{0,4}|\]\s{0,4}[:=]\s{0,4})$/;
/** What makes a call of the name before it, in brackets or not. */
const CALLED =
  /^(?:\?\.|\.(?:call|apply|bind|constructor)\b|\/\*|\]|\){1,8}(?:\?\.|[(\x60]|\.(?:call|apply|bind)\b))/;
const ASSIGNED = /\b(\w{1,16})\s{0,4}=\s{0,4}$/;

/** Whether the name that ends at `end` is given away to be called: `[1].map(prompt)`, `(0,prompt)(1)`, `a=prompt,a(1)`. */
export function isGivenToRun(text: string, end: number, name: string): boolean {
  const from = end - name.length;
  const before = text.slice(Math.max(0, from - GIVEN_CHARS), from);
  const after = text.slice(end, end + CALLED_WITHIN_CHARS).replace(/\s/g, '');
  if (GIVEN_TO_RUN.test(before) || CALLED.test(after)) return true;
  const alias = ASSIGNED.exec(before)?.[1];
  return (
    alias !== undefined &&
    (after.includes(`${alias}(`) || after.includes(`${alias}\x60`) || after.includes(`error=${alias};`))
  );
}

/** Whether a member of that name is a function that an operator calls by itself (ECMA-262 §7.1.1.1). */
export function isActiveKey(word: string): boolean {
  return word === 'valueOf' || word === 'toString';
}

/**
 * Whether assigning to `word` of `owner` sends the page elsewhere, gives it markup, makes a handler or one of the functions
 * that an operator calls by itself.
 */
export function isActiveTarget(word: string, owner: string): boolean {
  if (word.length > 4 && word.startsWith('on')) return true;
  if (isActiveKey(word) || word === 'prepareStackTrace') return true;
  return c.TELLING_TARGETS.has(word) && (owner !== '' || word === 'location' || word.endsWith('HTML'));
}
