/** Limiters and floods. */
import type {
  AllowEntry,
  Flood,
  FloodEntry,
  FloodStage,
  KeyEntry,
  Limiter,
  LimiterEntry,
  Penalty,
  Rate,
  StoreEntry,
} from './ast-limiter.ts';
import { parseBlock } from './parser-block.ts';
import type { BlockGrammar } from './parser-block.ts';
import type { Cursor } from './parser-cursor.ts';
import { parseExpr, parsePipe } from './parser-expression.ts';
import { parseDuration, parseInt10 } from './parser-literal.ts';
import type { Token } from './token.ts';

const ALGORITHMS = ['sliding_window', 'gcra', 'token_bucket', 'fixed_window'] as const;

/** The word of each entry; `allow` may be repeated, the first that holds counts. */
const LIMITER_KEYS: Readonly<Record<LimiterEntry['kind'], string | undefined>> = {
  KeyEntry: 'key',
  AllowEntry: undefined,
  UsingEntry: 'using',
  CountEntry: 'count',
  CostEntry: 'cost',
  StoreEntry: 'store',
  PenaltyEntry: 'then',
};

const LIMITER: BlockGrammar<LimiterEntry> = {
  what: 'a limiter',
  keyOf: (entry) => LIMITER_KEYS[entry.kind],
  entries: {
    key: parseKeyEntry,
    allow: parseAllow,
    using: (cursor, word) => {
      const algorithm = cursor.oneOf(ALGORITHMS, 'an algorithm');
      return { kind: 'UsingEntry', algorithm, span: cursor.spanFrom(word.start) };
    },
    count: (cursor, word) => {
      const condition = parseExpr(cursor);
      return { kind: 'CountEntry', condition, span: cursor.spanFrom(word.start) };
    },
    cost: (cursor, word) => {
      const amount = parsePipe(cursor);
      return { kind: 'CostEntry', amount, span: cursor.spanFrom(word.start) };
    },
    store: parseStore,
    then: (cursor, word) => {
      const penalty = parsePenalty(cursor);
      return { kind: 'PenaltyEntry', penalty, span: cursor.spanFrom(word.start) };
    },
  },
};

const FLOOD_KEYS: Readonly<Record<FloodEntry['kind'], string>> = {
  KeyEntry: 'key',
  BaselineEntry: 'baseline',
  TripEntry: 'trip',
  ReleaseEntry: 'release',
  StagesEntry: 'then',
};

const FLOOD: BlockGrammar<FloodEntry> = {
  what: 'a flood',
  keyOf: (entry) => FLOOD_KEYS[entry.kind],
  entries: {
    key: parseKeyEntry,
    baseline: (cursor, word) => {
      cursor.expect('ewma');
      const window = parseDuration(cursor, 'a duration');
      return { kind: 'BaselineEntry', window, span: cursor.spanFrom(word.start) };
    },
    trip: (cursor, word) => {
      cursor.expect('above');
      const times = parseInt10(cursor, 'a number');
      cursor.expect('times');
      cursor.expect('baseline');
      cursor.expect('floor');
      const floor = parseRate(cursor);
      return { kind: 'TripEntry', times, floor, span: cursor.spanFrom(word.start) };
    },
    release: (cursor, word) => {
      cursor.expect('below');
      const times = parseInt10(cursor, 'a number');
      cursor.expect('times');
      cursor.expect('baseline');
      cursor.expect('for');
      const duration = parseDuration(cursor, 'a duration');
      return { kind: 'ReleaseEntry', times, duration, span: cursor.spanFrom(word.start) };
    },
    then: (cursor, word) => {
      const stages = cursor.commaList(() => parseStage(cursor));
      return { kind: 'StagesEntry', stages, span: cursor.spanFrom(word.start) };
    },
  },
};

export function parseLimiter(cursor: Cursor, word: Token, doc: string | undefined): Limiter {
  const name = cursor.identifier('the name of the limiter');
  const entries = parseBlock(cursor, LIMITER);
  return { kind: 'Limiter', doc, name, entries, span: cursor.spanFrom(word.start) };
}

export function parseFlood(cursor: Cursor, word: Token, doc: string | undefined): Flood {
  const name = cursor.identifier('the name of the flood');
  const entries = parseBlock(cursor, FLOOD);
  return { kind: 'Flood', doc, name, entries, span: cursor.spanFrom(word.start) };
}

function parseKeyEntry(cursor: Cursor, word: Token): KeyEntry {
  const parts = cursor.commaList(() => parsePipe(cursor));
  return { kind: 'KeyEntry', parts, span: cursor.spanFrom(word.start) };
}

function parseAllow(cursor: Cursor, word: Token): AllowEntry {
  const rate = parseRate(cursor);
  const burst = cursor.accept('burst') ? parseInt10(cursor, 'a number') : undefined;
  const when = cursor.accept('when') ? parseExpr(cursor) : undefined;
  return { kind: 'AllowEntry', rate, burst, when, span: cursor.spanFrom(word.start) };
}

function parseStore(cursor: Cursor, word: Token): StoreEntry {
  const store = cursor.oneOf(['cluster', 'local'], 'a store');
  const leased = cursor.accept('leased');
  let down: StoreEntry['down'];
  if (cursor.accept(',')) {
    cursor.expect('down');
    cursor.expect('->');
    down = cursor.oneOf(['local', 'open', 'closed'] as const, 'what happens while the store is down');
  }
  return { kind: 'StoreEntry', store, leased, down, span: cursor.spanFrom(word.start) };
}

function parseRate(cursor: Cursor): Rate {
  const { start } = cursor.token;
  const count = parseInt10(cursor, 'a rate such as `5 per 1m`');
  cursor.expect('per');
  const per = parseDuration(cursor, 'a duration');
  return { kind: 'Rate', count, per, span: cursor.spanFrom(start) };
}

function parsePenalty(cursor: Cursor): Penalty {
  const { start } = cursor.token;
  cursor.expect('block');
  const status = parseInt10(cursor, 'a status such as `429`');
  const duration = cursor.accept('for') ? parseDuration(cursor, 'a duration') : undefined;
  return { kind: 'Penalty', status, duration, span: cursor.spanFrom(start) };
}

function parseStage(cursor: Cursor): FloodStage {
  const { start } = cursor.token;
  const measure = parseMeasure(cursor);
  const after = cursor.accept('after') ? parseDuration(cursor, 'a duration') : undefined;
  return { kind: 'FloodStage', measure, after, span: cursor.spanFrom(start) };
}

function parseMeasure(cursor: Cursor): FloodStage['measure'] {
  const { start } = cursor.token;
  if (cursor.at('block')) return parsePenalty(cursor);
  if (cursor.accept('limit')) {
    cursor.expect('to');
    const rate = parseRate(cursor);
    return { kind: 'FloodLimit', rate, span: cursor.spanFrom(start) };
  }
  if (cursor.accept('ban')) {
    cursor.expect('for', 'a flood bans its own key');
    const duration = parseDuration(cursor, 'a duration');
    return { kind: 'FloodBan', duration, span: cursor.spanFrom(start) };
  }
  return cursor.unexpected('`limit to`, `block` or `ban for`');
}
