/**
 * What the arguments of a command look like: the bits that tell a command line from words of a sentence.
 *
 * Only the first few arguments are looked at; a sentence has none of the shapes but in passing.
 */
import { SHELL_ARGUMENTS_READ_MAX } from '../../core/limits.ts';

/** Nothing behind the command but the end of the value. */
export const END = 1;
/** Nothing behind it but what ends a command: a separator, a closing bracket or quote, a remark. */
export const CLOSED = 2;
/** `-a`, `--all` */
export const FLAG = 4;
/** `/s`, `/q:x`: a switch of Windows, never longer than a few letters. */
export const SWITCH = 8;
/** `/etc/x`, `~/x`, `c:\x`, `\\host\x` */
export const ROOTED = 16;
/** `./x`, `../x` */
export const RELATIVE = 32;
/** `http://x`, `10.0.0.1`, `host:80` */
export const REMOTE = 64;
/** `$x`, `${x}`, `%x%`, a substitution. */
export const VARIABLE = 128;
/** `'a b'`, `"a"` */
export const QUOTED = 256;
/** `notes.txt` */
export const FILE = 512;
/** `*`, `*.pem` */
export const GLOB = 1024;
/** `> x`, `2>&1`, `<<< x` */
export const REDIRECTION = 2048;
/** A number, and nothing behind it. */
export const NUMBER = 4096;
/** Other words. */
export const WORD = 8192;

const SPACE = 0x20;
const HASH = 0x23;

/** Bytes that end a command: `;`, `|`, `&`, line ends, the end of file of Windows, backtick, `)`, `}`. */
export function endsCommand(code: number): boolean {
  return (
    code === 0x3b ||
    code === 0x7c ||
    code === 0x26 ||
    code === 0x0a ||
    code === 0x0d ||
    code === 0x1a ||
    code === 0x60 ||
    code === 0x29 ||
    code === 0x7d
  );
}

export function isBlank(code: number): boolean {
  return code === SPACE || code === 0x09 || code === 0x0b || code === 0x0c;
}

/** What was read of the arguments of one command. Reused: a value has many separators. */
export class Arguments {
  shapes = 0;
  /** The first one, as written. */
  first = '';
  /** Its shapes. */
  firstShape = 0;
  /** How many were read. */
  count = 0;
  /** How many words without any other shape stand side by side: a sentence has three at once. */
  wordsInRow = 0;
  /** Where reading stopped. */
  end = 0;

  /** Reads from `from` to the end of the command, of the text, or of what is looked at. */
  read(text: string, from: number): void {
    this.shapes = 0;
    this.first = '';
    this.firstShape = 0;
    this.count = 0;
    this.wordsInRow = 0;
    let row = 0;
    let at = from;
    while (this.count < SHELL_ARGUMENTS_READ_MAX) {
      while (isBlank(text.charCodeAt(at))) at++;
      if (at >= text.length || endsCommand(text.charCodeAt(at)) || isWrittenLineEnd(text, at)) break;
      const start = at;
      at = argumentEnd(text, at);
      const word = text.slice(start, at);
      if (word.charCodeAt(0) === HASH) break;
      const shape = opensSubstitution(text, at) ? VARIABLE : shapeOf(word);
      if (shape === 0) continue;
      if (this.count === 0) {
        this.first = word;
        this.firstShape = shape;
      }
      row = shape === WORD ? row + 1 : 0;
      if (row > this.wordsInRow) this.wordsInRow = row;
      this.shapes |= shape;
      this.count++;
    }
    this.end = at;
    if (this.count === 0) this.shapes = at >= text.length ? END : CLOSED;
    // A lone number or a redirection to nowhere is an argument only where the command ends with it.
    if (this.count > 1 || !stopsHere(text, at)) this.shapes &= ~NUMBER;
  }
}

/** `\\n` as two characters, and no letter behind it that would make it a path. */
export function isWrittenLineEnd(text: string, at: number): boolean {
  return text.charCodeAt(at) === 0x5c && /^\\[nrt](?![a-z])/.test(text.slice(at, at + 3));
}

/** ``echo x`id` ``: a word that goes on as a substitution. */
function opensSubstitution(text: string, at: number): boolean {
  return text.charCodeAt(at) === 0x60 && /^`[a-z]/.test(text.slice(at, at + 2));
}

function stopsHere(text: string, at: number): boolean {
  return at >= text.length || endsCommand(text.charCodeAt(at));
}

/** The end of an argument: a quoted one may hold blanks, but no line end. At least one byte is taken. */
function argumentEnd(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === 0x22 || first === 0x27) {
    const close = text.indexOf(text.charAt(from), from + 1);
    const line = text.indexOf('\n', from + 1);
    if (close > 0 && (line < 0 || close < line)) return close + 1;
    return from + 1;
  }
  // `>&1`, `2>&1`: the ampersand belongs to the redirection.
  const redirection = first === 0x3e || first === 0x3c || /^\d>/.test(text.slice(from, from + 2));
  let at = from + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (isBlank(code)) break;
    if (endsCommand(code) && !(code === 0x7d && text.lastIndexOf('{', at) >= from)) {
      if (!(redirection && code === 0x26)) break;
    }
    at++;
  }
  return at;
}

const ROOTED_WORD =
  /^(?:\/{1,4}[\w.?*[\]-]{1,64}(?:\/|$|[?*'"$])|\/$|\/\*|~(?:\/|$)|["']?[a-z]:(?:[\\/]|$)|\\\\\w)/;
const REMOTE_WORD =
  /^["']?(?:[a-z][a-z0-9+.-]{1,16}:\/\/|\d{1,3}(?:\.\d{1,3}){3}|[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}(?::\d|\/))/;
const FILE_WORD =
  /^["']?[\w./\\-]{0,128}\.(?:txt|php\d?|conf|config|cfg|cnf|ini|log|sh|py|pl|rb|ps1|exe|bat|xml|ya?ml|json|env|db|sql|html?|js|key|pem|passwd|bak|zip|tar|gz|tgz|csv|dat|out)$/;

/** `x>/tmp/y`, `x<`: no tag, which begins with its bracket. */
const GLUED_REDIRECTION = /^[\w.=-]{1,64}(?:>{1,2}[/\w.~$&]|<$)/;
/** `x$(id)` */
const GLUED_SUBSTITUTION = /^\w{1,64}\$\(/;

/** One bit, or two; none for a lone quote, which belongs to what the value was pasted into. */
function shapeOf(word: string): number {
  const first = word.charCodeAt(0);
  if (first === 0x2d) return /^--?[a-z0-9@]/.test(word) ? FLAG : WORD;
  if (first === 0x24 || first === 0x60) return /^\$[\w({@*!'"]/.test(word) ? VARIABLE : WORD;
  if (first === 0x25) return /^%\w{1,32}(?:%|:)/.test(word) ? VARIABLE : WORD;
  if (first === 0x3e && /^>{1,2}\/(?!dev\/)\w/.test(word)) return REDIRECTION | ROOTED;
  if (first === 0x3e || first === 0x3c || /^\d[<>]/.test(word)) return REDIRECTION;
  if (first === 0x2a) return word.length > 1 && /^\*[.*/]/.test(word) ? GLOB : word === '*' ? GLOB : WORD;
  if (/^\/[a-z0-9?]{1,8}(?::.*)?$/.test(word)) return ROOTED | SWITCH;
  if (REMOTE_WORD.test(word)) return REMOTE;
  if (ROOTED_WORD.test(word)) return ROOTED;
  if (/^\.{1,2}(?:\/|$)/.test(word)) return RELATIVE;
  if (first === 0x22 || first === 0x27) return word.length > 2 ? QUOTED : 0;
  if (/^\d{1,5}$/.test(word)) return NUMBER;
  if (FILE_WORD.test(word)) return FILE;
  if (GLUED_REDIRECTION.test(word)) return word.includes('>/') ? REDIRECTION | ROOTED : REDIRECTION;
  return GLUED_SUBSTITUTION.test(word) ? VARIABLE : WORD;
}
