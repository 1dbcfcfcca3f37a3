/**
 * Reads a command where one could begin, and says how sure it is that it is one.
 *
 * The name is read as a shell reads it: quotes, backslashes and carets in it fall away, `$@` and `${x}` are empty, `${IFS}`
 * is a blank, a path in front is looked through, a pattern may stand for it (`/bin/c?t`). POSIX.1-2017, Shell Command
 * Language, sections 2.2 to 2.9; cmd.exe's caret after Microsoft's reference.
 */
import { SHELL_NAME_BYTES_MAX, SHELL_TEST_BYTES_MAX, SHELL_WRAPPERS_MAX } from '../../core/limits.ts';
import {
  Arguments,
  CLOSED,
  END,
  FILE,
  FLAG,
  GLOB,
  NUMBER,
  QUOTED,
  REDIRECTION,
  RELATIVE,
  REMOTE,
  ROOTED,
  SWITCH,
  VARIABLE,
  WORD,
  endsCommand,
  isBlank,
  isWrittenLineEnd,
} from './argument.ts';
import {
  ENGLISH,
  SHORT,
  TOOL,
  WINDOWS,
  WRAPPER,
  commandKind,
  isCompleteAlone,
  isSubcommand,
} from './command-table.ts';
import type { CommandKind } from './command-table.ts';

/** No command. */
export const NOTHING = 0;
/** A command by its name alone, with nothing behind it. */
export const BARE = 1;
/** A command with arguments that make sense. */
export const LIKELY = 2;
/** A command that no sentence has. */
export const SURE = 3;

export type Certainty = typeof NOTHING | typeof BARE | typeof LIKELY | typeof SURE;

const TELLING_ARGUMENTS =
  FLAG | ROOTED | RELATIVE | REMOTE | VARIABLE | QUOTED | FILE | GLOB | REDIRECTION | NUMBER;
const OUTSIDE = ROOTED | REMOTE | VARIABLE | GLOB | REDIRECTION;

/** `I'd`, `who's`: an apostrophe that no shell would see closed. */
const CONTRACTION = /^[a-z]{1,8}'[a-z]{1,2}$/;

const KEYWORDS = /[ \t]{0,8}(?:(?:if|then|else|elif|do|while|until)[ \t]{1,8}){0,3}/y;
const DURATION = /[ \t\v\f]*(?:\d{1,6}[smh]?[ \t])?/y;
const COMPARISON = /^\[{1,2}\s[^\]\n]{0,128}?(?:-(?:eq|ne|lt|gt|le|ge)|\s!?={1,2})\s[^\]\n]{1,128}\]/;

const INTERPRETER = /^(?:python|perl|ruby|php|node|lua)[0-9.]*$/;

/** One command. Reused by whoever reads a text, so that reading allocates little. */
export class CommandReader {
  /** Its name in lower case, without what hides it. */
  name = '';
  kind: CommandKind | undefined;
  /** The name has quotes, backslashes or patterns in it that only hide it. */
  hidden = false;
  /** A command that runs others stands in front: `sudo x`. */
  wrapped = false;
  /** The folders in front of the name, with a slash behind. */
  path = '';
  /** Behind the name, where arguments begin. */
  end = 0;
  readonly arguments = new Arguments();

  /** Reads the command at `from`. `text` is in lower case. */
  read(text: string, from: number): Certainty {
    let at = behindKeywords(text, from);
    if (this.#readsTest(text, at)) return SURE;
    for (let wrappers = 0; wrappers <= SHELL_WRAPPERS_MAX; wrappers++) {
      at = this.#readName(text, at);
      this.wrapped = wrappers > 0;
      if (this.kind !== WRAPPER) break;
      this.arguments.read(text, at);
      if ((this.arguments.shapes & (END | CLOSED)) !== 0) return NOTHING;
      if ((this.arguments.shapes & (VARIABLE | ROOTED | QUOTED | REDIRECTION)) !== 0) return SURE;
      if (this.#firstTells(FLAG)) return LIKELY;
      if (this.name === 'timeout' && (this.arguments.shapes & NUMBER) !== 0) return LIKELY;
      at = behindDuration(text, at);
    }
    if (this.kind === undefined || this.kind === WRAPPER) return this.#nameless(text);
    this.arguments.read(text, at);
    return this.#judge();
  }

  /** `[ 6 -eq $x ]`, the command that compares: nothing else has its operators between such brackets. */
  #readsTest(text: string, at: number): boolean {
    if (text.charCodeAt(at) !== 0x5b) return false;
    const test = COMPARISON.exec(text.slice(at, at + SHELL_TEST_BYTES_MAX));
    if (test === null) return false;
    this.name = '[';
    this.kind = TOOL;
    this.hidden = this.wrapped = false;
    this.path = '';
    this.end = at + 1;
    this.arguments.read(text, this.end);
    return true;
  }

  /** Whether the text at `from` begins with the name of any command. */
  namesCommand(text: string, from: number): boolean {
    this.#readName(text, from);
    return this.kind !== undefined;
  }

  /** The name behind blanks, brackets and assignments; the position after it. */
  #readName(text: string, from: number): number {
    let at = from;
    while (isBlank(text.charCodeAt(at)) || '({!@'.includes(text.charAt(at) || ' ')) {
      if (at >= text.length) break;
      at++;
    }
    at = behindUnsetWords(text, at);
    const start = at;
    this.hidden = false;
    const limit = Math.min(text.length, at + SHELL_NAME_BYTES_MAX);
    let name = '';
    while (at < limit) {
      const code = text.charCodeAt(at);
      if (isBlank(code) || endsCommand(code) || code === 0x3c || code === 0x3e || code === 0x23) break;
      if (code === 0x22 || code === 0x27 || code === 0x5e) {
        this.hidden ||= name !== '' && isWordAt(text, at + 1);
        at++;
      } else if (code === 0x5c) {
        if (isWrittenLineEnd(text, at)) break;
        this.hidden ||= name !== '';
        at++;
      } else if (code === 0x24) {
        if (text.startsWith('ifs', at + (text.charCodeAt(at + 1) === 0x7b ? 2 : 1))) break;
        const skipped = name === '' ? expansionEnd(text, at) : emptyEnd(text, at);
        if (skipped === at) break;
        this.hidden = true;
        at = skipped;
      } else {
        name += text.charAt(at);
        at++;
      }
    }
    const slash = name.lastIndexOf('/');
    this.path = slash < 0 ? '' : name.slice(0, slash + 1);
    this.name = name.slice(slash + 1);
    this.kind =
      /^[a-z]/.test(this.name) && !CONTRACTION.test(text.slice(start, at)) && /^[\w./?*-]*$/.test(this.path)
        ? commandKind(this.name)
        : undefined;
    this.end = at;
    // `ls$IFS/`: the expansion parts name and arguments.
    if (text.charCodeAt(at) === 0x24 && this.kind !== undefined) this.hidden = true;
    return at;
  }

  /** A path with patterns in it (`/???/c?t`), or to a folder of programs, is a command whatever its name. */
  #nameless(text: string): Certainty {
    if (/^\$\w+(?:\$\w+)*[ \t]+\/\w/.test(text.slice(this.end, this.end + SHELL_NAME_BYTES_MAX)))
      return LIKELY;
    if (!this.path.startsWith('/')) return NOTHING;
    // What begins with `/*` is a comment.
    if (this.path === '/' && this.name.startsWith('*')) return NOTHING;
    if (/[?*]/.test(this.path + this.name) && /[a-z]/.test(this.path + this.name)) return SURE;
    if (!/\/s?bin\/$/.test(this.path) || this.name === '') return NOTHING;
    this.arguments.read(text, this.end);
    return (this.arguments.shapes & WORD) === 0 ? LIKELY : NOTHING;
  }

  #judge(): Certainty {
    const { shapes } = this.arguments;
    if (this.hidden) return SURE;
    if (/\/s?bin\/$/.test(this.path)) return SURE;
    if ((shapes & (END | CLOSED)) !== 0) return this.#bare(shapes);
    if (isSubcommand(this.name, this.arguments.first)) return this.#subcommand(shapes);
    switch (this.kind) {
      case TOOL:
        if ((shapes & (FLAG | ROOTED | REMOTE | VARIABLE | REDIRECTION)) !== 0) return SURE;
        return (shapes & TELLING_ARGUMENTS) !== 0 || this.arguments.count === 1 ? LIKELY : NOTHING;
      case SHORT:
      case ENGLISH:
        if ((shapes & (ROOTED | REDIRECTION)) !== 0 && (shapes & WORD) === 0) return SURE;
        return this.#firstTells(TELLING_ARGUMENTS) ? LIKELY : NOTHING;
      case WINDOWS:
        if ((shapes & SWITCH) !== 0 && this.#firstTells(SWITCH | ROOTED)) return SURE;
        return this.#firstTells(ROOTED | VARIABLE | QUOTED | GLOB) ? LIKELY : NOTHING;
      default:
        // `echo x > /tmp/y`
        if ((shapes & REDIRECTION) !== 0 && (shapes & ROOTED) !== 0 && this.arguments.wordsInRow < 2)
          return SURE;
        if (INTERPRETER.test(this.name) && /^-(?:c|e|r|ne|pe)$/.test(this.arguments.first)) return SURE;
        return (shapes & OUTSIDE) !== 0 ? LIKELY : NOTHING;
    }
  }

  /** Words in front of a flag are a sentence with a dash in it. */
  #firstTells(wanted: number): boolean {
    return (this.arguments.firstShape & wanted) !== 0;
  }

  #bare(shapes: number): Certainty {
    if (this.kind === TOOL) return LIKELY;
    if (this.kind === SHORT) return (shapes & END) !== 0 ? LIKELY : BARE;
    if (this.kind === ENGLISH) return isCompleteAlone(this.name) ? BARE : NOTHING;
    return INTERPRETER.test(this.name) ? BARE : NOTHING;
  }

  /** `net user x y /add`, but no `net user numbers`. */
  #subcommand(shapes: number): Certainty {
    if (this.kind === WINDOWS && (shapes & (SWITCH | ROOTED | QUOTED | REMOTE)) !== 0) return SURE;
    if (this.name !== 'net' && this.name !== 'query') return LIKELY;
    return this.arguments.count === 1 || (shapes & TELLING_ARGUMENTS) !== 0 ? LIKELY : NOTHING;
  }
}

/** Behind blanks and how long the next command may take: `timeout 5 id`. */
function behindDuration(text: string, from: number): number {
  DURATION.lastIndex = from;
  return DURATION.test(text) ? DURATION.lastIndex : from;
}

/** Behind blanks and words of the shell that a command follows: `if`, `then`. */
function behindKeywords(text: string, from: number): number {
  KEYWORDS.lastIndex = from;
  return KEYWORDS.test(text) ? KEYWORDS.lastIndex : from;
}

function isWordAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code >= 0x61 && code <= 0x7a) || code === 0x22 || code === 0x27 || (code >= 0x30 && code <= 0x39);
}

/** Behind variables that nobody set and the blanks after them, where a command follows: `$u cat /etc/x`, `$u/bin/cat`. */
function behindUnsetWords(text: string, from: number): number {
  let at = from;
  for (let words = 0; words < SHELL_WRAPPERS_MAX && text.charCodeAt(at) === 0x24; words++) {
    const end = variableEnd(text, at);
    if (end === at || text.startsWith('ifs', at + 1)) break;
    if (text.startsWith('/bin', end) || text.startsWith('/usr', end)) return end;
    if (!isBlank(text.charCodeAt(end))) break;
    at = end;
    while (isBlank(text.charCodeAt(at))) at++;
  }
  return at;
}

/** Behind `$u` and what else is empty within a word, if the word goes on as a path or ends there: `/bin$u/cat$u`. */
function emptyEnd(text: string, at: number): number {
  const end = variableEnd(text, at);
  const next = text.charCodeAt(end);
  const isWhole = end >= text.length || next === 0x2f || next === 0x24 || isBlank(next) || endsCommand(next);
  return end > at && isWhole ? end : expansionEnd(text, at);
}

/** Behind `$name`; `at` itself where none is. */
function variableEnd(text: string, at: number): number {
  const limit = Math.min(text.length, at + SHELL_NAME_BYTES_MAX);
  let end = at + 1;
  while (end < limit && /\w/.test(text.charAt(end))) end++;
  return end > at + 1 && /[a-z_]/.test(text.charAt(at + 1)) ? end : at;
}

/** Behind `$@`, `$*`, `$1`, `${x}`: what is empty inside a name. `at` itself for anything else. */
function expansionEnd(text: string, at: number): number {
  const next = text.charCodeAt(at + 1);
  if (next === 0x40 || next === 0x2a || (next >= 0x30 && next <= 0x39)) return at + 2;
  if (next !== 0x7b) return at;
  const close = text.indexOf('}', at);
  return close < 0 || close - at > SHELL_NAME_BYTES_MAX ? at : close + 1;
}
