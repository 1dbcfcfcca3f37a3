/** HTTP/2 of the whole program: shipped rules, events, metrics, a stop that finishes what is under way. */
import { execFile } from 'node:child_process';
import type { RequestListener } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { CODE, RawHttp2, requestLines } from '../support/raw-http2.ts';
import { RunningWard, startService, stopService, ward as runWard } from './ward-process.ts';

const run = promisify(execFile);

let service: Awaited<ReturnType<typeof startService>>;
let ward: RunningWard | undefined;
/** Answers the request that waits. */
let finish: (() => void) | undefined;
let directory: string;

const answer: RequestListener = (request, response) => {
  request.resume();
  if (request.url === '/waits') finish = () => void response.end('done');
  else response.end('ok');
};

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ward-http2-'));
  writeFileSync(join(directory, 'policy.ward'), 'language 1\npolicy "p" { mode enforce }\n');
});
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach(async () => {
  service = await startService(answer);
});
afterEach(async () => {
  ward?.signal('SIGKILL');
  ward = undefined;
  await stopService(service.server);
});

const start = async (...more: string[]): Promise<RunningWard> => {
  ward = await RunningWard.start(['--upstream', service.url, '--listener', 'node', ...more]);
  return ward;
};

it('is judged by the shipped rules, logged with its version, and counted', async () => {
  const { url, port } = await start('--access-log');
  const { stdout } = await run('nghttp', ['-nv', `${url}/?q=<script>alert(1)</script>`]);
  expect(stdout).toContain(':status: 403');
  const posted = await run('curl', [
    '-sS',
    '--http2-prior-knowledge',
    '-d',
    '{"a":[1,2]}',
    '-H',
    'content-type: application/json',
    '-w',
    ' %{http_code}',
    url,
  ]);
  expect(posted.stdout).toBe('ok 200');
  // A body without a length is no offence in HTTP/2.
  const client = await RawHttp2.open(port);
  const stream = client.request(
    requestLines('POST', '/', ['content-type', 'text/plain', 'user-agent', 'test', 'accept', '*/*']),
    false,
  );
  client.data(stream, 'hello', true);
  expect(await client.outcome(stream)).toBe('200');
  for (let i = 0; i < 1_000 && !client.closed; i++)
    client.reset(client.request(requestLines('GET', '/waits')));
  expect(await client.waitClosed(20_000)).toBe(true);
  await ward?.metrics([/^ward_http2_cut_total\{why="resets"\} 1$/m]);
});

it('is finished when Ward stops', async () => {
  const { port } = await start('--rules', join(directory, 'policy.ward'));
  const client = await RawHttp2.open(port);
  const stream = client.request(requestLines('GET', '/waits', ['user-agent', 'test', 'accept', '*/*']));
  await client.until(() => finish !== undefined, 20_000);
  ward?.signal('SIGTERM');
  expect(await client.until(() => client.goawayCode === CODE.none, 20_000)).toBe(true);
  finish?.();
  expect(await client.outcome(stream, 20_000)).toBe('200');
  expect(client.body(stream)).toBe('done');
  expect(await ward?.exited).toBe(0);
});

it('is a setting that is shown, and can be off', async () => {
  const printed = await runWard(['config', 'print', '--upstream', service.url, '--listener', 'node']);
  expect(printed.stdout).toMatch(/^http2: true/m);
  const args = ['--upstream', service.url, '--listener', 'node', '--rules', join(directory, 'policy.ward')];
  ward = await RunningWard.start(args, { env: { WARD_HTTP2: 'false' } });
  await expect(run('curl', ['-sSf', '--http2-prior-knowledge', ward.url])).rejects.toThrow();
  expect((await run('curl', ['-sS', ward.url])).stdout).toBe('ok');
});
