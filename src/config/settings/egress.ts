/** Settings of calls that the service makes through Ward (egress). */
import {
  CONFIG_LIST_ENTRIES_MAX,
  EGRESS_BODY_BYTES_DEFAULT,
  EGRESS_CONNECTIONS_DEFAULT,
  EGRESS_DNS_SERVERS_MAX,
  EGRESS_HOSTS_MAX,
  EGRESS_IN_FLIGHT_DEFAULT,
  EGRESS_REQUESTS_PER_SECOND_MAX,
  MIB,
  UPSTREAM_CONNECTIONS_MAX,
  UPSTREAM_IN_FLIGHT_MAX,
} from '../../core/limits.ts';
import { group, list, text } from '../setting.ts';
import type { SettingSchema } from '../setting.ts';
import { NETWORKS } from './forms.ts';
import { RULES } from './rules.ts';
import { secretSource } from './secret.ts';

const duration: SettingSchema = { type: 'string', format: 'duration' };
const size: SettingSchema = { type: 'string', format: 'size' };
const path: SettingSchema = { type: 'string' };

const count = (maximum: number): SettingSchema => ({ type: 'integer', minimum: 1, maximum });

const HOSTS: SettingSchema = {
  type: 'array',
  description:
    'Where the service may call; nothing else is let out, and without an entry there is no egress. Of each: `host`, a name, `*.example.com` for every name below it, or an address; `port`, by default 443 with `tls` or `tunnel` and 80 without; `tls`, true or { ca, server_name, cert, key, passphrase }: Ward speaks https there, although the service says http; `tunnel: true`: the service may open tunnels there (CONNECT), into which no rule sees. ' +
    `May be given: \`requests_per_second\` and \`burst\`, \`in_flight_max\` (${EGRESS_IN_FLIGHT_DEFAULT}) and \`connections\` (${EGRESS_CONNECTIONS_DEFAULT}), \`request_body_max\` and \`answer_body_max\` (${EGRESS_BODY_BYTES_DEFAULT / MIB}MiB), \`connect_timeout\`, \`headers_timeout\` and \`idle_timeout\` (those of \`upstream\`), \`total_timeout\`.`,
  items: {
    type: 'object',
    properties: {
      host: { type: 'string', format: 'egress-host' },
      port: count(65_535),
      tls: {
        anyOf: [
          { type: 'boolean' },
          {
            type: 'object',
            properties: {
              ca: path,
              server_name: { type: 'string', format: 'host' },
              cert: path,
              key: path,
              passphrase: secretSource('Of the key.'),
            },
            additionalProperties: false,
          },
        ],
      },
      tunnel: { type: 'boolean' },
      requests_per_second: count(EGRESS_REQUESTS_PER_SECOND_MAX),
      burst: count(EGRESS_REQUESTS_PER_SECOND_MAX),
      in_flight_max: count(16 * UPSTREAM_IN_FLIGHT_MAX),
      connections: count(4 * UPSTREAM_CONNECTIONS_MAX),
      request_body_max: size,
      answer_body_max: size,
      connect_timeout: duration,
      headers_timeout: duration,
      idle_timeout: duration,
      total_timeout: duration,
    },
    required: ['host'],
    additionalProperties: false,
  },
  maxItems: EGRESS_HOSTS_MAX,
  default: [],
  'x-expects': 'a list of entries such as { host: api.example.com, tls: true, requests_per_second: 50 }',
};

export const EGRESS = group(
  'Calls of the service to others, through Ward: a second listener with a policy of its own (docs/egress.md).',
  {
    listen: text(
      'Where the service calls; give it as HTTP_PROXY. Whoever reaches this address calls with what Ward may: keep it on the loopback interface.',
      'an address such as 127.0.0.1:3128',
      { format: 'listen', default: '127.0.0.1:3128' },
    ),
    hosts: HOSTS,
    private_networks: list(
      'Networks that are not on the public internet and may be called all the same, where a host of the list leads there. Addresses of cloud metadata must be named one by one.',
      NETWORKS,
      CONFIG_LIST_ENTRIES_MAX,
      'network',
    ),
    dns_servers: list(
      'Servers that are asked for addresses, instead of the resolver of the system (which knows /etc/hosts and search domains, too).',
      'a list of addresses such as 10.0.0.2, 10.0.0.2:5353 or [::1]:53',
      EGRESS_DNS_SERVERS_MAX,
      'dns-server',
    ),
    rules: {
      ...RULES,
      description:
        'Files with the policy for these calls and their answers, in the same language. Empty: a policy that lets all pass.',
    },
    pass_headers: list(
      'Fields by which a request claims to be another one or from elsewhere (forwarded, x-forwarded-*, x-http-method-override, …) that are passed on all the same.',
      'a list of field names',
      CONFIG_LIST_ENTRIES_MAX,
      'field-name',
    ),
  },
);
