/**
 * Source text to tokens, one at a time: longest match, linear, never throws.
 *
 * Mistakes are reported once, here, and leave a token behind that the parser accepts, so that one broken string does
 * not make ten errors. Comments are collected beside the tokens. Characters that make a reader see another text than
 * Ward does (controls, bidirectional overrides; Unicode TR 36) are refused everywhere, comments included.
 */
import type { Comment } from './ast.ts';
import type { DiagnosticList } from './diagnostics/diagnostic-list.ts';
import type { DiagnosticCode } from './diagnostics/codes.ts';
import type { DiagnosticDetails } from './diagnostics/diagnostic.ts';
import { diagnostic } from './diagnostics/diagnostic.ts';
import type { Source, Span } from './source.ts';
import { quoted } from './token.ts';
import type { Token, TokenKind } from './token.ts';

// Sticky expressions without nested repeats: each is linear in what it consumes.
const BLANKS = /[ \t\r\n]+/y;
const COMMENT = /\/\/[^\n]*/y;
const WORD = /[A-Za-z][A-Za-z0-9_]*/y;
const DATE = /\d{4}-\d{2}-\d{2}/y;
const NUMBER = /-?\d[\d_]*(\.\d+)?([eE][+-]?\d+)?/y;
const NUMBER_SUFFIX = /%|[A-Za-z0-9_]+/y;
const STRING = /"(?:[^"\\\n]|\\[^\n])*/y;
const SINGLE_QUOTED = /'[^'\n]*'?/y;
const REGEX = /\/(?:[^/\\\n]|\\[^\n])*/y;
const REGEX_FLAGS = /[A-Za-z0-9_]*/y;
const REST_OF_WORD = /[^\s]*/y;
const PUNCTUATION = /\|>\??|->|==|!=|<=|>=|\.\.|[{}()[\],:=<>.*?]/y;
const UNKNOWN_CHARACTERS = /[^\sA-Za-z0-9"'/{}()[\],:=<>.*?]+|[^]/y;
const DECEPTIVE = /[\0-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]/;

const SIZE_UNITS: ReadonlySet<string> = new Set(['B', 'KiB', 'MiB', 'GiB']);
const DURATION_UNITS: ReadonlySet<string> = new Set(['us', 'ms', 's', 'm', 'h', 'd']);
const BYTE_ORDER_MARK = 0xfeff;

/** Operators of other languages that stand for a word here: reported, then read as the word. */
const REPAIRS: Readonly<Record<string, string>> = {
  '&&': 'and',
  '&': 'and',
  '||': 'or',
  '!': 'not',
  '~': 'matches',
};

/** Other things people write, and what to write here. */
const FOREIGN: Readonly<Record<string, string>> = {
  '|': 'a step is written `|>`',
  ';': 'entries and items need no separator',
  '+': 'the language has no arithmetic',
  '-': 'the language has no arithmetic; a negative number has its sign right before the digits',
};

export class Lexer {
  readonly source: Source;
  /** Comments met so far, in order. */
  readonly comments: Comment[] = [];
  readonly #diagnostics: DiagnosticList;
  #at = 0;
  #firstOnLine = true;
  /** The word the operator just scanned stands for. */
  #repaired: string | undefined;

  constructor(source: Source, diagnostics: DiagnosticList) {
    this.source = source;
    this.#diagnostics = diagnostics;
    if (source.text.charCodeAt(0) === BYTE_ORDER_MARK) this.#at = 1;
  }

  /** The next token; at the end of the text, `end` for ever. */
  next(): Token {
    for (;;) {
      const start = this.#at;
      if (start >= this.source.text.length) return this.#token('end', start);
      if (this.#skip(BLANKS)) {
        if (this.source.text.slice(start, this.#at).includes('\n')) this.#firstOnLine = true;
      } else if (this.#skip(COMMENT)) {
        this.#addComment(start);
      } else {
        const kind = this.#scan(start);
        if (kind !== undefined) return this.#token(kind, start);
      }
    }
  }

  /** Scans one token; undefined if what was there is reported and skipped. */
  #scan(start: number): TokenKind | undefined {
    if (this.#skip(WORD)) return this.#classifyWord(start);
    if (this.#skip(DATE)) return this.#noSuffix(start, 'date');
    if (this.#skip(NUMBER)) return this.#number(start);
    if (this.#skip(STRING)) return this.#string(start);
    if (this.#skip(REGEX)) return this.#regex(start);
    if (this.#skip(PUNCTUATION)) return 'punctuation';
    if (this.#skip(SINGLE_QUOTED)) {
      this.#report('E006', start, 'a string has double quotes', { help: 'write `"…"`' });
      return 'broken';
    }
    return this.#unknown(start);
  }

  #classifyWord(start: number): TokenKind {
    const text = this.source.text.slice(start, this.#at);
    if (text.charCodeAt(0) >= 97) return 'ident';
    const underscore = text.indexOf('_');
    if (underscore !== -1) {
      this.#report('E006', start, `${quoted(text)} is neither a name, a type nor a method`, {
        help: 'names begin with a lower-case letter; types and methods have no underscore',
      });
      return 'broken';
    }
    return text.length > 1 && text === text.toUpperCase() && !/\d/.test(text) ? 'method' : 'type';
  }

  #number(start: number): TokenKind {
    const digitsEnd = this.#at;
    const digits = this.source.text.slice(start, digitsEnd);
    if (!this.#skip(NUMBER_SUFFIX)) {
      if (/[eE]/.test(digits)) return 'number';
      return digits.includes('.') ? 'float' : 'int';
    }
    const unit = this.source.text.slice(digitsEnd, this.#at);
    const whole = !/[.eE]/.test(digits);
    if (unit === '%' && !/[eE]/.test(digits)) return this.#noSuffix(start, 'percent');
    if (whole && SIZE_UNITS.has(unit)) return 'size';
    if (whole && DURATION_UNITS.has(unit)) return 'duration';
    const known = unit === '%' || SIZE_UNITS.has(unit) || DURATION_UNITS.has(unit);
    this.#report(
      'E004',
      start,
      known ? `${quoted(unit)} follows a whole number` : `${quoted(unit)} is no unit`,
      {
        help: 'sizes end in B, KiB, MiB or GiB; durations in us, ms, s, m, h or d; shares in %',
      },
    );
    return 'broken';
  }

  #noSuffix(start: number, kind: TokenKind): TokenKind {
    if (!this.#skip(NUMBER_SUFFIX)) return kind;
    this.#report(
      'E004',
      start,
      `${quoted(this.source.text.slice(start, this.#at))} is no number and no date`,
    );
    return 'broken';
  }

  #string(start: number): TokenKind {
    if (this.source.text.charAt(this.#at) === '"') {
      this.#at++;
      return 'string';
    }
    if (this.source.text.charAt(this.#at) === '\\') this.#at++;
    this.#trimLineEnd();
    this.#report('E002', start, 'the string does not end on its line', {
      help: 'close it with `"`; a line feed is `\\n`',
    });
    return 'broken';
  }

  #regex(start: number): TokenKind {
    if (this.source.text.charAt(this.#at) !== '/') {
      if (this.source.text.charAt(this.#at) === '\\') this.#at++;
      this.#trimLineEnd();
      const comment = this.source.text.startsWith('/*', start);
      this.#report('E007', start, 'the regex does not end on its line', {
        help: comment ? 'comments begin with `//`' : 'close it with `/`; a slash inside is `\\/`',
      });
      return 'broken';
    }
    const bodyEnd = this.#at++;
    this.#skip(REGEX_FLAGS);
    const flags = this.source.text.slice(bodyEnd + 1, this.#at);
    if (!/^(?:i?m?|mi)$/.test(flags)) {
      this.#skip(REST_OF_WORD);
      this.#report('E007', bodyEnd + 1, `${quoted(flags)} are no regex flags`, {
        help: 'the flags are `i` (ignore case) and `m` (lines), each once; a slash inside a regex is `\\/`',
      });
    }
    const deceptive = this.source.text.slice(start, bodyEnd).search(DECEPTIVE);
    if (deceptive !== -1) this.#reportCharacter(start + deceptive);
    return 'regex';
  }

  /** Reports what begins no token. */
  #unknown(start: number): TokenKind | undefined {
    this.#skip(UNKNOWN_CHARACTERS);
    const text = this.source.text.slice(start, this.#at);
    if (text.startsWith('#')) {
      while (this.#at < this.source.text.length && this.source.text.charAt(this.#at) !== '\n') this.#at++;
      this.#report('E006', start, 'unknown character `#`', { help: 'comments begin with `//`' }, start + 1);
      return undefined;
    }
    if (DECEPTIVE.test(text) || text.trim() === '') {
      this.#reportCharacter(start);
      return undefined;
    }
    const repair = REPAIRS[text];
    const help = repair === undefined ? FOREIGN[text] : `write \`${repair}\``;
    const fix = repair === undefined ? {} : { fix: [{ span: this.#span(start), text: repair }] };
    this.#report('E006', start, `unknown character ${quoted(text)}`, {
      ...(help === undefined ? {} : { help }),
      ...fix,
    });
    if (text === ';') return undefined;
    this.#repaired = repair;
    return repair === undefined ? 'broken' : 'ident';
  }

  #reportCharacter(at: number): void {
    const code = (this.source.text.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    this.#report(
      'E006',
      at,
      `character U+${code} is not allowed here`,
      { help: `write it as \`\\u${code}\` in a string` },
      at + 1,
    );
  }

  #addComment(start: number): void {
    this.#trimLineEnd();
    const raw = this.source.text.slice(start, this.#at);
    const deceptive = raw.search(DECEPTIVE);
    if (deceptive !== -1) this.#reportCharacter(start + deceptive);
    const text = raw.trimEnd();
    const span = this.#span(start, start + text.length);
    this.comments.push({ kind: 'Comment', text, doc: /^\/\/\/(?!\/)/.test(text), span });
  }

  /** Leaves the carriage return of a CRLF outside what ends at the end of a line. */
  #trimLineEnd(): void {
    if (this.source.text.charAt(this.#at - 1) === '\r') this.#at--;
  }

  #skip(expression: RegExp): boolean {
    expression.lastIndex = this.#at;
    if (!expression.test(this.source.text)) return false;
    this.#at = expression.lastIndex;
    return true;
  }

  #token(kind: TokenKind, start: number): Token {
    const firstOnLine = this.#firstOnLine;
    this.#firstOnLine = false;
    const text = this.#repaired ?? this.source.text.slice(start, this.#at);
    this.#repaired = undefined;
    return { kind, text, start, end: this.#at, firstOnLine };
  }

  #span(start: number, end = this.#at): Span {
    return { source: this.source, start, end };
  }

  #report(
    code: DiagnosticCode,
    start: number,
    message: string,
    details: DiagnosticDetails = {},
    end = this.#at,
  ): void {
    this.#diagnostics.add(diagnostic(code, this.#span(start, end), message, details));
  }
}
