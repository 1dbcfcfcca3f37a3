/**
 * `detectCommand`: is this whole value a command line, which a service that hands it to a shell would run?
 *
 * Nothing has to be broken out of where a value is run as it is, so there is no separator to look for. What tells a command
 * line from a search for `curl tutorial` are arguments that no sentence has (argument.ts): a flag, a path of the system, an
 * address, a variable, a redirection; and that words do not stand side by side. Which of them are enough depends on the name
 * (command-table.ts): `curl` is no word, `find` is one. Values of several lines are scripts or texts, and none of this.
 *
 * Every byte is read a bounded number of times: by the reader of commands, and by expressions over its arguments.
 */
import { SHELL_COMMANDS_READ_MAX, SHELL_COMMAND_BYTES_MAX } from '../../core/limits.ts';
import { CLOSED, END, GLOB, NUMBER, REDIRECTION, REMOTE, ROOTED, WORD } from './argument.ts';
import { CommandReader } from './command-reader.ts';
import { BUILDER, ENGLISH, SHORT, TOOL, WINDOWS, WRAPPER, commandKind } from './command-table.ts';
import {
  ALONE,
  DESKTOP,
  LISTERS,
  NETWORK,
  PLAIN,
  READERS,
  SHELLS,
  SWITCHED,
  isKnownArgument,
} from './command-words.ts';
import { isProgramName } from './program-names.ts';

/** One of these is in every value that is a command line: what parts its words, hides its name, or is a program by itself. */
export const COMMAND_MARKS: readonly string[] = [
  ...[
    ' ',
    '\t',
    '\v',
    '\f',
    '\\',
    '^',
    "'",
    '"',
    '$',
    '<',
    '>',
    '{',
    '?',
    '*',
    '.exe',
    'bin/',
    ';',
    '|',
    '&',
    '`',
    '(',
  ],
  ...ALONE,
];

/** What a value may begin with: separators, brackets, substitutions, the quote that it closes. */
const OPENING =
  /^(?:[\s;|&(!@`]|\{(?!\{)|\$[{(](?!shell)|[<>]\(|['"](?=[\s;|&`)$a-z/\\]|$)|\\[nr](?![a-z]))*/;
/** A single word that a separator stands right behind: `127.0.0.1;`, `x'|`. */
const DATA = /^[\w.:/-]{1,64}\)?\s?(?:;|\|{1,2}|&{1,2})(?=\S)/;
/** What closes a string and goes on: `x' && `, `x";`. */
const CLOSED_STRING = /^[^"'\n]{0,64}["']\)?\s?(?:;|\|{1,2}|&{1,2})\s?/;
/** A file that is read in or emptied; a program by a pattern or a variable. */
const NAMELESS =
  /^(?:(?:\.|>{1,2})\s?\/(?:tmp|etc|var|root|home|proc|dev|usr)\/\S|(?:\/[a-z?*[\]-]{1,12}){0,3}\/(?:\?{2,4}|[a-z]{0,4}[?*][a-z?*]{0,4}|[a-z]{0,4}\[[^\]\s/]{1,8}\][a-z]{0,4})\/[a-z?*[\]-]{1,16}(?:\s|$)|\$(?:\{?shell\}?|0)\s+-c\s|(?:\/[\w?*]{1,8}){1,3}\/(?:[a-z]{0,4}[?*]){1,3}[a-z?*]{0,4}\s{1,4}\/\S)/;
/** A loop or a condition in one line. */
const CONTROL = /^(?:while|until|for|if)\s[^\n;]{1,256};\s?(?:do|then)\s/;
const CONTROL_END = /[;&]\s?(?:done|fi)\b/;
/** What people post: a value that begins as a loop or a condition is a script. */
const SCRIPT = /^(?:(?:while|until|if)\s|for\s+\w+\s+in\b)/;
/** What may stand behind the last command of a value that began with a separator. */
const CLOSING = /^[\s;|&)}'"`]*(?:(?:fi|done)[\s;]*$|$|#|::|rem\b|--|\/\/)/;
/** Line ends in front of anything but what closes. */
const MORE_LINES = /\n(?![\s;|&)}'"`]*$)/;
/** Words of the shell in front of a command, and variables that are set for it. */
const PREFIX =
  /^(?:(?:if|then|else|elif|while|until|do|time|call|run|true|false|:)[\s;&|]{1,3}|[a-z_]\w{0,31}=(?:'[^']*'|"[^"]*"|[^\s;|&'"]*)\s)+/;
/** From an argument to behind what ends the command: quotes hold separators. */
const TO_SEPARATOR = /(?:'[^']*'|"[^"]*"|>&|&>|[^;|&\n])*[;|&\n]*/y;

const SYSTEM_PATH =
  /(?:^|[\s=:@,'"<>(!])(?:(?:file:\/\/)?\/(?:etc|s?bin|usr|var|root|home|tmp|proc|opt|dev|sys|boot|mnt|srv|run|lib|www)(?:[/\s'"*;)]|$)|~[\w.+-]{0,16}\/|[a-z]:[\\/]|\\\\[\w.$-]+\\|\.\.?\/\S)|%(?:systemroot|windir|te?mp|comspec|appdata|localappdata|programfiles|userprofile|username|path|os|systemdrive|computername)%/;
/** A program by its path on a drive or a share, or behind a variable of Windows, and something behind it. */
const WINDOWS_PROGRAM =
  /^["']?(?:(?:[a-z]:\\{1,2}|\\\\[\w.-]+\\|%\w{1,32}%\\)[^"'\n:*<>|]{1,192}\.(?:exe|cmd|bat|com|ps1|vbs)["']?\s+(?:[-/"']\w|https?:|\S*\.\w{2,4}(?:\s|$))|(?:%\w{1,32}%|c:)\\\S{0,64}(?:cmd|powershell)\.exe$)/;
const SHELL_PATH = /(?:^|[\s=:,'"|!(])\/(?:usr\/)?bin\/(?:ba|da|z|k|a|c)?sh\b/;
const HOST = /(?:^|[\s@])(?:[\w-]{1,63}\.){1,8}[a-z0-9-]{2,63}(?=$|[\s:/;|&>])/;
const READ_VARIABLE = /(?:^|[\s"'/=])(?:\$(?:[a-z_(@*!]|\{(?!\{)|'\\)|%[a-z]\w{1,31}%|`\w)/;
const TIGHT_REDIRECTION =
  /(?:^|[\s\w])[<>]{1,2}\s?(?:\/(?:etc|bin|usr|var|root|home|tmp|proc|opt|dev|sys|mnt|srv|run)\/|&\d|\(|&\/|[\w.-]{1,64}\.(?:txt|php\d?|html?|log|sh|jsp|aspx?|bat|out|py)\b)|\d>&?\d|<<<|<>|^<\w/;
const SHORT_FLAG = /^(?:-[a-z0-9]{1,2}|-[alhrtnpuefxgozv]{3,6}|--[a-z][\w-]*(?:=\S*)?)$/;
const LONG_FLAG =
  /(?:^|\s)-(?:name|iname|perm|exec|type|user|delete|size|maxdepth|newer|print|fprintf|quit|svc)\b/;
const ANY_SWITCH = /^\/[a-z?]{1,4}(?::\S*)?$/;

/** What programs of Windows are told to run. */
const EXECUTED = /[\w)]\.(?:exe|dll|bat|cmd|csx?|fsscript|wsc|xsl|inf|\w{2}proj|rsp|vbs|js|xml|ini)\b/;

const READ_FILE = /^[\w./\\-]*\.(?:php\d?|conf|config|ini|env|py|rb|jsp|aspx?|sh|pl|bak|log|txt|htaccess)$/;

/** The first word of a text, and what parts it from the next but for a separator. */
const FIRST_WORD = /^([\w.:/-]+)[ \t,(](?![;|&])/;
/** What a text must have whose first word is no command: the end of a string, a program of Windows, a path of a system. */
const HINT =
  /['"]\)?\s?[;|&]|\.(?:exe|com|cmd|bat|cpl|vbs|ps1|dll)|\/(?:etc|s?bin|usr|var|root|home|tmp|proc|opt|dev|sys|boot|mnt|srv|run|lib|www)|:[\\/]|\\\\|%\w|~[\w.+-]{0,16}\/|\.\//;
const SHELL_WORDS = new Set([
  'if',
  'then',
  'else',
  'elif',
  'until',
  'while',
  'do',
  'call',
  'true',
  'false',
  ':',
]);

/** Whether a whole value is a command line. Total, linear; `text` is decoded and in lower case. */
export function detectCommand(text: string): boolean {
  if (text.length > SHELL_COMMAND_BYTES_MAX || text.length < 3) return false;
  return !beginsAsText(text) && isCommandLine(text);
}

/** The same without the look that tells most texts apart before anything is read. */
export function isCommandLine(text: string): boolean {
  return new WholeValue(text.trimEnd()).isCommand();
}

/** Most texts and agents: the first word is the name of no command, and nothing in them would make a command of others. */
function beginsAsText(text: string): boolean {
  const word = FIRST_WORD.exec(text)?.[1];
  if (word === undefined) return false;
  const name = word.slice(word.lastIndexOf('/') + 1);
  if (commandKind(name) !== undefined || isProgramName(bareName(name)) || SHELL_WORDS.has(name)) return false;
  return !word.startsWith('/') && !HINT.test(text);
}

class WholeValue {
  readonly #text: string;
  readonly #reader = new CommandReader();
  /** A separator stands in front of the first command. */
  #isBehindSeparator = false;
  /** A bracket that only a shell knows stands there. */
  #isBracketed = false;

  constructor(text: string) {
    this.#text = text;
  }

  isCommand(): boolean {
    const text = this.#text;
    if (this.#isPlainBehindData(DATA.exec(text)?.[0].length ?? 0)) return true;
    if (this.#isBehindString(CLOSED_STRING.exec(text)?.[0].length ?? 0)) return true;
    const start = OPENING.exec(text)?.[0].length ?? 0;
    this.#isBehindSeparator = /[;|&\n]|\$\(/.test(text.slice(0, start));
    if (MORE_LINES.test(text.slice(start))) return false;
    if (start === 0 && SCRIPT.test(text)) return false;
    this.#isBracketed = /[{@!<>]/.test(text.slice(0, start));
    return this.#isTold(text.slice(start)) || this.#hasTellingCommand(start);
  }

  /** Forms that are known without the name of a command. */
  #isTold(line: string): boolean {
    if (NAMELESS.test(line) || WINDOWS_PROGRAM.test(line)) return true;
    return CONTROL.test(line) && CONTROL_END.test(line);
  }

  /** One of the commands of the line is told by its arguments, and those before it are commands too. */
  #hasTellingCommand(start: number): boolean {
    const text = this.#text;
    let at = start;
    for (let read = 0; at < text.length && read < SHELL_COMMANDS_READ_MAX; read++) {
      const piece = text.slice(at, at + SHELL_COMMAND_BYTES_MAX);
      at += PREFIX.exec(piece)?.[0].length ?? 0;
      this.#reader.read(text, at);
      if (this.#tells(at, read > 0)) return true;
      if (!this.#isKnown()) return false;
      TO_SEPARATOR.lastIndex = Math.max(at, this.#reader.end);
      TO_SEPARATOR.test(text);
      if (TO_SEPARATOR.lastIndex <= at) return false;
      at = TO_SEPARATOR.lastIndex;
    }
    return false;
  }

  #isKnown(): boolean {
    return this.#reader.kind !== undefined || isProgramName(bareName(this.#reader.name));
  }

  /** `127.0.0.1;rm x`: with no blank around the separator, a command that is no word of English and up to three words. */
  #isPlainBehindData(from: number): boolean {
    if (from === 0) return false;
    const reader = this.#reader;
    reader.read(this.#text, from);
    if (reader.kind !== BUILDER && reader.kind !== WINDOWS) return false;
    return reader.arguments.count > 0 && this.#endsShortly();
  }

  /** `x' && id && echo 'y`: a known command up to the next separator, or with few arguments to the end. */
  #isBehindString(from: number): boolean {
    if (from === 0) return false;
    const reader = this.#reader;
    reader.read(this.#text, from);
    const { count, end } = reader.arguments;
    return reader.kind !== undefined && count <= 3 && /^\s*(?:[;|&#]|$)/.test(this.#text.slice(end));
  }

  /** The command ends the value, and has no more than three arguments. */
  #endsShortly(): boolean {
    const { count, end } = this.#reader.arguments;
    return count <= 3 && CLOSING.test(this.#text.slice(end));
  }

  #tells(at: number, isLater: boolean): boolean {
    const reader = this.#reader;
    const { shapes, wordsInRow } = reader.arguments;
    if (reader.kind === undefined) return this.#unknownTells(at);
    if (reader.hidden) return true;
    const isAlone = (shapes & (END | CLOSED)) !== 0;
    if (isAlone) return this.#bareTells(isLater);
    if (this.#isRun(isLater) && this.#endsShortly()) return true;
    const rest = this.#text.slice(reader.end, reader.arguments.end).trim();
    if (isKnownArgument(bareName(reader.name), rest)) return true;
    if (wordsInRow > 2) return false;
    return this.#argumentsTell(rest);
  }

  /** Words in front of or around it, or commands before it, say that it is run. */
  #isRun(isLater: boolean): boolean {
    const { name, kind, arguments: behind } = this.#reader;
    const isPlain = PLAIN.has(name);
    if (isLater) return isPlain || kind === SHORT;
    if (this.#isBehindSeparator) return kind !== ENGLISH || (isPlain && behind.count === 1);
    return this.#isBracketed && isPlain;
  }

  /** A name with nothing behind it: a program of the desktop, what is piped into, what a separator or a wrapper is in front of. */
  #bareTells(isLater: boolean): boolean {
    const { name, kind, path } = this.#reader;
    if (DESKTOP.has(name) || ALONE.has(name) || /\/s?bin\/$/.test(path)) return true;
    if (this.#isBehindSeparator && !isLater) return kind !== ENGLISH && this.#endsShortly();
    if (this.#reader.wrapped) return (kind === SHORT || kind === TOOL) && this.#endsShortly();
    return isLater && (kind === TOOL || kind === SHORT);
  }

  #argumentsTell(rest: string): boolean {
    const { name, kind, arguments: behind, path } = this.#reader;
    const { shapes, first, wordsInRow } = behind;
    if (TIGHT_REDIRECTION.test(rest) && wordsInRow < 2) return true;
    if (SYSTEM_PATH.test(rest) && (wordsInRow < 2 || kind === TOOL))
      return kind !== ENGLISH || wordsInRow === 0;
    if ((/\/s?bin\/$/.test(path) && wordsInRow === 0) || SHELL_PATH.test(rest)) return true;
    const isFlag = first.startsWith('-');
    switch (kind) {
      case TOOL:
        if ((isFlag && !/awk$/.test(name)) || (shapes & (REMOTE | ROOTED | GLOB)) !== 0) return true;
        if (NETWORK.has(bareName(name)) && HOST.test(rest)) return wordsInRow < 2;
        if (
          READ_FILE.test(first) ||
          EXECUTED.test(first) ||
          (/awk$/.test(name) && /^['"][^'"]*(?:system|getline|begin|\/inet)/.test(first))
        )
          return wordsInRow < 2;
        return READ_VARIABLE.test(rest) && !SHELLS.has(name);
      case SHORT:
      case WRAPPER:
        if (SWITCHED.has(name) && ANY_SWITCH.test(first)) return true;
        if (SHORT_FLAG.test(first) || READ_VARIABLE.test(rest)) return wordsInRow < 2;
        if (NETWORK.has(name) && ((shapes & REMOTE) !== 0 || HOST.test(rest))) return true;
        return READERS.has(name)
          ? READ_FILE.test(first) || first === '*'
          : LISTERS.has(name) && /^[/*]$/.test(first);
      case ENGLISH:
        if (SHORT_FLAG.test(first)) return wordsInRow < 2 && behind.count > 1;
        if (name === 'sleep' && (shapes & NUMBER) !== 0 && behind.count === 1) return true;
        if (LONG_FLAG.test(rest) || (SWITCHED.has(name) && ANY_SWITCH.test(first))) return true;
        if (name === 'host' && HOST.test(rest)) return behind.count === 1;
        return READERS.has(name)
          ? READ_FILE.test(first) && wordsInRow === 0
          : first === '/' && LISTERS.has(name);
      case WINDOWS:
        if (ANY_SWITCH.test(first)) return wordsInRow < 2;
        return READERS.has(name) && READ_FILE.test(first);
      default:
        if (name === 'echo') return READ_VARIABLE.test(first);
        if (name === 'rm') return isFlag;
        return isFlag && (READ_VARIABLE.test(rest) || CODE_FLAG.test(first));
    }
  }

  /** A name of no table: a program of an operating system, or what has a flag and a path of the system behind it. */
  #unknownTells(at: number): boolean {
    const { name, path, end } = this.#reader;
    if (path.startsWith('/')) return false;
    if (!/^[a-z][\w.-]{1,31}$/.test(name)) return false;
    const { arguments: behind } = this.#reader;
    behind.read(this.#text, end);
    if (DESKTOP.has(name) && behind.count === 0) return true;
    const { shapes, first, wordsInRow, count } = behind;
    if (count === 0 || wordsInRow > 1) return false;
    const rest = this.#text.slice(end, behind.end);
    const isTold =
      /^(?:-{1,2}[a-z]|@\w|\/[a-z?]{1,12}(?::|$))/.test(first) || (shapes & (REMOTE | REDIRECTION)) !== 0;
    if (isProgramName(bareName(name)))
      return isTold || SYSTEM_PATH.test(rest) || (NETWORK.has(name) && HOST.test(rest));
    if (/\.(?:exe|com|cmd|bat|cpl|vbs|ps1|dll)$/.test(name))
      return isTold || SYSTEM_PATH.test(rest) || EXECUTED.test(rest);
    if (SHELL_PATH.test(rest)) return (shapes & WORD) === 0 || isTold;
    return /(?:^|\s)--?[a-z]/.test(rest) && SYSTEM_PATH.test(rest) && at === 0;
  }
}

const CODE_FLAG = /^-(?:c|e|r|ne|pe|m)$/;

function bareName(name: string): string {
  return name.endsWith('.exe') ? name.slice(0, -4) : name;
}
