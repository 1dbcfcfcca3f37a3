/**
 * Whether a keyword begins a statement: its fixed words and the name they act on, as the five dialects write them. Prose
 * has the same words ("drop it at the table", "update us later"), but not in this order and not followed by what follows
 * here. Reads at most a dozen tokens; behind IF, to the end of the statement.
 */
import type { SqlLexer } from './lexer.ts';
import { ROLE, TOKEN } from './token.ts';

export const STATEMENT = {
  NONE: 0,
  /** The words are there; a title or a search phrase may have them too. */
  WORDS: 1,
  /** And something that only code has. */
  CODE: 2,
} as const;

/** Words that begin statements but, where no semicolon stands before them, other code rather. */
const COMMON_WORDS = ['call', 'set', 'do', 'load', 'show', 'with'];

export function isCommonWord(lexer: SqlLexer): boolean {
  return COMMON_WORDS.some((word) => lexer.is(word));
}

type Form = (lexer: SqlLexer) => number;

/** Reads on from the keyword the lexer stands on. */
export function readStatement(lexer: SqlLexer): number {
  const form = FORMS.get(lexer.text.slice(lexer.start, lexer.at).toLowerCase());
  return form === undefined ? STATEMENT.NONE : form(lexer);
}

/** A name, or a keyword used as one. */
function isName(lexer: SqlLexer): boolean {
  const { kind } = lexer;
  return kind === TOKEN.NAME || kind === TOKEN.STRING || kind === TOKEN.KEYWORD || kind === TOKEN.VARIABLE;
}

function skip(lexer: SqlLexer, ...words: readonly string[]): void {
  lexer.next();
  while (words.some((word) => lexer.is(word))) lexer.next();
}

/** What may follow the name: the end of the statement or its next part. */
function ending(lexer: SqlLexer, atEnd: number): number {
  switch (lexer.next()) {
    case TOKEN.END:
      return atEnd;
    case TOKEN.COMMENT:
    case TOKEN.SEMICOLON:
    case TOKEN.OPEN:
    case TOKEN.COMPARE:
    case TOKEN.OPEN_STRING:
    case TOKEN.CLOSE:
      return STATEMENT.CODE;
    case TOKEN.COMMA:
      return STATEMENT.WORDS;
    case TOKEN.NAME:
      return AFTER_NAME.some((word) => lexer.is(word)) ? STATEMENT.CODE : STATEMENT.NONE;
    case TOKEN.KEYWORD:
      return isClause(lexer.role) || AFTER_NAME.some((word) => lexer.is(word))
        ? STATEMENT.WORDS
        : STATEMENT.NONE;
    default:
      return STATEMENT.NONE;
  }
}

const AFTER_NAME = [
  'to',
  'cascade',
  'restrict',
  'purge',
  'rename',
  'owner',
  'engine',
  'nologin',
  'login',
  'password',
];

function isClause(role: number): boolean {
  return role === ROLE.CONDITION || role === ROLE.VALUES || role === ROLE.STATEMENT || role === ROLE.SELECT;
}

/** DROP, CREATE, ALTER: a kind of object and its name. */
function objectForm(lexer: SqlLexer): number {
  const isDrop = lexer.is('drop');
  skip(lexer, 'or', 'replace', 'temporary', 'temp', 'unique', 'materialized', 'public', 'shared');
  if (lexer.role !== ROLE.OBJECT) return STATEMENT.NONE;
  // "Create database page" is what a step is called.
  const isTable = lexer.is('table') || (isDrop && lexer.is('database'));
  skip(lexer, 'if', 'not', 'exists');
  if (!isName(lexer)) return STATEMENT.NONE;
  // "create user accounts" is a list item, "drop user bob" hardly one
  const atEnd = isTable ? STATEMENT.CODE : isDrop ? STATEMENT.WORDS : STATEMENT.NONE;
  const found = ending(lexer, atEnd);
  return found === STATEMENT.NONE && continuesObject(lexer.role) ? STATEMENT.WORDS : found;
}

/** CREATE … AS, IDENTIFIED BY; ALTER … ADD, MODIFY, CHANGE. */
function continuesObject(role: number): boolean {
  return role === ROLE.AS || role === ROLE.SECOND;
}

function insertForm(lexer: SqlLexer): number {
  skip(lexer, 'ignore', 'low_priority', 'high_priority', 'delayed');
  if (lexer.role !== ROLE.INTO) return STATEMENT.NONE;
  lexer.next();
  if (!isName(lexer)) return STATEMENT.NONE;
  const found = ending(lexer, STATEMENT.NONE);
  return found === STATEMENT.WORDS ? STATEMENT.CODE : found;
}

function updateForm(lexer: SqlLexer): number {
  skip(lexer, 'ignore', 'low_priority', 'only');
  if (!isName(lexer)) return STATEMENT.NONE;
  lexer.next();
  if (!lexer.is('set')) return STATEMENT.NONE;
  lexer.next();
  if (!isName(lexer)) return STATEMENT.NONE;
  return lexer.next() === TOKEN.COMPARE ? STATEMENT.CODE : STATEMENT.NONE;
}

function deleteForm(lexer: SqlLexer): number {
  skip(lexer, 'ignore', 'low_priority', 'quick');
  if (lexer.role !== ROLE.FROM) return STATEMENT.NONE;
  lexer.next();
  if (!isName(lexer)) return STATEMENT.NONE;
  const found = ending(lexer, STATEMENT.WORDS);
  if (found !== STATEMENT.WORDS || lexer.kind !== TOKEN.KEYWORD) return found;
  const kind = lexer.next();
  if (kind === TOKEN.NUMBER || kind === TOKEN.OPEN) return STATEMENT.CODE;
  return isName(lexer) && lexer.next() !== TOKEN.NAME ? STATEMENT.CODE : STATEMENT.NONE;
}

function truncateForm(lexer: SqlLexer): number {
  lexer.next();
  const isExplicit = lexer.is('table');
  if (isExplicit) lexer.next();
  return isName(lexer) ? ending(lexer, isExplicit ? STATEMENT.CODE : STATEMENT.WORDS) : STATEMENT.NONE;
}

/** What EXECUTE AS of SQL Server takes: "execute as planned" is prose. */
const CONTEXTS = ['login', 'user', 'owner', 'caller', 'self'];

function isOneOf(lexer: SqlLexer, words: readonly string[]): boolean {
  lexer.next();
  return words.some((word) => lexer.is(word));
}

/** EXEC and CALL: a procedure, a variable, or text. */
function executeForm(lexer: SqlLexer): number {
  const isCall = lexer.is('call');
  skip(lexer, 'immediate');
  const { kind, role } = lexer;
  if (kind === TOKEN.OPEN) {
    lexer.next();
    return isText(lexer) ? STATEMENT.CODE : STATEMENT.NONE;
  }
  // `exec:a` is one word of other languages, `exec@a` a name.
  const isApart = kind === TOKEN.STRING || lexer.spaced;
  if ((isApart && isText(lexer)) || role === ROLE.DANGER) return STATEMENT.CODE;
  if (role === ROLE.AS) return isOneOf(lexer, CONTEXTS) ? STATEMENT.WORDS : STATEMENT.NONE;
  if (kind !== TOKEN.NAME) return STATEMENT.NONE;
  const { text, start, at } = lexer;
  if (/(?:^|\.)(?:xp_|sp_)/i.test(text.slice(start, at))) return STATEMENT.CODE;
  if (lexer.next() !== TOKEN.OPEN) return isText(lexer) ? STATEMENT.CODE : STATEMENT.NONE;
  if (lexer.spaced && !isCall) return isRemark(lexer) ? STATEMENT.NONE : STATEMENT.CODE;
  return isCall && !isPassedOrEnds(lexer) ? STATEMENT.NONE : STATEMENT.CODE;
}

/** From the parenthesis that the lexer stands on: prose that says to call `f()` goes on behind it, a statement ends. */
function isPassedOrEnds(lexer: SqlLexer): boolean {
  return lexer.next() !== TOKEN.CLOSE || isStatementEnd(lexer.next());
}

/** From a parenthesis behind a space: two words side by side, as in "Execute tests (all of them)". */
function isRemark(lexer: SqlLexer): boolean {
  const isWord = (kind: number) => kind === TOKEN.NAME || kind === TOKEN.KEYWORD;
  return isWord(lexer.next()) && isWord(lexer.next());
}

/** '…' or @x; shells put double quotes and `$x` behind their `exec`. */
function isText({ kind, quote, start, at }: SqlLexer): boolean {
  return kind === TOKEN.STRING ? quote === 0x27 : kind === TOKEN.VARIABLE && at - start > 1;
}

/** DECLARE @x int, SET @x = 1, SET GLOBAL x = 1. */
function variableForm(lexer: SqlLexer): number {
  lexer.next();
  const isServer = lexer.is('global') || lexer.is('session') || lexer.is('persist');
  if (isServer) return isNameNext(lexer) && lexer.next() === TOKEN.COMPARE ? STATEMENT.WORDS : STATEMENT.NONE;
  if (lexer.kind !== TOKEN.VARIABLE || lexer.at - lexer.start < 2) return STATEMENT.NONE;
  const following = lexer.next();
  const isCode = following === TOKEN.COMPARE || following === TOKEN.CALCULATE || isName(lexer);
  return isCode ? STATEMENT.CODE : STATEMENT.NONE;
}

function isNameNext(lexer: SqlLexer): boolean {
  lexer.next();
  return isName(lexer);
}

function waitForm(lexer: SqlLexer): number {
  lexer.next();
  if (!lexer.is('delay') && !lexer.is('time')) return STATEMENT.NONE;
  const kind = lexer.next();
  return kind === TOKEN.STRING || kind === TOKEN.OPEN_STRING || kind === TOKEN.VARIABLE || kind === TOKEN.OPEN
    ? STATEMENT.CODE
    : STATEMENT.NONE;
}

/** GRANT and REVOKE: a privilege, ON or TO, a name. */
function grantForm(lexer: SqlLexer): number {
  skip(lexer, 'privileges');
  const isPrivilege =
    lexer.role === ROLE.STATEMENT ||
    lexer.role === ROLE.SELECT ||
    lexer.role === ROLE.DISTINCT ||
    PRIVILEGES.some((word) => lexer.is(word));
  if (!isPrivilege) return STATEMENT.NONE;
  skip(lexer, 'privileges');
  if (!lexer.is('on') && !lexer.is('to')) return STATEMENT.NONE;
  lexer.next();
  return isName(lexer) || lexer.kind === TOKEN.STAR ? ending(lexer, STATEMENT.WORDS) : STATEMENT.NONE;
}

const PRIVILEGES = ['dba', 'connect', 'usage', 'resource', 'super', 'file'];

/** COPY name FROM|TO 'file', COPY (SELECT …) TO PROGRAM. */
function copyForm(lexer: SqlLexer): number {
  if (lexer.next() === TOKEN.OPEN) return lexer.next() === TOKEN.KEYWORD ? STATEMENT.CODE : STATEMENT.NONE;
  if (!isName(lexer)) return STATEMENT.NONE;
  if (lexer.next() === TOKEN.OPEN) return STATEMENT.WORDS;
  if (lexer.role !== ROLE.FROM && !lexer.is('to')) return STATEMENT.NONE;
  lexer.next();
  if (lexer.is('program')) lexer.next();
  return lexer.kind === TOKEN.STRING || lexer.kind === TOKEN.OPEN_STRING ? STATEMENT.CODE : STATEMENT.NONE;
}

/** The keyword and one of some words, then a name: SHOW TABLES, ATTACH DATABASE, LOAD DATA … */
function twoWords(second: readonly string[], strength: number): Form {
  return (lexer) => {
    lexer.next();
    if (!second.some((word) => lexer.is(word))) return STATEMENT.NONE;
    const kind = lexer.next();
    return kind === TOKEN.NAME && strength === STATEMENT.WORDS ? ending(lexer, STATEMENT.WORDS) : strength;
  };
}

/** A word that is a statement by itself. */
function alone(lexer: SqlLexer): number {
  const kind = lexer.next();
  return kind === TOKEN.END || kind === TOKEN.SEMICOLON || kind === TOKEN.COMMENT || lexer.role === ROLE.END
    ? STATEMENT.WORDS
    : STATEMENT.NONE;
}

/** IF of SQL Server: a condition with a comparison, then a statement. Nested ones are read in the same loop. */
function conditionForm(lexer: SqlLexer): number {
  let compares = false;
  for (;;) {
    switch (lexer.next()) {
      case TOKEN.END:
      case TOKEN.COMMENT:
      case TOKEN.OPEN_STRING:
      case TOKEN.OTHER:
      case TOKEN.SEMICOLON:
      case TOKEN.OPEN_BRACE:
        return STATEMENT.NONE;
      case TOKEN.COMPARE:
        compares = true;
        break;
      case TOKEN.KEYWORD:
        if (lexer.role === ROLE.EXISTS) compares = true;
        else if (compares && lexer.role === ROLE.SELECT) return STATEMENT.CODE;
        else if (compares && isGuarded(lexer)) return readStatement(lexer);
        break;
    }
  }
}

/** A statement behind a condition; IF and BEGIN only begin the next one. */
function isGuarded(lexer: SqlLexer): boolean {
  if (lexer.role !== ROLE.STATEMENT || lexer.isBeforeParenthesis()) return false;
  return !isCommonWord(lexer) && !lexer.is('if') && !lexer.is('begin');
}

/** BEGIN and a statement; NULL; is the empty one of Oracle. */
function blockForm(lexer: SqlLexer): number {
  lexer.next();
  if (lexer.is('null')) return lexer.next() === TOKEN.SEMICOLON ? STATEMENT.CODE : STATEMENT.NONE;
  return lexer.role === ROLE.STATEMENT && !lexer.is('begin') ? readStatement(lexer) : STATEMENT.NONE;
}

function doForm(lexer: SqlLexer): number {
  const kind = lexer.next();
  // `do sleep 5` is a line of shell.
  const waits = lexer.role === ROLE.SLEEP || lexer.role === ROLE.DANGER;
  if (waits) return lexer.isBeforeParenthesis() ? STATEMENT.CODE : STATEMENT.NONE;
  return kind === TOKEN.STRING && lexer.quote === 0x24 ? STATEMENT.CODE : STATEMENT.NONE;
}

/** HANDLER t OPEN, PREPARE x FROM '…'. */
function nameThenWord(...second: readonly string[]): Form {
  return (lexer) => {
    lexer.next();
    if (!isName(lexer)) return STATEMENT.NONE;
    lexer.next();
    return second.some((word) => lexer.is(word)) ? STATEMENT.WORDS : STATEMENT.NONE;
  };
}

/** Words that are a statement behind a semicolon where a constant stood before it; too common to tell one elsewhere. */
const SHORT_STATEMENTS: ReadonlySet<string> = new Set(
  'commit rollback vacuum analyze checkpoint reconfigure raiserror dbcc use pragma kill print desc describe script runscript bulk'.split(
    ' ',
  ),
);

/** Whether the word the lexer stands on is such a statement: alone, or with one word or value and its end behind it. */
export function isShortStatement(lexer: SqlLexer): boolean {
  if (!SHORT_STATEMENTS.has(lexer.text.slice(lexer.start, lexer.at).toLowerCase())) return false;
  const following = lexer.next();
  if (isStatementEnd(following) || following === TOKEN.OPEN || lexer.is('insert')) return true;
  if (!isName(lexer) && following !== TOKEN.NUMBER) return false;
  const last = lexer.next();
  return (
    isStatementEnd(last) ||
    last === TOKEN.OPEN ||
    last === TOKEN.COMPARE ||
    last === TOKEN.STRING ||
    lexer.role === ROLE.FROM
  );
}

function isStatementEnd(kind: number): boolean {
  return (
    kind === TOKEN.END || kind === TOKEN.SEMICOLON || kind === TOKEN.COMMENT || kind === TOKEN.OPEN_STRING
  );
}

/** RENAME TABLE a TO b, BACKUP DATABASE a TO, MERGE INTO a. */
const FORMS: ReadonlyMap<string, Form> = new Map<string, Form>([
  ['drop', objectForm],
  ['create', objectForm],
  ['alter', objectForm],
  ['insert', insertForm],
  ['replace', insertForm],
  ['merge', insertForm],
  ['update', updateForm],
  ['delete', deleteForm],
  ['truncate', truncateForm],
  ['exec', executeForm],
  ['execute', executeForm],
  ['call', executeForm],
  ['declare', variableForm],
  ['set', variableForm],
  ['waitfor', waitForm],
  ['grant', grantForm],
  ['revoke', grantForm],
  ['copy', copyForm],
  ['attach', twoWords(['database'], STATEMENT.CODE)],
  ['load', twoWords(['data', 'xml'], STATEMENT.WORDS)],
  [
    'show',
    twoWords(['tables', 'databases', 'columns', 'variables', 'grants', 'processlist'], STATEMENT.WORDS),
  ],
  ['backup', twoWords(['database', 'log'], STATEMENT.WORDS)],
  ['restore', twoWords(['database', 'log'], STATEMENT.WORDS)],
  ['rename', twoWords(['table'], STATEMENT.WORDS)],
  ['explain', twoWords(['select', 'update', 'delete', 'insert'], STATEMENT.WORDS)],
  ['handler', nameThenWord('open', 'read')],
  ['prepare', nameThenWord('from', 'as')],
  ['shutdown', alone],
  ['reconfigure', alone],
  ['do', doForm],
  ['if', conditionForm],
  ['begin', blockForm],
]);
