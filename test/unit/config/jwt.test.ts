/** The settings of tokens: what they become, and every combination that must not start. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JwtConfig } from '../../../src/config/jwt-config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import {
  JWKS_COOLDOWN_MS,
  JWKS_KEEP_MS,
  JWKS_REFRESH_MS,
  JWKS_TIMEOUT_MS,
  TOKEN_BYTES_DEFAULT,
  TOKEN_CLAIMS_FORWARDED_MAX,
  TOKEN_ISSUERS_MAX,
  TOKEN_SKEW_MS_DEFAULT,
  TOKEN_SKEW_MS_MAX,
  TOKEN_SOURCES_MAX,
} from '../../../src/core/limits.ts';
import { ALGORITHMS } from '../../../src/identity/tokens/algorithm.ts';
import { TOKEN_ALGORITHMS } from '../../../src/config/settings/jwt.ts';

const DIRECTORY = '/srv/ward';
const ISSUER = { issuer: 'https://id.example', audiences: ['orders'], jwks_url: 'https://id.example/keys' };

function load(jwt: unknown): JwtConfig | undefined {
  return loadConfig({
    file: undefined,
    environment: { WARD_UPSTREAM_URL: 'http://127.0.0.1:3000' },
    flags: new Map(
      Object.entries((jwt ?? {}) as Record<string, unknown>).map(([name, value]) => [
        `jwt.${name}`,
        { flag: `--jwt-${name}`, value: value as string },
      ]),
    ),
    workingDirectory: DIRECTORY,
  }).config.jwt;
}

describe('jwt', () => {
  it('is off without an issuer', () => {
    expect(load(undefined)).toBeUndefined();
  });

  it('is safe by default', () => {
    expect(load({ issuers: [ISSUER] })).toEqual({
      issuers: [
        {
          issuer: 'https://id.example',
          audiences: ['orders'],
          algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
          requiredClaims: [],
          type: undefined,
          keys: { kind: 'jwks_url', url: 'https://id.example/keys' },
        },
      ],
      required: false,
      exemptPaths: [],
      exemptPreflights: false,
      sources: [{ kind: 'field', name: 'authorization' }],
      tokenBytesMax: TOKEN_BYTES_DEFAULT,
      skewMs: TOKEN_SKEW_MS_DEFAULT,
      forwardClaims: {},
      stripToken: false,
      jwks: {
        refreshMs: JWKS_REFRESH_MS,
        cooldownMs: JWKS_COOLDOWN_MS,
        keepMs: JWKS_KEEP_MS,
        timeoutMs: JWKS_TIMEOUT_MS,
      },
    });
  });

  it('takes several issuers with keys from anywhere, and paths relative to where they are written', () => {
    const local = { issuer: 'a', audiences: ['orders'] };
    const config = load({
      issuers: [
        { ...local, jwks_file: 'keys.json', type: 'application/AT+jwt', required_claims: ['sub'] },
        { ...local, issuer: 'b', key_file: '/etc/key.pem', algorithms: ['ES384'] },
        { ...local, issuer: 'c', secret: { env: 'JWT_SECRET' } },
        { ...local, issuer: 'd', jwks_url: 'http://[::1]:8080/keys' },
      ],
      sources: ['header:X-Token', 'cookie:Session'],
      forward_claims: { sub: 'X-User-Id' },
    });
    expect(config?.issuers.map(({ keys, algorithms }) => ({ ...keys, algorithms }))).toEqual([
      {
        kind: 'jwks_file',
        file: join(DIRECTORY, 'keys.json'),
        algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      },
      { kind: 'key_file', file: '/etc/key.pem', algorithms: ['ES384'] },
      { kind: 'secret', source: { env: 'JWT_SECRET' }, algorithms: ['HS256'] },
      { kind: 'jwks_url', url: 'http://[::1]:8080/keys', algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
    ]);
    expect(config?.issuers[0]).toMatchObject({ type: 'at+jwt', requiredClaims: ['sub'] });
    expect(config?.sources).toEqual([
      { kind: 'field', name: 'x-token' },
      { kind: 'cookie', name: 'Session' },
    ]);
    expect(config?.forwardClaims).toEqual({ sub: 'x-user-id' });
  });

  it('knows the algorithms that tokens are read by', () => {
    expect([...TOKEN_ALGORITHMS].sort()).toEqual(Object.keys(ALGORITHMS).sort());
  });

  const { jwks_url: url, ...keyless } = ISSUER;
  it.each([
    ['no keys', { issuers: [keyless] }],
    ['keys from jwks_url and secret', { issuers: [{ ...ISSUER, secret: { env: 'S' } }] }],
    ['keys from jwks_file and secret', { issuers: [{ ...keyless, jwks_file: 'k', secret: { env: 'S' } }] }],
    ['HS256 needs a secret', { issuers: [{ ...ISSUER, algorithms: ['RS256', 'HS256'] }] }],
    ['RS256 needs a public key', { issuers: [{ ...keyless, secret: { env: 'S' }, algorithms: ['RS256'] }] }],
    ['no audiences', { issuers: [{ ...ISSUER, audiences: [] }] }],
    ['no algorithms', { issuers: [{ ...ISSUER, algorithms: [] }] }],
    ['issuer is empty', { issuers: [{ ...ISSUER, issuer: '' }] }],
    ['is there twice', { issuers: [ISSUER, { ...ISSUER, audiences: ['other'] }] }],
    ['nobody may issue them', { required: true }],
    ['looked for nowhere', { issuers: [ISSUER], sources: [] }],
    ['more than 5m', { issuers: [ISSUER], clock_skew: `${TOKEN_SKEW_MS_MAX + 1}ms` }],
    ['authorization is taken', { forward_claims: { sub: 'Authorization' } }],
    ['x-forwarded-user is taken', { forward_claims: { sub: 'x-forwarded-user' } }],
    ['x-user is taken', { forward_claims: { sub: 'x-user', name: 'X-User' } }],
    ['some servers take for another', { forward_claims: { sub: 'x_user' } }],
    ['expected a list', { issuers: [{ ...ISSUER, algorithms: ['none'] }] }],
    ['expected a list', { issuers: [{ ...ISSUER, audience: 'orders' }] }],
    ['expected a list', { issuers: [{ ...keyless, jwks_url: 'http://id.example/keys' }] }],
    ['expected a list', { issuers: [{ ...keyless, jwks_url: 'http://127.0.0.1.evil.example/keys' }] }],
    ['expected a list', { issuers: [{ ...keyless, jwks_url: 'https://user:pass@id.example/keys' }] }],
    ['expected a list', { issuers: [{ ...keyless, jwks_url: 'file:///etc/passwd' }] }],
    ['expected a list', { issuers: Array(TOKEN_ISSUERS_MAX + 1).fill(ISSUER) }],
    ['expected a list', { sources: ['authorization'] }],
    ['expected a list', { sources: Array(TOKEN_SOURCES_MAX + 1).fill('header:a') }],
    [
      'expected a map',
      {
        forward_claims: Object.fromEntries(
          Array.from({ length: TOKEN_CLAIMS_FORWARDED_MAX + 1 }, (_, i) => [i, `x-${i}`]),
        ),
      },
    ],
  ])('does not start: %s', (message, jwt) => {
    expect(url).toBe(ISSUER.jwks_url);
    expect(() => load(jwt)).toThrow(message);
  });
});
