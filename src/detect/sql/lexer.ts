/**
 * The SQL lexer: tokens of one text, one after the other, as a database of the given dialect would read them.
 *
 * Every call of `next` moves on by at least one byte or has reached the end, and looks at each byte it passes at most
 * twice, so reading a text takes linear time; nothing is allocated. One object is reused for all texts. Unterminated
 * strings and comments are tokens of their own: they are how an injected value takes the rest of the query with it.
 */
import { CHAR, charClass, isNoBreakSpace, isWordByte } from './char-class.ts';
import type { Dialect } from './dialect.ts';
import { MYSQL } from './dialect.ts';
import { hashStep, isDangerousName, isWord, roleOf } from './keyword-table.ts';
import {
  bracketNameEnd,
  digitsEnd,
  dollarTagEnd,
  nestedCommentEnd,
  qualifierEnd,
  radixNumberEnd,
  stringEnd,
  subscriptEnd,
} from './literal-ends.ts';
import { operatorBytes, operatorKind, operatorOf } from './operator.ts';
import { ROLE, TOKEN } from './token.ts';

/** Code of the quote that closes what `open` opens. */
const CLOSERS: Readonly<Record<string, string>> = { '[': ']', '(': ')', '{': '}', '<': '>' };
/** A token that the server skips. */
const NOTHING = -1;
/** Digits of the server version in a comment of MySQL or MariaDB. */
const VERSION_DIGITS_MIN = 5;
const VERSION_DIGITS_MAX = 6;

export class SqlLexer {
  text = '';
  /** Where the next token is looked for. */
  at = 0;
  kind: number = TOKEN.END;
  /** Of a keyword or a name. */
  role: number = ROLE.NONE;
  /** The token is text[start, at). */
  start = 0;
  /** The quote of a string. */
  quote = 0;
  /** A comment or white space stood before the token. */
  spaced = false;
  /** A comment with code after it was skipped. */
  sawInnerComment = false;
  /** A versioned comment was entered. */
  sawVersionedComment = false;
  #dialect: Dialect = MYSQL;

  /** Begins with `text` at `from`. */
  open(text: string, from: number, dialect: Dialect): void {
    this.text = text;
    this.at = from;
    this.start = from;
    this.kind = TOKEN.END;
    this.role = ROLE.NONE;
    this.spaced = false;
    this.sawInnerComment = false;
    this.sawVersionedComment = false;
    this.#dialect = dialect;
  }

  /** Reads the rest of a string that begins before the value: false when the value does not close it. */
  closeString(quote: number): boolean {
    this.kind = this.#stringEnd(quote, this.#dialect.backslashEscapes) ? TOKEN.STRING : TOKEN.OPEN_STRING;
    return this.kind === TOKEN.STRING;
  }

  /** Reads one token and gives its kind. */
  next(): number {
    let kind = this.#token();
    while (kind === NOTHING) kind = this.#token();
    return (this.kind = kind);
  }

  #token(): number {
    this.role = ROLE.NONE;
    if (this.#skipSpace()) return TOKEN.COMMENT;
    this.start = this.at;
    if (this.at >= this.text.length) return TOKEN.END;
    switch (charClass(this.text, this.at)) {
      case CHAR.LETTER:
        return this.#word();
      case CHAR.DIGIT:
        return this.#number();
      case CHAR.QUOTE:
        return this.#quoted();
      case CHAR.PUNCTUATION:
        return this.#punctuation();
      default:
        this.at++;
        return TOKEN.OTHER;
    }
  }

  /** Whether the token is the word, written in lower case. */
  is(word: string): boolean {
    return isWord(this.text, this.start, this.at, word);
  }

  /** Whether an opening parenthesis follows, white space aside. */
  isBeforeParenthesis(): boolean {
    let at = this.at;
    while (charClass(this.text, at) === CHAR.SPACE) at++;
    const code = this.text.charCodeAt(at);
    // Comments may stand between, but only attackers put them there.
    return code === 0x28 || (code === 0x2f && this.text.charCodeAt(at + 1) === 0x2a);
  }

  /** Moves to the next token; true when a comment reaches to the end of the text. */
  #skipSpace(): boolean {
    const from = this.at;
    for (;;) {
      const { text, at } = this;
      const found = charClass(text, at);
      if (found === CHAR.SPACE || (found === CHAR.LETTER && isNoBreakSpace(text, at))) this.at++;
      else if (found !== CHAR.PUNCTUATION) break;
      else {
        const code = text.charCodeAt(at);
        if (this.#isLineComment(code)) {
          const end = text.indexOf('\n', at);
          this.start = at;
          this.at = end < 0 ? text.length : end + 1;
          if (end < 0) return true;
          this.sawInnerComment = true;
        } else if (code === 0x2f && text.charCodeAt(at + 1) === 0x2a) {
          this.start = at;
          if (!this.#blockComment()) return true;
          this.sawInnerComment = true;
        } else if (code === 0x2a && this.sawVersionedComment && text.charCodeAt(at + 1) === 0x2f)
          this.at += 2;
        else break;
      }
    }
    this.spaced = this.at > from;
    return false;
  }

  #isLineComment(code: number): boolean {
    const { text, at } = this;
    if (code === 0x23) return this.#dialect.hashComments;
    if (code !== 0x2d || text.charCodeAt(at + 1) !== 0x2d) return false;
    return !this.#dialect.dashesNeedSpace || at + 2 >= text.length || charClass(text, at + 2) === CHAR.SPACE;
  }

  /** Skips a comment, or the beginning of one whose content runs; false when nothing closes it. */
  #blockComment(): boolean {
    const { text } = this;
    const mark = text.charCodeAt(this.at + 2);
    if (this.#dialect.versionedComments && (mark === 0x21 || text.startsWith('M!', this.at + 2))) {
      this.at += mark === 0x21 ? 3 : 4;
      let digits = 0;
      while (digits < VERSION_DIGITS_MAX && charClass(text, this.at + digits) === CHAR.DIGIT) digits++;
      if (digits >= VERSION_DIGITS_MIN) this.at += digits;
      this.sawVersionedComment = true;
      return true;
    }
    let end = text.indexOf('*/', this.at + 2);
    if (end >= 0 && this.#dialect.nestedComments) end = nestedCommentEnd(text, this.at);
    this.at = end < 0 ? text.length : end + 2;
    return end >= 0;
  }

  #word(): number {
    const { text } = this;
    let hash = 0;
    let at = this.at;
    for (; isWordByte(text, at); at++) hash = hashStep(hash, text.charCodeAt(at));
    if (at === this.at) at++;
    this.at = at;
    const prefixed = text.charCodeAt(at) === 0x27 ? this.#prefixedString() : -1;
    if (prefixed >= 0) return prefixed;
    this.role = roleOf(text, this.start, at, hash);
    if (this.#qualifiers()) {
      const last = this.role;
      this.role = isDangerousName(text, this.start, this.at) ? ROLE.DANGER : ROLE.NONE;
      // A keyword with a dot behind it is a keyword before a number or a name: `select.1`, `where.x`.
      if (last === ROLE.SELECT || last === ROLE.UNION || last === ROLE.OR || last === ROLE.AND) {
        this.at = at;
        this.role = last;
        return TOKEN.KEYWORD;
      }
      return TOKEN.NAME;
    }
    if (this.role === ROLE.NONE && isDangerousName(text, this.start, at)) this.role = ROLE.DANGER;
    const isName = this.role === ROLE.NONE || this.role === ROLE.DANGER || this.role === ROLE.SLEEP;
    return isName ? TOKEN.NAME : TOKEN.KEYWORD;
  }

  /** `.name`, `."name"`, `.*`, `[1]` behind a name. */
  #qualifiers(): boolean {
    const { text } = this;
    const from = this.at;
    for (;;) {
      if (text.charCodeAt(this.at) === 0x5b) {
        const end = subscriptEnd(text, this.at);
        if (end >= 0) {
          this.at = end;
          continue;
        }
      }
      if (text.charCodeAt(this.at) !== 0x2e) break;
      const after = this.at + 1 + (text.charCodeAt(this.at + 1) === 0x2e ? 1 : 0);
      if (charClass(text, after) === CHAR.LETTER || charClass(text, after) === CHAR.DIGIT) {
        this.at = after;
        while (isWordByte(text, this.at)) this.at++;
        if (this.at === after) this.at++;
      } else if (text.charCodeAt(after) === 0x2a) {
        this.at = after + 1;
        break;
      } else if (text.charCodeAt(after) === 0x60 || text.charCodeAt(after) === 0x22) {
        this.at = after + 1;
        if (!this.#stringEnd(text.charCodeAt(after), false)) break;
      } else if (text.charCodeAt(after) === 0x5b) {
        const end = qualifierEnd(text, after);
        if (end < 0) break;
        this.at = end;
      } else break;
    }
    return this.at > from;
  }

  /** N'', E'', X'', B'', U&'', _charset'', q'[]': the word before the quote belongs to the string. -1: it does not. */
  #prefixedString(): number {
    const { text, start, at } = this;
    const isQuoteOperator = this.is('q') || this.is('nq');
    const known = isQuoteOperator || this.is('n') || this.is('e') || this.is('x') || this.is('b');
    if (!known && text.charCodeAt(start) !== 0x5f) return -1;
    if (isQuoteOperator) {
      const open = text[at + 1] ?? '';
      const end = open === '' ? -1 : text.indexOf(`${CLOSERS[open] ?? open}'`, at + 2);
      this.quote = 0x27;
      this.at = end < 0 ? text.length : end + 2;
      return end < 0 ? TOKEN.OPEN_STRING : TOKEN.STRING;
    }
    this.at++;
    return this.#stringEnd(0x27, this.#dialect.backslashEscapes || this.is('e'))
      ? TOKEN.STRING
      : TOKEN.OPEN_STRING;
  }

  #quoted(): number {
    const quote = this.text.charCodeAt(this.at);
    this.at++;
    if (!this.#stringEnd(quote, this.#dialect.backslashEscapes && quote !== 0x60)) return TOKEN.OPEN_STRING;
    if (quote === 0x27) return TOKEN.STRING;
    if (this.#qualifiers()) return TOKEN.NAME;
    return quote === 0x60 ? TOKEN.NAME : TOKEN.STRING;
  }

  /** Moves behind the closing quote; doubled quotes and, if asked, a backslash escape. False at the end of the text. */
  #stringEnd(quote: number, backslash: boolean): boolean {
    const end = stringEnd(this.text, this.at, quote, backslash);
    this.quote = quote;
    this.at = end < 0 ? this.text.length : end;
    return end >= 0;
  }

  /** Decimal, hexadecimal, binary, with fraction and exponent; letters behind it are a token of their own. */
  #number(): number {
    const { text } = this;
    const radixEnd = radixNumberEnd(text, this.at);
    if (radixEnd >= 0) {
      this.at = radixEnd;
      return TOKEN.NUMBER;
    }
    this.at = digitsEnd(text, this.at);
    if (text.charCodeAt(this.at) === 0x2e) this.at = digitsEnd(text, this.at + 1);
    if ((text.charCodeAt(this.at) | 0x20) !== 0x65) return TOKEN.NUMBER;
    const sign = text.charCodeAt(this.at + 1);
    const exponent = this.at + (sign === 0x2b || sign === 0x2d ? 2 : 1);
    if (charClass(text, exponent) === CHAR.DIGIT) {
      this.at = digitsEnd(text, exponent);
    } else if (text.charCodeAt(this.at - 1) === 0x2e && !isWordByte(text, this.at + 1)) {
      // MySQL skips `1.e` before a name or parenthesis, which hides those from others.
      this.at++;
      return NOTHING;
    }
    return TOKEN.NUMBER;
  }

  #punctuation(): number {
    const { text, at } = this;
    const code = text.charCodeAt(at);
    const following = text.charCodeAt(at + 1);
    switch (code) {
      case 0x2e: // .5
        return charClass(text, at + 1) === CHAR.DIGIT ? this.#number() : this.#take(1, TOKEN.OTHER);
      case 0x40: // @x, @@x, and @> of PostgreSQL
        if (following === 0x3e) return this.#take(2, TOKEN.COMPARE);
        return this.#variable(at + (following === 0x40 ? 2 : 1));
      case 0x3f: // ?, ?| and ?& of JSON
        return following === 0x7c || following === 0x26
          ? this.#take(2, TOKEN.COMPARE)
          : this.#take(1, TOKEN.VARIABLE);
      case 0x3a: // :x, ::type, :=
        if (following === 0x3a || following === 0x3d) return this.#take(2, TOKEN.CALCULATE);
        return charClass(text, at + 1) === CHAR.LETTER ? this.#variable(at + 1) : this.#take(1, TOKEN.OTHER);
      case 0x24:
        return this.#dollar();
      case 0x5b:
        return this.#bracketName();
      case 0x5c: // \N is NULL for MySQL
        return following === 0x4e ? this.#take(2, TOKEN.NUMBER) : this.#take(1, TOKEN.OTHER);
      default: {
        const found = operatorOf(code, following, text.charCodeAt(at + 2));
        return this.#take(operatorBytes(found), operatorKind(found));
      }
    }
  }

  #take(bytes: number, kind: number): number {
    this.at += bytes;
    return kind;
  }

  /** `@name`, `@@scope.name`, `@'name'`; MySQL takes a bare `@` too. */
  #variable(from: number): number {
    const { text } = this;
    this.at = from;
    if (charClass(text, from) === CHAR.QUOTE) {
      this.at++;
      return this.#stringEnd(text.charCodeAt(from), false) ? TOKEN.VARIABLE : TOKEN.OPEN_STRING;
    }
    while (isWordByte(text, this.at)) this.at++;
    this.#qualifiers();
    return TOKEN.VARIABLE;
  }

  /** `$1`, or a string between two `$tag$` (PostgreSQL 17, 4.1.2.4). */
  #dollar(): number {
    const { text, at } = this;
    const end = dollarTagEnd(text, at);
    if (text.charCodeAt(end) !== 0x24) {
      this.at = end;
      return charClass(text, at + 1) === CHAR.DIGIT ? TOKEN.VARIABLE : TOKEN.OTHER;
    }
    const tag = text.slice(at, end + 1);
    const close = text.indexOf(tag, end + 1);
    this.quote = 0x24;
    this.at = close < 0 ? text.length : close + tag.length;
    return close < 0 ? TOKEN.OPEN_STRING : TOKEN.STRING;
  }

  /** A name in brackets, as SQL Server and SQLite quote it. */
  #bracketName(): number {
    const end = bracketNameEnd(this.text, this.at);
    if (end < 0) return this.#take(1, TOKEN.OTHER);
    this.at = end;
    this.#qualifiers();
    return TOKEN.NAME;
  }
}
