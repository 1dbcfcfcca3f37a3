/**
 * The part of the reader of scripts (script-effect.ts) that reads literals: numbers, strings, templates, regular expressions
 * (ECMA-262 §12.9). Strings are looked into, for names and addresses that attacks give as text.
 */
import { CALLS, TELLING } from './effect.ts';
import { numberEnd, regexEnd, stringEnd, templateEnd } from './literal-ends.ts';
import * as s from './reader-state.ts';
import { ScriptCursor } from './script-cursor.ts';
import { isTellingCall } from './telling.ts';
import * as c from './token-class.ts';

const SCRIPT_SCHEME = 'javascript:';
/** Enough of a joined string to tell a scheme or a name. */
const JOINED_CHARS_MAX = 24;

/** A cursor that reads literals. Each method reads one token, and answers false when the syntax breaks. */
export class LiteralReader extends ScriptCursor {
  /** Beginning of the string literals that plus signs join: `'al' + 'ert'`. */
  private joined = '';

  protected number(): boolean {
    if (!this.operandFits || this.previous === s.MEMBER_DOT) return false;
    const end = numberEnd(this.text, this.at, this.end);
    if (end < 0) return false;
    this.after(s.LITERAL, end);
    return (this.bare = true);
  }

  protected string(quote: number): boolean {
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

  protected template(): boolean {
    const bracketed = this.previous === s.CLOSED || this.previous === s.CALLED;
    const tagged = this.previous === s.NAME;
    if (this.previous === s.MEMBER_DOT || (!tagged && !bracketed && !this.operandFits)) return false;
    this.at++;
    if (tagged) this.called();
    else if (bracketed && this.closedTelling) this.raise(TELLING);
    else if (bracketed && this.carried) this.raise(CALLS);
    return this.templateCharacters(tagged || bracketed);
  }

  /** Up to a substitution or to the end; what is `called` with the template can be called with the next one. */
  protected templateCharacters(called: boolean): boolean {
    const end = templateEnd(this.text, this.at, this.end);
    if (end === this.end) this.endedIn = 0x60;
    else if (this.text.charCodeAt(end) === 0x24) {
      this.at = end + 2;
      return this.push(called ? s.CALL_TEMPLATE : s.TEMPLATE);
    }
    return this.after(called ? s.CALLED : s.LITERAL, end + 1);
  }

  protected regex(): boolean {
    const end = regexEnd(this.text, this.at + 1, this.end);
    return end >= 0 && this.after(s.LITERAL, end);
  }

  /** A call of the name just read; `at` is behind the parenthesis or the backtick. */
  protected called(): void {
    this.raise(isTellingCall(this.text, this.at, this.end, this.word, this.owner) ? TELLING : CALLS);
  }
}
