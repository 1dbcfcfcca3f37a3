// Limits of the configuration and the defaults it takes from the limits, each reached and passed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toProxyOptions } from '../../../src/app/proxy-options.ts';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { resolveSecrets } from '../../../src/config/secrets.ts';
import {
  BODY_RATE_MIN_MAX,
  BREAKER_FAILURES_DEFAULT,
  BREAKER_FAILURES_MAX,
  BREAKER_OPEN_MS_DEFAULT,
  BREAKER_OPEN_MS_MAX_DEFAULT,
  BREAKER_PROBES_DEFAULT,
  BREAKER_PROBES_MAX,
  BREAKER_STATUSES_MAX,
  CONFIG_BYTES_MAX,
  CERTIFICATE_CONDITIONS_MAX,
  CONFIG_LIST_ENTRIES_MAX,
  CONNECTIONS_MAX,
  DRAIN_MS_DEFAULT,
  HEADER_COUNT_MAX,
  HEADER_NAME_BYTES_MAX,
  HEADER_VALUE_BYTES_MAX,
  HEAD_BYTES_MAX,
  IN_FLIGHT_PER_CLIENT_DEFAULT,
  IN_FLIGHT_PER_CLIENT_MAX,
  LIMIT_KEYS_MAX,
  LIMIT_SLIDING_RECORDS,
  NODE_HEADERS_MS,
  NODE_KEEPALIVE_MS,
  NODE_REQUEST_MS,
  OVERLOAD_IN_FLIGHT_DEFAULT,
  OVERLOAD_IN_FLIGHT_MAX,
  OVERLOAD_LOOP_DELAY_MS_DEFAULT,
  OVERLOAD_RETRY_AFTER_S_DEFAULT,
  REFUSAL_TEMPLATE_BYTES_MAX,
  RESETS_PER_CLIENT_DEFAULT,
  RESETS_PER_CLIENT_MAX,
  SECRETS_MAX,
  SERVER_NAMES_MAX,
  SECRET_BYTES_MAX,
  UPSTREAM_CONNECTIONS_MAX,
  UPSTREAM_CONNECT_MS,
  UPSTREAM_HEADERS_MS,
  UPSTREAM_IDLE_MS,
  UPSTREAM_IN_FLIGHT_MAX,
  UPSTREAM_KEEPALIVE_MS,
  UPSTREAM_QUEUE_MAX,
  UPSTREAM_QUEUE_MS_MAX,
  UPSTREAM_TOTAL_MS,
  WORKERS_MAX,
} from '../../../src/core/limits.ts';

const UPSTREAM = 'upstream: { url: "http://127.0.0.1:3000" }\n';
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ward-limits-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function load(text: string): Config {
  writeFileSync(join(directory, 'ward.yaml'), text);
  const given = { file: undefined, environment: {}, flags: new Map(), workingDirectory: directory };
  return loadConfig(given).config;
}

it('takes its defaults from the limits', () => {
  const config = load(UPSTREAM);
  expect(config.drainMs).toBe(DRAIN_MS_DEFAULT);
  expect(config.limitKeys).toBe(LIMIT_SLIDING_RECORDS);
  const options = toProxyOptions(config, undefined);
  expect(options.listenerOptions).toMatchObject({
    headersMs: NODE_HEADERS_MS,
    requestMs: NODE_REQUEST_MS,
    keepAliveMs: NODE_KEEPALIVE_MS,
  });
  expect(options.guard).toMatchObject({
    headBytesMax: HEAD_BYTES_MAX,
    countMax: HEADER_COUNT_MAX,
    nameBytesMax: HEADER_NAME_BYTES_MAX,
    valueBytesMax: HEADER_VALUE_BYTES_MAX,
  });
  expect(options.upstream).toMatchObject({
    connectionsMax: UPSTREAM_CONNECTIONS_MAX,
    queueMax: UPSTREAM_QUEUE_MAX,
    queueMsMax: UPSTREAM_QUEUE_MS_MAX,
    connectMs: UPSTREAM_CONNECT_MS,
    headersMs: UPSTREAM_HEADERS_MS,
    idleMs: UPSTREAM_IDLE_MS,
    keepAliveMs: UPSTREAM_KEEPALIVE_MS,
    totalMs: UPSTREAM_TOTAL_MS,
  });
  expect(options.upstreamInFlightMax).toBe(UPSTREAM_IN_FLIGHT_MAX);
  expect(options.breaker).toEqual({
    enabled: true,
    failures: BREAKER_FAILURES_DEFAULT,
    statuses: [],
    latencyMs: 0,
    openMs: BREAKER_OPEN_MS_DEFAULT,
    openMsMax: BREAKER_OPEN_MS_MAX_DEFAULT,
    probes: BREAKER_PROBES_DEFAULT,
    readiness: true,
  });
  expect(options.overload).toEqual({
    enabled: true,
    loopDelayMs: OVERLOAD_LOOP_DELAY_MS_DEFAULT,
    inFlightMax: OVERLOAD_IN_FLIGHT_DEFAULT,
    retryAfterS: OVERLOAD_RETRY_AFTER_S_DEFAULT,
    keep: ['/healthz', '/livez', '/readyz', '/health'],
    inFlightPerClient: IN_FLIGHT_PER_CLIENT_DEFAULT,
    resetsPerClient: RESETS_PER_CLIENT_DEFAULT,
  });
});

describe('accepts what reaches a limit and refuses what passes it', () => {
  const list = (entries: number): string =>
    `${UPSTREAM}hosts: [${Array.from({ length: entries }, (_, i) => `h${i}.example`).join(', ')}]\n`;
  const secrets = (count: number): string =>
    `${UPSTREAM}secrets:\n${Array.from({ length: count }, (_, i) => `  s${i}: { env: S${i} }\n`).join('')}`;
  const one = (group: string, setting: string) => (value: number) =>
    `${UPSTREAM}${group}: { ${setting}: ${value} }\n`;
  const breaker = (setting: string) => (value: number) =>
    `upstream: { url: "http://127.0.0.1:3000", breaker: { ${setting}: ${value} } }\n`;
  const statuses = (count: number): string =>
    `upstream: { url: "http://127.0.0.1:3000", breaker: { statuses: [${new Array(count).fill(503).join()}] } }\n`;
  const serverNames = (count: number): string =>
    `${UPSTREAM}tls: { key: k, cert: c, server_names: [${new Array(count).fill('{ names: [a.example], cert: c, key: k }').join(', ')}] }\n`;
  const conditions = (count: number): string =>
    `${UPSTREAM}tls: { key: k, cert: c, clients: { mode: require, ca: ca, allow: [${new Array(count).fill('{ dns: [a.example] }').join(', ')}] } }\n`;
  it.each<[string, (size: number) => string, number, RegExp]>([
    ['WORKERS_MAX', (workers) => `${UPSTREAM}workers: ${workers}\n`, WORKERS_MAX, /workers: expected/],
    ['CONFIG_LIST_ENTRIES_MAX', list, CONFIG_LIST_ENTRIES_MAX, /hosts/],
    ['SERVER_NAMES_MAX', serverNames, SERVER_NAMES_MAX, /server_names: expected/],
    ['CERTIFICATE_CONDITIONS_MAX', conditions, CERTIFICATE_CONDITIONS_MAX, /allow: expected/],
    ['BREAKER_FAILURES_MAX', breaker('failures'), BREAKER_FAILURES_MAX, /breaker\.failures: expected/],
    ['BREAKER_PROBES_MAX', breaker('probes'), BREAKER_PROBES_MAX, /breaker\.probes: expected/],
    ['BREAKER_STATUSES_MAX', statuses, BREAKER_STATUSES_MAX, /breaker\.statuses: expected/],
    ['OVERLOAD_IN_FLIGHT_MAX', one('overload', 'in_flight_max'), OVERLOAD_IN_FLIGHT_MAX, /in_flight_max/],
    [
      'IN_FLIGHT_PER_CLIENT_MAX',
      one('limits', 'in_flight_per_client'),
      IN_FLIGHT_PER_CLIENT_MAX,
      /per_client/,
    ],
    ['LIMIT_KEYS_MAX', (keys) => `${UPSTREAM}limit_keys: ${keys}\n`, LIMIT_KEYS_MAX, /limit_keys: expected/],
    ['RESETS_PER_CLIENT_MAX', one('limits', 'resets_per_client'), RESETS_PER_CLIENT_MAX, /per_client/],
    ['CONNECTIONS_MAX', one('limits', 'connections'), CONNECTIONS_MAX, /connections: expected/],
    ['BODY_RATE_MIN_MAX', one('limits', 'body_rate_min'), BODY_RATE_MIN_MAX, /body_rate_min: expected/],
    ['SECRETS_MAX', secrets, SECRETS_MAX, /secrets/],
    ['CONFIG_BYTES_MAX', (bytes) => UPSTREAM.padEnd(bytes, '#'), CONFIG_BYTES_MAX, /larger than/],
  ])('%s', (_name, text, limit, problem) => {
    expect(() => load(text(limit))).not.toThrow();
    expect(() => load(text(limit + 1))).toThrow(problem);
  });

  it('SECRET_BYTES_MAX', () => {
    const secret = (bytes: number) => resolveSecrets({ a: { env: 'A' } }, { A: 'x'.repeat(bytes) });
    expect(secret(SECRET_BYTES_MAX).get('a')).toHaveLength(SECRET_BYTES_MAX);
    expect(() => secret(SECRET_BYTES_MAX + 1)).toThrow(/secrets\.a: is longer than/);
  });

  it('REFUSAL_TEMPLATE_BYTES_MAX', () => {
    const options = (bytes: number) => {
      writeFileSync(join(directory, 'page.html'), 'x'.repeat(bytes));
      return toProxyOptions(load(`${UPSTREAM}refusal: { html: page.html }\n`), undefined);
    };
    expect(options(REFUSAL_TEMPLATE_BYTES_MAX).pages.html?.text).toHaveLength(REFUSAL_TEMPLATE_BYTES_MAX);
    expect(() => options(REFUSAL_TEMPLATE_BYTES_MAX + 1)).toThrow(/page\.html is larger than/);
  });
});
