/** The half of the grammar that reads on from an operand. Each function says whether the token may stand behind one. */
import {
  readAs,
  readFrom,
  readInto,
  readProcedure,
  readSemicolon,
  readSort,
  readStacked,
  readUnion,
} from './clause.ts';
import { ANCHOR, FACT } from './finding.ts';
import { CLAUSE, FRAME, SELECTION } from './reading.ts';
import type { Reading } from './reading.ts';
import { ROLE, TOKEN } from './token.ts';

/** Reads the token the lexer stands on. */
export function readContinuation(reading: Reading, kind: number, role: number): boolean {
  if (reading.isNegated) {
    reading.isNegated = false;
    const compares =
      role === ROLE.COMPARE || role === ROLE.IN || role === ROLE.BETWEEN || role === ROLE.LITERAL;
    if (!compares) return false;
  }
  switch (kind) {
    case TOKEN.COMPARE:
      return compare(reading);
    case TOKEN.CALCULATE:
    case TOKEN.SIGN:
    case TOKEN.STAR:
      return calculate(reading);
    case TOKEN.NEGATE:
      return reading.lexer.is('~') && compare(reading);
    case TOKEN.JUNCTION:
      return join(reading, false);
    case TOKEN.BARS:
      if (reading.tokens === 1) reading.facts |= FACT.OPERATION;
      return join(reading, true);
    case TOKEN.OPEN:
      return readArguments(reading);
    case TOKEN.CLOSE:
      return readClose(reading);
    case TOKEN.CLOSE_BRACE:
      return reading.topFrame() === FRAME.BRACE && reading.pop();
    case TOKEN.COMMA:
      return readComma(reading);
    case TOKEN.SEMICOLON:
      return readSemicolon(reading);
    case TOKEN.NAME:
      return readAlias(reading);
    case TOKEN.STRING:
      return reading.clause === CLAUSE.SELECT && readAlias(reading);
    case TOKEN.KEYWORD:
      return readWord(reading, role);
    case TOKEN.VARIABLE:
      return isQuestionOperator(reading) && compare(reading);
    default:
      return false;
  }
}

/** `?` and `@@` of PostgreSQL where an operator belongs: a key of JSON is there, a text matches a search. */
function isQuestionOperator({ lexer, isJoined, quote }: Reading): boolean {
  return isJoined && quote !== 0x22 && (lexer.is('?') || lexer.is('@@'));
}

function readWord(reading: Reading, role: number): boolean {
  switch (role) {
    case ROLE.AND:
      if (reading.betweens === 0) return join(reading, false);
      reading.betweens--;
      return reading.wants();
    case ROLE.OR:
      if (reading.lexer.spaced && reading.lexer.is('xor')) reading.facts |= FACT.SQL_WORD;
      return join(reading, false);
    case ROLE.NOT:
      reading.isNegated = true;
      return true;
    case ROLE.COMPARE:
      return compareByWord(reading);
    case ROLE.IN:
      if (!reading.lexer.isBeforeParenthesis()) return readSearchMode(reading);
      reading.comparesByWord = true;
      return compare(reading);
    case ROLE.BETWEEN:
      reading.betweens++;
      reading.comparesByWord = true;
      return compare(reading);
    case ROLE.IS:
      return compare(reading);
    case ROLE.POSTFIX:
    case ROLE.LITERAL:
      // ISNULL, NOT NULL
      reading.comparisons++;
      return reading.lastRole === ROLE.NOT || role === ROLE.POSTFIX;
    case ROLE.CALCULATE:
      return calculate(reading);
    case ROLE.CONDITION:
      reading.noteSelect(false);
      reading.clause = CLAUSE.CONDITION;
      return join(reading, true);
    case ROLE.LIMIT:
      reading.closeCondition();
      reading.clause = CLAUSE.LIMIT;
      return reading.wants();
    case ROLE.WHEN:
    case ROLE.THEN:
      if (reading.topFrame() !== FRAME.CASE) return false;
      reading.closeCondition();
      if (role === ROLE.WHEN) reading.startCondition(true);
      return reading.wants();
    case ROLE.END:
      reading.closeCondition();
      return reading.topFrame() === FRAME.CASE && reading.pop();
    default:
      return readClauseWord(reading, role);
  }
}

function readClauseWord(reading: Reading, role: number): boolean {
  switch (role) {
    case ROLE.UNION:
      return readUnion(reading);
    case ROLE.FROM:
      return readFrom(reading);
    case ROLE.SORT:
      return readSort(reading);
    case ROLE.INTO:
      return readInto(reading);
    case ROLE.AS:
      return readAs(reading);
    case ROLE.JOIN:
      return reading.clause === CLAUSE.FROM && reading.wants();
    case ROLE.DIRECTION:
      return reading.clause === CLAUSE.SORT;
    case ROLE.FOR:
      return reading.topFrame() === FRAME.ARGUMENTS && reading.wants();
    case ROLE.PROCEDURE:
      return readProcedure(reading);
    case ROLE.SELECT:
      if (reading.anchor === ANCHOR.NAME) return false;
      reading.selection = SELECTION.UNSEPARATED;
      reading.wants();
      return reading.startSelect();
    case ROLE.STATEMENT:
      return readStacked(reading);
    case ROLE.OBJECT:
    case ROLE.SECOND:
    case ROLE.VALUES:
      return readAlias(reading);
    default:
      return false;
  }
}

function compare(reading: Reading): true {
  if (reading.depth === 0 && !reading.isJoined) reading.facts |= FACT.OPERATION;
  reading.comparisons++;
  reading.isNameCompared = reading.lastKind === TOKEN.NAME;
  return reading.wants();
}

/** LIKE and its kind; SIMILAR TO and SOUNDS LIKE have a second word. */
function compareByWord(reading: Reading): boolean {
  const { lexer } = reading;
  const second = lexer.is('similar') ? 'to' : lexer.is('sounds') ? 'like' : '';
  if (second !== '') {
    lexer.next();
    if (!lexer.is(second)) return false;
  }
  reading.comparesByWord = true;
  if (lexer.spaced && SQL_WORDS.some((word) => lexer.is(word))) reading.facts |= FACT.SQL_WORD;
  return compare(reading);
}

/** `IN BOOLEAN MODE`, `IN NATURAL LANGUAGE MODE` behind the text of a search (MySQL 8.4, 14.9): the operand stands on. */
function readSearchMode({ lexer }: Reading): boolean {
  lexer.next();
  if (lexer.is('natural')) {
    lexer.next();
    if (!lexer.is('language')) return false;
  } else if (!lexer.is('boolean')) return false;
  lexer.next();
  return lexer.is('mode');
}

/** `RegExp` between quotes is a type of other languages; there no space stands beside it. */
const SQL_WORDS = ['rlike', 'regexp', 'ilike'];

function calculate(reading: Reading): boolean {
  if (isCast(reading)) return readType(reading);
  if (reading.depth === 0 && !reading.isJoined) reading.facts |= FACT.OPERATION;
  return reading.wants();
}

/** `::` of PostgreSQL; `:=` calculates. */
function isCast({ lexer }: Reading): boolean {
  return lexer.at - lexer.start === 2 && lexer.text.startsWith('::', lexer.start);
}

/** The type behind `::`: a name that makes no column of what stands before it. */
function readType(reading: Reading): boolean {
  const isText = reading.lastKind === TOKEN.STRING;
  const kind = reading.lexer.next();
  if (isText && reading.quote === 0) reading.facts |= FACT.SQL_WORD;
  return kind === TOKEN.NAME || kind === TOKEN.KEYWORD;
}

function join(reading: Reading, isLoose: boolean): true {
  reading.startCondition(isLoose);
  return reading.wants();
}

/** A parenthesis behind a name makes it a call. */
function readArguments(reading: Reading): boolean {
  const { lastKind, lastRole } = reading;
  const isCallable = lastKind === TOKEN.NAME || (lastKind === TOKEN.KEYWORD && lastRole !== ROLE.LITERAL);
  if (!isCallable) return false;
  if (reading.names > 0) reading.names--;
  reading.calls++;
  reading.hasSign = true;
  reading.hasCall = true;
  reading.wants();
  const isDanger = lastRole === ROLE.DANGER || lastRole === ROLE.SLEEP;
  return reading.push(isDanger ? FRAME.DANGER : FRAME.ARGUMENTS);
}

/** Closes a parenthesis of the value, or one that the query opened before it. */
function readClose(reading: Reading): boolean {
  reading.noteSelect(true);
  if (reading.depth > 0) return reading.topFrame() !== FRAME.CASE && reading.pop();
  reading.closeCondition();
  reading.facts |= FACT.CLOSES_OUTER;
  reading.clause = CLAUSE.CONDITION;
  return true;
}

function readComma(reading: Reading): true {
  if (reading.depth === 0 || reading.topFrame() === FRAME.SUBQUERY) {
    if (reading.clause === CLAUSE.SELECT) reading.hasColumns = true;
    else if (reading.clause === CLAUSE.CONDITION) reading.closeCondition();
    reading.noteSelect(false);
  }
  return reading.wants();
}

/** A name behind a column or table renames it; anywhere else two operands in a row are no SQL. */
function readAlias(reading: Reading): boolean {
  const mayStand = reading.clause === CLAUSE.SELECT || reading.clause === CLAUSE.FROM;
  if (!mayStand || !reading.mayAlias) return false;
  reading.mayAlias = false;
  return true;
}
