/**
 * `detectXss`: would this value run script in a page that does not escape it?
 *
 * The value is tried in each context in which pages put values: as text, in an attribute with either quote or none, as a
 * URL, in a string of a script with each quote, as script, in a template of a client framework. Reading it as text covers
 * comments and the elements whose text is not markup (markup.ts). References are decoded where the context does.
 *
 * A presence mask decides first which contexts are possible, so that an ordinary value costs one table look-up a byte. Each
 * context reads the value once, so the whole is linear. Values that are segments of a longer one are judged as they stand:
 * every context begins anywhere, and segments overlap.
 */
import { REFERENCE_ROUNDS_MAX } from '../../core/limits.ts';
import { isSpace } from './character.ts';
import { decodeReferences } from './character-references.ts';
import { clientTemplateRuns } from './client-template.ts';
import { attributesRun, hasActiveAttribute, isStylesheetInstruction, markupRuns } from './markup.ts';
import { isScriptUrl } from './script-url.ts';
import { undisguised } from './disguise.ts';
import { CALLS, TELLING } from '../script/effect.ts';
import { scriptEffect } from '../script/script-effect.ts';
import { joinsHiddenWord } from '../script/joined-words.ts';
import { shortScriptActs } from '../script/short-script.ts';

const LESS_THAN = 1;
const EQUALS = 2;
const DOUBLE_QUOTE = 4;
const SINGLE_QUOTE = 8;
const BACKTICK = 16;
const CALL = 32;
const COLON = 64;
const AMPERSAND = 128;
const BRACE = 256;
const SQUARE = 512;
const PLUS = 1024;

const PRESENCE = new Uint16Array(256);
for (const [char, bit] of Object.entries({
  '<': LESS_THAN,
  '=': EQUALS,
  '"': DOUBLE_QUOTE,
  "'": SINGLE_QUOTE,
  '`': BACKTICK,
  '(': CALL,
  ':': COLON,
  '&': AMPERSAND,
  '{': BRACE,
  '[': SQUARE,
  '+': PLUS,
})) {
  PRESENCE[char.charCodeAt(0)] = bit;
}

/** Characters of which each value that runs has one: quotes and braces alone change nothing. */
export const XSS_MARKS: readonly string[] = ['<', '=', '(', '`', ':', '&', '[', '+'];

/** The end of an element that hides its text, as references in that text: a page that moves its content around decodes them. */
const ESCAPED_END =
  /<(?:noscript|style|title|textarea|xmp|iframe|noembed|noframes)\b[^]{0,64}&(?:lt|#0{0,5}60|#x0{0,5}3c);?\//i;

/** Whether a value runs script in some context of a page. Total and linear; latin1, undecoded references included. */
export function detectXss(text: string): boolean {
  if (runs(text)) return true;
  const plain = undisguised(text);
  return plain !== text && runs(plain);
}

function runs(text: string): boolean {
  const marks = presence(text);
  if (marks === 0) return false;
  if ((marks & LESS_THAN) !== 0 && (markupRuns(text, 0) || isStylesheetInstruction(text))) return true;
  if (runsInPlace(text, marks)) return true;
  if ((marks & AMPERSAND) === 0) return false;
  // Markup with references in its text is no markup there; a text without any may be one that was escaped, even twice.
  let escaped = text;
  for (let round = 0; round < REFERENCE_ROUNDS_MAX; round++) {
    const decoded = decodeReferences(escaped);
    if (decoded === escaped) return false;
    if (((marks & LESS_THAN) === 0 || ESCAPED_END.test(escaped)) && markupRuns(decoded, 0)) return true;
    if (runsInPlace(decoded, presence(decoded))) return true;
    escaped = decoded;
  }
  return false;
}

function presence(text: string): number {
  let marks = 0;
  for (let at = 0; at < text.length; at++) marks |= PRESENCE[text.charCodeAt(at)];
  return marks;
}

/** All contexts but markup. */
function runsInPlace(text: string, marks: number): boolean {
  if ((marks & EQUALS) !== 0 && continuesTag(text, marks)) return true;
  if ((marks & COLON) !== 0 && isScriptUrl(text, 0, text.length, 'value')) return true;
  if ((marks & (CALL | BACKTICK | EQUALS | SQUARE | PLUS)) !== 0 && runsAsScript(text, marks)) return true;
  return (
    (marks & (BRACE | SQUARE)) !== 0 && (marks & (CALL | EQUALS | BACKTICK)) !== 0 && clientTemplateRuns(text)
  );
}

/** Attributes behind a closed quote, or behind a space in an unquoted value. */
function continuesTag(text: string, marks: number): boolean {
  if (!hasActiveAttribute(text)) return false;
  if ((marks & DOUBLE_QUOTE) !== 0 && attributesRun(text, text.indexOf('"') + 1, 'quoted')) return true;
  if ((marks & SINGLE_QUOTE) !== 0 && attributesRun(text, text.indexOf("'") + 1, 'quoted')) return true;
  return (marks & (CALL | BACKTICK | EQUALS)) !== 0 && attributesRun(text, bareStart(text), 'bare');
}

/** Where attributes begin if the page's attribute has no quotes: at the first space, unless the value is an attribute itself. */
function bareStart(text: string): number {
  if (/^\s{0,8}on/i.test(text)) return 0;
  let at = 0;
  while (at < text.length && !isSpace(text.charCodeAt(at)) && text.charCodeAt(at) !== 0x2f) at++;
  return at;
}

function runsAsScript(text: string, marks: number): boolean {
  const effect = scriptEffect(text, 0, text.length, 0);
  if (effect === TELLING || (effect === CALLS && shortScriptActs(text))) return true;
  if ((marks & (PLUS | EQUALS)) !== 0 && joinsHiddenWord(text)) return true;
  if (endsComment(text)) return true;
  if ((marks & SINGLE_QUOTE) !== 0 && breaksString(text, "'")) return true;
  if ((marks & DOUBLE_QUOTE) !== 0 && breaksString(text, '"')) return true;
  if ((marks & BACKTICK) !== 0 && breaksString(text, '`')) return true;
  return (marks & BRACE) !== 0 && substitutes(text);
}

/** Behind the end of a comment that the text did not begin the value is code. */
function endsComment(text: string): boolean {
  const end = text.indexOf('*/');
  if (end < 0) return false;
  const begin = text.indexOf('/*');
  if (begin >= 0 && begin < end) return false;
  return scriptEffect(text, end + 2, text.length, 0) === TELLING;
}

/** Behind the first quote the value is code. Behind a backslash a quote may be none, or one when the page doubles it. */
function breaksString(text: string, quote: string): boolean {
  const code = quote.charCodeAt(0);
  const first = text.indexOf(quote);
  // Prose and markdown set names in backticks: only what tells of an attack counts there.
  // Settings put names between percent signs, `'%env(PORT)%'`: no number, whatever it is called.
  const least = quote === '`' || text.charCodeAt(first + 1) === 0x25 ? TELLING : CALLS;
  if (scriptEffect(text, first + 1, text.length, code) >= least) return true;
  if (text.charCodeAt(first - 1) !== 0x5c) return false;
  const second = text.indexOf(quote, first + 1);
  return second >= 0 && scriptEffect(text, second + 1, text.length, code) >= least;
}

/** A substitution in a template string. */
function substitutes(text: string): boolean {
  const from = text.indexOf('${');
  if (from < 0) return false;
  const end = text.indexOf('}', from);
  return scriptEffect(text, from + 2, end < 0 ? text.length : end, 0) === TELLING;
}
