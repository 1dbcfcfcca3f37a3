/** A worker that throws is replaced while the others serve; one that never stops throwing ends the process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Agent, request } from 'undici';
import { WORKER_END_MS, WORKER_RESTARTS_MAX } from '../../src/core/limits.ts';
import { until } from '../support/until.ts';
import { RunningWard, startService, stopService } from './ward-process.ts';

let directory: string;
let service: Awaited<ReturnType<typeof startService>>;
let one: RunningWard | undefined;

/** Loaded into every worker: throws once for each appearance of the file, or as long as it is there. */
const SABOTAGE = `
import { existsSync, unlinkSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
const { CRASH_FILE, CRASH_ALWAYS, HANG_FILE } = process.env;
// unlink fails for all but one of the workers; rm would forgive the others a file that is gone.
function takeAway() {
  try { unlinkSync(CRASH_FILE); return true; } catch { return false; }
}
if (!isMainThread) {
  setInterval(() => {
    while (HANG_FILE !== undefined && existsSync(HANG_FILE));
    if (CRASH_ALWAYS === '1' ? !existsSync(CRASH_FILE) : !takeAway()) return;
    throw new Error('sabotage');
  }, 20).unref();
}
`;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ward-crash-'));
  service = await startService((_request, response) => response.end('ok'));
  writeFileSync(join(directory, 'sabotage.mjs'), SABOTAGE);
  // Each worker reads the rules anew: the shipped ones take seconds.
  writeFileSync(
    join(directory, 'plain.ward'),
    'language 1\npolicy "plain" { mode enforce  default allow }\n',
  );
});
afterEach(async () => {
  await one?.stop();
  one = undefined;
  await stopService(service.server);
  rmSync(directory, { recursive: true });
});

const start = (workers: number, env: Record<string, string>): Promise<RunningWard> =>
  RunningWard.start(['--upstream', service.url, '--rules', 'plain.ward', '--workers', String(workers)], {
    cwd: directory,
    env: { NODE_OPTIONS: `--import=${join(directory, 'sabotage.mjs')}`, ...env },
  });

describe.each([1, 2])('with %i workers', (workers) => {
  it('replaces a worker that throws under load and loses no request in flight', async () => {
    const crashFile = join(directory, 'crash');
    one = await start(workers, { CRASH_FILE: crashFile });
    const { url } = one;
    let stop = false;
    const statuses = new Map<string, number>();
    const client = async (): Promise<void> => {
      while (!stop) {
        const dispatcher = new Agent();
        const outcome = await request(url, { dispatcher })
          .then(async (response) => {
            await response.body.dump();
            return String(response.statusCode);
          })
          .catch((error: NodeJS.ErrnoException) => error.code ?? error.message);
        statuses.set(outcome, (statuses.get(outcome) ?? 0) + 1);
        await dispatcher.close();
      }
    };
    const served = (): number => statuses.get('200') ?? 0;
    const clients = [client(), client()];
    await until(() => served() > 0, 'answers before');
    writeFileSync(crashFile, '');
    const failed = await one.event('worker.failed');
    expect(failed.error).toContain('sabotage');
    await one.event('worker.started');
    const before = served();
    await until(() => served() > before, 'answers after');
    stop = true;
    await Promise.all(clients);
    // Connections that wait in the accept queue of the worker that ends, or find none, may be lost; answers may not.
    expect([...statuses.keys()].filter((status) => /^\d/.test(status))).toEqual(['200']);
    expect((await fetch(url)).status).toBe(200);
    const status = (await (await fetch(`${one.adminUrl}/status`)).json()) as { workers: unknown };
    expect(status.workers).toEqual({ wanted: workers, listening: workers, restarts: 1 });
  });
});

it('gives up when workers fail faster than they may be replaced', async () => {
  const crashFile = join(directory, 'crash');
  one = await start(1, { CRASH_ALWAYS: '1', CRASH_FILE: crashFile });
  writeFileSync(crashFile, '');
  expect(await one.exited).toBe(1);
  expect(one.events.filter(({ event }) => event === 'worker.failed').length).toBe(WORKER_RESTARTS_MAX + 1);
});

it('ends although a worker hangs, WORKER_END_MS after the deadline', async () => {
  const hangFile = join(directory, 'hang');
  const args = ['--upstream', service.url, '--rules', 'plain.ward', '--workers', '1'];
  one = await RunningWard.start([...args, '--drain-timeout', '100ms'], {
    cwd: directory,
    env: {
      NODE_OPTIONS: `--import=${join(directory, 'sabotage.mjs')}`,
      CRASH_FILE: join(directory, 'crash'),
      HANG_FILE: hangFile,
    },
  });
  writeFileSync(hangFile, '');
  // The worker looks for the file now and then: it answers until it has seen it.
  const { url } = one;
  const answers = (): Promise<boolean> =>
    fetch(url, { signal: AbortSignal.timeout(WORKER_END_MS / 4) }).then(
      () => true,
      () => false,
    );
  while (await answers());
  one.signal('SIGTERM');
  // By its own exit or, with a loop of uWebSockets.js that cannot be ended, by an abort.
  expect(await one.exited).not.toBe(0);
});
