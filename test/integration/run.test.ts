/** `ward run` as an operator sees it: start, refuse, log, health, stop, and every way it must not start. */
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunningWard, startService, stopService, ward } from './ward-process.ts';
import type { WardEvent } from './ward-process.ts';

const PLAIN = 'language 1\npolicy "plain" { mode enforce  default allow }\n';

let directory: string;
let service: Awaited<ReturnType<typeof startService>>;
const running: RunningWard[] = [];

/** Answers that the service keeps back until the test, or its end, asks for them. */
const slow: ServerResponse[] = [];
const answerSlow = (): void => slow.splice(0).forEach((response) => response.end('slow'));

function respond(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === '/slow') slow.push(response);
  else response.end(`${request.method} ${request.url} ${request.headers['x-forwarded-for'] ?? ''}`);
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ward-run-'));
  service = await startService(respond);
});
afterEach(async () => {
  answerSlow();
  for (const one of running.splice(0)) await one.stop();
  await stopService(service.server);
  rmSync(directory, { recursive: true });
});

/** With the shipped rules, in one worker unless `args` say how many. */
async function start(...args: string[]): Promise<RunningWard> {
  const workers = args.includes('--workers') ? [] : ['--workers', '1'];
  const one = await RunningWard.start(['--upstream', service.url, ...workers, ...args], { cwd: directory });
  running.push(one);
  return one;
}

/** With rules that pass everything: for what no rule decides, since reading the shipped ones takes seconds. */
function startPlain(...args: string[]): Promise<RunningWard> {
  writeFileSync(join(directory, 'plain.ward'), PLAIN);
  return start('--rules', 'plain.ward', ...args);
}

/** The first event of that name in a log file, once both are there. */
async function eventOfFile(path: string, name: string): Promise<WardEvent> {
  for (;;) {
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
    const found = lines.map((line) => JSON.parse(line) as WardEvent).find(({ event }) => event === name);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const SQLI = `/search?q=${encodeURIComponent("1' UNION SELECT password FROM users--")}`;

describe.each(['uws', 'node'])('ward run --listener %s', (listener) => {
  it('passes what is harmless, refuses what is not, and says which rule in the log alone', async () => {
    const one = await start('--listener', listener, ...(listener === 'uws' ? ['--workers', '2'] : []));
    const passed = await fetch(`${one.url}/items?id=7`);
    expect([passed.status, await passed.text()]).toEqual([200, 'GET /items?id=7 127.0.0.1']);
    const refused = await fetch(`${one.url}${SQLI}`, { headers: { accept: 'text/html' } });
    const page = await refused.text();
    expect(refused.status).toBe(403);
    expect(page).not.toMatch(/sqli|union/i);
    const event = await one.event('request.blocked');
    expect(event).toMatchObject({ level: 'warn', method: 'GET', path: '/search', status: 403 });
    expect(event.id).toBe(refused.headers.get('x-request-id'));
    expect(JSON.stringify(event.rules)).toContain('sqli.');
    expect(one.events.filter((entry) => entry.event === 'request.access')).toEqual([]);
  });

  it('finishes what is in flight on SIGTERM, then ends with 0', async () => {
    const one = await startPlain('--listener', listener, '--drain-timeout', '1m');
    const inFlight = fetch(`${one.url}/slow`);
    await new Promise((resolve) => service.server.once('request', resolve));
    one.signal('SIGTERM');
    await one.event('ward.draining');
    expect((await fetch(`${one.adminUrl}/readyz`)).status).toBe(503);
    answerSlow();
    expect(await (await inFlight).text()).toBe('slow');
    await expect(fetch(`${one.url}/`)).rejects.toThrow();
    expect(await one.exited).toBe(0);
    expect(one.stderr).toBe('');
  });

  it('ends at the deadline when what is in flight does not', async () => {
    service.server.prependListener('request', (_request, response: ServerResponse) => response.write('x'));
    const one = await startPlain('--listener', listener, '--drain-timeout', '200ms');
    const stuck = fetch(`${one.url}/never`).then((response) => response.text());
    service.server.removeListener('request', respond);
    await new Promise((resolve) => service.server.once('request', resolve));
    one.signal('SIGTERM');
    await expect(stuck).rejects.toThrow();
    expect(await one.exited).toBe(0);
  });
});

describe('ward run', () => {
  it('answers a second Ctrl-C at once, with 130', async () => {
    const one = await startPlain('--drain-timeout', '1m');
    const inFlight = fetch(`${one.url}/slow`).catch(() => undefined);
    await new Promise((resolve) => service.server.once('request', resolve));
    one.signal('SIGINT');
    await one.event('ward.draining');
    one.signal('SIGINT');
    expect(await one.exited).toBe(130);
    await inFlight;
  });

  it('serves with all its workers on one port, and ends with 0 while they are busy', async () => {
    const one = await startPlain('--workers', '2', '--access-log', '--drain-timeout', '300ms');
    const served = (): unknown[] =>
      [
        ...new Set(one.events.filter(({ event }) => event === 'request.access').map(({ worker }) => worker)),
      ].sort();
    // The kernel deals connections out by their ports: with 8 a round, 40 rounds miss a worker once in 2^319.
    for (let round = 0; round < 40 && served().length < 2; round++) {
      const agents = Array.from({ length: 8 }, () => new Agent());
      const get = async (dispatcher: Agent): Promise<number> => {
        const { statusCode, body } = await request(`${one.url}/a`, { dispatcher });
        await body.dump();
        return statusCode;
      };
      expect(await Promise.all(agents.map(get))).toEqual(agents.map(() => 200));
      await Promise.all(agents.map((agent) => agent.close()));
    }
    expect(served()).toEqual([0, 1]);
    const busy = Array.from({ length: 16 }, () => fetch(`${one.url}/slow`).catch(() => undefined));
    await new Promise((resolve) => service.server.once('request', resolve));
    // An open listener at the end of a worker would abort the process with 134.
    expect(await one.stop()).toBe(0);
    expect(one.stderr).toBe('');
    await Promise.all(busy);
  });

  it('shows its health', async () => {
    const one = await startPlain();
    const get = async (path: string): Promise<[number, Record<string, unknown>]> => {
      const response = await fetch(`${one.adminUrl}${path}`);
      return [response.status, (await response.json()) as Record<string, unknown>];
    };
    expect(await get('/healthz')).toEqual([200, { alive: true }]);
    const [status, ready] = await get('/readyz');
    expect([status, ready.ready, ready.state]).toEqual([200, true, 'running']);
    expect(await get('/status')).toMatchObject([
      200,
      { workers: { restarts: 0 }, program: { version: expect.stringMatching(/./) }, reload: { count: 0 } },
    ]);
    expect((await get('/nothing'))[0]).toBe(404);
    expect((await fetch(`${one.adminUrl}/status`, { method: 'POST' })).status).toBe(405);
  });

  it('lets everything through in monitor mode and says what it would have done', async () => {
    const one = await start('--mode', 'monitor');
    expect((await fetch(`${one.url}${SQLI}`)).status).toBe(200);
    const event = await one.event('request.flagged');
    expect(event).toMatchObject({ status: 200, would_block: { status: 403 } });
    expect(await one.event('ward.mode')).toMatchObject({ mode: 'monitor' });
  });

  it('names rules in a header when asked to, with a warning at the start', async () => {
    const one = await start('--debug-rules-header');
    expect(await one.event('ward.debug_rules_header')).toMatchObject({ level: 'warn' });
    const named = async (path: string): Promise<string | null> =>
      (await fetch(`${one.url}${path}`)).headers.get('x-ward-rules');
    const rules = (await named(SQLI))?.split(',') ?? [];
    const event = await one.event('request.blocked');
    const matched = event.rules as { rule: string; id?: number }[];
    expect(rules).toEqual([...new Set(matched.map(({ rule, id }) => String(id ?? rule)))]);
    expect(rules.some((rule) => rule.startsWith('sqli.'))).toBe(true);
    expect(await named('/harmless')).toBe('');
  });

  it('names monitored rules on answers that pass', async () => {
    const one = await start('--debug-rules-header', '--mode', 'monitor');
    const passed = await fetch(`${one.url}${SQLI}`);
    expect([passed.status, passed.headers.get('x-ward-rules')]).toEqual([
      200,
      expect.stringContaining('sqli.'),
    ]);
  });

  it('names no rule unless asked to', async () => {
    const one = await start();
    const refused = await fetch(`${one.url}${SQLI}`);
    expect([refused.status, refused.headers.has('x-ward-rules')]).toEqual([403, false]);
    expect(one.events.filter(({ event }) => event === 'ward.debug_rules_header')).toEqual([]);
  });

  it('writes an access log without the query', async () => {
    const one = await startPlain('--access-log');
    await fetch(`${one.url}/a?password=secret`);
    expect(await one.event('request.access')).toMatchObject({
      path: '/a',
      status: 200,
      outcome: 'forwarded',
    });
    expect(JSON.stringify(one.events)).not.toContain('secret');
  });

  it('opens its log file again on SIGHUP, so that a rotation may move it away', async () => {
    const file = join(directory, 'ward.log');
    const moved = join(directory, 'ward.log.1');
    writeFileSync(join(directory, 'plain.ward'), PLAIN);
    const args = ['--upstream', service.url, '--rules', 'plain.ward', '--access-log', '--log-to', file];
    const child = new RunningWard(args, { cwd: directory });
    running.push(child);
    const url = `http://${String((await eventOfFile(file, 'ward.started')).listen)}`;
    await fetch(`${url}/before`);
    expect(await eventOfFile(file, 'request.access')).toMatchObject({ path: '/before' });
    renameSync(file, moved);
    child.signal('SIGHUP');
    await eventOfFile(file, 'rules.loaded');
    await fetch(`${url}/after`);
    expect(await eventOfFile(file, 'request.access')).toMatchObject({ path: '/after' });
    expect(await child.stop()).toBe(0);
    expect((await eventOfFile(file, 'ward.stopped')).code).toBe(0);
    expect(readFileSync(moved, 'utf8')).not.toMatch(/after|ward\.stopped/);
    expect(child.events).toEqual([]);
  });

  it('answers 502 when the service is not there', async () => {
    const one = await startPlain('--upstream', 'http://127.0.0.1:1');
    expect((await fetch(`${one.url}/`)).status).toBe(502);
    expect(await one.event('upstream.failed')).toMatchObject({ failure: 'refused', status: 502 });
  });

  it('shows refusals of its own making', async () => {
    writeFileSync(join(directory, 'page.html'), '<h1>{{status}}: call us and say {{request_id}}</h1>');
    const config = `upstream: { url: "${service.url}" }\nrefusal: { html: page.html }\n`;
    writeFileSync(join(directory, 'ward.yaml'), config);
    const one = await start();
    const refused = await fetch(`${one.url}${SQLI}`, { headers: { accept: 'text/html' } });
    expect(await refused.text()).toBe(`<h1>403: call us and say ${refused.headers.get('x-request-id')}</h1>`);
  });

  it.each([
    [
      'a wrong rule file',
      1,
      'language 1\nrule x "y" { when request.pat == "/" then block 403 }\n',
      'request.path',
    ],
    [
      'rules that use what is not built yet',
      1,
      'language 1\nrule a.b "B" { severity notice when not openapi.valid then block 403 }\n',
      '`openapi.valid` is not supported yet',
    ],
    [
      'rules that read tokens, which nothing validates',
      2,
      'language 1\nrule a.b "B" { severity error when none jwt.scopes == "x" then block 403 }\npolicy "p" { mode enforce }\n',
      'the rules read jwt.scopes, and no issuer of tokens is configured',
    ],
  ])('does not start with %s', async (_what, code, rules, message) => {
    writeFileSync(join(directory, 'a.ward'), rules);
    const args = [
      'run',
      '--upstream',
      service.url,
      '--rules',
      'a.ward',
      '--listen',
      '127.0.0.1:0',
      '--admin',
      'off',
    ];
    const ended = await ward(args, { cwd: directory });
    expect(ended.stderr).toContain('a.ward:2');
    expect(ended.stderr).toContain(message);
    expect(ended.code).toBe(code);
  });

  it('does not start on an address that is taken, and says so once', async () => {
    const port = new URL(service.url).port;
    const args = ['run', '--upstream', service.url, '--admin', 'off', '--listen', `127.0.0.1:${port}`];
    const ended = await ward(args, { cwd: directory });
    expect(ended.stderr.match(/W_LISTEN_FAILED/g)).toHaveLength(1);
    expect(ended.code).toBe(2);
  });

  it('ends when the management address is taken, though its workers listen already', async () => {
    const admin = new URL(service.url).host;
    const args = ['run', '--upstream', service.url, '--listen', '127.0.0.1:0', '--admin', admin];
    const ended = await ward(args, { cwd: directory });
    expect(ended.stderr).toContain(`cannot listen on the admin address ${admin}`);
    expect(ended.code).toBe(2);
  });

  it('does not start without the value of a secret', async () => {
    writeFileSync(
      join(directory, 'ward.yaml'),
      `upstream: { url: "${service.url}" }\nsecrets: { k: { env: NOT_SET } }\n`,
    );
    const ended = await ward(['run', '--admin', 'off', '--listen', '127.0.0.1:0'], { cwd: directory });
    expect(ended.stderr).toContain('secrets.k: environment variable NOT_SET is missing or empty');
    expect(ended.code).toBe(2);
  });
});
