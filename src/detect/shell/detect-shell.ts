/**
 * `detectShell`: would this value, pasted into a command line as an argument, run a command of its own?
 *
 * An injection has a break-out: data, a separator or a substitution, a command (Su and Wassermann, POPL 2006: the value
 * does not stay one leaf of the tree). Three kinds of text have commands in them without breaking out of anything: scripts,
 * which begin with a command; lines of logs and prose, where many words stand in front; and manuals and
 * configuration, which have many lines. So it is asked what stands in front of the first separator, and how sure it is
 * that what stands behind it is a command (command-reader.ts). docs/detection.md has the table.
 *
 * Every byte is read a bounded number of times: as a head, as a name, as an argument.
 */
import { SHELL_SEPARATORS_READ_MAX } from '../../core/limits.ts';
import { CLOSED, END, REDIRECTION, RELATIVE, REMOTE, ROOTED, VARIABLE, isBlank } from './argument.ts';
import { expressionStart, separatesAlternatives } from './alternatives.ts';
import { BUILDER, SHORT, TOOL, commandKind } from './command-table.ts';
import { BARE, CommandReader, LIKELY, NOTHING, SURE } from './command-reader.ts';
import type { Certainty } from './command-reader.ts';
import { opensScript } from './script-opening.ts';

/** One of these is in every value that breaks out. */
export const SHELL_MARKS: readonly string[] = [';', '|', '&', '\n', '\r', '\x1a', '`', '$(', '<(', '\\n'];

/** Words of an argument: a host, a file name, a name of two or three words. */
const DATA_WORDS_MAX = 3;
const DATA_BYTES_MAX = 128;
/** Lines of a value that is one argument; more are a text. */
const LINES_MAX = 3;

/** Behind a bare command: nothing, or what closes what the value was pasted into. */
const CLOSES = /^(?:[\s;|&)}'"`]|\\[nrt])*(?:$|#)/;
const REST_BYTES = 8;

/** Cmdlets that take what is piped into them: PowerShell's `Set-Content` and the like. */
const RECEIVERS = /^(?:set-content|add-content|out-file|out-string|remove-item)$/;
/** Programs that read what is piped into them, and nothing else but for a file. */
const FILTERS = /^(?:[ef]?grep|sort|uniq|tr|cut|wc|head|tail)$/;

const DATA = 0;
const COMMAND = 1;
const TEXT = 2;

const SEPARATOR = /[;|&\n\r\x1a`]|\$\(|<\(|\\n/g;
/** The same without a state: most texts have none, and are told apart before anything is made. */
const HAS_SEPARATOR = new RegExp(SEPARATOR.source);

/** Whether a value breaks out of a command line. Total, linear; `text` is decoded and in lower case. */
export function detectShell(text: string): boolean {
  return HAS_SEPARATOR.test(text) && !isTornReference(text) && new Scan(text).breaksOut();
}

/** Names of arguments of addresses that were copied out of pages as they stand there: `?a=1&amp;id=2`. */
function isTornReference(text: string): boolean {
  return /^amp;[\w.[\]-]{1,64}$/.test(text) && commandKind(text.slice('amp;'.length)) !== TOOL;
}

class Scan {
  readonly #text: string;
  readonly #reader = new CommandReader();
  #isOneLine = true;
  /** Where a regular expression shows, -1 where none does; looked for when it matters. */
  #expressionAt: number | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  breaksOut(): boolean {
    const text = this.#text;
    SEPARATOR.lastIndex = 0;
    let mark = SEPARATOR.exec(text);
    if (mark === null) return false;
    if (isJsonDocument(text)) return false;
    const isArgument = hasFewLines(text);
    const end = isArgument ? text.length : firstLineEnd(text);
    this.#isOneLine = firstLineEnd(text) === text.length;
    const kind = this.#headKind(mark.index);
    if (kind === COMMAND) return false;
    const head = this.#isAround(mark) ? TEXT : kind;
    for (let looked = 0; mark !== null && looked < SHELL_SEPARATORS_READ_MAX; looked++) {
      if (mark.index >= end) return false;
      if (this.#breaksAt(mark, head)) return true;
      mark = SEPARATOR.exec(text);
    }
    return false;
  }

  /** What stands in front of the first separator. Padding makes a word longer, not more of them. */
  #headKind(end: number): typeof DATA | typeof COMMAND | typeof TEXT {
    const head = this.#text.slice(0, end);
    const words = head.trim().split(/\s+/, DATA_WORDS_MAX + 1);
    if (words.length > 1 && this.#isCommandLine(head.slice(0, DATA_BYTES_MAX), words)) return COMMAND;
    if (opensScript(this.#text.slice(0, DATA_BYTES_MAX), this.#reader)) return COMMAND;
    if (!this.#isOneLine && /^\s*(?:\w+=|#)/.test(head)) return COMMAND;
    return words.length <= DATA_WORDS_MAX && !/:\s*$/.test(head.slice(-DATA_BYTES_MAX)) ? DATA : TEXT;
  }

  /** A backtick that opens code with more words beside it than an argument has. */
  #isAround(mark: RegExpExecArray): boolean {
    if (mark[0] !== '`') return false;
    const close = this.#text.indexOf('`', mark.index + 1);
    if (close < 0) return false;
    const beside = wordsOf(this.#text.slice(0, mark.index)) + wordsOf(this.#text.slice(close + 1));
    return (
      beside > DATA_WORDS_MAX && /[\w,.]\s+$/.test(this.#text.slice(Math.max(0, mark.index - 8), mark.index))
    );
  }

  /** A known command with anything behind it, or any name with a flag or a variable behind it. */
  #isCommandLine(head: string, words: readonly string[]): boolean {
    if (this.#reader.namesCommand(head, /^[$#>%]\s/.test(head) ? 1 : 0)) return true;
    return (
      /^[a-z@./][\w./@:-]*$/.test(words[0] ?? '') &&
      words.some((word) => /^(?:--?[a-z]|\d?[<>]$|"?\$(?!\{?ifs)[a-z_{])/.test(word))
    );
  }

  #breaksAt(mark: RegExpExecArray, head: typeof DATA | typeof TEXT): boolean {
    const after = mark.index + mark[0].length;
    const certainty = this.#reader.read(this.#text, after);
    // No text has the end of file of Windows in it.
    if (mark[0] === '\x1a') return this.#reader.kind !== undefined;
    if (certainty === NOTHING) return false;
    switch (mark[0]) {
      case '`':
        return head === DATA && this.#isSubstitution(mark.index);
      case '$(':
      case '<(':
        return (
          wordsOf(this.#text.slice(0, mark.index)) <= DATA_WORDS_MAX ||
          (this.#isOneLine && certainty === SURE)
        );
      case '\n':
      case '\r':
      case '\\n':
        if (this.#reader.kind === BUILDER && certainty < SURE) return false;
        if (this.#isFrame(after)) return false;
        if (
          mark[0] === '\\n' &&
          /\w$/.test(this.#text.slice(0, mark.index)) &&
          this.#reader.name.endsWith('.exe')
        )
          return false;
        return head === DATA && this.#isEnough(certainty, mark.index, after);
      default:
        if (mark[0] === '|' && this.#onlyFilters(mark.index, after)) return false;
        if (this.#separatesAlternatives(mark.index)) return false;
        if (certainty < SURE && (this.#joinsWords(mark.index, after) || this.#standsInSentence(mark.index)))
          return false;
        if (head === DATA) return this.#isEnough(certainty, mark.index, after);
        return (
          certainty === SURE &&
          this.#reader.kind !== BUILDER &&
          this.#isOneLine &&
          !this.#isQuotedCode(mark.index)
        );
    }
  }

  #separatesAlternatives(at: number): boolean {
    this.#expressionAt ??= expressionStart(this.#text);
    return separatesAlternatives(this.#text, at, this.#expressionAt);
  }

  /**
   * A bare name counts where the command ends the value: `a|id|`; a word of English behind one word at most: `x;date`. `salt & sort`
   * has a blank on either side of an ampersand: that is how people write `and`.
   */
  #isEnough(certainty: Certainty, at: number, after: number): boolean {
    const isAnd = this.#text.charCodeAt(at) === 0x26 && isBlank(this.#text.charCodeAt(after)) && at > 0;
    if (certainty >= LIKELY) return !(isAnd && this.#joinsNames(at));
    const rest = this.#text.slice(this.#reader.arguments.end, this.#reader.arguments.end + REST_BYTES);
    const head = this.#text.slice(0, Math.min(at, DATA_BYTES_MAX)).trim();
    return (
      certainty === BARE && !isAnd && (this.#reader.kind === SHORT || !/\s/.test(head)) && CLOSES.test(rest)
    );
  }

  /** `at https://cdn.example/app.js:1:2`: a line of a stack trace. */
  #isFrame(after: number): boolean {
    return (
      this.#reader.name === 'at' && /^\s+at\s+[\w<(/]/.test(this.#text.slice(after, after + DATA_BYTES_MAX))
    );
  }

  /** `vitest run | tee test.log`: words alone in front, and blanks around the separator, are a command line or prose. */
  #joinsWords(at: number, after: number): boolean {
    if (!isBlank(this.#text.charCodeAt(after))) return false;
    return /^\s*[a-z][\w-]*(?:\s+[a-z][\w-]*\$?)+\s+[|&]?$/.test(
      this.#text.slice(0, Math.min(at, DATA_BYTES_MAX)),
    );
  }

  /**
   * What is piped into a cmdlet that writes or prints it, or words into a filter that reads nothing else, is the output of a
   * command that stands in front: `helm version | grep -o x`. `grep -r` reads the folder it is run in.
   */
  #onlyFilters(at: number, after: number): boolean {
    const { name, hidden, arguments: behind } = this.#reader;
    if (hidden) return false;
    if (RECEIVERS.test(name)) return true;
    if (!FILTERS.test(name) || !this.#joinsWords(at, after)) return false;
    if ((behind.shapes & (ROOTED | RELATIVE | REMOTE | VARIABLE | REDIRECTION)) !== 0) return false;
    return !/^-[a-z]*r|^--(?:dereference-)?recursive/.test(behind.first);
  }

  /** Behind many words of a later line: a text whose first line was short. */
  #standsInSentence(at: number): boolean {
    if (this.#isOneLine) return false;
    const line = this.#text.lastIndexOf('\n', at) + 1;
    return line > 0 && wordsOf(this.#text.slice(line, at)) > DATA_WORDS_MAX;
  }

  /** Between backticks in a sentence: markdown puts command lines there. */
  #isQuotedCode(at: number): boolean {
    const open = this.#text.indexOf('`');
    if (open < 0 || open > at) return false;
    const close = this.#text.indexOf('`', open + 1);
    return close > at;
  }

  /** `bash & zsh` */
  #joinsNames(at: number): boolean {
    const { arguments: behind, hidden, kind } = this.#reader;
    if ((behind.shapes & (END | CLOSED)) === 0 || hidden || !isBlank(this.#text.charCodeAt(at - 1)))
      return false;
    return kind !== TOOL || this.#reader.namesCommand(this.#text, 0);
  }

  /** Backticks around a command and at most two words beside them: markdown puts code between words. */
  #isSubstitution(at: number): boolean {
    const text = this.#text;
    if (text.charCodeAt(at - 1) === 0x60) return false;
    // ``x;`id` ``: no word stands in front that Markdown would quote code for.
    if (/(?:[\w'"][;|&]{1,2}\s?|[;&])$/.test(text.slice(Math.max(0, at - 4), at))) return true;
    // A list of commands to type.
    if (/^\s*(?:[-*+]|\d{1,2}\.)\s$/.test(text.slice(0, at))) return false;
    const before = wordsOf(text.slice(0, at));
    const close = text.indexOf('`', at + 1);
    if (close < 0) return before < DATA_WORDS_MAX && this.#isOneLine && this.#reader.kind === TOOL;
    const tail = text.slice(close + 1, close + 1 + DATA_BYTES_MAX).trim();
    // A name between two words: `the `cat` utility`.
    const isNamed = (this.#reader.arguments.shapes & (END | CLOSED)) !== 0 && this.#reader.kind !== TOOL;
    if (
      isNamed &&
      /[a-z]{3}\s$/.test(text.slice(0, at)) &&
      /^\s[a-z]{3}/.test(text.slice(close + 1, close + 8))
    )
      return false;
    return before + wordsOf(tail) < DATA_WORDS_MAX;
  }
}

/** Text that is JSON as a whole: its strings are values of their own (`args.nested`) and are asked one by one. */
function isJsonDocument(text: string): boolean {
  if (!/^\s*(?:\{\s*"|\[)/.test(text)) return false;
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

/** Words of a text, counted no further than matters. */
function wordsOf(text: string): number {
  const trimmed = text.slice(0, DATA_BYTES_MAX + 1).trim();
  return trimmed === '' ? 0 : trimmed.split(/\s+/).length;
}

/** Scripts, logs and pages have more lines than a value that is one argument. */
function hasFewLines(text: string): boolean {
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    const next = text.charCodeAt(at + 1);
    if (next !== 0x0a && next !== 0x0d && at + 1 < text.length && ++lines > LINES_MAX) return false;
  }
  return true;
}

function firstLineEnd(text: string): number {
  const start = text.search(/\S/);
  const line = text.indexOf('\n', Math.max(start, 0));
  return line < 0 ? text.length : line;
}
