/**
 * Blocks of entries, `{ word … word … }`: what policies, rules, limiters, floods, exclusions, overrides, example
 * lists and scenarios have in common. Entries come in any order, on one line or many; each stands once unless its
 * block says otherwise. A broken entry is skipped and the block goes on.
 */
import type { Node } from './ast-expression.ts';
import { didYouMean } from './diagnostics/nearest.ts';
import type { Cursor } from './parser-cursor.ts';
import { describeToken, quoted } from './token.ts';
import type { Token } from './token.ts';

export interface BlockGrammar<Entry extends Node> {
  /** With its article, for messages: `a rule`. */
  readonly what: string;
  /** Entry words and what follows them; called with the word taken. */
  readonly entries: Readonly<Record<string, (cursor: Cursor, word: Token) => Entry>>;
  /** What may stand once: two entries of one key are a duplicate. Undefined: may be repeated. */
  readonly keyOf: (entry: Entry) => string | undefined;
}

/** Parses a block from its opening brace on. */
export function parseBlock<Entry extends Node>(cursor: Cursor, grammar: BlockGrammar<Entry>): Entry[] {
  const open = cursor.expect('{');
  const depth = cursor.braceDepth;
  const outerWords = cursor.entryWords;
  const entries = cursor.nested(() => {
    cursor.entryWords = new Set(Object.keys(grammar.entries));
    return parseEntries(cursor, grammar, open, depth);
  });
  cursor.entryWords = outerWords;
  return entries;
}

/** Entries up to and with the closing brace, or to where it should have been. Never gives up. */
function parseEntries<Entry extends Node>(
  cursor: Cursor,
  grammar: BlockGrammar<Entry>,
  open: Token,
  depth: number,
): Entry[] {
  const entries: Entry[] = [];
  const seen = new Map<string, Entry>();
  while (!cursor.at('}')) {
    if (cursor.token.kind === 'end' || (cursor.atItemStart() && !isEntryWord(cursor, grammar))) {
      cursor.report('E010', cursor.spanOf(open), `\`{\` of ${grammar.what} is not closed`, {
        labels: [{ span: cursor.spanOf(cursor.token), message: 'a `}` belongs before this' }],
      });
      return entries;
    }
    const entry = cursor.attempt(() => parseEntry(cursor, grammar));
    if (entry === undefined) skipEntry(cursor, grammar, depth);
    else {
      entries.push(entry);
      reportDuplicate(cursor, grammar, seen, entry);
    }
  }
  cursor.advance();
  return entries;
}

function parseEntry<Entry extends Node>(cursor: Cursor, grammar: BlockGrammar<Entry>): Entry {
  if (isEntryWord(cursor, grammar)) {
    const word = cursor.advance();
    return grammar.entries[word.text](cursor, word);
  }
  const words = Object.keys(grammar.entries);
  const list = words.map((word) => `\`${word}\``).join(', ');
  const { token } = cursor;
  if (token.kind !== 'ident') cursor.unexpected(`an entry of ${grammar.what} or \`}\``);
  cursor.fail('E011', cursor.spanOf(token), `${grammar.what} has no entry ${describeToken(token)}`, {
    help: didYouMean(token.text, words) ?? `${grammar.what} has ${list}`,
  });
}

function isEntryWord<Entry extends Node>(cursor: Cursor, grammar: BlockGrammar<Entry>): boolean {
  return cursor.token.kind === 'ident' && Object.hasOwn(grammar.entries, cursor.token.text);
}

/**
 * Skips the rest of a broken entry: to the end of its block, to the next line that begins with an entry word, or to
 * the next item. The broken entry may have left braces open; a line with an entry word closes them.
 */
function skipEntry<Entry extends Node>(cursor: Cursor, grammar: BlockGrammar<Entry>, depth: number): void {
  while (cursor.token.kind !== 'end' && !cursor.atItemStart()) {
    if (cursor.at('}') && cursor.braceDepth <= depth) return;
    if (cursor.token.firstOnLine && isEntryWord(cursor, grammar)) {
      cursor.braceDepth = depth;
      return;
    }
    cursor.advance();
  }
}

function reportDuplicate<Entry extends Node>(
  cursor: Cursor,
  grammar: BlockGrammar<Entry>,
  seen: Map<string, Entry>,
  entry: Entry,
): void {
  const key = grammar.keyOf(entry);
  if (key === undefined) return;
  const first = seen.get(key);
  if (first === undefined) seen.set(key, entry);
  else {
    cursor.report('E301', entry.span, `${quoted(key)} stands twice in ${grammar.what}`, {
      labels: [{ span: first.span, message: 'first here' }],
      help: 'remove one of them',
    });
  }
}
