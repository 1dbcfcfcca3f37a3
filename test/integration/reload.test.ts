/** Rules change while requests are served: none fails, a wrong file changes nothing, all workers agree. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Agent, request } from 'undici';
import { RunningWard, startService, stopService } from './ward-process.ts';

const RELOADS = 100;

let directory: string;
let service: Awaited<ReturnType<typeof startService>>;
let one: RunningWard;

/** A policy that refuses one path, so that a client can tell which one is in force. */
const policy = (path: string): string => `language 1

policy "reload" {
  mode     enforce
  default  allow
}

list blocked : String from "blocked.txt" refresh 1h keep_last

rule test.path "One path" {
  severity  critical
  when      request.path == "${path}" or request.path in blocked
  then      block 403
}
`;

const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ward-reload-'));
  service = await startService((_request, response) => response.end('ok'));
  write('policy.ward', policy('/one'));
  write('blocked.txt', '/listed\n');
  const args = ['--upstream', service.url, '--rules', 'policy.ward', '--workers', '2'];
  one = await RunningWard.start(args, { cwd: directory });
});
afterEach(async () => {
  await one.stop();
  await stopService(service.server);
  rmSync(directory, { recursive: true });
});

/** Statuses of a path over several new connections, so that both workers are asked. */
async function statuses(path: string): Promise<Set<number>> {
  const found = new Set<number>();
  for (let count = 0; count < 20; count++) {
    const response = await request(`${one.url}${path}`, { dispatcher: new Agent({ pipelining: 0 }) });
    await response.body.dump();
    found.add(response.statusCode);
  }
  return found;
}

describe('reload', () => {
  it('swaps in a changed file in every worker', async () => {
    expect(await statuses('/one')).toEqual(new Set([403]));
    write('policy.ward', policy('/two'));
    await one.event('rules.loaded');
    expect(await statuses('/one')).toEqual(new Set([200]));
    expect(await statuses('/two')).toEqual(new Set([403]));
  });

  it('swaps in a changed list', async () => {
    expect(await statuses('/later')).toEqual(new Set([200]));
    write('blocked.txt', '/listed\n/later\n');
    await one.event('rules.loaded');
    expect(await statuses('/later')).toEqual(new Set([403]));
  });

  it('keeps the program when the new file is wrong, says so, and recovers', async () => {
    write('policy.ward', policy('/two').replace('request.path ==', 'request.pat =='));
    const failed = await one.event('rules.reload_failed');
    expect(failed.error).toContain('policy.ward:12:');
    expect(await statuses('/one')).toEqual(new Set([403]));
    const ready = await fetch(`${one.adminUrl}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ reload: { error: expect.stringContaining('request.path') } });
    write('policy.ward', policy('/two'));
    await one.event('rules.loaded');
    expect(await (await fetch(`${one.adminUrl}/status`)).json()).toMatchObject({ reload: { count: 1 } });
    expect(await statuses('/two')).toEqual(new Set([403]));
  });

  it('keeps the program when the file goes away', async () => {
    rmSync(join(directory, 'policy.ward'));
    const failed = await one.event('rules.reload_failed');
    expect(failed.error).toContain('policy.ward');
    expect(await statuses('/one')).toEqual(new Set([403]));
  });

  it('keeps the entries of a keep_last list whose file goes away', async () => {
    rmSync(join(directory, 'blocked.txt'));
    write('policy.ward', policy('/two'));
    const loaded = await one.event('rules.loaded');
    expect(loaded.lists_kept).toEqual(['blocked']);
    expect(await statuses('/listed')).toEqual(new Set([403]));
  });

  it(`fails no request during ${RELOADS} reloads by SIGHUP under load`, async () => {
    let stop = false;
    const counts = new Map<string, number>();
    const client = async (): Promise<void> => {
      const dispatcher = new Agent({ connections: 4 });
      while (!stop) {
        const outcome = await request(`${one.url}/free?q=abc`, { dispatcher })
          .then(async (response) => {
            await response.body.dump();
            return String(response.statusCode);
          })
          .catch((error: Error) => error.message);
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      }
      await dispatcher.close();
    };
    const clients = Array.from({ length: 8 }, client);
    for (let count = 0; count < RELOADS; count++) {
      write('policy.ward', policy(`/path${count}`));
      const after = one.events.length;
      one.signal('SIGHUP');
      await one.event('rules.loaded', after);
    }
    stop = true;
    await Promise.all(clients);
    expect([...counts.keys()]).toEqual(['200']);
    expect(counts.get('200')).toBeGreaterThan(100);
  });
});
