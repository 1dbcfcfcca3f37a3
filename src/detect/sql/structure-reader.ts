/**
 * Reads a value as part of a query and notes what it does to the query's structure.
 *
 * The grammar is that of expressions with clauses around them, as a machine of two states: an operand is wanted
 * (operand.ts), or one stands there (continuation.ts, clause.ts). A stack of frames of fixed size says what a closing
 * parenthesis ends. What cannot be SQL at all stops the reading: that, not keywords, keeps prose apart, because prose puts
 * two words side by side where SQL wants an operator. The grammar is wider than any database's; facts decide, not
 * acceptance (verdict.ts).
 *
 * One pass without recursion and with a bounded number of steps per token.
 */
import { readContinuation } from './continuation.ts';
import type { Dialect } from './dialect.ts';
import { ANCHOR, ENDING, FACT } from './finding.ts';
import { readOperand } from './operand.ts';
import { SELECTION } from './reading.ts';
import type { Reading } from './reading.ts';
import { STATEMENT, readStatement } from './statement.ts';
import { ROLE, TOKEN } from './token.ts';

/** Reads `text` from `from` as code; its first token may continue an operand that stands before it. */
export function readCode(reading: Reading, text: string, from: number, dialect: Dialect): void {
  reading.reset();
  const { lexer } = reading;
  lexer.open(text, from, dialect);
  const kind = lexer.next();
  const { role } = lexer;
  reading.anchor = anchorOf(reading, kind, role);
  switch (reading.anchor) {
    case ANCHOR.STATEMENT:
      if (role !== ROLE.SELECT) {
        readWholeStatement(reading);
        return;
      }
      reading.selection = SELECTION.STATEMENT;
      break;
    case ANCHOR.OPERATOR:
      reading.literals = 1;
      reading.wantsOperand = false;
      break;
    default:
      if (kind === TOKEN.CLOSE || kind === TOKEN.SEMICOLON) reading.wantsOperand = false;
  }
  run(reading, kind);
}

/** Reads `text` as the rest of a string between `quote`s: false, and nothing else, when it does not close it. */
export function readString(reading: Reading, text: string, quote: number, dialect: Dialect): boolean {
  reading.reset();
  const { lexer } = reading;
  lexer.open(text, 0, dialect);
  if (!lexer.closeString(quote)) return false;
  readBehind(reading, quote);
  return true;
}

/** Reads `text` from `from`, behind a mark that closed what the value stood in. */
export function readEnclosure(reading: Reading, text: string, from: number, dialect: Dialect): void {
  reading.reset();
  reading.lexer.open(text, from, dialect);
  readBehind(reading, text.charCodeAt(from - 1));
}

/** On from where the lexer stands, behind an operand that the byte `quote` closed. */
function readBehind(reading: Reading, quote: number): void {
  const { lexer } = reading;
  reading.quote = quote;
  reading.closedAt = lexer.at - 1;
  reading.anchor = ANCHOR.CONSTANT;
  reading.literals = 1;
  reading.wantsOperand = false;
  reading.lastKind = TOKEN.STRING;
  run(reading, lexer.next());
}

/** Whether the value is an operand, continues one, or is a statement. */
function anchorOf({ lexer }: Reading, kind: number, role: number): number {
  switch (kind) {
    case TOKEN.STRING:
      return ANCHOR.TEXT;
    case TOKEN.NUMBER:
    case TOKEN.VARIABLE:
    case TOKEN.CLOSE:
    case TOKEN.SEMICOLON:
      return ANCHOR.CONSTANT;
    case TOKEN.OPEN:
    case TOKEN.SIGN:
      return ANCHOR.PREFIX;
    case TOKEN.COMPARE:
    case TOKEN.CALCULATE:
    case TOKEN.JUNCTION:
    case TOKEN.BARS:
    case TOKEN.STAR:
    case TOKEN.COMMA:
      return ANCHOR.OPERATOR;
    case TOKEN.KEYWORD:
      break;
    default:
      return ANCHOR.NAME;
  }
  if (CONTINUING_ROLES.has(role)) return ANCHOR.OPERATOR;
  if (role === ROLE.LITERAL) return ANCHOR.CONSTANT;
  if (role === ROLE.NOT || role === ROLE.CASE) return ANCHOR.PREFIX;
  const isStatement = role === ROLE.SELECT || (role === ROLE.STATEMENT && !lexer.isBeforeParenthesis());
  return isStatement ? ANCHOR.STATEMENT : ANCHOR.NAME;
}

/** Words that can only stand behind an operand. */
const CONTINUING_ROLES: ReadonlySet<number> = new Set([
  ROLE.AND,
  ROLE.OR,
  ROLE.UNION,
  ROLE.CONDITION,
  ROLE.SORT,
  ROLE.LIMIT,
  ROLE.IN,
  ROLE.BETWEEN,
  ROLE.COMPARE,
  ROLE.INTO,
  ROLE.PROCEDURE,
  ROLE.CALCULATE,
  ROLE.IS,
  ROLE.AS,
]);

function readWholeStatement(reading: Reading): void {
  const isCode = readStatement(reading.lexer) === STATEMENT.CODE;
  if (isCode) reading.facts |= FACT.STATEMENT;
  else reading.breakOff(reading.lexer.start);
}

function run(reading: Reading, first: number): void {
  const { lexer } = reading;
  for (let kind = first; ; kind = lexer.next()) {
    if (kind === TOKEN.END || kind === TOKEN.COMMENT) {
      const isComplete = kind === TOKEN.COMMENT ? ENDING.COMMENT : ENDING.VALUE;
      reading.finish(reading.wantsOperand ? ENDING.OPERAND_MISSING : isComplete);
      break;
    }
    if (reading.tokens++ === 0) reading.isSpacedAfterFirst = lexer.spaced || kind === TOKEN.CLOSE;
    const { role, start } = lexer;
    const isRead = reading.wantsOperand
      ? readOperand(reading, kind, role)
      : readContinuation(reading, kind, role);
    if (!isRead) {
      if (reading.ending === ENDING.VALUE) {
        reading.closeCondition();
        reading.breakOff(start);
      }
      break;
    }
    reading.lastKind = kind;
    reading.lastRole = role;
  }
  if (lexer.sawVersionedComment && reading.tokens > 1) reading.facts |= FACT.VERSIONED;
}
