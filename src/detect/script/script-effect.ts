/**
 * Judges whether a text, read as JavaScript from some position, does something: a lexer (ECMA-262 §12) and the one
 * rule of its grammar that tells code from prose.
 *
 * A script that breaks the syntax anywhere does not run at all. Two operands without an operator between them on one
 * line break it, and hardly any two words of prose do without. So the text is read to its end as operands and operators
 * in turn; what breaks the turn has no effect, whatever else it says. The check is lenient elsewhere: it must not refuse
 * what an engine accepts (test/integration/detect-xss.test.ts), and may accept what an engine refuses.
 *
 * One pass, a bracket stack of fixed size, no recursion. The one reader is used again and again: judging is synchronous.
 */
import { SCRIPT_BRACKETS_MAX } from '../../core/limits.ts';
import {
  commentEnd,
  isDigitAt,
  lineEnd,
  numberEnd,
  regexEnd,
  stringEnd,
  templateEnd,
  wordEnd,
} from './literal-ends.ts';
import * as s from './reader-state.ts';
import { foreignTextAt, isActiveTarget, isTellingCall, makesName, pastBlanks } from './telling.ts';
import * as c from './token-class.ts';

/** Nothing happens, or the text is no script. */
export const NO_EFFECT = 0;
/** Something is called or set. */
export const CALLS = 1;
/** Something is called that hardly anything but an attack calls. */
export const TELLING = 2;
export type Effect = 0 | 1 | 2;

/** `![]`, `+{}`, `!a+b` and the like; three of them are no accident: letters are being made of nothing. */
const COERCIONS_TELLING = 3;
const SCRIPT_SCHEME = 'javascript:';
/** Enough of a joined string to tell a scheme or a name. */
const JOINED_CHARS_MAX = 24;
const PLUS = 0x2b;
/** Where the text ended: as code, in a comment, or the code of a quote. */
const IN_CODE = 0;
const IN_COMMENT = -1;

class ScriptReader {
  private text = '';
  private at = 0;
  private end = 0;
  private previous = s.START;
  /** A line ended since the last token. */
  private newline = false;
  /** The last name. */
  private word = '';
  /** The name before its dot; empty when it has none, `?` when that is no plain name. */
  private owner = '';
  /** The last name may stand before another one: `async f`. */
  private contextual = false;
  /** Between `class` and its brace. */
  private classHead = false;
  /** The last closed bracket was a member that tells of an attack. */
  private closedTelling = false;
  private coercions = 0;
  /** A telling function is handed on instead of called. */
  private carried = false;
  /** Beginning of the string literals that plus signs join: `'al' + 'ert'`; `joins` while the sign is the last token. */
  private joined = '';
  private joins = false;
  /** The last literal is a number or an empty string, whose members nobody has a use for. */
  private bare = false;
  /** A `!` stands before the operand. */
  private negated = false;
  private effect: Effect = NO_EFFECT;
  private endedIn = IN_CODE;
  /** A literal was called: what follows never runs. */
  private stopped = false;
  private depth = 0;
  private readonly brackets = new Uint8Array(SCRIPT_BRACKETS_MAX);

  read(text: string, from: number, end: number, quote: number): Effect {
    this.begin(text, from, end, quote);
    while (this.at < this.end && !this.stopped) {
      if (!this.token()) return NO_EFFECT;
    }
    if (this.effect === NO_EFFECT) return NO_EFFECT;
    const openString = this.endedIn > IN_CODE && this.endedIn !== quote;
    if (openString) return NO_EFFECT;
    if (this.carried || this.effect === TELLING) return TELLING;
    // The page's own closing quote must not break what was called.
    const fits = quote === 0 || this.endedIn !== IN_CODE || this.stopped;
    return fits ? this.effect : NO_EFFECT;
  }

  get readTo(): number {
    return this.at;
  }

  private begin(text: string, from: number, end: number, quote: number): void {
    this.text = text;
    this.at = from;
    this.end = end;
    this.previous = quote === 0 ? s.START : s.LITERAL;
    this.newline = quote === 0;
    this.setName('', '');
    this.contextual = false;
    this.classHead = false;
    this.closedTelling = false;
    this.coercions = 0;
    this.carried = false;
    this.joins = false;
    this.negated = false;
    this.effect = NO_EFFECT;
    this.endedIn = IN_CODE;
    this.stopped = false;
    this.depth = 0;
  }

  /** Reads one token; false when the syntax breaks. */
  private token(): boolean {
    const code = this.text.charCodeAt(this.at);
    switch (code > 0xff ? c.WORD : c.TOKEN_CLASS[code]) {
      case c.BLANK:
        return this.skip(1);
      case c.LINE_END:
        this.newline = true;
        return this.skip(1);
      case c.WORD:
        return this.name(code);
      case c.DIGIT:
        return this.number();
      case c.QUOTE:
        return this.string(code);
      case c.BACKTICK:
        return this.template();
      case c.OPEN:
        return code === 0x28 ? this.openRound() : code === 0x5b ? this.openSquare() : this.openBrace();
      case c.CLOSE:
        return this.close(code);
      case c.PREFIX:
        return this.prefix(code);
      case c.INFIX:
        return this.infix(code);
      case c.SLASH:
        return this.slash();
      case c.DOT:
        return this.dot();
      case c.COMMA:
      case c.SEMICOLON:
        return this.after(s.OPENED, this.at + 1);
      case c.EQUALS:
        return this.equals();
      default:
        return false;
    }
  }

  private after(previous: number, at: number): true {
    this.previous = previous;
    this.at = at;
    this.newline = false;
    this.contextual = false;
    this.joins = false;
    this.bare = false;
    if (previous < s.NAME) this.negated = false;
    return true;
  }

  private skip(chars: number): true {
    this.at += chars;
    return true;
  }

  private get operandBefore(): boolean {
    return this.previous >= s.NAME;
  }

  /** Whether an operand may begin here: a line end stands for a semicolon (ECMA-262 §12.10). */
  private get operandFits(): boolean {
    return !this.operandBefore || this.newline || this.contextual;
  }

  private peek(offset: number): number {
    const at = this.at + offset;
    return at < this.end ? this.text.charCodeAt(at) : -1;
  }

  /** First code from the current position that is no blank; -1 at the end. */
  private peekPastBlanks(): number {
    const at = pastBlanks(this.text, this.at, this.end);
    return at < this.end ? this.text.charCodeAt(at) : -1;
  }

  private setName(word: string, owner: string): void {
    this.word = word;
    this.owner = owner;
  }

  private raise(effect: Effect): void {
    if (effect > this.effect) this.effect = effect;
  }

  // -- operands

  private name(first: number): boolean {
    // A no-break space and the line separators, as UTF-8.
    if (first === 0xc2 && this.peek(1) === 0xa0) return this.skip(2);
    if (first === 0xe2 && this.peek(1) === 0x80 && (this.peek(2) | 1) === 0xa9) {
      this.newline = true;
      return this.skip(3);
    }
    const end = wordEnd(this.text, this.at, this.end);
    const word = this.text.slice(this.at, end);
    if (this.previous === s.MEMBER_DOT) return this.member(word, end);
    if (this.operandBefore && c.INFIX_WORDS.has(word)) return this.after(s.OPERATOR, end);
    if (!this.operandFits && !(this.classHead && word === 'extends')) return false;
    if (c.LEADING_WORDS.has(word)) {
      if (word === 'class') this.classHead = true;
      this.setName(word, '');
      return this.after(s.START, end);
    }
    const declared = this.word === 'function' && this.previous === s.START;
    this.setName(declared ? 'function' : word, '');
    this.after(s.NAME, end);
    this.contextual = c.CONTEXTUAL_WORDS.has(word);
    if (c.TELLING_CALLS.has(word)) this.handedOn();
    return true;
  }

  private member(word: string, end: number): true {
    this.setName(word, this.word);
    this.after(s.NAME, end);
    if (word === 'cookie' && this.owner === 'document' && this.peekPastBlanks() !== 0x3d) this.raise(CALLS);
    if (c.TELLING_CALLS.has(word) && c.GLOBAL_OBJECTS.has(this.owner)) this.handedOn();
    return true;
  }

  /** `[1].find(alert)`, `onerror=alert`; not a call, which is judged as one, nor a key. */
  private handedOn(): void {
    const next = this.peekPastBlanks();
    if (next !== 0x28 && next !== 0x3a && next !== 0x60) this.carried = true;
  }

  private number(): boolean {
    if (!this.operandFits || this.previous === s.MEMBER_DOT) return false;
    const end = numberEnd(this.text, this.at, this.end);
    if (end < 0) return false;
    this.after(s.LITERAL, end);
    return (this.bare = true);
  }

  private string(quote: number): boolean {
    if (!this.operandFits || this.previous === s.MEMBER_DOT) return false;
    const end = stringEnd(this.text, this.at + 1, this.end, quote);
    if (end < 0) return false;
    if (end === this.end) this.endedIn = quote;
    const value = this.text.slice(this.at + 1, Math.min(end, this.at + 1 + JOINED_CHARS_MAX));
    this.joined = this.joins ? (this.joined + value).slice(0, JOINED_CHARS_MAX) : value;
    this.judgeString(this.joined);
    this.after(s.LITERAL, end + 1);
    this.bare = value === '';
    return true;
  }

  /** Strings that tell by themselves: script URLs that are put somewhere, names of functions as members. */
  private judgeString(value: string): void {
    if (this.previous !== s.OPENED && this.previous !== s.OPERATOR) return;
    const inner = this.depth > 0 ? this.brackets[this.depth - 1] : 0;
    const telling = value === 'constructor' || c.TELLING_CALLS.has(value);
    if (telling && inner === s.MEMBER) this.brackets[this.depth - 1] = s.TELLING_MEMBER;
    if (value.slice(0, SCRIPT_SCHEME.length).toLowerCase() === SCRIPT_SCHEME) this.carried = true;
  }

  private template(): boolean {
    const bracketed = this.previous === s.CLOSED || this.previous === s.CALLED;
    const tagged = this.previous === s.NAME;
    if (this.previous === s.MEMBER_DOT || (!tagged && !bracketed && !this.operandFits)) return false;
    this.at++;
    if (tagged) this.called();
    else if (bracketed && this.closedTelling) this.raise(TELLING);
    else if (bracketed && this.carried) this.raise(CALLS);
    return this.templateCharacters();
  }

  private templateCharacters(): boolean {
    const end = templateEnd(this.text, this.at, this.end);
    if (end === this.end) this.endedIn = 0x60;
    else if (this.text.charCodeAt(end) === 0x24) {
      this.at = end + 2;
      return this.push(s.TEMPLATE);
    }
    return this.after(s.LITERAL, end + 1);
  }

  private regex(): boolean {
    const end = regexEnd(this.text, this.at + 1, this.end);
    return end >= 0 && this.after(s.LITERAL, end);
  }

  // -- brackets

  private openRound(): boolean {
    const { previous, word } = this;
    if (previous === s.MEMBER_DOT) return false;
    this.at++;
    switch (previous) {
      case s.LITERAL:
        return this.push(s.CALL_OF_LITERAL);
      case s.NAME:
        if (word === 'function') return this.push(s.GROUP);
        this.called();
        return this.push(s.CALL);
      case s.CALLED:
      case s.CLOSED:
        this.raise(this.closedTelling ? TELLING : CALLS);
        return this.push(s.CALL);
      case s.BLOCK:
        return this.push(s.CALL);
      case s.START:
        if (c.CONTROL_WORDS.has(word)) return this.push(s.CONTROL);
        if (word !== 'import') return this.push(s.GROUP);
        this.called();
        return this.push(s.CALL);
      default:
        return this.push(s.GROUP);
    }
  }

  private openSquare(): boolean {
    if (this.previous === s.MEMBER_DOT) return false;
    const member = this.operandBefore;
    const global = this.previous === s.NAME && this.owner === '' && c.GLOBAL_OBJECTS.has(this.word);
    this.at++;
    if (!member) return this.push(s.ARRAY);
    const made = this.bare || (global && makesName(this.text, this.at, this.end));
    return this.push(made ? s.TELLING_MEMBER : s.MEMBER);
  }

  private openBrace(): boolean {
    const bodyOfClass = this.classHead;
    this.classHead = false;
    const follows = this.previous === s.NAME || this.previous === s.LITERAL || this.previous === s.MEMBER_DOT;
    if (follows && !bodyOfClass && !this.newline) return false;
    this.at++;
    return this.push(s.BRACE);
  }

  private push(kind: number): boolean {
    if (this.depth >= SCRIPT_BRACKETS_MAX) {
      this.effect = TELLING;
      this.stopped = true;
      return true;
    }
    this.brackets[this.depth++] = kind;
    this.setName('', '');
    return this.after(s.OPENED, this.at);
  }

  /** A bracket that was not opened here is the page's. */
  private close(code: number): boolean {
    const { previous } = this;
    if (previous === s.OPERATOR || previous === s.MEMBER_DOT) return false;
    const kind = this.depth > 0 ? this.brackets[--this.depth] : 0;
    if (kind !== 0 && s.CLOSER[kind] !== code) return false;
    if (previous === s.OPENED && (kind === s.ARRAY || kind === s.BRACE)) this.emptied();
    this.at++;
    this.closedTelling = kind === s.TELLING_MEMBER;
    this.setName('?', '');
    if (kind === s.GROUP && previous === s.OPENED && !this.headsFunction()) return false;
    if (kind === s.TEMPLATE) return this.templateCharacters();
    if (kind === s.CALL_OF_LITERAL) this.stopped = true;
    const open = code === 0x7d || kind === s.CONTROL;
    return this.after(open ? s.BLOCK : kind === s.CALL ? s.CALLED : s.CLOSED, this.at);
  }

  /** Behind empty parentheses that call nothing only the body of a function may stand. */
  private headsFunction(): boolean {
    const next = this.peekPastBlanks();
    return next === 0x3d || next === 0x7b || next < 0;
  }

  /** `[]` or `{}` beside a sign: coerced to a text or a number. */
  private emptied(): void {
    const sign = this.text.charCodeAt(this.at - 2);
    if (c.TOKEN_CLASS[sign] === c.PREFIX || this.peek(1) === PLUS) this.coerced();
  }

  private coerced(): void {
    if (++this.coercions >= COERCIONS_TELLING) this.raise(TELLING);
  }

  // -- operators

  private prefix(code: number): boolean {
    const doubled = (code === 0x2b || code === 0x2d) && this.peek(1) === code;
    if (doubled && code === 0x2d && this.peek(2) === 0x3e && (this.newline || this.previous === s.START)) {
      return this.lineComment();
    }
    if (doubled) return this.skip(2);
    const negates = code === 0x21 || code === 0x7e;
    const assigns = this.peek(1) === 0x3d;
    if (negates && this.operandBefore && !assigns && !this.newline) return false;
    const adds = code === PLUS && this.operandBefore && !assigns;
    if (adds && this.negated) this.coerced();
    const joins = adds && this.previous === s.LITERAL;
    this.after(s.OPERATOR, this.at + (assigns ? 2 : 1));
    this.joins = joins;
    this.negated = code === 0x21;
    return true;
  }

  private infix(code: number): boolean {
    if (code === 0x3c && this.text.startsWith('<!--', this.at)) return this.lineComment();
    if (code === 0x3a) return this.after(s.OPENED, this.at + 1);
    if (!this.operandBefore && this.previous !== s.BLOCK && this.previous !== s.START) return false;
    if (code === 0x3f && this.peek(1) === 0x2e && !isDigitAt(this.text, this.at + 2)) {
      const bracket = c.TOKEN_CLASS[this.peek(2)] === c.OPEN;
      return bracket ? this.skip(2) : this.after(s.MEMBER_DOT, this.at + 2);
    }
    let at = this.at + 1;
    while (at < this.end && this.text.charCodeAt(at) === code) at++;
    while (at < this.end && this.text.charCodeAt(at) === 0x3d) at++;
    return this.after(s.OPERATOR, at);
  }

  private slash(): boolean {
    const next = this.peek(1);
    if (next === 0x2f) return this.lineComment();
    if (next === 0x2a) {
      const end = commentEnd(this.text, this.at, this.end);
      if (end < 0) this.endedIn = IN_COMMENT;
      this.at = end < 0 ? this.end : end;
      return true;
    }
    if (!this.operandBefore) return this.regex();
    return this.after(s.OPERATOR, this.at + (next === 0x3d ? 2 : 1));
  }

  private lineComment(): true {
    this.at = lineEnd(this.text, this.at, this.end);
    if (this.at >= this.end) this.endedIn = IN_COMMENT;
    return true;
  }

  private dot(): boolean {
    if (this.text.startsWith('...', this.at)) {
      return (!this.operandBefore || this.newline) && this.after(s.OPERATOR, this.at + 3);
    }
    if (!this.operandBefore && isDigitAt(this.text, this.at + 1)) return this.number();
    if (!this.operandBefore && this.previous !== s.BLOCK && this.previous !== s.START) return false;
    const plain = this.previous === s.NAME && (this.owner === '' || c.GLOBAL_OBJECTS.has(this.owner));
    if (!plain) this.word = '?';
    return this.after(s.MEMBER_DOT, this.at + 1);
  }

  private equals(): boolean {
    if (!this.operandBefore && this.previous !== s.BLOCK && this.previous !== s.START) return false;
    const next = this.peek(1);
    if (next === 0x3e) {
      this.setName('', '');
      return this.after(s.OPENED, this.at + 2);
    }
    if (next === 0x3d) return this.after(s.OPERATOR, this.at + (this.peek(2) === 0x3d ? 3 : 2));
    if (this.previous === s.LITERAL || this.previous === s.CALLED) return false;
    if (this.previous === s.NAME && isActiveTarget(this.word, this.owner)) {
      this.raise(foreignTextAt(this.text, this.at + 1, this.end) ? TELLING : CALLS);
    }
    return this.after(s.OPERATOR, this.at + 1);
  }

  /** A call of the name just read; `at` is behind the parenthesis or the backtick. */
  private called(): void {
    this.raise(isTellingCall(this.text, this.at, this.end, this.word, this.owner) ? TELLING : CALLS);
  }
}

const READER = new ScriptReader();

/** Where the last reading stopped: at the end of what it was given, or where the syntax broke. */
export function scriptReadTo(): number {
  return READER.readTo;
}

/**
 * The effect of `text` from `from` to `end` as a script. `quote` is the code of the quote that has just closed a string
 * of the page there, 0 for plain code. Linear in the text.
 */
export function scriptEffect(text: string, from: number, end: number, quote: number): Effect {
  return READER.read(text, from, end, quote);
}
