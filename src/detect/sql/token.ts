/**
 * What the SQL lexer tells apart. Keywords carry a role, not a name: the grammar only asks what a word may do where it
 * stands, and words without a role are identifiers.
 */

export const TOKEN = {
  END: 0,
  NUMBER: 1,
  STRING: 2,
  /** A string that the text does not close: what follows in the query would. */
  OPEN_STRING: 3,
  /** A name, quoted or not, with its qualifiers. */
  NAME: 4,
  /** `@x`, `@@x`, `:x`, `?`, `$1`. */
  VARIABLE: 5,
  KEYWORD: 6,
  COMPARE: 7,
  /** An infix operator that calculates. */
  CALCULATE: 8,
  /** `+` and `-`, infix or prefix. */
  SIGN: 9,
  /** `!` and `~`. */
  NEGATE: 10,
  /** `*`: infix, or all columns. */
  STAR: 11,
  /** `&&`. */
  JUNCTION: 12,
  /** `||`: or, or concatenation. */
  BARS: 13,
  OPEN: 14,
  CLOSE: 15,
  COMMA: 16,
  SEMICOLON: 17,
  OPEN_BRACE: 18,
  CLOSE_BRACE: 19,
  /** A comment that swallows what follows the value. */
  COMMENT: 20,
  /** No SQL. */
  OTHER: 21,
} as const;

/** What a keyword does. */
export const ROLE = {
  NONE: 0,
  AND: 1,
  OR: 2,
  NOT: 3,
  /** Infix words that compare: LIKE, REGEXP … */
  COMPARE: 4,
  IN: 5,
  BETWEEN: 6,
  /** Infix words that calculate: DIV, MOD, COLLATE, ESCAPE. */
  CALCULATE: 7,
  /** Words before an operand. */
  PREFIX: 8,
  LITERAL: 9,
  SELECT: 10,
  UNION: 11,
  FROM: 12,
  /** WHERE, HAVING, ON. */
  CONDITION: 13,
  /** ORDER and GROUP, which `BY` follows. */
  SORT: 14,
  BY: 15,
  LIMIT: 16,
  INTO: 17,
  OUTFILE: 18,
  AS: 19,
  CASE: 20,
  WHEN: 21,
  THEN: 22,
  END: 23,
  JOIN: 24,
  DIRECTION: 25,
  PROCEDURE: 26,
  /** ALL, DISTINCT: after UNION or SELECT, or before an operand. */
  DISTINCT: 27,
  /** Begins a statement. */
  STATEMENT: 28,
  /** A function that waits, reads, executes or reports by error, and has no other use in a condition. */
  DANGER: 29,
  /** The same, with a name that other languages have too. */
  SLEEP: 30,
  /** IS. */
  IS: 31,
  /** Postfix: ISNULL, NOTNULL. */
  POSTFIX: 32,
  /** Kinds of things statements make and drop. */
  OBJECT: 33,
  VALUES: 34,
  /** Second words of statements. */
  SECOND: 35,
  TOP: 36,
  FOR: 37,
  EXISTS: 38,
} as const;
