/** The management address: its paths, its statuses, and an address that is taken. */
import { afterEach, expect, it } from 'vitest';
import { startAdminServer } from '../../../src/control/admin-server.ts';
import type { AdminServer } from '../../../src/control/admin-server.ts';
import { healthResources } from '../../../src/control/admin/health.ts';
import type { Status } from '../../../src/control/admin/health.ts';

const servers: AdminServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(status: () => Status): Promise<string> {
  const server = await startAdminServer('127.0.0.1', 0, healthResources(status));
  servers.push(server);
  return `http://127.0.0.1:${server.port}`;
}

it('is ready when the process is, and alive in any case', async () => {
  let current: Status = { ready: false, state: 'starting' };
  const url = await start(() => current);
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  current = { ready: true, state: 'running', program: { version: 'v1' } };
  const ready = await fetch(`${url}/readyz?verbose`);
  expect([ready.status, await ready.json()]).toEqual([200, current]);
  expect(ready.headers.get('cache-control')).toBe('no-store');
});

it('answers HEAD, refuses other methods and unknown paths', async () => {
  const url = await start(() => ({ ready: true, state: 'running' }));
  expect((await fetch(`${url}/status`, { method: 'HEAD' })).status).toBe(200);
  expect((await fetch(`${url}/status`, { method: 'DELETE' })).status).toBe(405);
  expect((await fetch(`${url}/`)).status).toBe(404);
});

it('says which address is taken', async () => {
  const port = Number(new URL(await start(() => ({ ready: true, state: 'running' }))).port);
  await expect(startAdminServer('127.0.0.1', port, [])).rejects.toThrow(
    `cannot listen on the admin address 127.0.0.1:${port}: EADDRINUSE`,
  );
});
