/** Settings of the external authoriser: where it is, what it is told, and what becomes of its answers. */
import {
  AUTHORIZER_BODY_BYTES_DEFAULT,
  AUTHORIZER_CONNECTIONS_DEFAULT,
  AUTHORIZER_FIELDS_MAX,
  AUTHORIZER_QUEUE_DEFAULT,
  AUTHORIZER_TIMEOUT_MS_DEFAULT,
  CONFIG_LIST_ENTRIES_MAX,
} from '../../core/limits.ts';
import type { SettingSchema } from '../setting.ts';
import { choice, duration, flag, group, list, size, text, whole } from '../setting.ts';
import { kib, ms } from './forms.ts';

const NAMES = 'a list of field names';

function fields(description: string, fallback: readonly string[]): SettingSchema {
  return { ...list(description, NAMES, AUTHORIZER_FIELDS_MAX, 'field-name'), default: fallback };
}

export const AUTHORIZER = group(
  'A service of yours that is asked about each request which the rules let on by its head (`ext_authz` of Envoy, `auth_request` of nginx).',
  {
    url: text(
      'Its address; nobody is asked without one. A path goes before that of the request.',
      'a URL such as http://127.0.0.1:9000/check or unix:/run/authorizer.sock, without query',
      { format: 'authorizer' },
    ),
    tls: group('How an https authoriser is verified. Read at the start.', {
      ca: text('File of PEM certificates that may sign it, instead of the system roots.', 'a path'),
      server_name: text(
        'Name the certificate must carry, where it is not the host of the URL.',
        'a host name',
        { format: 'host' },
      ),
    }),
    target: choice(
      'What is asked for. `same`: the method of the request, and its target behind the path of the URL, as Envoy does. `fixed`: GET of the URL as it is, as nginx does; x-forwarded-method and x-forwarded-uri tell the rest in both cases.',
      ['same', 'fixed'],
      'same',
    ),
    timeout: duration(
      'How long an answer may take, connecting and waiting included; at most 10s.',
      ms(AUTHORIZER_TIMEOUT_MS_DEFAULT),
    ),
    on_failure: choice(
      'Without an answer (refused, too late, 5xx, no HTTP, too many waiting) `deny` refuses. `allow` lets requests on that nobody has judged: only where something else protects the service.',
      ['deny', 'allow'],
      'deny',
    ),
    failure_status: {
      type: 'integer',
      description: 'What clients get then.',
      enum: [403, 503],
      default: 503,
      'x-expects': '403 or 503',
    },
    request_fields: fields(
      'Fields of the client it is sent, all lines of each. What Ward says of the request comes in any case: host, x-request-id, x-forwarded-for, -proto, -host, -method, -uri, -client-cert, and the fields of `jwt.forward_claims`.',
      ['authorization', 'cookie'],
    ),
    service_fields: fields(
      'Fields of its 2xx answers that the service gets. What clients send under these names is always stripped.',
      [],
    ),
    client_fields: fields(
      "Fields of its 2xx answers that the client gets with the service's answer, such as set-cookie.",
      [],
    ),
    refusal_fields: fields('Fields of its 3xx and 4xx answers that the client gets.', [
      'location',
      'retry-after',
      'set-cookie',
      'www-authenticate',
    ]),
    refusal_body: size(
      "Largest page of such an answer that the client gets; in place of a larger one, and with `0B`, comes Ward's own. At most 256KiB.",
      kib(AUTHORIZER_BODY_BYTES_DEFAULT),
    ),
    exempt_paths: list(
      'Canonical paths about which it is not asked; `/public/*` is all below.',
      'a list of paths such as /healthz or /public/*, without query',
      CONFIG_LIST_ENTRIES_MAX,
      'path',
    ),
    exempt_preflights: flag(
      'Let CORS preflights pass unasked: browsers give them no credentials. Your service must change nothing on OPTIONS.',
      false,
    ),
    connections: whole(
      'Connections to it, per worker.',
      1,
      16 * AUTHORIZER_CONNECTIONS_DEFAULT,
      AUTHORIZER_CONNECTIONS_DEFAULT,
    ),
    queue: whole(
      'Requests that may wait for one, per worker; beyond, there is no answer.',
      0,
      16 * AUTHORIZER_QUEUE_DEFAULT,
      AUTHORIZER_QUEUE_DEFAULT,
    ),
  },
);
