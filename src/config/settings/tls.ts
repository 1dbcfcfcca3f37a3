/** Settings of TLS towards clients: certificates of Ward, certificates of clients, and what is done with plain HTTP. */
import { CERTIFICATE_CONDITIONS_MAX, CONFIG_LIST_ENTRIES_MAX, SERVER_NAMES_MAX } from '../../core/limits.ts';
import { choice, duration, flag, group, list, text, whole } from '../setting.ts';
import type { SettingSchema } from '../setting.ts';
import { secretLeaf } from './secret.ts';

const texts = (format?: string): SettingSchema => ({
  type: 'array',
  items: format === undefined ? { type: 'string' } : { type: 'string', format },
  maxItems: CERTIFICATE_CONDITIONS_MAX,
});

const SERVER_NAMES: SettingSchema = {
  type: 'array',
  description:
    'Other certificates, by the name clients ask for (SNI). `tls.cert` serves all other names, and clients that ask for none.',
  items: {
    type: 'object',
    properties: { names: texts('host-pattern'), cert: { type: 'string' }, key: { type: 'string' } },
    required: ['names', 'cert', 'key'],
    additionalProperties: false,
  },
  maxItems: SERVER_NAMES_MAX,
  default: [],
  'x-expects': 'a list of { names: [api.example.com], cert: path, key: path }',
};

const CONDITIONS: SettingSchema = {
  type: 'array',
  description:
    'Types of certificates that are let in; any one will do, and all entries of it must hold. Empty: every certificate that verifies. `*` stands for a part of a name. Entries: `subject`, `issuer`, `dns`, `uri`, `email`, `spiffe`, `fingerprint` (any of those listed), `key_usage`, `extended_key_usage`, `policy` (all of those listed).',
  items: {
    type: 'object',
    properties: {
      subject: texts(),
      issuer: texts(),
      dns: texts(),
      uri: texts(),
      email: texts(),
      spiffe: texts(),
      fingerprint: texts('fingerprint'),
      key_usage: texts(),
      extended_key_usage: texts(),
      policy: texts('object-identifier'),
    },
    additionalProperties: false,
    minProperties: 1,
  },
  maxItems: CERTIFICATE_CONDITIONS_MAX,
  default: [],
  'x-expects':
    'a list of conditions such as { spiffe: ["spiffe://prod/ns/*/sa/billing"], extended_key_usage: [clientAuth] }',
};

export const TLS = group('TLS towards clients.', {
  key: text('PEM file of the private key.', 'a path'),
  cert: text('PEM file of the certificate and its chain.', 'a path'),
  passphrase: secretLeaf('Of the private keys, where they are encrypted.'),
  server_names: SERVER_NAMES,
  min_version: choice(
    'Oldest version spoken. Of 1.2 only suites with forward secrecy and authenticated encryption are. 1.3 alone needs the listener `node`.',
    ['1.2', '1.3'],
    '1.2',
  ),
  expiry_warning: duration(
    "So long before a certificate of Ward's own ends it is warned about, once a day, also those it shows as a client.",
    '336h',
  ),
  clients: group('Certificates of clients (mutual TLS).', {
    mode: choice(
      '`request`: rules decide about clients without one. `require`: they get 403. One that does not verify is refused in the handshake in either case.',
      ['off', 'request', 'require'],
      'off',
    ),
    ca: text('PEM file of the authorities that may sign clients.', 'a path'),
    crl: list(
      'PEM files of revocation lists. With any, every authority must have a list.',
      'a list of paths',
      CONFIG_LIST_ENTRIES_MAX,
    ),
    stale_crl: choice(
      'When a list is older than the time it says it is good for: `refuse` the clients of that authority, or `accept` those it does not name.',
      ['refuse', 'accept'],
      'refuse',
    ),
    allow: CONDITIONS,
    exempt_paths: list(
      'Canonical paths for which none is asked, such as those of health checks.',
      'a list of paths such as /healthz, without query',
      CONFIG_LIST_ENTRIES_MAX,
      'path',
    ),
    forward: flag('Tell the service of it in x-forwarded-client-cert.', true),
  }),
});

export const HTTPS = group('What is done with plain HTTP where clients are to use HTTPS.', {
  plain_listen: text(
    'A second address, for plain HTTP; nothing but redirects or refusals is served there.',
    'an address such as :8081',
    { format: 'listen' },
  ),
  plain: choice(
    '`redirect` answers 308 to the same target by https, `refuse` answers 403.',
    ['redirect', 'refuse'],
    'redirect',
  ),
  behind_proxy: flag(
    'Treat requests alike that a trusted proxy says came to it by plain HTTP (x-forwarded-proto, forwarded). For TLS that ends before Ward.',
    false,
  ),
  port: whole('Port of the redirect.', 1, 65_535, 443),
  exempt_paths: list(
    'Canonical paths served by plain HTTP all the same, such as those of health checks.',
    'a list of paths such as /healthz, without query',
    CONFIG_LIST_ENTRIES_MAX,
    'path',
  ),
  hsts_max_age: duration(
    'How long browsers are to use HTTPS alone for this host (Strict-Transport-Security). `0s`: the field is not written.',
    '0s',
  ),
  hsts_subdomains: flag('And for all hosts below it.', false),
  hsts_preload: flag('Consent to be on the lists browsers come with. Hard to take back.', false),
});
