/** What rule sources are made of: plain data, since workers get copies. */

/** One rule file. */
export interface RuleFile {
  /** As shown to people: relative to the working directory if it is inside. */
  readonly path: string;
  readonly absolutePath: string;
  readonly text: string;
  /** Of text made from SecLang, in order: where its items come from. */
  readonly origins?: readonly Origin[];
}

/** What begins at `start` was made from this line. */
export interface Origin {
  readonly start: number;
  readonly file: string;
  readonly line: number;
}

/** One list file; `lines` are latin1 (UTF-8 bytes as chars), trimmed, without comments and blank lines. */
export interface ListFile {
  /** As declared. */
  readonly name: string;
  readonly absolutePath: string;
  readonly lines: readonly string[];
  /** What the declaration says: read again this often. */
  readonly refreshMs: number | undefined;
  readonly whenStale: 'keep_last' | 'require';
  /** When these lines were read, milliseconds since the epoch. */
  readonly readAtMs: number;
}

/** How rules of ModSecurity were read. */
export interface SecLangReading {
  /** Absolute paths of the files, data files too. */
  readonly read: readonly string[];
  /** What a lenient import left out, one line each. */
  readonly notices: readonly string[];
}
