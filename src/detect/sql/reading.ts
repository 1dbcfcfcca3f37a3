/**
 * The state of one reading of a value as part of a query: where in an expression it is, the condition and the SELECT being
 * read, and the facts found so far. One object serves all readings of a thread.
 */
import { SQL_NESTING_MAX } from '../../core/limits.ts';
import { ANCHOR, ENDING, FACT } from './finding.ts';
import { SqlLexer } from './lexer.ts';
import { ROLE, TOKEN } from './token.ts';

/** What a closing parenthesis, END or brace ends. */
export const FRAME = { GROUP: 0, ARGUMENTS: 1, DANGER: 2, SUBQUERY: 3, CASE: 4, BRACE: 5 } as const;

/** Which part of a query is being read: commas, aliases and numbers mean different things there. */
export const CLAUSE = { CONDITION: 0, SELECT: 1, FROM: 2, SORT: 3, LIMIT: 4 } as const;

/** Why a SELECT stands where it stands. */
export const SELECTION = {
  NONE: 0,
  UNION: 1,
  /** Behind a semicolon. */
  STACKED: 2,
  /** The whole value. */
  STATEMENT: 3,
  /** Behind an operand, as SQL Server allows it. */
  UNSEPARATED: 4,
} as const;

export class Reading {
  readonly lexer = new SqlLexer();
  /** `FACT` bits. */
  facts = 0;
  ending: number = ENDING.VALUE;
  anchor: number = ANCHOR.NAME;
  /** Where the token begins that no query has there. */
  brokenAt = 0;
  /** White space, a comment or a parenthesis stood behind the first operand. */
  isSpacedAfterFirst = false;
  /** Code of the quote that the value stood in, and where the value closed it. */
  quote = 0;
  closedAt = 0;
  /** Tokens read, without the string that the value closed. */
  tokens = 0;

  /** An operand is wanted; else one stands there. */
  wantsOperand = true;
  clause: number = CLAUSE.CONDITION;
  depth = 0;
  mayAlias = false;
  lastKind: number = TOKEN.END;
  lastRole: number = ROLE.NONE;
  /** NOT was read behind an operand. */
  isNegated = false;
  /** BETWEENs whose AND is still to come. */
  betweens = 0;

  /** The condition being read is joined to the query by AND or OR, or (loosely) by WHERE, HAVING, ON or `||`. */
  isJoined = false;
  isJoinedLoosely = false;
  comparisons = 0;
  /** One of the comparisons is a word: LIKE, IN, BETWEEN. */
  comparesByWord = false;
  literals = 0;
  names = 0;
  calls = 0;
  /** The condition has a sign, a parenthesis or a word of truth: numbers that people list have none. */
  isMarked = false;
  /** The name read last is text[nameStart, nameEnd), and a comparison follows it. */
  nameStart = 0;
  nameEnd = 0;
  isNameCompared = false;

  selection: number = SELECTION.NONE;
  /** The SELECT being read has a literal, call, variable or `*`; several columns; a table; a call or variable. */
  hasSign = false;
  hasColumns = false;
  hasTable = false;
  hasCall = false;

  readonly #frames = new Uint8Array(SQL_NESTING_MAX);
  readonly #clauses = new Uint8Array(SQL_NESTING_MAX);

  reset(): void {
    this.facts = 0;
    this.ending = ENDING.VALUE;
    this.anchor = ANCHOR.NAME;
    this.brokenAt = 0;
    this.isSpacedAfterFirst = false;
    this.quote = 0;
    this.closedAt = 0;
    this.tokens = 0;
    this.wantsOperand = true;
    this.clause = CLAUSE.CONDITION;
    this.depth = 0;
    this.mayAlias = false;
    this.lastKind = TOKEN.END;
    this.lastRole = ROLE.NONE;
    this.isNegated = false;
    this.betweens = 0;
    this.selection = SELECTION.NONE;
    this.#clearSelect();
    this.#clearCondition();
  }

  /** An operand is complete. Like the other steps of the grammar it gives true: the token may stand here. */
  stands(): true {
    this.wantsOperand = false;
    this.mayAlias = true;
    return true;
  }

  /** An operand has to come. */
  wants(): true {
    this.wantsOperand = true;
    return true;
  }

  // Frames

  /** `FRAME.GROUP` outside all parentheses of the value. */
  topFrame(): number {
    const at = Math.min(this.depth, SQL_NESTING_MAX) - 1;
    return at < 0 ? FRAME.GROUP : this.#frames[at];
  }

  /** Frames deeper than the stack share its last place, as plain parentheses. */
  push(frame: number): true {
    if (this.depth < SQL_NESTING_MAX) {
      this.#frames[this.depth] = frame;
      this.#clauses[this.depth] = this.clause;
    } else this.#frames[SQL_NESTING_MAX - 1] = FRAME.GROUP;
    this.depth++;
    return true;
  }

  pop(): true {
    const frame = this.topFrame();
    this.depth--;
    if (frame === FRAME.DANGER && this.lastKind !== TOKEN.OPEN) this.facts |= FACT.DANGER_CALL;
    if (frame === FRAME.CASE) this.facts |= FACT.CASE;
    if (frame === FRAME.SUBQUERY) {
      this.calls++;
      this.hasSign = true;
    }
    if (this.depth < SQL_NESTING_MAX) this.clause = this.#clauses[this.depth];
    return this.stands();
  }

  // The condition

  startCondition(isLoose: boolean): void {
    this.closeCondition();
    this.isJoined = true;
    this.isJoinedLoosely = isLoose;
  }

  /** The condition is over: its parts say what kind it was. */
  closeCondition(): void {
    if (this.isJoined && !this.wantsOperand) this.facts |= this.#conditionFacts();
    else if (this.calls > 0) this.facts |= FACT.CALL;
    else if (this.#comparesConstantsByWord()) this.facts |= FACT.SQL_WORD;
    this.#clearCondition();
  }

  /** `1 between 0 and 2`: no name, and nothing that another language writes like that. */
  #comparesConstantsByWord(): boolean {
    return (
      this.comparesByWord &&
      this.quote === 0 &&
      this.anchor === ANCHOR.CONSTANT &&
      this.depth === 0 &&
      this.names === 0 &&
      this.literals > 1 &&
      !this.wantsOperand
    );
  }

  #conditionFacts(): number {
    let facts = 0;
    if (this.comparisons > 0) {
      const isConstant = this.names === 0 && this.literals + this.calls > 0;
      facts |= isConstant ? FACT.CONSTANT_CONDITION : FACT.NAMED_CONDITION;
    }
    // `(has(a.b) && has(a.c))` is a condition of other languages too: no constant, between parentheses of its own.
    const isForeign = this.quote === 0 && this.anchor === ANCHOR.PREFIX && this.literals === 0;
    if (this.calls > 0) return isForeign ? facts : facts | FACT.CALL_CONDITION;
    const isTruth = this.literals > 0 && this.comparisons === 0 && !this.isJoinedLoosely;
    if (!isTruth) return facts;
    const isBehindNumber = this.quote === 0 && this.anchor === ANCHOR.CONSTANT;
    return facts | FACT.TRUTH_CONDITION | (isBehindNumber && this.isMarked ? FACT.SQL_WORD : 0);
  }

  #clearCondition(): void {
    this.isJoined = false;
    this.isJoinedLoosely = false;
    this.comparisons = 0;
    this.comparesByWord = false;
    this.literals = 0;
    this.names = 0;
    this.calls = 0;
    this.isMarked = false;
    this.isNameCompared = false;
  }

  // The SELECT

  /** SELECT where an operand is wanted: a subquery, the second half of a union, a statement. False: it cannot stand here. */
  startSelect(): boolean {
    const opensSubquery = this.lastKind === TOKEN.OPEN;
    const continues =
      this.lastKind === TOKEN.END || this.lastRole === ROLE.UNION || this.lastRole === ROLE.DISTINCT;
    if (!opensSubquery && !continues && this.selection === SELECTION.NONE) return false;
    if (opensSubquery && this.selection !== SELECTION.UNION && this.depth > 0) {
      this.#frames[Math.min(this.depth, SQL_NESTING_MAX) - 1] = FRAME.SUBQUERY;
      if (this.isJoined && this.comparisons > 0) this.facts |= FACT.COMPARED_SUBQUERY;
    }
    this.clause = CLAUSE.SELECT;
    this.#clearSelect();
    return true;
  }

  /** Notes what is known of the SELECT being read, once an item of it is complete. */
  noteSelect(isOver: boolean): void {
    if (this.wantsOperand) return;
    const isCode = this.hasCall || (this.hasSign && this.hasTable);
    if (this.selection === SELECTION.UNION && (this.hasSign || this.hasColumns))
      this.facts |= FACT.UNION_SELECT;
    else if (this.selection === SELECTION.STACKED && this.hasSign) this.facts |= FACT.STACKED;
    else if (this.selection === SELECTION.UNSEPARATED && isCode) this.facts |= FACT.STACKED;
    else if (this.selection === SELECTION.STATEMENT && isOver) this.#noteStatement();
    if ((!isOver && !this.hasTable) || this.topFrame() !== FRAME.SUBQUERY) return;
    if (this.hasSign || this.hasTable) this.facts |= FACT.SUBQUERY;
    if (this.hasSign && this.hasTable) this.facts |= FACT.SUBQUERY_CODE;
  }

  /** The whole value is a SELECT: one without a table asks the server about itself. */
  #noteStatement(): void {
    if (this.depth === 0 && this.hasCall && !this.hasTable) this.facts |= FACT.STATEMENT;
  }

  #clearSelect(): void {
    this.hasSign = false;
    this.hasColumns = false;
    this.hasTable = false;
    this.hasCall = false;
  }

  /** The reading is over. */
  finish(ending: number): void {
    this.noteSelect(true);
    this.#noteOpenCall();
    this.closeCondition();
    this.ending = ending;
  }

  /** A call that waits or reads has its first argument but no closing parenthesis. */
  #noteOpenCall(): void {
    if (this.depth > 0 && this.topFrame() === FRAME.DANGER && !this.wantsOperand)
      this.facts |= FACT.DANGER_CALL;
  }

  /**
   * The token at `at` cannot stand there; false, for the grammar to return. Behind a closed quote and an operator a call
   * counts with its first argument: arguments of another language do not make it data.
   */
  breakOff(at: number): false {
    if (this.quote !== 0) this.#noteOpenCall();
    this.ending = ENDING.BROKEN;
    this.brokenAt = at;
    return false;
  }
}
