/** What reading a value as part of a query shows: facts about its structure, and how the reading ended. */

export const FACT = {
  /** UNION [ALL] SELECT with something to select. */
  UNION_SELECT: 1,
  /** A second statement. */
  STACKED: 1 << 1,
  /** A call that waits, reads, executes or reports by error, where a value may stand. */
  DANGER_CALL: 1 << 2,
  /** SELECT in parentheses, where a value may stand. */
  SUBQUERY: 1 << 3,
  /** The same with something only code has: a literal, a call, `*`. */
  SUBQUERY_CODE: 1 << 4,
  /** INTO OUTFILE or DUMPFILE with a name. */
  FILE_WRITE: 1 << 5,
  /** AND or OR with a comparison of constants. */
  CONSTANT_CONDITION: 1 << 6,
  /** AND or OR with a comparison in which a name stands. */
  NAMED_CONDITION: 1 << 7,
  /** AND or OR with a call. */
  CALL_CONDITION: 1 << 8,
  /** AND or OR with a literal. */
  TRUTH_CONDITION: 1 << 9,
  /** CASE … WHEN … END. */
  CASE: 1 << 10,
  /** ORDER BY n, GROUP BY n, LIMIT n, PROCEDURE ANALYSE(). */
  SORT_PROBE: 1 << 11,
  /** A comparison or calculation with the value itself. */
  OPERATION: 1 << 12,
  /** Parentheses of the query around the value were closed. */
  CLOSES_OUTER: 1 << 13,
  /** Code inside a comment that only MySQL runs. */
  VERSIONED: 1 << 14,
  /** The whole is a statement that changes data or asks the server about itself. One that reads tables injects nothing. */
  STATEMENT: 1 << 15,
  /** A call or subquery beside the value, joined to it by an operator. */
  CALL: 1 << 16,
  /** AND or OR, a comparison and SELECT as its second side. */
  COMPARED_SUBQUERY: 1 << 17,
  /** An operator or a condition between constants as no other language or prose writes it: RLIKE, XOR, `1 between 0 and 2`, `1 or (1)`. */
  SQL_WORD: 1 << 19,
  /** UNION [ALL] SELECT, whatever follows. */
  UNION: 1 << 18,
} as const;

export const ENDING = {
  /** The text ended where a query may go on. */
  VALUE: 0,
  /** The text ended where an operand is missing. */
  OPERAND_MISSING: 1,
  /** A comment takes away what follows. */
  COMMENT: 2,
  /** An open string takes the quote that follows. */
  OPEN_STRING: 3,
  /** A semicolon ends the query. */
  SEMICOLON: 4,
  /** No query reads like this. */
  BROKEN: 5,
} as const;

/** How the text began, for values that are read as code from their first byte. */
export const ANCHOR = {
  /** A name: prose begins like that too. */
  NAME: 0,
  /** A number, variable or closing parenthesis; or a string that the value closed. */
  CONSTANT: 1,
  /** An operator or a clause, as behind a number of the query. */
  OPERATOR: 2,
  /** A statement. */
  STATEMENT: 3,
  /** An opening parenthesis, a sign, NOT or CASE. */
  PREFIX: 4,
  /** A string that the value opens itself, as conditions of other languages do. */
  TEXT: 5,
} as const;
