/** The settings of egress: what they stand for when left out, and every way to get them wrong. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { isDnsServer, isEgressHost } from '../../../src/config/formats.ts';
import { loadConfig } from '../../../src/config/load.ts';
import {
  EGRESS_BODY_BYTES_DEFAULT,
  EGRESS_CONNECTIONS_DEFAULT,
  EGRESS_DNS_SERVERS_MAX,
  EGRESS_HOSTS_MAX,
  EGRESS_IN_FLIGHT_DEFAULT,
  EGRESS_REQUESTS_PER_SECOND_MAX,
  UPSTREAM_CONNECT_MS,
  UPSTREAM_HEADERS_MS,
  UPSTREAM_IDLE_MS,
} from '../../../src/core/limits.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ward-egress-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function load(egress: unknown, more: object = {}): Config {
  const file = join(directory, 'ward.yaml');
  writeFileSync(file, JSON.stringify({ upstream: { url: 'http://127.0.0.1:3000' }, egress, ...more }));
  return loadConfig({ file, environment: {}, flags: new Map(), workingDirectory: directory }).config;
}

it('is nothing without hosts', () => {
  expect(load({}).egress).toBeUndefined();
});

it('fills in what entries leave out', () => {
  const { egress } = load({
    hosts: [
      { host: 'Plain.example.com' },
      {
        host: '*.example.com',
        tls: { cert: 'a.pem', key: 'a.key' },
        requests_per_second: 5,
        total_timeout: '3s',
      },
    ],
    rules: ['out.ward'],
  });
  expect(egress?.listen).toEqual({ host: '127.0.0.1', port: 3128 });
  expect(egress?.rules).toEqual([join(directory, 'out.ward')]);
  const common = {
    inFlightMax: EGRESS_IN_FLIGHT_DEFAULT,
    connectionsMax: EGRESS_CONNECTIONS_DEFAULT,
    requestBytesMax: EGRESS_BODY_BYTES_DEFAULT,
    answerBytesMax: EGRESS_BODY_BYTES_DEFAULT,
    connectMs: UPSTREAM_CONNECT_MS,
    headersMs: UPSTREAM_HEADERS_MS,
    idleMs: UPSTREAM_IDLE_MS,
  };
  expect(egress?.hosts).toMatchObject([
    {
      ...common,
      host: 'plain.example.com',
      port: 80,
      tunnel: false,
      tls: undefined,
      rate: undefined,
      totalMs: 0,
    },
    {
      ...common,
      host: '*.example.com',
      port: 443,
      tls: { certFile: join(directory, 'a.pem'), keyFile: join(directory, 'a.key') },
      rate: { perSecond: 5, burst: 5 },
      totalMs: 3_000,
    },
  ]);
});

describe('refuses', () => {
  const many = (count: number): unknown => ({
    hosts: Array.from({ length: count }, (_, i) => ({ host: `h${i}.example` })),
  });
  const servers = (count: number): unknown => ({
    hosts: [{ host: 'a.example' }],
    dns_servers: new Array(count).fill('10.0.0.2'),
  });
  const rate = (count: number): unknown => ({ hosts: [{ host: 'a.example', requests_per_second: count }] });
  it.each<[string, (size: number) => unknown, number]>([
    ['EGRESS_HOSTS_MAX', many, EGRESS_HOSTS_MAX],
    ['EGRESS_DNS_SERVERS_MAX', servers, EGRESS_DNS_SERVERS_MAX],
    ['EGRESS_REQUESTS_PER_SECOND_MAX', rate, EGRESS_REQUESTS_PER_SECOND_MAX],
  ])('more than %s', (_, egress, limit) => {
    expect(() => load(egress(limit))).not.toThrow();
    expect(() => load(egress(limit + 1))).toThrow(/egress\.(?:hosts|dns_servers): expected/);
  });

  it.each<[unknown, string]>([
    [{ hosts: [{ host: '127.1' }] }, 'egress.hosts: expected a list of entries'],
    [
      { hosts: [{ host: 'a.example', tls: { certificate: 'x' } }] },
      'egress.hosts: expected a list of entries',
    ],
    [{ rules: ['a.ward'] }, 'egress: egress.rules has no effect without hosts'],
    [
      { hosts: [{ host: 'a.example', tls: { cert: 'x' } }] },
      'egress.hosts[0].tls: egress.hosts[0].tls.key is missing',
    ],
    [
      { hosts: [{ host: 'a.example', burst: 3 }] },
      'egress.hosts[0]: burst has no effect (give requests_per_second)',
    ],
    [
      {
        hosts: [
          { host: 'a.example', tls: true },
          { host: 'A.example', port: 443 },
        ],
      },
      'egress.hosts[1]: a.example:443 is there twice',
    ],
    [
      { hosts: [{ host: 'a.example' }], listen: '127.0.0.1:8080' },
      'egress.listen: egress.listen and listen are the same address',
    ],
    [
      { hosts: [{ host: 'a.example' }], private_networks: ['10.0.0.0/33'] },
      'egress.private_networks: expected',
    ],
    [{ hosts: [{ host: 'a.example' }], dns_servers: ['dns.example'] }, 'egress.dns_servers: expected'],
  ])('%j', (egress, message) => {
    expect(() => load(egress)).toThrow(message);
  });
});

it.each([
  ['api.example.com', true],
  ['*.example.com', true],
  ['localhost', true],
  ['xn--bcher-kva.example', true],
  ['10.0.0.1', true],
  ['[2606:4700::1111]', true],
  ['*.com', false],
  ['*.10.0.0.1', false],
  ['api.example.com.', false],
  ['api.example.com:443', false],
  ['https://api.example.com', false],
  ['127.1', false],
  ['0x7f.0.0.1', false],
  ['2130706433', false],
  ['010.0.0.1', false],
  ['[::ffff:127.0.0.1]', false],
  ['bücher.example', false],
  ['a*.example.com', false],
  ['', false],
])('%s as a host: %s', (text, expected) => {
  expect(isEgressHost(text)).toBe(expected);
});

it.each([
  ['10.0.0.2', true],
  ['10.0.0.2:5353', true],
  ['::1', true],
  ['[::1]:53', true],
  ['dns.example', false],
  ['10.0.0.2:0', false],
  [':53', false],
  ['10.2', false],
])('%s as a DNS server: %s', (text, expected) => {
  expect(isDnsServer(text)).toBe(expected);
});
