/**
 * Every setting of `ward.yaml`, with its meaning, form and default. The published JSON Schema, the environment
 * variables, the defaults and the reference page are made from this one object.
 */
import {
  BODY_RATE_MIN_DEFAULT,
  BODY_RATE_MIN_MAX,
  BREAKER_FAILURES_DEFAULT,
  BREAKER_FAILURES_MAX,
  BREAKER_OPEN_MS_DEFAULT,
  BREAKER_OPEN_MS_MAX_DEFAULT,
  BREAKER_PROBES_DEFAULT,
  BREAKER_PROBES_MAX,
  BREAKER_STATUSES_MAX,
  CONFIG_LIST_ENTRIES_MAX,
  CONNECTIONS_DEFAULT,
  CONNECTIONS_MAX,
  CONNECTIONS_PER_CLIENT_DEFAULT,
  DRAIN_MS_DEFAULT,
  HEADER_COUNT_MAX,
  HEADER_VALUE_BYTES_MAX,
  HEAD_BYTES_MAX,
  IN_FLIGHT_PER_CLIENT_DEFAULT,
  IN_FLIGHT_PER_CLIENT_MAX,
  KIB,
  LIMIT_KEYS_MAX,
  LIMIT_SLIDING_RECORDS,
  NODE_HEADERS_MS,
  NODE_KEEPALIVE_MS,
  NODE_REQUEST_MS,
  CLIENT_WRITE_MS,
  STORE_DEADLINE_MS_DEFAULT,
  REDIS_CONNECT_MS,
  OVERLOAD_IN_FLIGHT_DEFAULT,
  OVERLOAD_IN_FLIGHT_MAX,
  OVERLOAD_LOOP_DELAY_MS_DEFAULT,
  OVERLOAD_RETRY_AFTER_S_DEFAULT,
  RESETS_PER_CLIENT_DEFAULT,
  RESETS_PER_CLIENT_MAX,
  SECRETS_MAX,
  TARGET_BYTES_MAX,
  UPSTREAM_CONNECTIONS_MAX,
  UPSTREAM_CONNECT_MS,
  UPSTREAM_HEADERS_MS,
  UPSTREAM_IDLE_MS,
  UPSTREAM_IN_FLIGHT_MAX,
  UPSTREAM_KEEPALIVE_MS,
  UPSTREAM_QUEUE_MAX,
  UPSTREAM_QUEUE_MS_MAX,
  WORKERS_MAX,
  WS_MESSAGE_BYTES_MAX,
} from '../core/limits.ts';
import { choice, duration, flag, group, list, size, text, whole } from './setting.ts';
import type { SettingSchema } from './setting.ts';

const ms = (value: number): string => `${value}ms`;
const kib = (value: number): string => `${value / KIB}KiB`;
const NETWORKS = 'a list of networks such as 10.0.0.0/8 or 2001:db8::/32';

/** Where a value that must not stand in the file is found. */
function secretSource(description: string): SettingSchema {
  return {
    type: 'object',
    description,
    properties: { env: { type: 'string' }, file: { type: 'string' } },
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
  };
}

/** A value from the environment or a file; a leaf, although its schema has properties inside. */
function secretLeaf(description: string): SettingSchema {
  return {
    description,
    anyOf: [secretSource(description)],
    'x-expects': '{ env: NAME } or { file: path }',
  };
}

/** A service that fails is left alone for a while; see `CircuitBreaker` (proxy/upstream). */
const BREAKER = group(
  'A service that fails again and again is left alone for a while: 503 at once, then a few requests to see whether it is well.',
  {
    enabled: flag('Do so.', true),
    failures: whole(
      'Failures in a row that open the breaker: refused, timed out or broken off before an answer.',
      1,
      BREAKER_FAILURES_MAX,
      BREAKER_FAILURES_DEFAULT,
    ),
    statuses: {
      type: 'array',
      description:
        'Statuses of the service that are failures too. Empty: none; an application error at one address says nothing of the others.',
      items: { type: 'integer', minimum: 500, maximum: 599 },
      maxItems: BREAKER_STATUSES_MAX,
      default: [],
      'x-expects': 'a list of statuses from 500 to 599',
    },
    latency: duration(
      'Answers that take longer are slow; half of the last ones slow opens the breaker. `0ms`: not looked at.',
      ms(0),
    ),
    open_for: duration(
      'How long it stays open the first time; it doubles each time.',
      ms(BREAKER_OPEN_MS_DEFAULT),
    ),
    open_max: duration('The longest it stays open.', ms(BREAKER_OPEN_MS_MAX_DEFAULT)),
    probes: whole(
      'Requests let through when that time is over; the majority of them decides.',
      1,
      BREAKER_PROBES_MAX,
      BREAKER_PROBES_DEFAULT,
    ),
    readiness: flag('Not ready while it is open in all workers.', true),
  },
);

const UPSTREAM = group('The service behind Ward.', {
  url: text(
    'Address of the service: http, https, or a unix socket (`unix:/run/service.sock`). The one setting without a default.',
    'a URL such as http://127.0.0.1:3000, https://service:8443 or unix:/run/service.sock, without a path',
    { format: 'upstream' },
  ),
  tls: group('How an https service is verified. There is no setting that turns verification off.', {
    ca: text('File of PEM certificates that may sign the service, instead of the system roots.', 'a path'),
    server_name: text(
      'Name the certificate must carry, where it is not the host of the URL.',
      'a host name',
      {
        format: 'host',
      },
    ),
  }),
  connections: whole(
    'Connections to the service, per worker.',
    1,
    4 * UPSTREAM_CONNECTIONS_MAX,
    UPSTREAM_CONNECTIONS_MAX,
  ),
  queue: whole(
    'Requests that may wait for a connection, per worker; 503 beyond.',
    0,
    16 * UPSTREAM_QUEUE_MAX,
    UPSTREAM_QUEUE_MAX,
  ),
  queue_timeout: duration(
    'How long a request may wait for a connection; 503 beyond.',
    ms(UPSTREAM_QUEUE_MS_MAX),
  ),
  connect_timeout: duration('How long connecting may take; 504 beyond.', ms(UPSTREAM_CONNECT_MS)),
  headers_timeout: duration('How long the head of an answer may take; 504 beyond.', ms(UPSTREAM_HEADERS_MS)),
  idle_timeout: duration(
    'How long an answer may fall silent; the connection is closed.',
    ms(UPSTREAM_IDLE_MS),
  ),
  keepalive: duration('How long an unused connection is kept.', ms(UPSTREAM_KEEPALIVE_MS)),
  in_flight_max: whole(
    'Requests and WebSockets to the service at once, per worker; 503 beyond.',
    1,
    16 * UPSTREAM_IN_FLIGHT_MAX,
    UPSTREAM_IN_FLIGHT_MAX,
  ),
  breaker: BREAKER,
});

const FIELD_NAMES: SettingSchema = {
  description:
    'Field names outside `[A-Za-z0-9-]`: CGI-style servers take `X_Forwarded_For` for `X-Forwarded-For`. ' +
    '`drop` inspects but does not forward them, `refuse` answers 400, `{ allow: [names] }` forwards those named and drops the rest.',
  anyOf: [
    { type: 'string', enum: ['drop', 'refuse'] },
    {
      type: 'object',
      properties: {
        allow: {
          type: 'array',
          items: { type: 'string', format: 'field-name' },
          maxItems: CONFIG_LIST_ENTRIES_MAX,
        },
      },
      additionalProperties: false,
      minProperties: 1,
    },
  ],
  default: 'drop',
  'x-expects': 'drop, refuse or { allow: [field names] }',
};

const LIMITS = group(
  'What a request may be; larger is refused. The body is bounded by the policy (`body hold …`).',
  {
    head: size('Request line and fields together; 431 beyond.', kib(HEAD_BYTES_MAX)),
    target: size('Request target; 414 beyond.', kib(TARGET_BYTES_MAX)),
    header_count: whole('Field lines; 431 beyond.', 1, HEADER_COUNT_MAX, HEADER_COUNT_MAX),
    header_value: size('One field value; 431 beyond.', kib(HEADER_VALUE_BYTES_MAX)),
    websocket_message: size('One WebSocket message; closed with 1009 beyond.', kib(WS_MESSAGE_BYTES_MAX)),
    in_flight_per_client: whole(
      'Requests and WebSockets of one client at once, per worker; 429 beyond. 0: no limit. A proxy that is not among `trusted_proxies` is one client.',
      0,
      IN_FLIGHT_PER_CLIENT_MAX,
      IN_FLIGHT_PER_CLIENT_DEFAULT,
    ),
    resets_per_client: whole(
      'Requests one client may give up before their answer within about ten seconds, per worker; 429 beyond, if it gives most of its requests up. 0: no limit.',
      0,
      RESETS_PER_CLIENT_MAX,
      RESETS_PER_CLIENT_DEFAULT,
    ),
    connections: whole(
      'Connections at once, per worker, WebSockets included; others are cut at once.',
      1,
      CONNECTIONS_MAX,
      CONNECTIONS_DEFAULT,
    ),
    connections_per_client: whole(
      'Connections of one peer (IPv6: of its /64) at once, per worker; others are cut at once. 0: no limit. `trusted_proxies` are exempt; another proxy is one client.',
      0,
      CONNECTIONS_MAX,
      CONNECTIONS_PER_CLIENT_DEFAULT,
    ),
    body_rate_min: whole(
      'Bytes a second a request body must bring in each ten seconds it may be sent; 408 below. 0: any pace will do.',
      0,
      BODY_RATE_MIN_MAX,
      BODY_RATE_MIN_DEFAULT,
    ),
  },
);

const REDIS = group(
  'Redis that all replicas of the service share: one budget for limits, one list of bans.',
  {
    url: text(
      'Address. Without one, limits and bans are those of this process alone.',
      'redis://host:6379/0, redis+sentinel://host1,host2/master-name or redis+cluster://host1,host2; rediss… for TLS',
    ),
    username: text('ACL user.', 'a user name'),
    password: secretLeaf('Password of the user, or of the server.'),
    sentinel_username: text('ACL user of the sentinels.', 'a user name'),
    sentinel_password: secretLeaf('Password of the sentinels.'),
    tls: group('For rediss addresses. The certificate of the server is always verified.', {
      ca: text('File of PEM certificates that may sign the server, instead of the system roots.', 'a path'),
      cert: text('PEM file of the client certificate.', 'a path'),
      key: text('PEM file of its private key.', 'a path'),
      server_name: text('Name the certificate must carry, where it is not the host.', 'a host name', {
        format: 'host',
      }),
    }),
    prefix: text('First part of every key.', 'a few letters', { default: 'ward' }),
    service: text(
      'Second part of every key: services on one Redis that share neither limits nor bans have different ones. Default: the name of the policy.',
      'letters, digits, `.`, `_` and `-`',
      { format: 'service-name' },
    ),
    timeout: duration(
      'How long a call may take before the limiter does what its `down ->` says.',
      ms(STORE_DEADLINE_MS_DEFAULT),
    ),
    connect_timeout: duration('How long connecting may take.', ms(REDIS_CONNECT_MS)),
    required: flag(
      'Refuse to start while Redis cannot be used. Otherwise Ward starts, says so, and limiters do what their `down ->` says.',
      false,
    ),
  },
);

const OVERLOAD = group(
  'When a worker has more to do than it can, requests get 503 before any rule is asked, those of unknown clients first.',
  {
    enabled: flag('Do so.', true),
    event_loop_delay: duration(
      'Lasting delay of the event loop at which it begins. `0ms`: not looked at.',
      ms(OVERLOAD_LOOP_DELAY_MS_DEFAULT),
    ),
    in_flight_max: whole(
      'Requests at once, per worker, at which everything is refused; it begins at half of them.',
      1,
      OVERLOAD_IN_FLIGHT_MAX,
      OVERLOAD_IN_FLIGHT_DEFAULT,
    ),
    retry_after: duration(
      'When the client is told to come back, up to twice as long.',
      `${OVERLOAD_RETRY_AFTER_S_DEFAULT}s`,
    ),
    keep: {
      ...list(
        'Canonical paths that are always served: those by which an orchestrator asks for health.',
        'a list of paths such as /healthz, without query',
        CONFIG_LIST_ENTRIES_MAX,
        'path',
      ),
      default: ['/healthz', '/livez', '/readyz', '/health'],
    },
  },
);

const CLIENT_TIMEOUTS = group(
  'Patience with clients. All but `write` for listener `node` only: uWebSockets.js cuts heads and unused connections after 8 to 12 s and has no bound on a whole request.',
  {
    head: duration('How long a request head may take; 408 beyond.', ms(NODE_HEADERS_MS)),
    request: duration('How long a whole request may take; 408 beyond.', ms(NODE_REQUEST_MS)),
    keepalive: duration('How long an unused connection is kept.', ms(NODE_KEEPALIVE_MS)),
    write: duration(
      'How long a client may take nothing of what waits for it; then it is cut, by listener `node` after up to twice as long. `0ms`: never.',
      ms(CLIENT_WRITE_MS),
    ),
  },
);

const LOGS = group('Security events, access records and what Ward says of itself: one JSON object a line.', {
  level: choice('Least severity written.', ['debug', 'info', 'warn', 'error'], 'info'),
  format: choice('`auto` is pretty on a terminal, else json.', ['auto', 'json', 'pretty'], 'auto'),
  access: flag('Also one record for each request that passed.', false),
  destination: {
    ...text('`stdout`, `stderr`, or a file to append to.', 'stdout, stderr or a path'),
    default: 'stdout',
  },
});

export const SETTINGS: SettingSchema = group('Configuration of Ward.', {
  listen: text('Where clients connect.', 'an address such as 127.0.0.1:8080, [::1]:8080 or :8080', {
    format: 'listen',
    default: '127.0.0.1:8080',
  }),
  listener: choice('`uws` is the fast one; `node` is the strict parser of Node.', ['uws', 'node'], 'uws'),
  tls: group('TLS towards clients. Both or neither.', {
    key: text('PEM file of the private key.', 'a path'),
    cert: text('PEM file of the certificate and its chain.', 'a path'),
  }),
  workers: {
    description:
      'Worker threads that share the port; `auto` is one for each processor. Listener `node` has one: Node shares ports between threads from version 23 on.',
    anyOf: [
      { type: 'string', enum: ['auto'] },
      { type: 'integer', minimum: 1, maximum: WORKERS_MAX },
    ],
    default: 'auto',
    'x-expects': `auto or a whole number from 1 to ${WORKERS_MAX}`,
  },
  upstream: UPSTREAM,
  rules: list(
    'Rule files, directories and globs, relative to this file; `ward:sqli.ward` is a shipped one. Without any, all rules shipped with Ward.',
    'a list of paths such as rules/*.ward',
    CONFIG_LIST_ENTRIES_MAX,
  ),
  profile: text('Profile of the policy to apply.', 'the name of a profile'),
  mode: choice("Overrides the policy's mode: `monitor` decides and logs but never refuses.", [
    'enforce',
    'monitor',
    'off',
  ]),
  watch: flag('Reload when a rule file or list changes. SIGHUP reloads in any case.', true),
  hosts: list(
    'Hosts clients may ask for; 421 for others. `*.example.com` is every host below. Empty: any.',
    'a list of host names such as api.example.com or *.example.com, without port',
    CONFIG_LIST_ENTRIES_MAX,
    'host-pattern',
  ),
  trusted_proxies: list(
    'Peers whose x-forwarded-*, forwarded and x-request-id fields are believed.',
    NETWORKS,
    CONFIG_LIST_ENTRIES_MAX,
    'network',
  ),
  client_address: group('Who the client is when `trusted_proxies` stand between it and Ward.', {
    source: choice(
      'Field in which trusted proxies name the client, read from the right while the writer is trusted. `auto`: x-forwarded-for, else forwarded. `peer`: neither. Name the one your proxy writes: it may pass the other on as the client sent it.',
      ['auto', 'x-forwarded-for', 'forwarded', 'peer'],
      'auto',
    ),
    malformed: choice(
      'When a trusted proxy wrote something that is no address: `ignore` takes the last proxy as the client, `refuse` answers 400.',
      ['ignore', 'refuse'],
      'ignore',
    ),
    proxy_protocol: flag(
      'Believe the PROXY protocol preamble of trusted proxies: version 2, on the node listener also version 1. Of anybody else it is refused in any case.',
      true,
    ),
  }),
  forwarded_headers: choice(
    'Fields Ward writes to tell the service where a request came from. All others of that kind are stripped, unless the peer is trusted.',
    ['x-forwarded', 'forwarded', 'both', 'none'],
    'x-forwarded',
  ),
  pass_headers: list(
    'Fields stripped from untrusted peers (x-original-url, x-rewrite-url, x-http-method-override, …) that are passed on all the same.',
    'a list of field names',
    CONFIG_LIST_ENTRIES_MAX,
    'field-name',
  ),
  field_names: FIELD_NAMES,
  refused_methods: {
    ...list('Methods that get 405 before any rule.', 'a list of methods such as TRACE', 100, 'method'),
    default: ['TRACE', 'TRACK', 'CONNECT'],
  },
  keep_double_slashes: flag('Leave `//` in paths as it is, for services that give it a meaning.', false),
  origins: list(
    'Origins whose pages may open a WebSocket; 403 for others. Empty: any.',
    'a list of origins such as https://app.example.com',
    CONFIG_LIST_ENTRIES_MAX,
    'origin',
  ),
  redis: REDIS,
  bans: group('Bans, set by rules, floods and operators.', {
    exempt: list(
      'Clients that no ban holds against, so that operators can rescue themselves. Rules say `never ban` for the same.',
      NETWORKS,
      CONFIG_LIST_ENTRIES_MAX,
      'network',
    ),
  }),
  rate_limit_fields: flag(
    'Tell clients how they stand with their limits (RateLimit and RateLimit-Policy).',
    true,
  ),
  limit_keys: whole(
    'Clients whose counts the memory of the process holds exactly; of more, the least active are held as an upper bound.',
    1_024,
    LIMIT_KEYS_MAX,
    LIMIT_SLIDING_RECORDS,
  ),
  limits: LIMITS,
  overload: OVERLOAD,
  client_timeouts: CLIENT_TIMEOUTS,
  admin: group(
    'Health, readiness and status over HTTP. Meant for the loopback interface: it asks nobody who they are.',
    {
      enabled: flag('Serve it.', true),
      listen: text('Where.', 'an address such as 127.0.0.1:9901', {
        format: 'listen',
        default: '127.0.0.1:9901',
      }),
    },
  ),
  logs: LOGS,
  refusal: group(
    'What a refused client sees, by what it accepts. `{{status}}`, `{{reason}}` and `{{request_id}}` are replaced.',
    {
      html: text('File instead of the built-in HTML page.', 'a path'),
      text: text('File instead of the built-in text.', 'a path'),
      problem: text('File instead of the built-in problem details (application/problem+json).', 'a path'),
    },
  ),
  debug_rules_header: flag(
    'Answer with `x-ward-rules`, naming every rule that matched. For tests: it tells an attacker what to avoid.',
    false,
  ),
  drain_timeout: duration('How long requests in flight may take after SIGTERM.', ms(DRAIN_MS_DEFAULT)),
  secrets: {
    type: 'object',
    description: 'Values of the `secret` declarations of the rules, by name.',
    additionalProperties: secretSource('Environment variable or file with the value.'),
    maxProperties: SECRETS_MAX,
    default: {},
    'x-expects': 'a map of names to { env: NAME } or { file: path }',
  },
  redaction_key: secretLeaf(
    'Key of the hashes that stand for redacted values in logs. Without one, a random key of the process.',
  ),
});
