/** Settings of the way to the service. */
import {
  BREAKER_FAILURES_DEFAULT,
  BREAKER_FAILURES_MAX,
  BREAKER_OPEN_MS_DEFAULT,
  BREAKER_OPEN_MS_MAX_DEFAULT,
  BREAKER_PROBES_DEFAULT,
  BREAKER_PROBES_MAX,
  BREAKER_STATUSES_MAX,
  UPSTREAM_CONNECTIONS_MAX,
  UPSTREAM_CONNECT_MS,
  UPSTREAM_HEADERS_MS,
  UPSTREAM_IDLE_MS,
  UPSTREAM_IN_FLIGHT_MAX,
  UPSTREAM_KEEPALIVE_MS,
  UPSTREAM_QUEUE_MAX,
  UPSTREAM_QUEUE_MS_MAX,
} from '../../core/limits.ts';
import { duration, flag, group, text, whole } from '../setting.ts';
import { ms } from './forms.ts';
import { secretLeaf } from './secret.ts';

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

export const UPSTREAM = group('The service behind Ward.', {
  url: text(
    'Address of the service: http, https, or a unix socket (`unix:/run/service.sock`). The one setting without a default.',
    'a URL such as http://127.0.0.1:3000, https://service:8443 or unix:/run/service.sock, without a path',
    { format: 'upstream' },
  ),
  tls: group(
    'How an https service is verified, and what Ward shows it. There is no setting that turns verification off.',
    {
      ca: text('File of PEM certificates that may sign the service, instead of the system roots.', 'a path'),
      cert: text(
        "PEM file of Ward's own certificate, and its chain, for a service that asks for one.",
        'a path',
      ),
      key: text('PEM file of its private key.', 'a path'),
      passphrase: secretLeaf('Of that key, where it is encrypted.'),
      server_name: text(
        'Name the certificate must carry, where it is not the host of the URL.',
        'a host name',
        {
          format: 'host',
        },
      ),
    },
  ),
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
