/**
 * Every setting of `ward.yaml`, with its meaning, form and default; large groups stand in `settings/`. The published JSON
 * Schema, the environment variables, the defaults and the reference page are made from this one object.
 */
import {
  CONFIG_LIST_ENTRIES_MAX,
  DRAIN_MS_DEFAULT,
  LIMIT_KEYS_MAX,
  LIMIT_SLIDING_RECORDS,
  SECRETS_MAX,
  WORKERS_MAX,
} from '../core/limits.ts';
import { choice, duration, flag, group, list, text, whole } from './setting.ts';
import type { SettingSchema } from './setting.ts';
import { AUTHORIZER } from './settings/authorizer.ts';
import { CLIENT_TIMEOUTS } from './settings/client-timeouts.ts';
import { EGRESS } from './settings/egress.ts';
import { ms, NETWORKS } from './settings/forms.ts';
import { JWT } from './settings/jwt.ts';
import { FAULTS } from './settings/faults.ts';
import { FIELD_NAMES, LIMITS } from './settings/limits.ts';
import { LOGS } from './settings/logs.ts';
import { OVERLOAD } from './settings/overload.ts';
import { REDIS } from './settings/redis.ts';
import { ROLE } from './settings/role.ts';
import { RULES } from './settings/rules.ts';
import { secretLeaf, secretSource } from './settings/secret.ts';
import { HTTPS, TLS } from './settings/tls.ts';
import { UPSTREAM } from './settings/upstream.ts';

export const SETTINGS: SettingSchema = group('Configuration of Ward.', {
  listen: text('Where clients connect.', 'an address such as 127.0.0.1:8080, [::1]:8080 or :8080', {
    format: 'listen',
    default: '127.0.0.1:8080',
  }),
  role: ROLE,
  listener: choice('`uws` is the fast one; `node` is the strict parser of Node.', ['uws', 'node'], 'uws'),
  http2: flag(
    'Take HTTP/2 beside HTTP/1: by ALPN under TLS, by prior knowledge in plain text. For listener `node` only; `uws` speaks HTTP/1.1 alone.',
    true,
  ),
  tls: TLS,
  https: HTTPS,
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
  egress: EGRESS,
  rules: RULES,
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
  jwt: JWT,
  authorizer: AUTHORIZER,
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
  faults: FAULTS,
  client_timeouts: CLIENT_TIMEOUTS,
  admin: group(
    'Health, readiness and status over HTTP. Meant for the loopback interface: it asks nobody who they are.',
    {
      enabled: flag('Serve it.', true),
      listen: text('Where.', 'an address such as 127.0.0.1:9901 (to serve nothing: admin.enabled: false)', {
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
