/** Settings of what a request may be, and how much one client may have at once. */
import {
  BODY_RATE_MIN_DEFAULT,
  BODY_RATE_MIN_MAX,
  CONFIG_LIST_ENTRIES_MAX,
  CONNECTIONS_DEFAULT,
  CONNECTIONS_MAX,
  CONNECTIONS_PER_CLIENT_DEFAULT,
  HEADER_COUNT_MAX,
  HEADER_VALUE_BYTES_MAX,
  HEAD_BYTES_MAX,
  IN_FLIGHT_PER_CLIENT_DEFAULT,
  IN_FLIGHT_PER_CLIENT_MAX,
  RESETS_PER_CLIENT_DEFAULT,
  RESETS_PER_CLIENT_MAX,
  TARGET_BYTES_MAX,
  WS_MESSAGE_BYTES_MAX,
} from '../../core/limits.ts';
import { group, size, whole } from '../setting.ts';
import type { SettingSchema } from '../setting.ts';
import { kib } from './forms.ts';

export const LIMITS = group(
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

export const FIELD_NAMES: SettingSchema = {
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
