/**
 * Where SQL dialects disagree about where a token ends. Everything else is read as the union of all of them, because a
 * value that is code in one dialect is suspect whatever the server. Two ways of reading cover the five:
 *
 * - MySQL: a backslash escapes in strings, `#` begins a comment, `--` only before white space, and what stands in
 *   `/*! ... *\/` runs (MySQL 8.4 Reference Manual, 11.7 "Comments", 11.1.1 "String Literals");
 * - standard: none of that, and comments nest as in PostgreSQL (PostgreSQL 17, 4.1.5) and SQL Server.
 */
export interface Dialect {
  readonly backslashEscapes: boolean;
  readonly hashComments: boolean;
  readonly dashesNeedSpace: boolean;
  readonly versionedComments: boolean;
  readonly nestedComments: boolean;
}

export const MYSQL: Dialect = {
  backslashEscapes: true,
  hashComments: true,
  dashesNeedSpace: true,
  versionedComments: true,
  nestedComments: false,
};

export const STANDARD: Dialect = {
  backslashEscapes: false,
  hashComments: false,
  dashesNeedSpace: false,
  versionedComments: false,
  nestedComments: true,
};
