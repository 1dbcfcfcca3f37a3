/** Calls of the service through a running Ward: wiring, rules, renewal, metrics, readiness and stop. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer as createHttpsServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Authority } from '../support/certificates.ts';
import { DnsServer } from '../support/dns-server.ts';
import { RunningWard, startService, stopService, ward as runWard } from './ward-process.ts';

const POLICY = `language 1
policy "calls" { mode enforce }
rule card.out "No card numbers leave" {
  severity critical
  when  any body.text matches /\\b4[0-9]{15}\\b/
  then  block 403
}
rule keys.incoming "No private keys come in" {
  severity critical
  when  any response.body.text contains "BEGIN PRIVATE KEY"
  then  block 502
}
`;

let directory: string;
let authority: Authority;
let dns: DnsServer;
let dnsAddress: string;
let host: Server;
let service: Awaited<ReturnType<typeof startService>>;
let ward: RunningWard | undefined;
const callers: (string | undefined)[] = [];

const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ward-egress-'));
  authority = new Authority('everybody');
  dns = new DnsServer((name) => (name === 'metadata.example.com' ? ['169.254.169.254'] : ['127.0.0.1']));
  dnsAddress = await dns.listen();
  service = await startService((_, response) => response.end('service'));
  const demands = { requestCert: true, rejectUnauthorized: true, ca: authority.ca };
  host = createHttpsServer(
    { ...authority.issue({ names: 'DNS:*.example.com' }), ...demands },
    (call, answer) => {
      callers.push((call.socket as TLSSocket).getPeerX509Certificate()?.subject);
      answer.setHeader('content-type', 'text/plain');
      answer.end(call.url === '/leak' ? '-----BEGIN PRIVATE KEY-----' : 'called');
    },
  );
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  const { cert, key } = authority.issue({ subject: '/CN=first' });
  write('cert.pem', cert);
  write('key.pem', key);
  write('out.ward', POLICY);
  write('in.ward', 'language 1\npolicy "all" { mode enforce }\n');
  const { port } = host.address() as AddressInfo;
  write(
    'ward.yaml',
    `upstream: { url: "${service.url}" }
rules: [in.ward]
workers: 1
egress:
  listen: 127.0.0.1:0
  private_networks: [127.0.0.0/8]
  dns_servers: ["${dnsAddress}"]
  rules: [out.ward]
  hosts:
    - host: "*.example.com"
      port: ${port}
      tls: { ca: ${authority.caFile}, cert: cert.pem, key: key.pem }
`,
  );
});
afterEach(async () => {
  await ward?.stop();
  ward = undefined;
  callers.length = 0;
  await new Promise((resolve) => {
    host.close(resolve);
    host.closeAllConnections();
  });
  await Promise.all([dns.close(), stopService(service.server)]);
  authority.remove();
  rmSync(directory, { recursive: true });
});

/** Calls through Ward as a client with a proxy does. */
function call(proxy: string, url: string, body = ''): Promise<number> {
  return new Promise((resolve, reject) => {
    const [address, port] = proxy.split(':');
    const options = { host: address, port: Number(port), method: body === '' ? 'GET' : 'POST', path: url };
    const fields = {
      host: new URL(url).host,
      'content-type': 'text/plain',
      authorization: 'Bearer secret-token',
    };
    const sent = request({ ...options, headers: fields }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

it('speaks for the service: rules, identity, renewal, metrics, log', async () => {
  ward = await RunningWard.start(['--config', 'ward.yaml'], { cwd: directory });
  const proxy = String((await ward.event('egress.started')).listen);
  expect(await call(proxy, 'http://api.example.com/a')).toBe(200);
  expect(await call(proxy, 'http://api.example.com/a', 'card 4111111111111111')).toBe(403);
  expect(await call(proxy, 'http://api.example.com/leak')).toBe(502);
  expect(await call(proxy, 'http://other.example.org/')).toBe(403);
  expect(await call(proxy, 'http://metadata.example.com/')).toBe(403);
  expect(callers).toEqual(['CN=first', 'CN=first']);
  expect(await (await fetch(ward.url)).text()).toBe('service');

  const { cert, key } = authority.issue({ subject: '/CN=second' });
  write('key.pem', key);
  write('cert.pem', cert);
  await ward.event('tls.renewed');
  expect(await call(proxy, 'http://api.example.com/b')).toBe(200);
  expect(callers.at(-1)).toBe('CN=second');

  write('out.ward', POLICY.replace('403', '451'));
  await ward.event('rules.loaded');
  expect(await call(proxy, 'http://api.example.com/a', 'card 4111111111111111')).toBe(451);

  await ward.metrics([
    /^ward_egress_exchanges_total\{host="\*\.example\.com",outcome="forwarded"\} 2$/m,
    /^ward_egress_exchanges_total\{host="unlisted",outcome="refused"\} 1$/m,
    /^ward_egress_refusals_total\{by="card\.out"\} 2$/m,
    /^ward_egress_refusals_total\{by="egress\.host"\} 1$/m,
    /^ward_egress_addresses_refused_total 1$/m,
    /^ward_exchanges_total\{outcome="forwarded"\} 1$/m,
    /^ward_tls_certificate_expiry_seconds\{certificate="egress \*\.example\.com:\d+"\} \d{10}$/m,
  ]);
  const status = (await (await fetch(`${ward.adminUrl}/status`)).json()) as {
    egress: { listening: boolean };
  };
  expect(status.egress.listening).toBe(true);
  expect((await fetch(`${ward.adminUrl}/readyz`)).status).toBe(200);
  const refused = ward.events.find((event) => event['direction'] === 'egress' && event['status'] === 403);
  expect(refused).toMatchObject({ host: 'api.example.com' });
  expect(JSON.stringify(ward.events)).not.toMatch(/secret-token/);
});

it('finishes calls under way when it is told to stop, those of requests in flight too', async () => {
  let answer: (() => void) | undefined;
  host.removeAllListeners('request');
  host.on('request', (_, response: { end(text: string): void }) => (answer = () => response.end('late')));
  ward = await RunningWard.start(['--config', 'ward.yaml'], { cwd: directory });
  const proxy = String((await ward.event('egress.started')).listen);
  const late = call(proxy, 'http://api.example.com/slow');
  await expect.poll(() => answer !== undefined, { timeout: 10_000 }).toBe(true);
  ward.signal('SIGTERM');
  await ward.event('ward.draining');
  answer?.();
  expect(await late).toBe(200);
  expect(await ward.exited).toBe(0);
});

it('says before it starts what is wrong', async () => {
  const yaml = (hosts: string): string =>
    `upstream: { url: "${service.url}" }\nrules: [in.ward]\negress: { hosts: [${hosts}] }\n`;
  for (const [hosts, message] of [
    ['{ host: 10.0.0.1 }', 'egress.hosts[0]: 10.0.0.1 is not on the public internet'],
    ['{ host: a.example, tls: { ca: none.pem } }', 'egress.hosts[0].tls.ca:'],
    ['{ host: a.example, tls: { cert: cert.pem, key: none.pem } }', 'egress.hosts[0].tls.key:'],
  ] as const) {
    write('wrong.yaml', yaml(hosts));
    const flags = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'];
    const { code, stderr } = await runWard(['run', '--config', 'wrong.yaml', ...flags], { cwd: directory });
    expect([code, stderr]).toEqual([
      expect.toSatisfy((one: number) => one > 0),
      expect.stringContaining(message),
    ]);
  }
});
