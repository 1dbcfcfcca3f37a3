/** `ward run` as an operator sees it: start, refuse, log, health, stop, and every way it must not start. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunningWard, startService, stopService, ward } from './ward-process.ts';

let directory: string;
let service: Awaited<ReturnType<typeof startService>>;
const running: RunningWard[] = [];

function respond(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === '/slow') setTimeout(() => response.end('slow'), 700);
  else response.end(`${request.method} ${request.url} ${request.headers['x-forwarded-for'] ?? ''}`);
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ward-run-'));
  service = await startService(respond);
});
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
  await stopService(service.server);
  rmSync(directory, { recursive: true });
});

async function start(...args: string[]): Promise<RunningWard> {
  const one = await RunningWard.start(['--upstream', service.url, ...args], { cwd: directory });
  running.push(one);
  return one;
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
    const one = await start('--listener', listener, '--drain-timeout', '5s');
    const slow = fetch(`${one.url}/slow`);
    await new Promise((resolve) => service.server.once('request', resolve));
    one.signal('SIGTERM');
    await one.event('ward.draining');
    expect((await fetch(`${one.adminUrl}/readyz`)).status).toBe(503);
    expect(await (await slow).text()).toBe('slow');
    await expect(fetch(`${one.url}/`)).rejects.toThrow();
    expect(await one.exited).toBe(0);
    expect(one.stderr).toBe('');
  });

  it('ends at the deadline when what is in flight does not', async () => {
    service.server.prependListener('request', (_request, response: ServerResponse) => response.write('x'));
    const one = await start('--listener', listener, '--drain-timeout', '200ms');
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
    const one = await start('--drain-timeout', '1m');
    const slow = fetch(`${one.url}/slow`).catch(() => undefined);
    await new Promise((resolve) => service.server.once('request', resolve));
    one.signal('SIGINT');
    await one.event('ward.draining');
    one.signal('SIGINT');
    expect(await one.exited).toBe(130);
    await slow;
  });

  it('shows its health', async () => {
    const one = await start();
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
    expect((await fetch(`${one.url}${SQLI}`)).headers.get('x-ward-rules')).toContain('sqli.');
  });

  it('writes an access log, to a file that a rotation may move away', async () => {
    const file = join(directory, 'ward.log');
    const one = await start('--access-log');
    await fetch(`${one.url}/a?password=secret`);
    expect(await one.event('request.access')).toMatchObject({
      path: '/a',
      status: 200,
      outcome: 'forwarded',
    });
    expect(JSON.stringify(one.events)).not.toContain('secret');
    writeFileSync(file, '');
    expect(readFileSync(file, 'utf8')).toBe('');
  });

  it('answers 502 when the service is not there', async () => {
    const one = await RunningWard.start(['--upstream', 'http://127.0.0.1:1']);
    running.push(one);
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
      'language 1\nlimiter l { key client.ip allow 5 per 1s then block 429 }\n',
      '`limiter` is not supported yet',
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
