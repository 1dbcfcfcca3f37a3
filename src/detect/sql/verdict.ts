/**
 * From what a reading found to whether the value changes the query around it. The stricter the place, the less is needed:
 * behind a quote that the value closed there is code or an error, while text read as code from its first byte may simply
 * be text. docs/detection.md gives the reasons and figures.
 */
import { CHAR, charClass } from './char-class.ts';
import { ANCHOR, ENDING, FACT } from './finding.ts';
import type { Reading } from './reading.ts';

/** Facts that need nothing beside them, wherever in the text they stand. */
const ANYWHERE =
  FACT.UNION_SELECT | FACT.STACKED | FACT.FILE_WRITE | FACT.SUBQUERY_CODE | FACT.COMPARED_SUBQUERY;
/** Facts that need nothing beside them behind a closed quote. */
const BEHIND_QUOTE =
  ANYWHERE | FACT.DANGER_CALL | FACT.SUBQUERY | FACT.CONSTANT_CONDITION | FACT.CASE | FACT.VERSIONED;
const CONDITION = FACT.NAMED_CONDITION | FACT.CALL_CONDITION;

/** Facts that suffice for text that is code from its first byte to its last. */
const UNBROKEN = FACT.STATEMENT | FACT.DANGER_CALL | FACT.SUBQUERY;
/** The same by how the text began: behind a name they may be prose, a formula or a search phrase. */
const BY_ANCHOR: Readonly<Record<number, number>> = {
  [ANCHOR.NAME]: FACT.CONSTANT_CONDITION,
  [ANCHOR.TEXT]: FACT.UNION | FACT.SQL_WORD,
  [ANCHOR.CONSTANT]:
    FACT.CONSTANT_CONDITION |
    CONDITION |
    FACT.SQL_WORD |
    FACT.SORT_PROBE |
    FACT.UNION |
    FACT.CASE |
    FACT.VERSIONED,
  [ANCHOR.OPERATOR]:
    FACT.CONSTANT_CONDITION | FACT.CALL_CONDITION | FACT.SORT_PROBE | FACT.CASE | FACT.VERSIONED,
  [ANCHOR.PREFIX]: FACT.CONSTANT_CONDITION | FACT.CALL_CONDITION | FACT.UNION | FACT.CASE | FACT.VERSIONED,
  // People post queries; WHERE and CASE belong to them.
  [ANCHOR.STATEMENT]: FACT.VERSIONED,
};

/** Longest remark behind a truncating comment: `-- -`, `--+`, `-- x`, `#foo`; prose after a dash is longer. */
const REMARK_MAX = 8;
/** Bytes of a parameter between percent signs, its quote among them. */
const PLACEHOLDER_MAX = 134;
/** Bytes of text on either side of a lone operator between quotes. */
const SIDE_MAX = 32;

/** Of a value that closes the quote it stands in. */
export function breaksOutOfString(reading: Reading): boolean {
  const { facts, ending } = reading;
  if ((facts & BEHIND_QUOTE) !== 0) return true;
  if (ending === ENDING.OPERAND_MISSING) return (facts & FACT.UNION) !== 0 && !isBehindLetter(reading);
  if (ending === ENDING.BROKEN) return false;
  if ((facts & (CONDITION | FACT.SORT_PROBE | FACT.SQL_WORD)) !== 0) return true;
  if ((facts & FACT.CALL) !== 0 && !isPlaceholder(reading)) return true;
  const isClosed = ending !== ENDING.VALUE;
  // The students' union may select somebody, but not from a table.
  if ((facts & FACT.UNION) !== 0 && (isClosed || reading.hasTable)) return true;
  const truth = (facts & FACT.TRUTH_CONDITION) !== 0;
  if (!truth && (facts & FACT.OPERATION) === 0) return ending === ENDING.COMMENT && isTruncation(reading);
  if (ending === ENDING.OPEN_STRING) return reading.quote !== 0x60 && hasBareSides(reading);
  if (ending === ENDING.COMMENT) return isTruncation(reading);
  return truth && (isClosed || reading.isSpacedAfterFirst);
}

/**
 * Of a value that closes a comment, a dollar-quoted string or a name in brackets: other languages have these marks too, so
 * only what the value says itself counts, and conditions with names or calls if a comment cuts off the rest.
 */
export function breaksOutOfEnclosure({ facts, ending }: Reading): boolean {
  if ((facts & BEHIND_QUOTE & ~FACT.STACKED) !== 0) return true;
  if (ending === ENDING.BROKEN) return false;
  return (facts & (ending === ENDING.COMMENT ? CONDITION | FACT.SORT_PROBE : FACT.SORT_PROBE)) !== 0;
}

/** Of a value read as code from its first byte. */
export function isCode(reading: Reading): boolean {
  const { facts, ending, anchor } = reading;
  if ((facts & ANYWHERE) !== 0) return true;
  if (ending === ENDING.BROKEN) return false;
  if ((facts & (UNBROKEN | BY_ANCHOR[anchor])) !== 0) return true;
  if (ending !== ENDING.COMMENT || anchor === ANCHOR.NAME || anchor === ANCHOR.STATEMENT) return false;
  if ((facts & (CONDITION | FACT.TRUTH_CONDITION | FACT.SORT_PROBE)) !== 0) return true;
  const isBare = reading.tokens <= 1 || (facts & FACT.CLOSES_OUTER) !== 0;
  return anchor === ANCHOR.CONSTANT && isBare && isEmptyRemark(reading);
}

/** Of code found in the middle of a text. */
export function isCodeInside(reading: Reading): boolean {
  return (reading.facts & ANYWHERE) !== 0;
}

/** `'%env(DATABASE_URL)%'`: settings put names of parameters between percent signs. Calls that hurt count before this is asked. */
function isPlaceholder({ lexer, closedAt }: Reading): boolean {
  return /^['"]%[\w.-]{1,64}(?:\([\w:.-]{0,64}\))?%/.test(
    lexer.text.slice(closedAt, closedAt + PLACEHOLDER_MAX),
  );
}

/** As in "the students' union". */
function isBehindLetter({ lexer, closedAt }: Reading): boolean {
  return closedAt > 0 && charClass(lexer.text, closedAt - 1) === CHAR.LETTER;
}

/** A comment with no remark, or one as scanners write it (`-- x`, `/*foo`); behind `#` and `--` options and colours stand. */
function isTruncation(reading: Reading): boolean {
  const { text, start } = reading.lexer;
  if (isQuotedName(text)) return false;
  if (text.length - start > REMARK_MAX + 2) return false;
  return /^(?:#[\s+()-]*|--(?:[\s+][\s+-]*\w*|-*|\/\*\W*\*\/-?)|\/\*\W*\w*)$/.test(text.slice(start));
}

function isEmptyRemark(reading: Reading): boolean {
  const { text, start } = reading.lexer;
  return (
    text.charCodeAt(start) === 0x2d &&
    /^--[\s+-]*$/.test(text.slice(start, start + REMARK_MAX)) &&
    text.length - start <= REMARK_MAX
  );
}

/** `'*'` is how settings quote "all"; as defaults they name paths and elements: `"/"`, `"div"`. */
function isQuotedName(text: string): boolean {
  return text === "'*'" || /^"(?:[/*#]|[a-z]{2,8})"$/.test(text);
}

/** `a'||'b`: words without spaces around one operator; prose that quotes an operator has spaces outside the quotes. */
function hasBareSides(reading: Reading): boolean {
  const { closedAt } = reading;
  const { text, start } = reading.lexer;
  if (isQuotedName(text)) return false;
  if (closedAt > SIDE_MAX || text.length - start > SIDE_MAX) return false;
  return /^\s*[\w%@.\\-]*$/.test(text.slice(0, closedAt)) && /^[\w%@.=+-]*\s*$/.test(text.slice(start + 1));
}
