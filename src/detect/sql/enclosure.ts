/**
 * Marks that close what a value may stand in besides strings: a block comment, a dollar-quoted string of PostgreSQL
 * (manual 17, 4.1.2.4), a name in brackets of SQL Server and SQLite. Values of users get there where queries are put
 * together: hints, switched-off conditions, names of columns to sort by.
 */

interface Enclosure {
  readonly close: string;
  /** What opens it in the value itself; a dollar-quoted string opens as it closes. */
  readonly open: string | undefined;
}

export const ENCLOSURES: readonly Enclosure[] = [
  { close: '*/', open: '/*' },
  { close: '$$', open: undefined },
  { close: ']', open: '[' },
];

/** Offset behind the first mark that closes an enclosure which the value did not open; -1: none. Linear. */
export function enclosureEnd(text: string, { close, open }: Enclosure): number {
  const at = text.indexOf(close);
  if (at < 0) return -1;
  const opened = open === undefined ? -1 : text.indexOf(open);
  return opened >= 0 && opened < at ? -1 : at + close.length;
}
