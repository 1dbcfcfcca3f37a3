/**
 * Default deny over real sockets, on both listeners: every request line that reached the service is read as several kinds
 * of servers would, and each of those readings must be a route that a rule allows.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routesReached } from '../property/route-servers.ts';
import type { NaiveRoute } from '../property/route-servers.ts';
import { RawClient } from '../support/raw-client.ts';
import { RawUpstream } from '../support/raw-upstream.ts';
import { engineFor } from '../support/transaction-of.ts';
import { LISTENERS, startWard, type Ward } from '../support/ward.ts';

const ROUTES: readonly NaiveRoute[] = [
  { name: 'everything', methods: [], path: '/**' },
  { name: 'item', methods: ['GET'], path: '/items/{id}' },
  { name: 'open', methods: ['GET'], path: '/items/open' },
  { name: 'admin', methods: [], path: '/admin/**' },
];

/** `item` and `open` for GET; the rest for one host that nobody can pretend to be asked for by a second name. */
const RULES = `
policy "p" { mode enforce default deny -> block 403 }
route everything = ANY "/**"
route item       = GET "/items/{id}"
route open       = GET "/items/open"
route admin      = ANY "/admin/**"
rule allow.items "x" { on item, open then allow }
rule allow.rest  "x" { on everything when request.host == "rest.example" then allow }
`;

const PATHS = [
  '/items/1',
  '/items/OPEN',
  '/items/open',
  '/items/1/',
  '/items/open.',
  '/items/%6fpen',
  '/items/%256fpen',
  '/items//1',
  '/items/../items/1',
  '/items/..%2fadmin',
  '/items/..\\admin',
  '/items/..;/admin',
  '/items/%2e%2e/admin',
  '/items/%252e%252e/admin',
  '/items/%252e%252e%252fadmin',
  '/items/%c0%ae%c0%ae/admin',
  '/items/1%2f..%2f..%2fadmin',
  '/items/1;x=/../admin',
  '/items/1?/../../admin',
  '/items/1%3f/x',
  '/items/1%5c',
  '/admin',
  '/ADMIN',
  '/admin/',
  '/admin.',
  '/admin%20',
  '/admin;x',
  '//admin',
  '/./admin',
  '/x/../admin',
  '/%61dmin',
  '/%2561dmin',
  '/%2fadmin',
  '/\\admin',
  '/%5cadmin',
  '/x;/admin',
  '/other',
  'http://rest.example/admin',
  'http://rest.example/other',
  'http://items.example/admin',
  '*',
  'admin',
];
const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS', 'get', 'TRACE'];
const HOSTS = [
  ['Host: items.example'],
  ['Host: rest.example'],
  ['Host: REST.example:80'],
  ['Host: rest.example', 'Host: items.example'],
  ['Host: items.example', 'X-Forwarded-Host: rest.example', 'X-Original-URL: /items/1'],
  ['Host: items.example', 'X-HTTP-Method-Override: DELETE', 'X-Rewrite-URL: /admin'],
];

describe.each(LISTENERS)('default deny on %s', (listener) => {
  const upstream = new RawUpstream();
  let ward: Ward;

  beforeAll(async () => {
    await upstream.listen();
    ward = await startWard({ listener, upstreamPort: upstream.port, engine: engineFor(RULES) });
  });
  afterAll(async () => {
    await ward.close();
    await upstream.close();
  });

  /** A connection each, so that a refusal of one says nothing of the next. */
  async function send(method: string, target: string, fields: readonly string[]): Promise<number> {
    const client = new RawClient(ward.port);
    client.send([`${method} ${target} HTTP/1.1`, ...fields, 'Connection: close', '', ''].join('\r\n'));
    const response = await client.response(method);
    client.destroy();
    return response?.status ?? 0;
  }

  it('forwards only what a rule allows in every reading', async () => {
    const statuses = new Map<number, number>();
    const count = (status: number): void => void statuses.set(status, (statuses.get(status) ?? 0) + 1);
    for (const method of METHODS) {
      for (const fields of HOSTS) {
        const answers = PATHS.map((target) => send(method, target, fields));
        for (const status of await Promise.all(answers)) count(status);
      }
    }
    expect(upstream.requests.length).toBe(statuses.get(200));
    for (const { head } of upstream.requests) {
      const [line = '', ...lines] = head.split('\r\n');
      const [method = '', target = ''] = line.split(' ');
      const field = (name: string): string[] =>
        lines
          .filter((text) => text.toLowerCase().startsWith(`${name}: `))
          .map((text) => text.slice(name.length + 2));
      const hosts = field('host');
      expect(hosts.length, head).toBe(1);
      for (const name of ['x-original-url', 'x-rewrite-url', 'x-http-method-override']) {
        expect(field(name), head).toEqual([]);
      }
      expect(field('x-forwarded-host'), head).toEqual(hosts);
      const allowed = new Set<string | undefined>(['item', 'open']);
      if (hosts[0] === 'rest.example') allowed.add('everything');
      for (const route of routesReached(ROUTES, method, target.split('?')[0] ?? '')) {
        expect([...allowed], `${line} for ${hosts[0]} read as ${route ?? 'no route'}`).toContain(route);
      }
    }
    // Both sides were seen: plain and odd spellings that pass, refusals by the policy and by the guard.
    for (const status of [200, 400, 403]) expect(statuses.get(status), String(status)).toBeGreaterThan(20);
  });

  it('serves what is allowed, by its plain name', async () => {
    expect(await send('GET', '/items/1', ['Host: items.example'])).toBe(200);
    expect(await send('GET', '/items/open', ['Host: items.example'])).toBe(200);
    expect(await send('DELETE', '/other', ['Host: rest.example'])).toBe(200);
    expect(await send('DELETE', '/admin/x', ['Host: rest.example'])).toBe(403);
    expect(await send('GET', '/other', ['Host: items.example'])).toBe(403);
  });
});
