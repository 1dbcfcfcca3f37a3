/**
 * The parser's view of the tokens: two of them, what is expected, and how to go on after a mistake.
 *
 * A construct that cannot go on reports one diagnostic and throws `SyntaxAbort`, which the nearest boundary (a block
 * entry or an item, see `attempt`) catches before it skips to where the next one begins. It never leaves the parser.
 * Nesting is counted, so recursion is bounded by a limit and not by the stack.
 */
import { NESTING_DEPTH_MAX } from '../core/limits.ts';
import type { Identifier, Name } from './ast-expression.ts';
import type { DiagnosticList } from './diagnostics/diagnostic-list.ts';
import type { DiagnosticCode } from './diagnostics/codes.ts';
import type { DiagnosticDetails, DiagnosticLabel } from './diagnostics/diagnostic.ts';
import { diagnostic } from './diagnostics/diagnostic.ts';
import { didYouMean } from './diagnostics/nearest.ts';
import { Lexer } from './lexer.ts';
import type { Source, Span } from './source.ts';
import { describeToken, ITEM_WORDS, RESERVED_WORDS, quoted } from './token.ts';
import type { Token, TokenKind } from './token.ts';

const NO_WORDS: ReadonlySet<string> = new Set();

/** Unwinds to the nearest boundary; the mistake is already reported. */
class SyntaxAbort extends Error {}

export class Cursor {
  readonly source: Source;
  readonly lexer: Lexer;
  /** The token to be read next. */
  token: Token;
  /** The one after it: the grammar needs two tokens in a few places. */
  following: Token;
  /** Where the last token read ended. */
  previousEnd = 0;
  /** Braces open around `token`. */
  braceDepth = 0;
  /** Words that begin an entry of the block around `token`. */
  entryWords: ReadonlySet<string> = NO_WORDS;
  readonly #diagnostics: DiagnosticList;
  #nesting = 0;

  constructor(source: Source, diagnostics: DiagnosticList) {
    this.source = source;
    this.lexer = new Lexer(source, diagnostics);
    this.#diagnostics = diagnostics;
    this.token = this.lexer.next();
    this.following = this.lexer.next();
  }

  /** Takes the token. */
  advance(): Token {
    const taken = this.token;
    if (taken.kind === 'punctuation') {
      if (taken.text === '{') this.braceDepth++;
      else if (taken.text === '}' && this.braceDepth > 0) this.braceDepth--;
    }
    this.previousEnd = taken.end;
    this.token = this.following;
    this.following = this.lexer.next();
    return taken;
  }

  /** Whether the token is this word or mark. */
  at(text: string): boolean {
    return this.token.text === text && (this.token.kind === 'ident' || this.token.kind === 'punctuation');
  }

  followedBy(text: string): boolean {
    return this.following.text === text;
  }

  accept(text: string): boolean {
    if (!this.at(text)) return false;
    this.advance();
    return true;
  }

  expect(text: string, help?: string): Token {
    if (this.at(text)) return this.advance();
    return this.unexpected(`\`${text}\``, help);
  }

  /** Takes a token of a kind, or a broken one that is already reported. */
  expectKind(kind: TokenKind, expected: string): Token {
    if (this.token.kind === kind || this.token.kind === 'broken') return this.advance();
    return this.unexpected(expected);
  }

  /** Takes one of the words of a closed list. */
  oneOf<Word extends string>(words: readonly Word[], what: string): Word {
    for (const word of words) if (this.accept(word)) return word;
    const help = this.token.kind === 'ident' ? didYouMean(this.token.text, words) : undefined;
    return this.unexpected(`${what}: ${words.map((word) => `\`${word}\``).join(', ')}`, help);
  }

  /** A name that is not reserved. */
  identifier(what: string): Identifier {
    if (this.token.kind === 'ident' && RESERVED_WORDS.has(this.token.text)) {
      this.fail(
        'E014',
        this.spanOf(this.token),
        `${quoted(this.token.text)} is reserved and cannot be ${what}`,
      );
    }
    if (this.token.kind !== 'ident') {
      const help =
        this.token.kind === 'type' || this.token.kind === 'method'
          ? 'names begin with a lower-case letter'
          : undefined;
      this.unexpected(what, help);
    }
    const token = this.advance();
    return { kind: 'Identifier', name: token.text, span: this.spanOf(token) };
  }

  /** A name with a capital: a shape. */
  typeName(what: string): Identifier {
    if (this.token.kind !== 'type') {
      const help =
        this.token.kind === 'method'
          ? 'a word of capitals is a method; write `Order`, not `ORDER`'
          : undefined;
      this.unexpected(
        what,
        help ?? (this.token.kind === 'ident' ? 'types and shapes begin with a capital' : undefined),
      );
    }
    const token = this.advance();
    return { kind: 'Identifier', name: token.text, span: this.spanOf(token) };
  }

  /** `first.second.third`, without the `.*` of a selector. */
  dottedName(what: string): Name {
    const first = this.identifier(what);
    let text = first.name;
    while (this.at('.') && !this.followedBy('*')) {
      this.advance();
      text += `.${this.identifier('the next part of the name').name}`;
    }
    return { kind: 'Name', text, span: this.spanFrom(first.span.start) };
  }

  /** One or more, with commas between. */
  commaList<T>(parse: () => T): T[] {
    const all = [parse()];
    while (this.accept(',')) all.push(parse());
    return all;
  }

  /** Runs `parse` one level deeper; refuses what nests beyond the limit. */
  nested<T>(parse: () => T): T {
    if (this.#nesting >= NESTING_DEPTH_MAX) {
      this.fail('E005', this.spanOf(this.token), `nested more than ${NESTING_DEPTH_MAX} levels deep`);
    }
    this.#nesting++;
    try {
      return parse();
    } finally {
      this.#nesting--;
    }
  }

  /** Takes a closing bracket; a missing one points at its partner. */
  expectClose(close: string, open: Token, expected = `\`${close}\``): void {
    if (this.accept(close)) return;
    const labels = [{ span: this.spanOf(open), message: 'opened here' }];
    if (this.token.kind === 'end' || this.atItemStart())
      this.fail('E010', this.spanOf(open), `\`${open.text}\` is not closed`);
    this.unexpected(expected, undefined, labels);
  }

  /** Whether an item word stands at the very start of a line: where a new item begins whatever is still open. */
  atItemStart(): boolean {
    const { token } = this;
    if (token.kind !== 'ident' || !token.firstOnLine || !ITEM_WORDS.has(token.text)) return false;
    return token.start === 0 || this.source.text.charAt(token.start - 1) === '\n';
  }

  /**
   * Whether the token begins the next entry and cannot be a name: an entry word first on its line, followed by what
   * follows no value. Entry words are not reserved, so `then` may well be a field; `then block` is an entry.
   */
  atEntryStart(): boolean {
    const { token, following } = this;
    if (!token.firstOnLine || token.kind !== 'ident' || !this.entryWords.has(token.text)) return false;
    if (following.kind !== 'ident') return following.kind !== 'punctuation' && following.kind !== 'end';
    return (
      !RESERVED_WORDS.has(following.text) && !this.entryWords.has(following.text) && following.text !== 'for'
    );
  }

  unexpected(expected: string, help?: string, labels?: readonly DiagnosticLabel[]): never {
    // Broken tokens are reported already: another diagnostic about them would only repeat it.
    if (this.token.kind === 'broken') throw new SyntaxAbort();
    this.fail('E001', this.spanOf(this.token), `expected ${expected}, found ${describeToken(this.token)}`, {
      ...(help === undefined ? {} : { help }),
      ...(labels === undefined ? {} : { labels }),
    });
  }

  fail(code: DiagnosticCode, span: Span, message: string, details?: DiagnosticDetails): never {
    this.report(code, span, message, details);
    throw new SyntaxAbort();
  }

  report(code: DiagnosticCode, span: Span, message: string, details?: DiagnosticDetails): void {
    this.#diagnostics.add(diagnostic(code, span, message, details));
  }

  /** Runs `parse`; undefined if it gave up. Nesting is as before in either case. */
  attempt<T>(parse: () => T): T | undefined {
    try {
      return parse();
    } catch (thrown) {
      if (!(thrown instanceof SyntaxAbort)) throw thrown;
      return undefined;
    }
  }

  spanOf(token: Token): Span {
    return { source: this.source, start: token.start, end: token.end };
  }

  /** From an offset to the end of the last token taken. */
  spanFrom(start: number): Span {
    return { source: this.source, start, end: Math.max(start, this.previousEnd) };
  }
}
