/**
 * Reads text as a browser's HTML tokenizer would (WHATWG HTML §13.2.5) and asks of each start tag what it brings in.
 *
 * Followed exactly: data (§13.2.5.1), tag open (.6), end tag open (.7), tag name (.8), the attribute states (.32 to .39),
 * bogus comment (.41), markup declaration open (.42), comment (.43 to .52). Left out on purpose: the states in which text
 * is hidden from the parser by the element it stands in (RCDATA, RAWTEXT, script data, PLAINTEXT, CDATA). Which state a
 * browser is in depends on the page around the value, and attacks live on the difference ("mXSS": Heiderich et al., CCS
 * 2013). So nothing hides: such text is read as data, and what an attribute value or a comment holds is read again as
 * data of its own, MARKUP_REREADS_MAX deep. A tag that the text does not end is one all the same: the page ends it.
 *
 * Each depth reads disjoint parts of the text, so the time is linear: at most MARKUP_REREADS_MAX + 1 passes.
 */
import {
  MARKUP_REREADS_MAX,
  MARKUP_PROSE_BYTES_MAX,
  MARKUP_SHORT_BYTES_MAX,
  SCRIPT_REREAD_FACTOR,
} from '../../core/limits.ts';
import { NO_EFFECT } from '../script/effect.ts';
import { scriptEffect, scriptReadTo } from '../script/script-effect.ts';
import { scriptHarms } from '../script/reach.ts';
import { decodeReferences } from './character-references.ts';
import { isLetter, isSpace, skipSpace, startsWithAt } from './character.ts';
import { EVENT_HANDLERS } from './events-table.ts';
import { styleRuns } from './style.ts';
import { Tag, canRun } from './tag.ts';
import type { Standing } from './tag.ts';

const GREATER_THAN = 0x3e;
const SLASH = 0x2f;
const EQUALS = 0x3d;

/** First letters of attribute names that can mean something: the rest is not even cut out of the text. */
const NAME_STARTS = initials('abcdefhilmnoprstuvwx@:([#');

function initials(letters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const letter of letters) {
    table[letter.charCodeAt(0)] = 1;
    table[letter.toUpperCase().charCodeAt(0)] = 1;
  }
  return table;
}

/**
 * Handlers within an unquoted value. No browser of today sees one there; former ones took backticks for quotes and some
 * controls for spaces, so probes try them, and many take a slash for one as well: `src=x/onerror=f()`.
 */
const WITHIN_UNQUOTED = /(?:^`[^`]*`\/?|[\0-\x1f\x7f]|^)on[a-z]{4,30}=/i;
const BEHIND_SLASH = /["'\/](on[a-z]{3,30})=/i;
const CONTROLS = /[\0-\x1f\x7f]/g;

/** At the very beginning: a comment before it would hide it from the engine. `import(` and `import.meta` are no modules' own. */
const STATIC_IMPORT = /^\s*import(?:\s*[{*'"]|\s+[\w$]+\s*(?:,|from))/;
const STATIC_IMPORT_BYTES = 96;

/** No attribute that runs has a longer name; those of frameworks with modifiers come near. */
const ATTRIBUTE_NAME_CHARS_MAX = 64;

/** A heading or five words, perhaps behind marks of lists and headings, without any sign that markup or script begins with. */
const PROSE_FIRST =
  /^\s{0,4}(?:#{1,6} [^\n<>]{1,80}\n|(?:(?:[-*>]|\d{1,3}\.) ){0,4}(?:["*_\x60[]{0,3}[a-z][\w'./-]{0,31}["*_\x60\],:;.?!]{0,4}\s){4}["*_\x60[]{0,3}[a-z])/i;

/** One tag in each depth of reading. */
const TAGS: readonly Tag[] = Array.from({ length: MARKUP_REREADS_MAX + 1 }, () => new Tag());

/** Where the attributes of a tag ended, or that one of them runs. */
let attributesEnd = 0;

/** Whether a text may be about markup: a long one, or one that begins as people write. What is shorter and holds a script is one. */
export function looksLikePost(text: string): boolean {
  if (text.length > MARKUP_SHORT_BYTES_MAX) return true;
  return text.length > MARKUP_PROSE_BYTES_MAX && PROSE_FIRST.test(text);
}

/** Whether the text, in the data state from `from` on, brings in something that runs. */
export function markupRuns(text: string, from: number, isPost = looksLikePost(text), depth = 0): boolean {
  let at = text.indexOf('<', from);
  let styledTo = 0;
  let scriptedTo = 0;
  let rereadBytes = text.length * SCRIPT_REREAD_FACTOR;
  while (at >= 0 && at + 1 < text.length) {
    const next = text.charCodeAt(at + 1);
    let end = at + 1;
    if (isLetter(next)) {
      const name = tagNameAt(text, at + 1);
      if (startTagRuns(text, at + 1, name, isPost, depth)) return true;
      end = attributesEnd;
      if (TAGS[depth].holdsScript) {
        const close = scriptEnd(text, end, scriptedTo);
        if (TAGS[depth].holdsModule || !importsFirst(text, end)) {
          if (
            isPost
              ? scriptHarms(text, end, close, close > scriptedTo && close < text.length)
              : !isMention(text, at, end, close)
          )
            return true;
          if (isPost) rereadBytes -= scriptReadTo() - end;
          if (rereadBytes < 0) return true;
        }
        scriptedTo = close;
      }
      // A sheet is read once, whatever style tags it holds.
      if (name === 'style' && end >= styledTo) {
        styledTo = elementEnd(text, end);
        if (styleRuns(text.slice(end, styledTo))) return true;
      }
    } else if (next === SLASH) {
      // Of a script that the text did not begin, the value may be a part.
      if (!isPost && scriptedTo === 0 && endsScript(text, at + 2) && !beginsScript(text, from)) return true;
      end = at + 2;
    } else if (next === 0x21 || next === 0x3f) {
      end = declarationEnd(text, at + 1);
      if (hiddenRuns(text.slice(at + 2, end), isPost, depth)) return true;
    }
    at = text.indexOf('<', end);
  }
  return false;
}

/**
 * Whether some attribute in the text could run something if the text continued a tag: a look at the names before equals
 * signs that spares ordinary texts the attribute states.
 */
export function hasActiveAttribute(text: string): boolean {
  for (let equals = text.indexOf('='); equals >= 0; equals = text.indexOf('=', equals + 1)) {
    let end = equals;
    while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
    let from = end;
    while (from > 0 && end - from < ATTRIBUTE_NAME_CHARS_MAX && !precedesName(text.charCodeAt(from - 1)))
      from--;
    if (end - from >= ATTRIBUTE_NAME_CHARS_MAX) return true;
    if (from < end && NAME_STARTS[text.charCodeAt(from)] === 1 && canRun(text.slice(from, end).toLowerCase()))
      return true;
  }
  return false;
}

/** Names are read backwards here, so quotes end them: only a name of the page's own making would contain one. */
function precedesName(code: number): boolean {
  return code === 0x22 || code === 0x27 || endsName(code);
}

/** Whether attributes from `from` on, in a tag that the page has begun, run something, or what follows the tag does. */
export function attributesRun(text: string, from: number, standing: Standing): boolean {
  const isPost = looksLikePost(text);
  TAGS[0].open('', standing, isPost);
  if (attributes(text, from, TAGS[0], isPost, 0)) return true;
  return (
    text.charCodeAt(attributesEnd - 1) === GREATER_THAN &&
    standing !== 'bare' &&
    markupRuns(text, attributesEnd)
  );
}

function tagNameAt(text: string, from: number): string {
  let at = from;
  while (at < text.length && !endsTagName(text.charCodeAt(at))) at++;
  return text.slice(from, at).toLowerCase();
}

function startTagRuns(text: string, from: number, name: string, isPost: boolean, depth: number): boolean {
  const tag = TAGS[depth];
  return (
    tag.open(name, 'tag', isPost) || attributes(text, from + name.length, tag, isPost, depth) || tag.close()
  );
}

/** Whether the script at `from` begins with the imports of a module, which break the syntax of what is none. */
function importsFirst(text: string, from: number): boolean {
  return STATIC_IMPORT.test(text.slice(from, from + STATIC_IMPORT_BYTES));
}

/**
 * Whether the script element at `at`, its content between `from` and `end`, stands in backticks, as people who write about
 * it put it: the mark behind it is left open, or what stands behind the next mark breaks the syntax.
 */
function isMention(text: string, at: number, from: number, end: number): boolean {
  if (text.charCodeAt(at - 1) !== 0x60 || text.charCodeAt(from) !== 0x60) return false;
  if (end < text.length && scriptEffect(text, from, end, 0) !== NO_EFFECT) return false;
  return !scriptHarms(text, from, end, end < text.length);
}

/** Where the script that begins at `from` ends; `known` when that is the end of one that began before. */
function scriptEnd(text: string, from: number, known: number): number {
  if (from < known) return known;
  for (let at = text.indexOf('</', from); at >= 0; at = text.indexOf('</', at + 2)) {
    if (endsScript(text, at + 2)) return at;
  }
  return text.length;
}

function endsTagName(code: number): boolean {
  return isSpace(code) || code === SLASH || code === GREATER_THAN;
}

/** Whether a script begins before `end`: one that the reading from the beginning of the text has judged. */
function beginsScript(text: string, end: number): boolean {
  return end > 0 && text.slice(0, end).toLowerCase().includes('<script');
}

/** `</script` closes the script that the value may stand in (§13.2.5.17). */
function endsScript(text: string, from: number): boolean {
  if (!startsWithAt(text, 'script', from, text.length)) return false;
  return from + 6 >= text.length || endsTagName(text.charCodeAt(from + 6));
}

function elementEnd(text: string, from: number): number {
  const end = text.indexOf('</', from);
  return end < 0 ? text.length : end;
}

/** The attribute states up to the end of the tag, which is left in `attributesEnd`. True when one of them runs. */
function attributes(text: string, from: number, tag: Tag, isPost: boolean, depth: number): boolean {
  const end = text.length;
  let at = from;
  for (let index = 0; ; index++) {
    while (at < end && (isSpace(text.charCodeAt(at)) || text.charCodeAt(at) === SLASH)) at++;
    if (at >= end || text.charCodeAt(at) === GREATER_THAN) break;
    let nameStart = at++;
    for (; at < end && !endsName(text.charCodeAt(at)); at++) {
      // A quote within a name is part of it; probes hope that it ends a value: `<x open"a"onclick=f()>`.
      if (tag.standing === 'tag' && isQuote(text.charCodeAt(at))) nameStart = at + 1;
    }
    const nameEnd = at;
    at = skipSpace(text, at, end);
    if (text.charCodeAt(at) !== EQUALS || at >= end) continue;
    const valueStart = skipSpace(text, at + 1, end);
    const quote = text.charCodeAt(valueStart);
    const quoted = quote === 0x22 || quote === 0x27;
    const valueEnd = quoted ? closing(text, valueStart + 1, quote) : unquotedEnd(text, valueStart);
    at = quoted ? valueEnd + 1 : valueEnd;
    attributesEnd = at;
    const value = quoted ? valueStart + 1 : valueStart;
    if (NAME_STARTS[text.charCodeAt(nameStart)] === 1) {
      const name = text.slice(nameStart, nameEnd).toLowerCase().replace(CONTROLS, '');
      if (tag.attribute(name, text.slice(value, valueEnd), index)) return true;
    }
    if (!quoted && depth === 0 && tag.standing === 'tag' && holdsHandler(text.slice(value, valueEnd), isPost))
      return true;
    if (valueEnd > value && hiddenRuns(text.slice(value, valueEnd), isPost, depth)) return true;
  }
  attributesEnd = Math.min(at + 1, end);
  return false;
}

/** Whether an unquoted value holds what may be taken for a handler. In a post, a slash is one of a path. */
function holdsHandler(value: string, isPost: boolean): boolean {
  if (WITHIN_UNQUOTED.test(value)) return true;
  const name = isPost ? undefined : BEHIND_SLASH.exec(value)?.[1];
  return name !== undefined && EVENT_HANDLERS.has(name.toLowerCase());
}

function isQuote(code: number): boolean {
  return code === 0x22 || code === 0x27;
}

function endsName(code: number): boolean {
  return isSpace(code) || code === SLASH || code === GREATER_THAN || code === EQUALS;
}

function closing(text: string, from: number, quote: number): number {
  const end = text.indexOf(quote === 0x22 ? '"' : "'", from);
  return end < 0 ? text.length : end;
}

function unquotedEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isSpace(text.charCodeAt(at)) && text.charCodeAt(at) !== GREATER_THAN) at++;
  return at;
}

/** Text that this reading hides and another one may not. References in it are decoded, as a page that moves it would. */
function hiddenRuns(hidden: string, isPost: boolean, depth: number): boolean {
  if (depth >= MARKUP_REREADS_MAX || !(hidden.includes('<') || hidden.includes('&'))) return false;
  const decoded = decodeReferences(hidden);
  return decoded.includes('<') && markupRuns(decoded, 0, isPost, depth + 1);
}

/** End of what begins with `<!` or `<?`: comment, doctype, bogus comment. */
function declarationEnd(text: string, from: number): number {
  if (!text.startsWith('!--', from)) {
    const end = text.indexOf('>', from);
    return end < 0 ? text.length : end + 1;
  }
  const body = from + 3;
  if (text.charCodeAt(body) === GREATER_THAN) return body + 1;
  if (text.startsWith('->', body)) return body + 2;
  for (let at = text.indexOf('--', body); at >= 0; at = text.indexOf('--', at + 1)) {
    if (text.charCodeAt(at + 2) === GREATER_THAN) return at + 3;
    if (text.startsWith('!>', at + 2)) return at + 4;
  }
  return text.length;
}

/** Whether a processing instruction gives the page a style sheet of script (xml-stylesheet §4). */
export function isStylesheetInstruction(text: string): boolean {
  const at = text.indexOf('<?xml-stylesheet');
  return at >= 0 && /href\s{0,8}=\s{0,8}["'](?:javascript|data|https?):/i.test(text.slice(at, at + 256));
}
