/** Policies, and the outcomes and entries they share with rules. */
import type { Block, LogAction, ModeEntry, OnEntry, SeverityEntry, SeverityName } from './ast-rule.ts';
import type {
  DefaultEntry,
  EventEntry,
  Outcome,
  Policy,
  PolicyEntry,
  ResponseEntry,
  SeverityPoints,
  ThresholdEntry,
} from './ast.ts';
import { parseItems } from './parser-expression.ts';
import { parseBlock } from './parser-block.ts';
import type { BlockGrammar } from './parser-block.ts';
import type { Cursor } from './parser-cursor.ts';
import { parseDate, parseDuration, parseInt10, parseSize, parseString } from './parser-literal.ts';
import type { Token } from './token.ts';

const MODES = ['enforce', 'monitor', 'off'] as const;
const SEVERITIES = ['critical', 'error', 'warning', 'notice'] as const;
const EVENTS = ['engine_error', 'banned', 'uninspectable'] as const;

const POLICY: BlockGrammar<PolicyEntry> = {
  what: 'a policy',
  keyOf: policyEntryKey,
  entries: {
    mode: (cursor, word) => parseMode(cursor, word, false),
    default: parseDefault,
    budget: (cursor, word) => {
      const parts = cursor.commaList(() => {
        const { start } = cursor.token;
        const scope = cursor.oneOf(['request', 'rule'], 'what the budget is for');
        const duration = parseDuration(cursor, 'a duration');
        return { kind: 'BudgetPart' as const, scope, duration, span: cursor.spanFrom(start) };
      });
      return { kind: 'BudgetEntry', parts, span: cursor.spanFrom(word.start) };
    },
    on: parseEvent,
    body: (cursor, word) => {
      cursor.expect('hold');
      const hold = parseSize(cursor, 'a size such as `256KiB`');
      cursor.expect(',');
      cursor.expect('window');
      const window = parseSize(cursor, 'a size such as `64KiB`');
      cursor.expect(',');
      cursor.expect('max');
      const max = parseSize(cursor, 'a size such as `32MiB`');
      const outcome = parseArrowOutcome(cursor);
      return { kind: 'BodyEntry', hold, window, max, outcome, span: cursor.spanFrom(word.start) };
    },
    response: parseResponse,
    score: (cursor, word) => {
      const points = cursor.commaList(() => parseSeverityPoints(cursor));
      return { kind: 'PointsEntry', points, span: cursor.spanFrom(word.start) };
    },
    threshold: parseThreshold,
    paranoia: (cursor, word) => {
      const level = parseInt10(cursor, 'a paranoia level');
      let observe;
      if (cursor.accept(',')) {
        cursor.expect('observe');
        observe = parseInt10(cursor, 'a paranoia level');
      }
      return { kind: 'ParanoiaEntry', level, observe, span: cursor.spanFrom(word.start) };
    },
    never: (cursor, word) => {
      cursor.expect('ban');
      const lists = cursor.commaList(() => cursor.identifier('the name of a list'));
      return { kind: 'NeverBanEntry', lists, span: cursor.spanFrom(word.start) };
    },
    redact: (cursor, word) => {
      const items = parseItems(cursor);
      return { kind: 'RedactEntry', items, span: cursor.spanFrom(word.start) };
    },
    profile: (cursor, word) => {
      const name = parseString(cursor, 'the name of the profile in quotes');
      const entries = parseBlock(cursor, POLICY);
      return { kind: 'ProfileEntry', name, entries, span: cursor.spanFrom(word.start) };
    },
  },
};

export function parsePolicy(cursor: Cursor, word: Token, doc: string | undefined): Policy {
  const name = parseString(cursor, 'the name of the policy in quotes');
  const entries = parseBlock(cursor, POLICY);
  return { kind: 'Policy', doc, name, entries, span: cursor.spanFrom(word.start) };
}

function policyEntryKey(entry: PolicyEntry): string {
  switch (entry.kind) {
    case 'ModeEntry':
      return 'mode';
    case 'DefaultEntry':
      return 'default';
    case 'BudgetEntry':
      return 'budget';
    case 'EventEntry':
      return entry.direction === undefined ? `on ${entry.event}` : `on ${entry.event} ${entry.direction}`;
    case 'BodyEntry':
      return 'body';
    case 'ResponseEntry':
      return 'response';
    case 'PointsEntry':
      return 'score';
    case 'ThresholdEntry': {
      const routes = entry.on?.routes.map((route) => route.name).sort() ?? [];
      return routes.length === 0
        ? `threshold ${entry.subject.name}`
        : `threshold ${entry.subject.name} on ${routes.join(', ')}`;
    }
    case 'ParanoiaEntry':
      return 'paranoia';
    case 'NeverBanEntry':
      return 'never ban';
    case 'RedactEntry':
      return 'redact';
    case 'ProfileEntry':
      return `profile ${entry.name.raw}`;
  }
}

function parseDefault(cursor: Cursor, word: Token): DefaultEntry {
  const verdict = cursor.oneOf(['allow', 'deny'], 'a default');
  const outcome = verdict === 'deny' ? parseArrowOutcome(cursor) : undefined;
  return { kind: 'DefaultEntry', verdict, outcome, span: cursor.spanFrom(word.start) };
}

function parseEvent(cursor: Cursor, word: Token): EventEntry {
  const event = cursor.oneOf(EVENTS, 'an event');
  const direction =
    event === 'uninspectable' ? cursor.oneOf(['request', 'response'], 'a direction') : undefined;
  const outcome = parseArrowOutcome(cursor);
  return { kind: 'EventEntry', event, direction, outcome, span: cursor.spanFrom(word.start) };
}

function parseResponse(cursor: Cursor, word: Token): ResponseEntry {
  cursor.expect('hold');
  const hold = parseSize(cursor, 'a size such as `64KiB`');
  cursor.expect(',');
  cursor.expect('over');
  cursor.expect('->');
  const over = cursor.accept('scan') ? 'scan' : parseOutcome(cursor, '`scan`, `pass`, `log` or `block`');
  return { kind: 'ResponseEntry', hold, over, span: cursor.spanFrom(word.start) };
}

function parseSeverityPoints(cursor: Cursor): SeverityPoints {
  const { start } = cursor.token;
  const severity = parseSeverityName(cursor);
  cursor.expect('=');
  const value = parseInt10(cursor, 'points');
  return { kind: 'SeverityPoints', severity, value, span: cursor.spanFrom(start) };
}

function parseThreshold(cursor: Cursor, word: Token): ThresholdEntry {
  const subject = cursor.identifier('`request`, `response`, `exchange` or a category');
  cursor.expect('>=', 'a threshold is reached with `>=`');
  const atLeast = parseInt10(cursor, 'points');
  const onWord = cursor.token;
  const on = cursor.accept('on') ? parseOn(cursor, onWord) : undefined;
  const outcome = parseArrowOutcome(cursor);
  const label = cursor.accept('id')
    ? { id: parseInt10(cursor, 'a number'), title: parseString(cursor, 'a title in quotes') }
    : undefined;
  return { kind: 'ThresholdEntry', subject, atLeast, on, outcome, label, span: cursor.spanFrom(word.start) };
}

function parseArrowOutcome(cursor: Cursor): Outcome {
  cursor.expect('->');
  return parseOutcome(cursor, '`pass`, `log` or `block`');
}

function parseOutcome(cursor: Cursor, expected: string): Outcome {
  const word = cursor.token;
  if (cursor.accept('pass')) return { kind: 'Pass', span: cursor.spanOf(word) };
  if (cursor.accept('log'))
    return { kind: 'LogAction', alert: false, span: cursor.spanOf(word) } satisfies LogAction;
  if (cursor.accept('block')) return parseBlockAction(cursor, word);
  return cursor.unexpected(expected);
}

/** `block status [retry delay]`, after its word. */
export function parseBlockAction(cursor: Cursor, word: Token): Block {
  const status = parseInt10(cursor, 'a status such as `403`');
  const retry = cursor.accept('retry') ? parseDuration(cursor, 'a duration') : undefined;
  return { kind: 'Block', status, retry, span: cursor.spanFrom(word.start) };
}

// -- entries shared with rules and overrides

/** `on route, …`, after its word. */
export function parseOn(cursor: Cursor, word: Token): OnEntry {
  const routes = cursor.commaList(() => cursor.identifier('the name of a route'));
  return { kind: 'OnEntry', routes, span: cursor.spanFrom(word.start) };
}

export function parseMode(cursor: Cursor, word: Token, untilAllowed: boolean): ModeEntry {
  const mode = cursor.oneOf(MODES, 'a mode');
  const until = untilAllowed && cursor.accept('until') ? parseDate(cursor) : undefined;
  return { kind: 'ModeEntry', mode, until, span: cursor.spanFrom(word.start) };
}

export function parseSeverity(cursor: Cursor, word: Token): SeverityEntry {
  const severity = parseSeverityName(cursor);
  return { kind: 'SeverityEntry', severity, span: cursor.spanFrom(word.start) };
}

function parseSeverityName(cursor: Cursor): SeverityName {
  return cursor.oneOf(SEVERITIES, 'a severity');
}
