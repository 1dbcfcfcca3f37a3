/** The settings of the external authoriser: what they become, and every combination that must not start. */
import { describe, expect, it } from 'vitest';
import type { AuthorizerConfig } from '../../../src/config/authorizer-config.ts';
import { parseAuthorizerUrl } from '../../../src/config/formats.ts';
import { loadConfig } from '../../../src/config/load.ts';
import {
  AUTHORIZER_BODY_BYTES_DEFAULT,
  AUTHORIZER_BODY_BYTES_MAX,
  AUTHORIZER_CONNECTIONS_DEFAULT,
  AUTHORIZER_FIELDS_MAX,
  AUTHORIZER_QUEUE_DEFAULT,
  AUTHORIZER_TIMEOUT_MS_DEFAULT,
  AUTHORIZER_TIMEOUT_MS_MAX,
} from '../../../src/core/limits.ts';

const URL = 'http://127.0.0.1:9000';

function load(
  authorizer: Readonly<Record<string, unknown>>,
  jwt: Readonly<Record<string, unknown>> = {},
): AuthorizerConfig | undefined {
  const flags = [
    ...Object.entries(authorizer).map(([name, value]) => [`authorizer.${name}`, value] as const),
    ...Object.entries(jwt).map(([name, value]) => [`jwt.${name}`, value] as const),
  ];
  return loadConfig({
    file: undefined,
    environment: { WARD_UPSTREAM_URL: 'http://127.0.0.1:3000' },
    flags: new Map(flags.map(([name, value]) => [name, { flag: `--${name}`, value: value as string }])),
    workingDirectory: '/srv/ward',
  }).config.authorizer;
}

describe('authorizer', () => {
  it('is off without an address', () => {
    expect(load({})).toBeUndefined();
  });

  it('is safe by default', () => {
    expect(load({ url: `${URL}/check` })).toEqual({
      address: { scheme: 'http', host: '127.0.0.1', port: 9_000, socketPath: undefined, path: '/check' },
      tls: {
        caFile: undefined,
        certFile: undefined,
        keyFile: undefined,
        passphrase: undefined,
        serverName: undefined,
      },
      target: 'same',
      timeoutMs: AUTHORIZER_TIMEOUT_MS_DEFAULT,
      onFailure: 'deny',
      failureStatus: 503,
      requestFields: ['authorization', 'cookie'],
      serviceFields: [],
      clientFields: [],
      refusalFields: ['location', 'retry-after', 'set-cookie', 'www-authenticate'],
      refusalBodyBytesMax: AUTHORIZER_BODY_BYTES_DEFAULT,
      exemptPaths: [],
      exemptPreflights: false,
      connectionsMax: AUTHORIZER_CONNECTIONS_DEFAULT,
      queueMax: AUTHORIZER_QUEUE_DEFAULT,
    });
  });

  it('reads names of fields in any case', () => {
    const { serviceFields, requestFields } = load({
      url: URL,
      service_fields: ['X-User', 'Authorization'],
      request_fields: ['Cookie'],
    }) as AuthorizerConfig;
    expect([serviceFields, requestFields]).toEqual([['x-user', 'authorization'], ['cookie']]);
  });

  it.each<[Readonly<Record<string, unknown>>, string]>([
    [{ timeout: '1s' }, 'authorizer: authorizer.url is missing'],
    [{ url: 'ftp://x' }, 'authorizer.url: expected a URL'],
    [{ url: `${URL}/check?a=1` }, 'authorizer.url: expected a URL'],
    [{ url: 'http://user:pass@127.0.0.1' }, 'authorizer.url: expected a URL'],
    [{ url: URL, timeout: '0ms' }, 'authorizer.timeout: is not between 1ms and 10s'],
    [{ url: URL, timeout: `${AUTHORIZER_TIMEOUT_MS_MAX + 1}ms` }, 'authorizer.timeout: is not between'],
    [{ url: URL, failure_status: 200 }, 'authorizer.failure_status: expected 403 or 503'],
    [{ url: URL, on_failure: 'pass' }, 'authorizer.on_failure: expected one of deny, allow'],
    [
      { url: URL, refusal_body: `${AUTHORIZER_BODY_BYTES_MAX + 1}B` },
      'authorizer.refusal_body: more than 256KiB',
    ],
    [{ url: URL, 'tls.ca': 'ca.pem' }, 'authorizer.tls: authorizer.tls.ca has no effect'],
    [
      { url: URL, request_fields: Array.from({ length: AUTHORIZER_FIELDS_MAX + 1 }, (_, i) => `x-${i}`) },
      'authorizer.request_fields: expected a list of field names',
    ],
    [
      { url: URL, connections: 16 * AUTHORIZER_CONNECTIONS_DEFAULT + 1 },
      'authorizer.connections: expected a whole number',
    ],
    [{ url: URL, queue: 16 * AUTHORIZER_QUEUE_DEFAULT + 1 }, 'authorizer.queue: expected a whole number'],
    ...[
      'host',
      'content-length',
      'x-forwarded-for',
      'x-forwarded-uri',
      'transfer-encoding',
      'connection',
    ].map((name): [Readonly<Record<string, unknown>>, string] => [
      { url: URL, request_fields: [name] },
      `authorizer.request_fields: ${name} cannot be passed on`,
    ]),
    ...['cookie', 'host', 'x-forwarded-user', 'content-type', 'Upgrade', 'te'].map(
      (name): [Readonly<Record<string, unknown>>, string] => [
        { url: URL, service_fields: [name] },
        `authorizer.service_fields: ${name.toLowerCase()} cannot be passed on`,
      ],
    ),
    [{ url: URL, service_fields: ['x_user'] }, 'authorizer.service_fields: x_user is a name that some'],
    ...['location', 'etag', 'content-encoding', 'cache-control'].map(
      (name): [Readonly<Record<string, unknown>>, string] => [
        { url: URL, client_fields: [name] },
        `authorizer.client_fields: ${name} cannot be passed on`,
      ],
    ),
    ...['content-length', 'vary', 'trailer', 'x-request-id'].map(
      (name): [Readonly<Record<string, unknown>>, string] => [
        { url: URL, refusal_fields: [name] },
        `authorizer.refusal_fields: ${name} cannot be passed on`,
      ],
    ),
  ])('refuses %j', (settings, message) => {
    expect(() => load(settings)).toThrow(message);
  });

  it('never shares a field with the claims of tokens', () => {
    const jwt = { forward_claims: { sub: 'X-User' } };
    for (const setting of ['service_fields', 'request_fields']) {
      expect(() => load({ url: URL, [setting]: ['x-user'] }, jwt)).toThrow('x-user cannot be passed on');
    }
  });
});

it.each([
  ['http://127.0.0.1:9000', '127.0.0.1', 9_000, ''],
  ['http://auth/', 'auth', 80, ''],
  ['https://auth.example/api/verify/', 'auth.example', 443, '/api/verify'],
  ['http://[::1]:9000/a%20b', '::1', 9_000, '/a%20b'],
])('reads the address %s', (text, host, port, path) => {
  expect(parseAuthorizerUrl(text)).toMatchObject({ host, port, path });
});

it('reads the address of a socket', () => {
  expect(parseAuthorizerUrl('unix:/run/a.sock')).toMatchObject({ socketPath: '/run/a.sock', path: '' });
  expect(parseAuthorizerUrl('unix:run/a.sock')).toBeUndefined();
});
