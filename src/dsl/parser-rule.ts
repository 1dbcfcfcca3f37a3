/** Rules and their actions, exclusions, overrides. */
import type { ArrayLiteral } from './ast-expression.ts';
import type {
  Action,
  BecauseEntry,
  Example,
  Exclude,
  ExcludeEntry,
  Override,
  OverrideEntry,
  OverrideSetting,
  RedirectAction,
  Rule,
  RuleEntry,
  RuleSelector,
  UntilEntry,
  WhenEntry,
} from './ast-rule.ts';
import { didYouMean } from './diagnostics/nearest.ts';
import { parseBlock } from './parser-block.ts';
import type { BlockGrammar } from './parser-block.ts';
import type { Cursor } from './parser-cursor.ts';
import { parseExpr, parseItems, parsePipe } from './parser-expression.ts';
import {
  parseArray,
  parseDate,
  parseDuration,
  parseInt10,
  parseLiteral,
  parseString,
} from './parser-literal.ts';
import { parseBlockAction, parseMode, parseOn, parseSeverity } from './parser-policy.ts';
import { parseRequest } from './parser-request.ts';
import type { Token } from './token.ts';

// -- entries

/** The word of each entry, which stands once in its block. */
const ENTRY_WORDS: Readonly<Record<(RuleEntry | ExcludeEntry)['kind'], string>> = {
  OnEntry: 'on',
  SeverityEntry: 'severity',
  LevelEntry: 'level',
  IdEntry: 'id',
  TagsEntry: 'tags',
  ModeEntry: 'mode',
  SealedEntry: 'sealed',
  WhenEntry: 'when',
  ThenEntry: 'then',
  UnknownEntry: 'unknown',
  MessageEntry: 'message',
  ExamplesEntry: 'examples',
  TargetEntry: 'target',
  BecauseEntry: 'because',
  UntilEntry: 'until',
};

const EXAMPLES: BlockGrammar<Example> = {
  what: 'an example list',
  keyOf: () => undefined,
  entries: { hit: parseExample, miss: parseExample, pass: parseExample, todo: parseExample },
};

const RULE: BlockGrammar<RuleEntry> = {
  what: 'a rule',
  keyOf: (entry) => ENTRY_WORDS[entry.kind],
  entries: {
    on: parseOn,
    severity: parseSeverity,
    level: (cursor, word) => {
      const level = parseInt10(cursor, 'a paranoia level');
      return { kind: 'LevelEntry', level, span: cursor.spanFrom(word.start) };
    },
    id: (cursor, word) => {
      const id = parseInt10(cursor, 'a number');
      return { kind: 'IdEntry', id, span: cursor.spanFrom(word.start) };
    },
    tags: (cursor, word) => {
      const tags: ArrayLiteral = parseArray(cursor);
      return { kind: 'TagsEntry', tags, span: cursor.spanFrom(word.start) };
    },
    mode: (cursor, word) => parseMode(cursor, word, true),
    sealed: (cursor, word) => ({ kind: 'SealedEntry', span: cursor.spanOf(word) }),
    when: parseWhen,
    then: (cursor, word) => {
      const actions = cursor.commaList(() => parseAction(cursor));
      return { kind: 'ThenEntry', actions, span: cursor.spanFrom(word.start) };
    },
    unknown: (cursor, word) => {
      const verdict = cursor.oneOf(['match', 'skip', 'block'], 'what an unknown result means');
      return { kind: 'UnknownEntry', verdict, span: cursor.spanFrom(word.start) };
    },
    message: (cursor, word) => {
      const text = parseString(cursor, 'the message in quotes');
      return { kind: 'MessageEntry', text, span: cursor.spanFrom(word.start) };
    },
    examples: (cursor, word) => {
      const examples = parseBlock(cursor, EXAMPLES);
      return { kind: 'ExamplesEntry', examples, span: cursor.spanFrom(word.start) };
    },
  },
};

const EXCLUDE: BlockGrammar<ExcludeEntry> = {
  what: 'an exclusion',
  keyOf: (entry) => ENTRY_WORDS[entry.kind],
  entries: {
    target: (cursor, word) => {
      const items = parseItems(cursor);
      return { kind: 'TargetEntry', items, span: cursor.spanFrom(word.start) };
    },
    on: parseOn,
    when: parseWhen,
    because: parseBecause,
    until: parseUntil,
  },
};

const OVERRIDE: BlockGrammar<OverrideEntry> = {
  what: 'an override',
  keyOf: (entry) => ENTRY_WORDS[entry.kind],
  entries: {
    mode: (cursor, word) => parseMode(cursor, word, false),
    severity: parseSeverity,
    because: parseBecause,
    until: parseUntil,
  },
};

export function parseRule(cursor: Cursor, word: Token, doc: string | undefined): Rule {
  const name = cursor.dottedName('the name of the rule');
  const title = parseString(cursor, 'the title of the rule in quotes');
  const entries = parseBlock(cursor, RULE);
  return { kind: 'Rule', doc, name, title, entries, span: cursor.spanFrom(word.start) };
}

export function parseExclude(cursor: Cursor, word: Token, doc: string | undefined): Exclude {
  const selectors = cursor.commaList(() => parseSelector(cursor));
  const entries = parseBlock(cursor, EXCLUDE);
  return { kind: 'Exclude', doc, selectors, entries, span: cursor.spanFrom(word.start) };
}

export function parseOverride(
  cursor: Cursor,
  word: Token,
  doc: string | undefined,
): Override | OverrideSetting {
  const setting = cursor.at('const') ? 'const' : 'list';
  if (cursor.at(setting) && cursor.following.kind === 'ident') {
    cursor.advance();
    const name = cursor.identifier(`the name of a ${setting}`);
    cursor.expect('=');
    const value = setting === 'list' ? parseArray(cursor) : parseLiteral(cursor);
    return { kind: 'OverrideSetting', doc, setting, name, value, span: cursor.spanFrom(word.start) };
  }
  const selector = parseSelector(cursor);
  const entries = parseBlock(cursor, OVERRIDE);
  return { kind: 'Override', doc, selector, entries, span: cursor.spanFrom(word.start) };
}

function parseSelector(cursor: Cursor): RuleSelector {
  const { start } = cursor.token;
  if (cursor.at('tag') && cursor.following.kind === 'string') {
    cursor.advance();
    return { kind: 'TagSelector', tag: parseString(cursor, 'a tag'), span: cursor.spanFrom(start) };
  }
  if (cursor.at('id') && cursor.following.kind === 'int') {
    cursor.advance();
    const first = parseInt10(cursor, 'an id');
    const last = cursor.accept('..') ? parseInt10(cursor, 'the last id') : undefined;
    return { kind: 'IdSelector', first, last, span: cursor.spanFrom(start) };
  }
  const name = cursor.dottedName('the name of a rule, `tag "…"` or `id …`');
  const prefix = cursor.accept('.');
  if (prefix) cursor.expect('*');
  return { kind: 'NameSelector', name, prefix, span: cursor.spanFrom(start) };
}

function parseExample(cursor: Cursor, word: Token): Example {
  const request = parseRequest(cursor);
  const expectation = word.text as Example['expectation'];
  return { kind: 'Example', expectation, request, span: cursor.spanFrom(word.start) };
}

function parseWhen(cursor: Cursor, word: Token): WhenEntry {
  const condition = parseExpr(cursor);
  return { kind: 'WhenEntry', condition, span: cursor.spanFrom(word.start) };
}

function parseBecause(cursor: Cursor, word: Token): BecauseEntry {
  const reason = parseString(cursor, 'the reason in quotes');
  return { kind: 'BecauseEntry', reason, span: cursor.spanFrom(word.start) };
}

function parseUntil(cursor: Cursor, word: Token): UntilEntry {
  const date = parseDate(cursor);
  return { kind: 'UntilEntry', date, span: cursor.spanFrom(word.start) };
}

// -- actions

const ACTIONS: Readonly<Record<string, (cursor: Cursor, word: Token) => Action>> = {
  block: parseBlockAction,
  allow: (cursor, word) => ({ kind: 'AllowAction', span: cursor.spanOf(word) }),
  redirect: parseRedirect,
  score: (cursor, word) => {
    const points = cursor.token.kind === 'int' ? parseInt10(cursor, 'points') : undefined;
    const category = cursor.accept('to') ? cursor.identifier('the name of a category') : undefined;
    return { kind: 'ScoreAction', points, category, span: cursor.spanFrom(word.start) };
  },
  limit: (cursor, word) => {
    const limiter = cursor.identifier('the name of a limiter or a flood');
    return { kind: 'LimitAction', limiter, span: cursor.spanFrom(word.start) };
  },
  ban: (cursor, word) => {
    const key = parsePipe(cursor);
    cursor.expect('for');
    const duration = parseDuration(cursor, 'a duration');
    return { kind: 'BanAction', key, duration, span: cursor.spanFrom(word.start) };
  },
  mask: (cursor, word) => {
    const keep = cursor.accept('keep') ? parseInt10(cursor, 'a number') : undefined;
    return { kind: 'MaskAction', keep, span: cursor.spanFrom(word.start) };
  },
  log: (cursor, word) => {
    const alert = cursor.accept('alert');
    return { kind: 'LogAction', alert, span: cursor.spanFrom(word.start) };
  },
  tag: (cursor, word) => {
    const tag = parseString(cursor, 'a tag in quotes');
    return { kind: 'TagAction', tag, span: cursor.spanFrom(word.start) };
  },
  fault: (cursor, word) => {
    if (cursor.oneOf(['delay', 'abort'], 'a fault') === 'delay') {
      const duration = parseDuration(cursor, 'a duration');
      return { kind: 'DelayAction', duration, span: cursor.spanFrom(word.start) };
    }
    const status = parseInt10(cursor, 'a status such as `503`');
    return { kind: 'AbortAction', status, span: cursor.spanFrom(word.start) };
  },
};

function parseAction(cursor: Cursor): Action {
  const { token } = cursor;
  if (token.kind === 'ident' && Object.hasOwn(ACTIONS, token.text)) {
    cursor.advance();
    return ACTIONS[token.text](cursor, token);
  }
  const words = Object.keys(ACTIONS);
  const help = token.kind === 'ident' ? didYouMean(token.text, words) : undefined;
  return cursor.unexpected('an action', help ?? `actions are ${words.join(', ')}`);
}

function parseRedirect(cursor: Cursor, word: Token): RedirectAction {
  const status = parseInt10(cursor, 'a status such as `308`');
  if (cursor.accept('to')) {
    cursor.expect('https', 'a redirect goes `to https` or to a constant URL in quotes');
    return { kind: 'RedirectAction', status, to: 'https', span: cursor.spanFrom(word.start) };
  }
  const to = parseString(cursor, '`to https` or a URL in quotes');
  return { kind: 'RedirectAction', status, to, span: cursor.spanFrom(word.start) };
}
