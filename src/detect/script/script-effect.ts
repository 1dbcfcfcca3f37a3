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
import { CALLS, NO_EFFECT, TELLING } from './effect.ts';
import type { Effect } from './effect.ts';
import { isDigitAt, wordEnd } from './literal-ends.ts';
import { LiteralReader } from './literal-reader.ts';
import * as s from './reader-state.ts';
import { IN_CODE } from './script-cursor.ts';
import { foreignTextAt, isActiveKey, isActiveTarget, isGivenToRun, makesName } from './telling.ts';
import * as c from './token-class.ts';

/** `![]`, `+{}`, `!a+b` and the like; three of them are no accident: letters are being made of nothing. */
const COERCIONS_TELLING = 3;
const PLUS = 0x2b;
const COLON = 0x3a;

class ScriptReader extends LiteralReader {
  /** Between `class` and its brace. */
  private classHead = false;
  private coercions = 0;

  read(text: string, from: number, end: number, quote: number): Effect {
    this.begin(text, from, end, quote);
    this.classHead = false;
    this.coercions = 0;
    while (this.at < this.end && !this.stopped) {
      if (!this.token()) return NO_EFFECT;
    }
    if (this.effect === NO_EFFECT) return NO_EFFECT;
    // A quote that ends the text opens the string that goes on in the page.
    const opensLast = quote === 0 && this.bare;
    const openString = this.endedIn > IN_CODE && this.endedIn !== quote && !opensLast;
    if (openString) return NO_EFFECT;
    if (this.carried || this.effect === TELLING) return TELLING;
    // The page's own closing quote must not break what was called.
    const fits = quote === 0 || this.endedIn !== IN_CODE || this.stopped;
    return fits ? this.effect : NO_EFFECT;
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
    // What operators call by themselves: `[Symbol.toPrimitive]: alert`.
    if (this.owner === 'Symbol') this.raise(CALLS);
    if (c.TELLING_CALLS.has(word) && c.GLOBAL_OBJECTS.has(this.owner)) this.handedOn();
    return true;
  }

  /** `[1].find(alert)`, `onerror=alert`; not a call, which is judged as one, nor a key. */
  private handedOn(): void {
    const next = this.peekPastBlanks();
    if (next === 0x28 || next === COLON || next === 0x60) return;
    if (!c.ORDINARY_NAMES.has(this.word) || isGivenToRun(this.text, this.at, this.word)) this.carried = true;
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
    if (kind === s.TEMPLATE || kind === s.CALL_TEMPLATE)
      return this.templateCharacters(kind === s.CALL_TEMPLATE);
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
    if (assigns) this.assigned(this.at + 2);
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
    if (code === COLON) {
      if (this.previous === s.NAME && isActiveKey(this.word)) this.raise(CALLS);
      return this.after(s.OPENED, this.at + 1);
    }
    if (!this.operandBefore && this.previous !== s.BLOCK && this.previous !== s.START) return false;
    if (code === 0x3f && this.peek(1) === 0x2e && !isDigitAt(this.text, this.at + 2)) {
      const bracket = c.TOKEN_CLASS[this.peek(2)] === c.OPEN;
      return bracket ? this.skip(2) : this.after(s.MEMBER_DOT, this.at + 2);
    }
    let at = this.at + 1;
    while (at < this.end && this.text.charCodeAt(at) === code) at++;
    const compares = (code === 0x3c || code === 0x3e) && at === this.at + 1;
    if (this.text.charCodeAt(at) === 0x3d && at < this.end && !compares) this.assigned(at + 1);
    while (at < this.end && this.text.charCodeAt(at) === 0x3d) at++;
    return this.after(s.OPERATOR, at);
  }

  private slash(): boolean {
    const next = this.peek(1);
    if (next === 0x2f) return this.lineComment();
    if (next === 0x2a) return this.blockComment();
    if (!this.operandBefore) return this.regex();
    return this.after(s.OPERATOR, this.at + (next === 0x3d ? 2 : 1));
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
    this.assigned(this.at + 1);
    return this.after(s.OPERATOR, this.at + 1);
  }

  /** The operand just read is assigned what stands at `at`. */
  private assigned(at: number): void {
    if (this.previous !== s.NAME || !isActiveTarget(this.word, this.owner)) return;
    this.raise(foreignTextAt(this.text, at, this.end) ? TELLING : CALLS);
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
