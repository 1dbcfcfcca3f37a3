/**
 * Parser of rule files: recursive descent with two tokens of lookahead, tolerant of mistakes.
 *
 * A mistake costs its entry or its item, and the rest is parsed, so one run reports several. It never throws and always
 * ends: every loop takes a token or stops, nesting is limited. Cost is linear in the text.
 */
import { SOURCE_BYTES_MAX } from '../core/limits.ts';
import type { Const, File, Fn, Item, List, Param, Refresh, Route } from './ast.ts';
import type { ArrayLiteral, IntLiteral, Step, StringLiteral } from './ast-expression.ts';
import type { Diagnostic } from './diagnostics/diagnostic.ts';
import { DiagnosticList } from './diagnostics/diagnostic-list.ts';
import { diagnostic } from './diagnostics/diagnostic.ts';
import { didYouMean } from './diagnostics/nearest.ts';
import { Cursor } from './parser-cursor.ts';
import { parseExpr, parseItems, parseSteps } from './parser-expression.ts';
import { parseFlood, parseLimiter } from './parser-limiter.ts';
import {
  parseArray,
  parseDuration,
  parseInt10,
  parseLiteral,
  parseMethod,
  parseRegex,
  parseString,
  parseType,
} from './parser-literal.ts';
import { parsePolicy } from './parser-policy.ts';
import { parseScenario } from './parser-request.ts';
import { parseExclude, parseOverride, parseRule } from './parser-rule.ts';
import { parseShape } from './parser-shape.ts';
import type { Source } from './source.ts';
import { describeToken, ITEM_WORDS, quoted } from './token.ts';
import type { Token } from './token.ts';

/** The version this parser reads. */
const LANGUAGE_VERSION = 1;

export interface ParsedFile {
  /** Whatever could be read; complete if no diagnostic is an error. */
  readonly file: File;
  readonly diagnostics: readonly Diagnostic[];
}

type ItemParser = (cursor: Cursor, word: Token, doc: string | undefined) => Item;

const ITEMS: Readonly<Record<string, ItemParser>> = {
  import: (cursor, word, doc) => {
    const path = parseString(cursor, 'a path in quotes');
    return { kind: 'Import', doc, path, span: cursor.spanFrom(word.start) };
  },
  policy: parsePolicy,
  rule: parseRule,
  limiter: parseLimiter,
  flood: parseFlood,
  exclude: parseExclude,
  override: parseOverride,
  scenario: parseScenario,
  route: parseRoute,
  list: parseList,
  const: parseConst,
  switch: (cursor, word, doc) => {
    const name = cursor.identifier('the name of the switch');
    const on = cursor.oneOf(['on', 'off'], 'a position') === 'on';
    return { kind: 'Switch', doc, name, on, span: cursor.spanFrom(word.start) };
  },
  secret: (cursor, word, doc) => {
    const name = cursor.identifier('the name of the secret');
    return { kind: 'Secret', doc, name, span: cursor.spanFrom(word.start) };
  },
  pattern: (cursor, word, doc) => {
    const name = cursor.identifier('the name of the pattern');
    cursor.expect('=');
    const regex = parseRegex(cursor, 'a regex');
    return { kind: 'Pattern', doc, name, regex, span: cursor.spanFrom(word.start) };
  },
  targets: (cursor, word, doc) => {
    const name = cursor.identifier('the name of the targets');
    cursor.expect('=');
    const items = parseItems(cursor);
    return { kind: 'Targets', doc, name, items, span: cursor.spanFrom(word.start) };
  },
  fn: parseFn,
  shape: parseShape,
};

/** Parses a source. Diagnostics are in order of place. */
export function parseFile(source: Source): ParsedFile {
  const span = { source, start: 0, end: source.text.length };
  if (source.text.length > SOURCE_BYTES_MAX) {
    const place = { source, start: 0, end: 0 };
    const message = `the file has more than ${SOURCE_BYTES_MAX} bytes`;
    const file: File = { kind: 'File', language: undefined, items: [], comments: [], span };
    return { file, diagnostics: [diagnostic('E009', place, message)] };
  }
  const diagnostics = new DiagnosticList();
  const cursor = new Cursor(source, diagnostics);
  const language = cursor.attempt(() => parseLanguage(cursor));
  if (language === undefined) skipToItem(cursor);
  const items: Item[] = [];
  while (cursor.token.kind !== 'end') {
    cursor.braceDepth = 0;
    const item = cursor.attempt(() => parseItem(cursor));
    if (item === undefined) skipToItem(cursor);
    else items.push(item);
  }
  const file: File = { kind: 'File', language, items, comments: cursor.lexer.comments, span };
  return { file, diagnostics: diagnostics.sorted() };
}

function parseLanguage(cursor: Cursor): IntLiteral | undefined {
  if (!cursor.at('language')) {
    const at = { source: cursor.source, start: cursor.token.start, end: cursor.token.start };
    cursor.report('E013', cursor.spanOf(cursor.token), 'the file does not begin with its language version', {
      help: `write \`language ${LANGUAGE_VERSION}\` first`,
      fix: [{ span: at, text: `language ${LANGUAGE_VERSION}\n\n` }],
    });
    return undefined;
  }
  cursor.advance();
  const version = parseInt10(cursor, 'the language version');
  if (version.value !== LANGUAGE_VERSION) {
    cursor.report(
      'E013',
      version.span,
      `language version ${quoted(version.raw)} is not known to this version of Ward`,
      {
        help: `this one reads \`language ${LANGUAGE_VERSION}\``,
      },
    );
  }
  return version;
}

function parseItem(cursor: Cursor): Item {
  const { token } = cursor;
  if (token.kind === 'ident' && Object.hasOwn(ITEMS, token.text)) {
    const doc = docBefore(cursor, token.start);
    cursor.advance();
    return ITEMS[token.text](cursor, token, doc);
  }
  if (token.kind === 'ident') {
    const help = didYouMean(token.text, ITEM_WORDS) ?? `items are ${[...ITEM_WORDS].join(', ')}`;
    cursor.fail('E012', cursor.spanOf(token), `${describeToken(token)} begins no item`, { help });
  }
  return cursor.unexpected('an item', cursor.at('}') ? 'nothing is open here' : undefined);
}

/**
 * Skips to the next line that begins with an item word: at the very start of the line, or anywhere on it once no
 * brace is open. At least one token is taken unless an item begins right here.
 */
function skipToItem(cursor: Cursor): void {
  while (cursor.token.kind !== 'end' && !cursor.atItemStart()) {
    const { token } = cursor;
    if (cursor.braceDepth === 0 && token.firstOnLine && token.kind === 'ident' && ITEM_WORDS.has(token.text))
      return;
    cursor.advance();
  }
}

/** The doc comments between the last token taken and an offset. */
function docBefore(cursor: Cursor, start: number): string | undefined {
  const { comments } = cursor.lexer;
  const lines: string[] = [];
  for (let index = comments.length - 1; index >= 0; index--) {
    const comment = comments[index];
    if (comment.span.start >= start) continue;
    if (comment.span.start < cursor.previousEnd) break;
    if (comment.doc) lines.push(comment.text.replace(/^\/\/\/ ?/, ''));
  }
  return lines.length === 0 ? undefined : lines.reverse().join('\n');
}

function parseRoute(cursor: Cursor, word: Token, doc: string | undefined): Route {
  const name = cursor.identifier('the name of the route');
  cursor.expect('=');
  const methods = cursor.commaList(() => parseMethod(cursor));
  const path = parseString(cursor, 'a path in quotes');
  return { kind: 'Route', doc, name, methods, path, span: cursor.spanFrom(word.start) };
}

function parseList(cursor: Cursor, word: Token, doc: string | undefined): List {
  const name = cursor.identifier('the name of the list');
  cursor.expect(':');
  const type = parseType(cursor);
  let values: ArrayLiteral | undefined;
  let from: StringLiteral | undefined;
  if (cursor.accept('from')) from = parseString(cursor, 'the path of the list in quotes');
  else {
    if (!cursor.at('=')) cursor.unexpected('`=` or `from`');
    cursor.advance();
    values = parseArray(cursor);
  }
  const steps: Step[] = parseSteps(cursor);
  const refresh = acceptRefresh(cursor);
  return { kind: 'List', doc, name, type, values, from, steps, refresh, span: cursor.spanFrom(word.start) };
}

function acceptRefresh(cursor: Cursor): Refresh | undefined {
  const { start } = cursor.token;
  if (!cursor.accept('refresh')) return undefined;
  const interval = parseDuration(cursor, 'a duration');
  const whenStale = cursor.oneOf(['keep_last', 'require'], 'what happens when the list is stale');
  return { kind: 'Refresh', interval, whenStale, span: cursor.spanFrom(start) };
}

function parseConst(cursor: Cursor, word: Token, doc: string | undefined): Const {
  const name = cursor.identifier('the name of the constant');
  cursor.expect(':');
  const type = parseType(cursor);
  cursor.expect('=');
  const value = parseLiteral(cursor);
  return { kind: 'Const', doc, name, type, value, span: cursor.spanFrom(word.start) };
}

function parseFn(cursor: Cursor, word: Token, doc: string | undefined): Fn {
  const name = cursor.identifier('the name of the function');
  const open = cursor.expect('(');
  const params = cursor.at(')') ? [] : cursor.commaList(() => parseParam(cursor));
  cursor.expectClose(')', open, '`,` or `)`');
  cursor.expect(':');
  const result = parseType(cursor);
  cursor.expect('=');
  const body = parseExpr(cursor);
  return { kind: 'Fn', doc, name, params, result, body, span: cursor.spanFrom(word.start) };
}

function parseParam(cursor: Cursor): Param {
  const name = cursor.identifier('the name of a parameter');
  cursor.expect(':');
  const type = parseType(cursor);
  return { kind: 'Param', name, type, span: cursor.spanFrom(name.span.start) };
}
