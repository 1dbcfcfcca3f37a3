/** Fault drills in the whole program: off by default, with a warning; on, seen by clients, metrics and logs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RunningWard, startService, stopService } from './ward-process.ts';

const RULES = `language 1

policy "orders" {
  mode enforce
}

rule drill.down "Callers that ask for it find the service down" {
  severity notice
  when request.headers["x-drill"] == "down"
  then fault delay 20ms, fault abort 503
}
`;

describe('ward run with fault rules', () => {
  let directory: string;
  let service: { server: Server; url: string };
  let running: RunningWard | undefined;

  beforeAll(async () => {
    service = await startService((_request, response) => void response.end('ok'));
  });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ward-faults-'));
    writeFileSync(join(directory, 'orders.ward'), RULES);
  });
  afterEach(async () => {
    await running?.stop();
    running = undefined;
    rmSync(directory, { recursive: true });
  });
  afterAll(() => stopService(service.server));

  async function start(settings: unknown): Promise<RunningWard> {
    const all = { upstream: { url: service.url }, rules: ['orders.ward'], workers: 1 };
    writeFileSync(join(directory, 'ward.yaml'), JSON.stringify({ ...all, ...(settings as object) }));
    running = await RunningWard.start([], { cwd: directory });
    return running;
  }

  const ask = (ward: RunningWard, path = '/'): Promise<Response> =>
    fetch(`${ward.url}${path}`, { headers: { 'x-drill': 'down' } });

  it('warns that they do nothing, and lets them do nothing', async () => {
    const ward = await start({});
    expect(await ward.event('faults.off')).toMatchObject({ rules: ['drill.down'] });
    expect((await ask(ward)).status).toBe(200);
    expect(await ward.event('request.flagged')).toMatchObject({ outcome: 'forwarded' });
  });

  it('carries them out where that is turned on, and says so', async () => {
    const ward = await start({ faults: { enabled: true } });
    expect(await ward.event('faults.on')).toMatchObject({ rules: ['drill.down'] });
    const answer = await ask(ward);
    expect([answer.status, answer.headers.get('x-ward-fault')]).toEqual([503, 'abort']);
    expect((await ask(ward, '/healthz')).status).toBe(200);
    expect(await ward.event('fault.injected')).toMatchObject({
      outcome: 'fault',
      status: 503,
      fault: { delay_ms: 20, abort: 503 },
    });
    await ward.metrics([
      /^ward_faults_total\{kind="abort"\} 1$/m,
      /^ward_faults_total\{kind="delay"\} 1$/m,
      /^ward_exchanges_total\{outcome="fault"\} 1$/m,
    ]);
  });
});
