/** Settings of bearer tokens (JWT): whose are believed, where they are looked for, and what becomes of them. */
import {
  CONFIG_LIST_ENTRIES_MAX,
  JWKS_COOLDOWN_MS,
  JWKS_KEEP_MS,
  JWKS_REFRESH_MS,
  JWKS_TIMEOUT_MS,
  KIB,
  TOKEN_BYTES_DEFAULT,
  TOKEN_CLAIMS_FORWARDED_MAX,
  TOKEN_ISSUERS_MAX,
  TOKEN_SKEW_MS_DEFAULT,
  TOKEN_SOURCES_MAX,
} from '../../core/limits.ts';
import { duration, flag, group, list, size } from '../setting.ts';
import type { SettingSchema } from '../setting.ts';
import { kib, ms } from './forms.ts';
import { secretSource } from './secret.ts';

/** Of the signatures that tokens may have; the families with public keys come first. */
export const TOKEN_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
  'HS256',
  'HS384',
  'HS512',
] as const;

const names: SettingSchema = { type: 'array', items: { type: 'string' }, maxItems: CONFIG_LIST_ENTRIES_MAX };

const ISSUERS: SettingSchema = {
  type: 'array',
  description:
    'Who may sign tokens. Of each: `issuer`, its `iss` letter for letter; `audiences`, of which the token must name one; one source of keys: `jwks_url` (https; http on this machine alone), `jwks_file`, `key_file` (PEM, a public key or certificate) or `secret` (shared, at least 32 bytes). ' +
    'May be given: `algorithms`, by default RS256, PS256, ES256 and EdDSA, of a secret HS256; `required_claims` besides `exp`; `type`, the `typ` its tokens must have, such as at+jwt.',
  items: {
    type: 'object',
    properties: {
      issuer: { type: 'string', maxLength: KIB },
      audiences: names,
      algorithms: { type: 'array', items: { type: 'string', enum: TOKEN_ALGORITHMS }, maxItems: 14 },
      jwks_url: { type: 'string', format: 'jwks-url' },
      jwks_file: { type: 'string' },
      key_file: { type: 'string' },
      secret: secretSource('A secret shared with the issuer.'),
      required_claims: names,
      type: { type: 'string' },
    },
    required: ['issuer', 'audiences'],
    additionalProperties: false,
  },
  maxItems: TOKEN_ISSUERS_MAX,
  default: [],
  'x-expects':
    'a list of { issuer: …, audiences: […], jwks_url: https://… }, or with jwks_file, key_file or secret; algorithms, required_claims and type may be added',
};

const FORWARD_CLAIMS: SettingSchema = {
  type: 'object',
  description:
    'Claims the service gets as fields, by name or JSON pointer: texts and numbers as they are, lists and objects as JSON. What clients send under these names is always stripped. A token whose claim could not stand in a field is refused.',
  additionalProperties: { type: 'string', format: 'field-name' },
  maxProperties: TOKEN_CLAIMS_FORWARDED_MAX,
  default: {},
  'x-expects': 'a map of claims to field names such as { sub: x-user-id, /realm_access/roles: x-roles }',
};

export const JWT = group('Bearer tokens (JWT).', {
  issuers: ISSUERS,
  required: flag(
    'Requests without a valid token get 401. Otherwise rules decide, by `jwt.valid`, `jwt.claims` and `jwt.scopes`.',
    false,
  ),
  exempt_paths: list(
    'Canonical paths for which no token is asked, nor looked at; `/public/*` is all below.',
    'a list of paths such as /healthz or /public/*, without query',
    CONFIG_LIST_ENTRIES_MAX,
    'path',
  ),
  exempt_preflights: flag(
    'Let CORS preflights pass without a token: browsers cannot give them one. Your service must change nothing on OPTIONS.',
    false,
  ),
  sources: {
    ...list(
      'Where tokens are looked for. In authorization only under the scheme Bearer; in other fields the scheme may be left out. Two different tokens in one request get 400.',
      'a list of sources such as header:authorization or cookie:session',
      TOKEN_SOURCES_MAX,
      'token-source',
    ),
    default: ['header:authorization'],
  },
  size: size('Largest token; larger ones are invalid.', kib(TOKEN_BYTES_DEFAULT)),
  clock_skew: duration(
    'By how much the clocks of issuers may differ; at most 5m.',
    ms(TOKEN_SKEW_MS_DEFAULT),
  ),
  forward_claims: FORWARD_CLAIMS,
  strip_token: flag('Take the token out of what the service gets.', false),
  jwks: group('Keys fetched from `jwks_url`.', {
    refresh: duration('How often. So late a key that was taken back is noticed.', ms(JWKS_REFRESH_MS)),
    cooldown: duration(
      'Least time between two fetches, also when tokens name unknown keys.',
      ms(JWKS_COOLDOWN_MS),
    ),
    keep: duration(
      'How long the last keys are good while the address does not answer; 503 for all tokens afterwards.',
      ms(JWKS_KEEP_MS),
    ),
    timeout: duration('How long a fetch may take.', ms(JWKS_TIMEOUT_MS)),
  }),
});
