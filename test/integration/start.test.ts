/** `npm start`: one command, a service and Ward before it, and an honest end. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { ROOT } from './ward-process.ts';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

it('starts, passes and refuses as it promises, and drains on Ctrl-C', async () => {
  const listen = `127.0.0.1:${await freePort()}`;
  const env = { ...process.env, WARD_LISTEN: listen, WARD_ADMIN_LISTEN: '127.0.0.1:0' };
  const child = spawn(process.execPath, ['scripts/start.mjs'], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  try {
    await expect.poll(() => output, { timeout: 60_000 }).toContain('Ctrl-C ends it.');
    const [passes, refused] = output.split('  refused:');
    const urls = (text: string): string[] => [...text.matchAll(/'(http:[^']+)'/g)].map((match) => match[1]);
    expect(urls(passes)).not.toHaveLength(0);
    for (const url of urls(passes)) expect((await fetch(url)).status, url).toBe(200);
    const attacks = urls(refused.split('  why:')[0]).filter(
      (url) => !url.endsWith('/notes') && !url.includes('..'),
    );
    expect(attacks.length).toBeGreaterThanOrEqual(2);
    for (const url of attacks) expect((await fetch(url)).status, url).toBe(403);
    const note = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const save = async (text: string): Promise<number> =>
      (await fetch(`http://${listen}/notes`, { ...note, body: JSON.stringify({ text }) })).status;
    expect(await save("it's fine")).toBe(201);
    expect(await save('1 UNION SELECT password FROM users')).toBe(403);
  } finally {
    child.kill('SIGINT');
  }
  expect(await exited).toBe(0);
});
