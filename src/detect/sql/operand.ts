/** The half of the grammar that reads operands. Each function says whether the token may stand where one is wanted. */
import { ANCHOR, ENDING, FACT } from './finding.ts';
import { CLAUSE, FRAME } from './reading.ts';
import type { Reading } from './reading.ts';
import { ROLE, TOKEN } from './token.ts';
import { readFrom } from './clause.ts';

/** Reads the token the lexer stands on. */
export function readOperand(reading: Reading, kind: number, role: number): boolean {
  switch (kind) {
    case TOKEN.NUMBER:
    case TOKEN.STRING:
      return readLiteral(reading, kind);
    case TOKEN.OPEN_STRING:
      readLiteral(reading, TOKEN.STRING);
      reading.finish(ENDING.OPEN_STRING);
      return false;
    case TOKEN.VARIABLE:
      // A system variable is a constant of the server; others are as good as one.
      reading.literals++;
      reading.isMarked = true;
      reading.hasSign = true;
      reading.hasCall = true;
      return reading.stands();
    case TOKEN.NAME:
      return readName(reading);
    case TOKEN.KEYWORD:
      return readWord(reading, role);
    case TOKEN.OPEN:
      reading.isMarked = true;
      return reading.push(FRAME.GROUP);
    case TOKEN.CLOSE: {
      const frame = reading.topFrame();
      const isCall = frame === FRAME.ARGUMENTS || frame === FRAME.DANGER;
      return isCall && reading.lastKind === TOKEN.OPEN && reading.pop();
    }
    case TOKEN.STAR:
      if (reading.clause !== CLAUSE.SELECT && reading.topFrame() !== FRAME.ARGUMENTS) return false;
      reading.hasSign = true;
      return reading.stands();
    case TOKEN.SIGN:
    case TOKEN.NEGATE:
      reading.isMarked = true;
      return true;
    case TOKEN.OPEN_BRACE:
      return readEscape(reading);
    default:
      return false;
  }
}

function readLiteral(reading: Reading, kind: number): true {
  reading.literals++;
  reading.hasSign = true;
  if (kind === TOKEN.NUMBER) {
    const isSigned = reading.tokens === 2 && reading.lastKind === TOKEN.SIGN;
    if (isSigned && reading.anchor === ANCHOR.PREFIX) reading.anchor = ANCHOR.CONSTANT;
    const isSorted = reading.clause === CLAUSE.SORT || reading.clause === CLAUSE.LIMIT;
    if (isSorted && reading.depth === 0 && reading.selection === 0) reading.facts |= FACT.SORT_PROBE;
  }
  return reading.stands();
}

/** A name, or a word that is reserved in some place or dialect only. */
function readName(reading: Reading): true {
  const { start, at, text } = reading.lexer;
  const isRight = reading.isNameCompared && reading.isJoined && reading.lastKind === TOKEN.COMPARE;
  // `or a=a` is true whatever `a` is.
  if (
    isRight &&
    at - start === reading.nameEnd - reading.nameStart &&
    text.startsWith(text.slice(reading.nameStart, reading.nameEnd), start)
  ) {
    reading.facts |= FACT.CONSTANT_CONDITION;
  }
  reading.nameStart = start;
  reading.nameEnd = at;
  reading.names++;
  return reading.stands();
}

function readWord(reading: Reading, role: number): boolean {
  const { lexer } = reading;
  switch (role) {
    case ROLE.NOT:
    case ROLE.PREFIX:
    case ROLE.DISTINCT:
      return true;
    case ROLE.EXISTS:
      reading.calls++;
      return lexer.isBeforeParenthesis();
    case ROLE.LITERAL:
      reading.isMarked = true;
      return readLiteral(reading, TOKEN.STRING);
    case ROLE.SELECT:
      return reading.startSelect();
    case ROLE.CASE:
      return reading.push(FRAME.CASE);
    case ROLE.WHEN:
      if (reading.topFrame() !== FRAME.CASE) return false;
      reading.startCondition(true);
      return true;
    case ROLE.JOIN:
      return (reading.clause === CLAUSE.FROM && !lexer.isBeforeParenthesis()) || readName(reading);
    case ROLE.TOP:
      return reading.clause === CLAUSE.SELECT ? readTop(reading) : readName(reading);
    case ROLE.FROM:
      // IS DISTINCT FROM, and SELECT without columns as PostgreSQL allows it
      return reading.lastRole === ROLE.DISTINCT || (reading.lastRole === ROLE.SELECT && readFrom(reading));
    case ROLE.COMPARE:
    case ROLE.POSTFIX:
      // like(a, b) and isnull(a) are functions too
      return lexer.isBeforeParenthesis() && readName(reading);
    case ROLE.STATEMENT:
    case ROLE.OBJECT:
    case ROLE.SECOND:
    case ROLE.VALUES:
    case ROLE.CALCULATE:
    case ROLE.LIMIT:
    case ROLE.END:
    case ROLE.PROCEDURE:
      return readName(reading);
    default:
      return false;
  }
}

/** TOP 5, TOP (5) */
function readTop({ lexer }: Reading): boolean {
  if (lexer.next() === TOKEN.OPEN && lexer.next() !== TOKEN.END) return lexer.next() === TOKEN.CLOSE;
  return lexer.kind === TOKEN.NUMBER;
}

/** {fn now()}, {d '2026-01-01'}: an escape of ODBC, one word and an operand. */
function readEscape(reading: Reading): boolean {
  const word = reading.lexer.next();
  return (word === TOKEN.NAME || word === TOKEN.KEYWORD) && reading.push(FRAME.BRACE);
}
