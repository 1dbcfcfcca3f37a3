/**
 * Where the reader of scripts (script-effect.ts) stands: the position, the last token, the open brackets and what was noticed
 * so far. Moves over what is neither operand nor operator: blanks and comments.
 *
 * A bracket stack of fixed size, no recursion. The one reader is used again and again: judging is synchronous.
 */
import { SCRIPT_BRACKETS_MAX } from '../../core/limits.ts';
import { NO_EFFECT, TELLING } from './effect.ts';
import type { Effect } from './effect.ts';
import { commentEnd, lineEnd } from './literal-ends.ts';
import * as s from './reader-state.ts';
import { pastBlanks } from './telling.ts';

/** Where the text ended: as code, in a comment, or the code of a quote. */
export const IN_CODE = 0;
export const IN_COMMENT = -1;

/** The position in a script and what is known of the text before it. */
export class ScriptCursor {
  protected text = '';
  protected at = 0;
  protected end = 0;
  protected previous = s.START;
  /** A line ended since the last token. */
  protected newline = false;
  /** The last name. */
  protected word = '';
  /** The name before its dot; empty when it has none, `?` when that is no plain name. */
  protected owner = '';
  /** The last name may stand before another one: `async f`. */
  protected contextual = false;
  /** A telling function is handed on instead of called. */
  protected carried = false;
  /** The last closed bracket was a member that tells of an attack. */
  protected closedTelling = false;
  /** A plus sign behind a string literal is the last token. */
  protected joins = false;
  /** The last literal is a number or an empty string, whose members nobody has a use for. */
  protected bare = false;
  /** A `!` stands before the operand. */
  protected negated = false;
  protected effect: Effect = NO_EFFECT;
  protected endedIn = IN_CODE;
  /** A literal was called: what follows never runs. */
  protected stopped = false;
  protected depth = 0;
  protected readonly brackets = new Uint8Array(SCRIPT_BRACKETS_MAX);

  get readTo(): number {
    return this.at;
  }

  /** Stands at `from`; `quote` is the code of the quote that has just closed a string of the page there, 0 for plain code. */
  protected begin(text: string, from: number, end: number, quote: number): void {
    this.text = text;
    this.at = from;
    this.end = end;
    this.previous = quote === 0 ? s.START : s.LITERAL;
    this.newline = quote === 0;
    this.setName('', '');
    this.contextual = false;
    this.closedTelling = false;
    this.carried = false;
    this.joins = false;
    this.negated = false;
    this.effect = NO_EFFECT;
    this.endedIn = IN_CODE;
    this.stopped = false;
    this.depth = 0;
  }

  protected after(previous: number, at: number): true {
    this.previous = previous;
    this.at = at;
    this.newline = false;
    this.contextual = false;
    this.joins = false;
    this.bare = false;
    if (previous < s.NAME) this.negated = false;
    return true;
  }

  protected skip(chars: number): true {
    this.at += chars;
    return true;
  }

  protected get operandBefore(): boolean {
    return this.previous >= s.NAME;
  }

  /** Whether an operand may begin here: a line end stands for a semicolon (ECMA-262 §12.10). */
  protected get operandFits(): boolean {
    return !this.operandBefore || this.newline || this.contextual;
  }

  protected peek(offset: number): number {
    const at = this.at + offset;
    return at < this.end ? this.text.charCodeAt(at) : -1;
  }

  /** First code from the current position that is no blank; -1 at the end. */
  protected peekPastBlanks(): number {
    const at = pastBlanks(this.text, this.at, this.end);
    return at < this.end ? this.text.charCodeAt(at) : -1;
  }

  protected setName(word: string, owner: string): void {
    this.word = word;
    this.owner = owner;
  }

  protected raise(effect: Effect): void {
    if (effect > this.effect) this.effect = effect;
  }

  protected push(kind: number): boolean {
    if (this.depth >= SCRIPT_BRACKETS_MAX) {
      this.effect = TELLING;
      this.stopped = true;
      return true;
    }
    this.brackets[this.depth++] = kind;
    this.setName('', '');
    return this.after(s.OPENED, this.at);
  }

  /** Behind the block comment that begins here, or at the end. */
  protected blockComment(): true {
    const end = commentEnd(this.text, this.at, this.end);
    if (end < 0) this.endedIn = IN_COMMENT;
    this.at = end < 0 ? this.end : end;
    return true;
  }

  protected lineComment(): true {
    this.at = lineEnd(this.text, this.at, this.end);
    if (this.at >= this.end) this.endedIn = IN_COMMENT;
    return true;
  }
}
