/** Requests of examples and scenarios, and scenarios themselves. */
import type {
  AnsweredOption,
  BodyOption,
  ExpectedVerdict,
  HeaderOption,
  JsonOption,
  PartOption,
  Request,
  RequestOption,
  Scenario,
  ScenarioStep,
} from './ast-scenario.ts';
import { parseBlock } from './parser-block.ts';
import type { BlockGrammar } from './parser-block.ts';
import type { Cursor } from './parser-cursor.ts';
import { parseDuration, parseInt10, parseJson, parseMethod, parseString } from './parser-literal.ts';
import type { Token } from './token.ts';

/** What follows each option word; options may be repeated and come in any order. */
const OPTIONS: Readonly<Record<string, (cursor: Cursor, word: Token) => RequestOption>> = {
  from: (cursor, word) => {
    const address = parseString(cursor, 'an address in quotes');
    return { kind: 'FromOption', address, span: cursor.spanFrom(word.start) };
  },
  body: parseBodyOption,
  cert: (cursor, word) => {
    const identity = parseString(cursor, 'the identity of a certificate in quotes');
    return { kind: 'CertOption', identity, span: cursor.spanFrom(word.start) };
  },
  header: parseHeaderOption,
  cookie: (cursor, word) => {
    const name = parseString(cursor, 'the name of the cookie in quotes');
    const value = parseString(cursor, 'the value of the cookie in quotes');
    return { kind: 'CookieOption', name, value, span: cursor.spanFrom(word.start) };
  },
  json: parseJsonOption,
  form: (cursor, word) => {
    const value = parseJson(cursor);
    return { kind: 'FormOption', value, span: cursor.spanFrom(word.start) };
  },
  claims: (cursor, word) => {
    const value = parseJson(cursor);
    return { kind: 'ClaimsOption', value, span: cursor.spanFrom(word.start) };
  },
  part: parsePart,
  over: (cursor, word) => {
    const scheme = cursor.oneOf(['http', 'https'], 'a scheme');
    return { kind: 'OverOption', scheme, span: cursor.spanFrom(word.start) };
  },
  answered: parseAnswered,
};

/** `METHOD "target" option …`. */
export function parseRequest(cursor: Cursor): Request {
  const method = parseMethod(cursor);
  const target = parseString(cursor, 'the target in quotes');
  const options: RequestOption[] = [];
  while (cursor.token.kind === 'ident' && Object.hasOwn(OPTIONS, cursor.token.text)) {
    const word = cursor.advance();
    options.push(OPTIONS[word.text](cursor, word));
  }
  return { kind: 'Request', method, target, options, span: cursor.spanFrom(method.span.start) };
}

function parseBodyOption(cursor: Cursor, word: Token): BodyOption {
  const content = parseString(cursor, 'the body in quotes');
  return { kind: 'BodyOption', content, span: cursor.spanFrom(word.start) };
}

function parseHeaderOption(cursor: Cursor, word: Token): HeaderOption {
  const name = parseString(cursor, 'the name of the header in quotes');
  const value = parseString(cursor, 'the value of the header in quotes');
  return { kind: 'HeaderOption', name, value, span: cursor.spanFrom(word.start) };
}

function parseJsonOption(cursor: Cursor, word: Token): JsonOption {
  const value = parseJson(cursor);
  return { kind: 'JsonOption', value, span: cursor.spanFrom(word.start) };
}

function parsePart(cursor: Cursor, word: Token): PartOption {
  const name = parseString(cursor, 'the name of the part in quotes');
  const filename = cursor.accept('file') ? parseString(cursor, 'the file name in quotes') : undefined;
  const content = parseString(cursor, 'the content of the part in quotes');
  return { kind: 'PartOption', name, filename, content, span: cursor.spanFrom(word.start) };
}

function parseAnswered(cursor: Cursor, word: Token): AnsweredOption {
  const status = parseInt10(cursor, 'a status such as `200`');
  const parts: AnsweredOption['parts'][number][] = [];
  const open = cursor.token;
  if (cursor.accept('{')) {
    for (;;) {
      const part = cursor.token;
      if (cursor.accept('header')) parts.push(parseHeaderOption(cursor, part));
      else if (cursor.accept('json')) parts.push(parseJsonOption(cursor, part));
      else if (cursor.accept('body')) parts.push(parseBodyOption(cursor, part));
      else break;
    }
    cursor.expectClose('}', open, '`header`, `json`, `body` or `}`');
  }
  return { kind: 'AnsweredOption', status, parts, span: cursor.spanFrom(word.start) };
}

// -- scenarios

const STEPS: BlockGrammar<ScenarioStep> = {
  what: 'a scenario',
  keyOf: () => undefined,
  entries: {
    repeat: (cursor, word) => {
      const times = parseInt10(cursor, 'how many times');
      const steps = parseBlock(cursor, STEPS);
      return { kind: 'RepeatStep', times, steps, span: cursor.spanFrom(word.start) };
    },
    send: (cursor, word) => {
      const request = parseRequest(cursor);
      cursor.expect('expect');
      const expected = parseExpected(cursor);
      const by = cursor.accept('by') ? cursor.dottedName('the name of a rule') : undefined;
      return { kind: 'SendStep', request, expected, by, span: cursor.spanFrom(word.start) };
    },
    advance: (cursor, word) => {
      const duration = parseDuration(cursor, 'a duration');
      return { kind: 'AdvanceStep', duration, span: cursor.spanFrom(word.start) };
    },
    fail: parseOutage,
    heal: parseOutage,
    switch: (cursor, word) => {
      const name = cursor.identifier('the name of a switch');
      const on = cursor.oneOf(['on', 'off'], 'a position') === 'on';
      return { kind: 'SwitchStep', name, on, span: cursor.spanFrom(word.start) };
    },
  },
};

export function parseScenario(cursor: Cursor, word: Token, doc: string | undefined): Scenario {
  const title = parseString(cursor, 'the title of the scenario in quotes');
  const steps = parseBlock(cursor, STEPS);
  return { kind: 'Scenario', doc, title, steps, span: cursor.spanFrom(word.start) };
}

function parseExpected(cursor: Cursor): ExpectedVerdict {
  const { start } = cursor.token;
  const verdict = cursor.oneOf(['pass', 'mask', 'redirect', 'block'], 'a verdict');
  const mayHaveStatus = verdict === 'redirect' || verdict === 'block';
  const status = mayHaveStatus && cursor.token.kind === 'int' ? parseInt10(cursor, 'a status') : undefined;
  return { kind: 'ExpectedVerdict', verdict, status, span: cursor.spanFrom(start) };
}

function parseOutage(cursor: Cursor, word: Token): ScenarioStep {
  const service = cursor.oneOf(['store', 'upstream'], 'a service');
  const change = word.text === 'fail' ? 'fail' : 'heal';
  return { kind: 'OutageStep', change, service, span: cursor.spanFrom(word.start) };
}
