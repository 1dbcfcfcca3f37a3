/** Literals, arrays, types and the JSON of examples. */
import type {
  ArrayLiteral,
  BoolLiteral,
  DateLiteral,
  DurationLiteral,
  IntLiteral,
  Json,
  JsonMember,
  Literal,
  MethodLiteral,
  RegexLiteral,
  SizeLiteral,
  StringLiteral,
  TypeRef,
} from './ast-expression.ts';
import type { Cursor } from './parser-cursor.ts';
import { decodeString } from './string-literal.ts';
import { describeToken, quoted } from './token.ts';
import type { Token } from './token.ts';

const UNIT_BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
const UNIT_MICROSECONDS: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
};

export function parseString(cursor: Cursor, what: string): StringLiteral {
  return stringFrom(cursor, cursor.expectKind('string', what));
}

function stringFrom(cursor: Cursor, token: Token): StringLiteral {
  const span = cursor.spanOf(token);
  if (token.kind === 'broken') return { kind: 'StringLiteral', raw: '""', value: '', span };
  const value = decodeString(token.text, (problem) => {
    const place = {
      source: cursor.source,
      start: token.start + problem.start,
      end: token.start + problem.end,
    };
    cursor.report('E003', place, problem.message);
  });
  return { kind: 'StringLiteral', raw: token.text, value, span };
}

export function parseInt10(cursor: Cursor, what: string): IntLiteral {
  const token = cursor.expectKind('int', what);
  return {
    kind: 'IntLiteral',
    raw: token.text,
    value: numberFrom(cursor, token, token.text, 1),
    span: cursor.spanOf(token),
  };
}

export function parseSize(cursor: Cursor, what: string): SizeLiteral {
  return sizeFrom(cursor, cursor.expectKind('size', what));
}

export function parseDuration(cursor: Cursor, what: string): DurationLiteral {
  return durationFrom(cursor, cursor.expectKind('duration', `${what} such as \`10m\``));
}

export function parseDate(cursor: Cursor): DateLiteral {
  return dateFrom(cursor, cursor.expectKind('date', 'a date such as `2027-01-31`'));
}

export function parseMethod(cursor: Cursor): MethodLiteral {
  const token = cursor.expectKind('method', 'a method such as `GET`');
  return { kind: 'MethodLiteral', name: token.text, span: cursor.spanOf(token) };
}

export function parseRegex(cursor: Cursor, what: string): RegexLiteral {
  const token = cursor.expectKind('regex', what);
  const close = token.text.lastIndexOf('/');
  const pattern = token.kind === 'broken' ? '' : token.text.slice(1, close);
  return { kind: 'RegexLiteral', pattern, flags: token.text.slice(close + 1), span: cursor.spanOf(token) };
}

function sizeFrom(cursor: Cursor, token: Token): SizeLiteral {
  return {
    kind: 'SizeLiteral',
    raw: token.text,
    value: withUnit(cursor, token, UNIT_BYTES),
    span: cursor.spanOf(token),
  };
}

function durationFrom(cursor: Cursor, token: Token): DurationLiteral {
  const value = withUnit(cursor, token, UNIT_MICROSECONDS);
  return { kind: 'DurationLiteral', raw: token.text, value, span: cursor.spanOf(token) };
}

function withUnit(cursor: Cursor, token: Token, units: Readonly<Record<string, number>>): number {
  if (token.kind === 'broken') return 0;
  const unitAt = token.text.search(/[A-Za-z]/);
  return numberFrom(cursor, token, token.text.slice(0, unitAt), units[token.text.slice(unitAt)]);
}

function numberFrom(cursor: Cursor, token: Token, digits: string, unit: number): number {
  if (token.kind === 'broken') return 0;
  const value = Number(digits.replaceAll('_', '')) * unit;
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
  cursor.report('E004', cursor.spanOf(token), `${quoted(token.text)} is too large to be exact`);
  return 0;
}

function dateFrom(cursor: Cursor, token: Token): DateLiteral {
  const span = cursor.spanOf(token);
  if (token.kind === 'broken') return { kind: 'DateLiteral', raw: token.text, value: 0, span };
  const value = Date.parse(`${token.text}T00:00:00Z`);
  // Some engines roll 30 February over into March; writing the day back shows it.
  if (Number.isNaN(value) || !new Date(value).toISOString().startsWith(token.text)) {
    cursor.report('E008', span, `there is no ${token.text}`);
    return { kind: 'DateLiteral', raw: token.text, value: 0, span };
  }
  return { kind: 'DateLiteral', raw: token.text, value, span };
}

/** A literal if the token begins one. */
export function acceptLiteral(cursor: Cursor): Literal | undefined {
  const { token } = cursor;
  const span = cursor.spanOf(token);
  const { text } = token;
  switch (token.kind) {
    case 'string':
    case 'broken':
      return stringFrom(cursor, cursor.advance());
    case 'int':
      cursor.advance();
      return { kind: 'IntLiteral', raw: text, value: numberFrom(cursor, token, text, 1), span };
    case 'float':
      cursor.advance();
      return { kind: 'FloatLiteral', raw: text, value: numberFrom(cursor, token, text, 1), span };
    case 'percent':
      cursor.advance();
      return {
        kind: 'PercentLiteral',
        raw: text,
        value: numberFrom(cursor, token, text.slice(0, -1), 1),
        span,
      };
    case 'size':
      return sizeFrom(cursor, cursor.advance());
    case 'duration':
      return durationFrom(cursor, cursor.advance());
    case 'date':
      return dateFrom(cursor, cursor.advance());
    case 'method':
      return parseMethod(cursor);
    case 'ident':
      return text === 'true' || text === 'false' ? boolFrom(cursor) : undefined;
    default:
      return undefined;
  }
}

function boolFrom(cursor: Cursor): BoolLiteral {
  const token = cursor.advance();
  return { kind: 'BoolLiteral', value: token.text === 'true', span: cursor.spanOf(token) };
}

export function parseLiteral(cursor: Cursor): Literal {
  return acceptLiteral(cursor) ?? cursor.unexpected('a literal');
}

export function parseArray(cursor: Cursor): ArrayLiteral {
  const open = cursor.expect('[');
  const elements: Literal[] = [];
  if (!cursor.at(']')) {
    do elements.push(acceptLiteral(cursor) ?? cursor.unexpected('a literal in the array', arrayHelp(cursor)));
    while (cursor.accept(','));
  }
  cursor.expectClose(']', open, '`,` or `]`');
  return { kind: 'ArrayLiteral', elements, span: cursor.spanFrom(open.start) };
}

function arrayHelp(cursor: Cursor): string | undefined {
  if (cursor.at(']')) return 'the last element has no comma after it';
  return cursor.token.kind === 'ident'
    ? `an array holds no names: write the value of a constant itself, and text in quotes: "${cursor.token.text}"`
    : undefined;
}

/** `List<String>?`. */
export function parseType(cursor: Cursor): TypeRef {
  return cursor.nested(() => {
    const name = cursor.typeName('a type such as `String`');
    const open = cursor.token;
    let args: TypeRef[] = [];
    if (cursor.accept('<')) {
      args = cursor.commaList(() => parseType(cursor));
      cursor.expectClose('>', open, '`,` or `>`');
    }
    const optional = cursor.accept('?');
    return { kind: 'TypeRef', name: name.name, args, optional, span: cursor.spanFrom(name.span.start) };
  });
}

/** A JSON value (RFC 8259). */
export function parseJson(cursor: Cursor): Json {
  return cursor.nested(() => {
    const { token } = cursor;
    if (cursor.at('{')) return parseJsonObject(cursor);
    if (cursor.at('[')) return parseJsonArray(cursor);
    if (token.kind === 'string' || token.kind === 'broken') return parseJsonString(cursor);
    if (token.kind === 'int' || token.kind === 'float' || token.kind === 'number') {
      cursor.advance();
      const span = cursor.spanOf(token);
      if (!/^-?(?:0|[1-9]\d*)(?:\.|[eE]|$)/.test(token.text)) {
        cursor.report('E015', span, `${quoted(token.text)} is no JSON number`, {
          help: 'JSON has no leading zeros and no digit separators',
        });
      }
      return { kind: 'JsonNumber', raw: token.text, span };
    }
    if (cursor.at('true') || cursor.at('false')) return boolFrom(cursor);
    if (cursor.accept('null')) return { kind: 'JsonNull', span: cursor.spanOf(token) };
    return failJson(cursor, 'a JSON value');
  });
}

function parseJsonObject(cursor: Cursor): Json {
  const open = cursor.expect('{');
  const members: JsonMember[] = [];
  const seen = new Map<string, StringLiteral>();
  if (!cursor.at('}')) {
    do {
      if (cursor.token.kind !== 'string') failJson(cursor, 'a JSON key in double quotes');
      const key = parseJsonString(cursor);
      cursor.expect(':');
      const value = parseJson(cursor);
      members.push({ kind: 'JsonMember', key, value, span: cursor.spanFrom(key.span.start) });
      const first = seen.get(key.value);
      if (first === undefined) seen.set(key.value, key);
      else {
        cursor.report('E301', key.span, `key ${quoted(key.raw)} stands twice in this object`, {
          labels: [{ span: first.span, message: 'first here' }],
          help: 'to test with such a body, write it as text: `body "…"`',
        });
      }
    } while (cursor.accept(','));
  }
  cursor.expectClose('}', open, '`,` or `}`');
  return { kind: 'JsonObject', members, span: cursor.spanFrom(open.start) };
}

function parseJsonArray(cursor: Cursor): Json {
  const open = cursor.expect('[');
  const elements: Json[] = [];
  if (!cursor.at(']')) {
    do elements.push(parseJson(cursor));
    while (cursor.accept(','));
  }
  cursor.expectClose(']', open, '`,` or `]`');
  return { kind: 'JsonArray', elements, span: cursor.spanFrom(open.start) };
}

function parseJsonString(cursor: Cursor): StringLiteral {
  const literal = parseString(cursor, 'a JSON string');
  const escape = /^"(?:[^\\]|\\[^x])*?\\x/.exec(literal.raw);
  if (escape !== null) {
    const end = literal.span.start + escape[0].length;
    cursor.report('E015', { source: cursor.source, start: end - 2, end }, '`\\x` is no JSON escape', {
      help: 'write `\\u00NN`, or the body as text: `body "…"`',
    });
  }
  return literal;
}

function failJson(cursor: Cursor, expected: string): never {
  if (cursor.token.kind === 'broken') cursor.unexpected(expected);
  const help = cursor.at('}') || cursor.at(']') ? 'JSON has no comma after the last element' : undefined;
  cursor.fail(
    'E015',
    cursor.spanOf(cursor.token),
    `expected ${expected}, found ${describeToken(cursor.token)}`,
    {
      ...(help === undefined ? {} : { help }),
    },
  );
}
