/** The part of the grammar around expressions: clauses of a query, the next query of a union, the next statement. */
import { ANCHOR, ENDING, FACT } from './finding.ts';
import { CLAUSE, FRAME, SELECTION } from './reading.ts';
import type { Reading } from './reading.ts';
import { STATEMENT, isCommonWord, isShortStatement, readStatement } from './statement.ts';
import { ROLE, TOKEN } from './token.ts';

/** UNION [ALL | DISTINCT] and SELECT, VALUES ( or TABLE: the word alone is one of prose. */
export function readUnion(reading: Reading): boolean {
  const { lexer } = reading;
  // L'union: a name that begins with a letter and a quote
  const isSpaced = lexer.spaced || reading.tokens > 1;
  reading.closeCondition();
  reading.noteSelect(true);
  lexer.next();
  while (lexer.role === ROLE.DISTINCT) lexer.next();
  while (lexer.kind === TOKEN.OPEN) {
    reading.push(FRAME.GROUP);
    lexer.next();
  }
  const isSelect = lexer.role === ROLE.SELECT || lexer.is('table');
  if (!isSelect && !(lexer.role === ROLE.VALUES && isRowNext(reading))) return false;
  if (isSpaced) reading.facts |= FACT.UNION;
  reading.lastRole = ROLE.UNION;
  reading.selection = SELECTION.UNION;
  reading.wants();
  reading.startSelect();
  if (lexer.sawInnerComment || lexer.sawVersionedComment) reading.hasSign = true;
  return true;
}

/** VALUES (1), VALUES ROW(1) */
function isRowNext({ lexer }: Reading): boolean {
  if (lexer.isBeforeParenthesis()) return true;
  lexer.next();
  return lexer.is('row') && lexer.isBeforeParenthesis();
}

/** FROM of a SELECT, of the query around the value, or inside substring(x FROM 1). */
export function readFrom(reading: Reading): true {
  if (reading.clause === CLAUSE.SELECT) {
    reading.noteSelect(false);
    reading.clause = CLAUSE.FROM;
    reading.hasTable = true;
  } else if (reading.depth === 0) reading.clause = CLAUSE.FROM;
  return reading.wants();
}

/** ORDER BY, GROUP BY. */
export function readSort(reading: Reading): boolean {
  reading.closeCondition();
  reading.lexer.next();
  if (reading.lexer.role !== ROLE.BY) return false;
  reading.clause = CLAUSE.SORT;
  return reading.wants();
}

/** INTO OUTFILE 'file', INTO @x. */
export function readInto(reading: Reading): boolean {
  const { lexer } = reading;
  reading.closeCondition();
  reading.noteSelect(false);
  lexer.next();
  if (lexer.role !== ROLE.OUTFILE) return lexer.kind === TOKEN.VARIABLE || lexer.kind === TOKEN.NAME;
  const file = lexer.next();
  const isNamed = file === TOKEN.STRING || file === TOKEN.NUMBER;
  if (isNamed || file === TOKEN.OPEN_STRING) reading.facts |= FACT.FILE_WRITE;
  return isNamed;
}

export function readAs(reading: Reading): boolean {
  const { lexer } = reading;
  reading.mayAlias = false;
  const kind = lexer.next();
  return kind === TOKEN.NAME || kind === TOKEN.STRING || kind === TOKEN.KEYWORD;
}

/** PROCEDURE ANALYSE( of old MySQL, which takes expressions where no clause does. */
export function readProcedure(reading: Reading): boolean {
  const { lexer } = reading;
  const kind = lexer.next();
  if (kind !== TOKEN.NAME || !lexer.isBeforeParenthesis()) return false;
  if (lexer.is('analyse')) reading.facts |= FACT.SORT_PROBE;
  // Read as a call: `run` still takes this token for the keyword, behind which a parenthesis opens arguments.
  return true;
}

/** The end of the query, or a second statement. Nothing else that follows makes a difference. */
export function readSemicolon(reading: Reading): boolean {
  const { lexer } = reading;
  const { start } = lexer;
  reading.closeCondition();
  reading.noteSelect(true);
  do lexer.next();
  while (lexer.kind === TOKEN.SEMICOLON);
  if (lexer.kind === TOKEN.END || lexer.kind === TOKEN.COMMENT) {
    reading.finish(lexer.kind === TOKEN.COMMENT ? ENDING.COMMENT : ENDING.SEMICOLON);
    return false;
  }
  if (lexer.role === ROLE.SELECT) {
    reading.lastKind = TOKEN.END;
    reading.depth = 0;
    reading.selection = SELECTION.STACKED;
    reading.wants();
    return reading.startSelect();
  }
  if (reading.tokens === 1 && (lexer.role === ROLE.OR || lexer.role === ROLE.AND)) {
    // `;or 1=1`, as testers write it
    reading.startCondition(false);
    return reading.wants();
  }
  const isBare = reading.anchor === ANCHOR.CONSTANT && reading.tokens === (reading.quote === 0 ? 2 : 1);
  if (isBare && isShortStatement(lexer)) reading.facts |= FACT.STACKED;
  else if (lexer.role === ROLE.STATEMENT && readStatement(lexer) !== STATEMENT.NONE)
    reading.facts |= FACT.STACKED;
  return reading.breakOff(start + 1);
}

/** A statement without a semicolon before it, as SQL Server takes it. */
export function readStacked(reading: Reading): false {
  const { lexer } = reading;
  const { start } = lexer;
  reading.closeCondition();
  if (!isCommonWord(lexer) && readStatement(lexer) === STATEMENT.CODE) reading.facts |= FACT.STACKED;
  return reading.breakOff(start);
}
