/** What a security event says, and what it must never say. */
import { describe, expect, it } from 'vitest';
import { subjectShower } from '../../../src/app/exchange-log.ts';
import { createLog, createPrettyPrinter } from '../../../src/telemetry/log.ts';
import { logExchange } from '../../../src/telemetry/security-event.ts';
import type { LoggedExchange, LoggedReport, LoggedVerdict } from '../../../src/telemetry/security-event.ts';

const PASS: LoggedVerdict = { action: 'pass', status: 0, by: null, phase: null };
const BLOCK: LoggedVerdict = { action: 'block', status: 403, by: 'sqli.union', phase: 'body' };

function report(changes: Partial<LoggedReport> = {}): LoggedReport {
  return {
    programVersion: 'p1',
    policy: 'shop',
    profile: undefined,
    route: undefined,
    verdict: PASS,
    shadow: changes.verdict ?? PASS,
    matches: [],
    matchesDropped: 0,
    thresholds: [],
    scores: {},
    shadowScores: {},
    tags: [],
    alert: false,
    logged: [],
    uninspectable: undefined,
    engineError: undefined,
    bodyBytes: 0,
    limits: [],
    bans: [],
    ...changes,
  };
}

function exchange(changes: Partial<LoggedExchange> = {}): LoggedExchange {
  return {
    id: 'r-1',
    client: '203.0.113.7',
    method: 'GET',
    host: 'shop.example',
    path: '/search',
    status: 200,
    durationMs: 1.234567,
    refused: undefined,
    failure: undefined,
    outcome: 'forwarded',
    report: report(),
    ...changes,
  };
}

function linesOf(given: LoggedExchange, access = false): Record<string, unknown>[] {
  const lines: string[] = [];
  logExchange(createLog({ write: (line) => lines.push(line) }, 'info'), given, access);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const MATCH = {
  rule: 'sqli.union',
  id: 942100,
  title: 'SQL union',
  severity: 'critical',
  tags: ['cwe-89'],
  phase: 'body',
  mode: 'enforce' as const,
  unknown: false,
  message: 'seen in args',
  effects: ['score 5 to injection'],
  witness: {
    field: 'args',
    name: 'q\r\n',
    path: '/q',
    value: "1' union\x1b[31m",
    text: { redacted: 'q', length: 9, hash: 'abc' },
    offset: 3,
    pointer: undefined,
    reason: undefined,
    count: undefined,
  },
};

describe('logExchange', () => {
  it('says what would let the request pass, or why nothing would', () => {
    const text = 'exclude sqli.union {\n  target  args["q"]\n}\n';
    expect(linesOf(exchange({ exclusion: { text } }), true)[0]).toMatchObject({ exclusion: text });
    const refused = linesOf(exchange({ exclusion: { refused: 'sqli.union is sealed' } }), true)[0];
    expect(refused).toMatchObject({ no_exclusion: 'sqli.union is sealed' });
    expect(refused).not.toHaveProperty('exclusion');
  });

  it('names a greedy client once, and what overload or an open breaker refuse only when access is logged', () => {
    const shed = (changes: Partial<LoggedExchange>) =>
      exchange({ status: 503, report: undefined, ...changes });
    const greedy = shed({ outcome: 'shed', shed: 'client_resets', status: 429 });
    expect(linesOf(greedy)[0]).toMatchObject({
      level: 'warn',
      event: 'request.shed',
      shed: 'client_resets',
      msg: 'request shed: GET /search 429 by client_resets',
    });
    const failure = { kind: 'circuit_open', code: 'W_UPSTREAM_CIRCUIT_OPEN', cause: 'open' };
    for (const [event, told] of [
      ['request.shed', shed({ outcome: 'shed', shed: 'overload', isShedAgain: true })],
      ['request.shed', { ...greedy, status: 503, isShedAgain: true }],
      ['upstream.failed', shed({ outcome: 'failed', failure })],
      ['request.denied', shed({ outcome: 'refused', denied: 'authorizer.circuit_open' })],
    ] as const) {
      expect(linesOf(told)).toEqual([]);
      expect(linesOf(told, true)[0]).toMatchObject({ event, status: 503 });
    }
  });

  it('writes an exchange of which the policy only logs that it was not read to its end', () => {
    const [line] = linesOf(exchange({ report: report({ logged: ['policy.body_max'] }) }));
    expect(line).toMatchObject({ event: 'request.uninspected', logged: ['policy.body_max'] });
  });

  it('writes nothing of an exchange that passed, unless an access log is wanted', () => {
    expect(linesOf(exchange())).toEqual([]);
    expect(linesOf(exchange(), true)).toMatchObject([{ event: 'request.access', duration_ms: 1.23 }]);
  });

  it('names the rules and the place of a block, escaped and redacted', () => {
    const [line] = linesOf(exchange({ status: 403, report: report({ verdict: BLOCK, matches: [MATCH] }) }));
    expect(line).toMatchObject({
      level: 'warn',
      event: 'request.blocked',
      id: 'r-1',
      by: 'sqli.union',
      msg: 'request blocked: GET /search 403 by sqli.union',
      rules: [
        {
          rule: 'sqli.union',
          id: 942100,
          msg: 'SQL union',
          data: 'seen in args',
          match: {
            field: 'args',
            name: 'q\\x0d\\x0a',
            value: "1' union\\x1b[31m",
            text: { redacted: 'q', length: 9, hash: 'abc' },
            offset: 3,
          },
        },
      ],
    });
    expect(line).not.toHaveProperty('would_block');
  });

  it('lists a threshold that has a number behind the rules', () => {
    const threshold = {
      name: 'policy.threshold.request',
      id: 949110,
      title: 'Score 5',
      phase: 'body',
      mode: 'monitor',
    } as const;
    const [line] = linesOf(exchange({ report: report({ matches: [MATCH], thresholds: [threshold] }) }));
    expect(line).toMatchObject({
      rules: [
        { id: 942100 },
        { rule: 'policy.threshold.request', id: 949110, msg: 'Score 5', mode: 'monitor', phase: 'body' },
      ],
    });
  });

  it('says how limits stand and who was banned, and no key that may not be printed', () => {
    const limit = {
      name: 'c',
      mode: 'enforce',
      granted: false,
      used: 5,
      remaining: 0,
      source: 'redis',
    } as const;
    const key = { redacted: 'request.headers["x-key"]', length: 8, hash: 'abc' };
    const ban = { kind: 'request.headers["x-key"]', mode: 'monitor', forMs: 60_000, by: 'scan.x' } as const;
    const bans = [
      { ...ban, key },
      { ...ban, kind: 'client.ip', key: 'a\r\nb' },
    ];
    const [line] = linesOf(exchange({ report: report({ verdict: BLOCK, limits: [limit], bans }) }));
    expect(line.limits).toEqual([limit]);
    expect(line.bans).toEqual([
      { kind: ban.kind, mode: 'monitor', key, for_ms: 60_000, by: 'scan.x' },
      { kind: 'client.ip', mode: 'monitor', key: 'a\\x0d\\x0ab', for_ms: 60_000, by: 'scan.x' },
    ]);
  });

  it.each([
    ['request.flagged', { report: report({ shadow: BLOCK }) }],
    ['request.flagged', { report: report({ matches: [MATCH] }) }],
    ['response.blocked', { report: report({ verdict: { ...BLOCK, phase: 'response_body' } }) }],
    ['request.blocked', { report: report({ verdict: { ...BLOCK, action: 'redirect' as const } }) }],
    ['request.malformed', { refused: 'target.too_long', report: undefined }],
    ['request.denied', { denied: 'jwt.expired', report: undefined }],
    ['upstream.failed', { failure: { kind: 'refused', cause: 'ECONNREFUSED' } }],
    ['engine.failed', { failure: { kind: 'engine', cause: 'boom' }, report: undefined }],
    ['engine.failed', { report: report({ engineError: 'boom' }) }],
    ['request.uninspected', { report: report({ uninspectable: 'json.depth' }) }],
  ])('calls it %s', (event, changes) => {
    expect(linesOf(exchange(changes))).toMatchObject([{ event }]);
  });

  it('keeps a shadow verdict beside the real one', () => {
    const [line] = linesOf(exchange({ report: report({ shadow: BLOCK, shadowScores: { request: 5 } }) }));
    expect(line).toMatchObject({
      status: 200,
      would_block: { rule: 'sqli.union', status: 403 },
      shadow_scores: { request: 5 },
    });
  });

  it('cannot be made to write a second line', () => {
    const lines: string[] = [];
    const log = createLog({ write: (line) => lines.push(line) }, 'info');
    logExchange(log, exchange({ path: '/a\n{"event":"request.access"}', refused: 'x' }), false);
    expect(lines).toHaveLength(1);
    expect(lines[0].indexOf('\n')).toBe(lines[0].length - 1);
    expect(createPrettyPrinter(false)(lines[0]).trimEnd()).not.toContain('\n');
  });

  it.each([
    [{ delayMs: 300, abortStatus: undefined, isSkipped: false }, { delay_ms: 300 }],
    [{ delayMs: 0, abortStatus: 503, isSkipped: false }, { abort: 503 }],
    [{ delayMs: 0, abortStatus: undefined, isSkipped: true }, { skipped: true }],
  ])('tells a drill from what went wrong by itself', (fault, told) => {
    const matches = [{ ...MATCH, rule: 'drill.slow' }];
    const [line] = linesOf(exchange({ fault, report: report({ matches }) }));
    expect(line).toMatchObject({ event: 'fault.injected', level: 'info' });
    expect(line.fault).toEqual(told);
    // What a monitored rule would have refused is not hidden by it.
    const [flagged] = linesOf(exchange({ fault, report: report({ matches, shadow: BLOCK }) }));
    expect(flagged).toMatchObject({ event: 'request.flagged', level: 'warn', fault: told });
    const [failed] = linesOf(exchange({ fault, failure: { kind: 'refused', cause: 'x' } }));
    expect(failed.event).toBe('upstream.failed');
  });

  it('tells of whom a token speaks, escaped and cut, with the subject hashed or not at all if so wanted', () => {
    const bearer = { issuer: 'https://id.example', subject: `u\u001b[2J${'x'.repeat(10_000)}`, keyId: 'k"1' };
    const [line] = linesOf(exchange({ bearer, exempt: ['jwt'], unauthorized: 'timeout' }), true);
    const token = line.token as { sub: string };
    expect(line).toMatchObject({ exempt: ['jwt'], unauthorized: 'timeout' });
    expect(token).toMatchObject({ iss: 'https://id.example', kid: 'k"1' });
    expect(token.sub.startsWith('u\\x1b[2Jxxx')).toBe(true);
    expect(token.sub.length).toBeLessThan(1_000);
    const told = (how: 'hash' | 'off'): unknown => {
      const lines: string[] = [];
      const log = createLog({ write: (text) => lines.push(text) }, 'info');
      const show = subjectShower(how, Buffer.from('key'));
      logExchange(log, exchange({ bearer: { ...bearer, subject: 'u-1' } }), true, show);
      return (JSON.parse(lines[0]) as { token?: unknown }).token;
    };
    expect(told('off')).toBeUndefined();
    expect(told('hash')).toEqual({
      iss: 'https://id.example',
      kid: 'k"1',
      sub: { redacted: 'sub', length: 3, hash: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown },
    });
  });
});
