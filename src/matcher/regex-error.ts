/** The one error of the regex front end. */

/** A regex is outside the language: `offset` is the character of its source where reading stopped. */
export class RegexSyntaxError extends Error {
  readonly offset: number;
  /** What the author can write instead, one sentence. */
  readonly hint?: string;

  constructor(message: string, offset: number, hint?: string) {
    super(message);
    this.name = 'RegexSyntaxError';
    this.offset = offset;
    if (hint !== undefined) this.hint = hint;
  }
}
