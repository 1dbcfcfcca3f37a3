/** The settings of bearer tokens as the program reads them, and what no single one of them can be wrong about. */
import { TOKEN_SKEW_MS_MAX } from '../core/limits.ts';
import { parseDurationMs, parseSizeBytes } from './formats.ts';
import type { Setting } from './setting.ts';
import type { SecretSource, SettingReader } from './setting-reader.ts';
import type { TOKEN_ALGORITHMS } from './settings/jwt.ts';

export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

/** Where the keys of an issuer are. */
export type TokenKeys =
  | { readonly kind: 'jwks_url'; readonly url: string }
  | { readonly kind: 'jwks_file' | 'key_file'; readonly file: string }
  | { readonly kind: 'secret'; readonly source: SecretSource };

export interface TokenIssuerConfig {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly algorithms: readonly TokenAlgorithm[];
  readonly requiredClaims: readonly string[];
  readonly type: string | undefined;
  readonly keys: TokenKeys;
}

export interface JwtConfig {
  readonly issuers: readonly TokenIssuerConfig[];
  readonly required: boolean;
  readonly exemptPaths: readonly string[];
  readonly exemptPreflights: boolean;
  readonly sources: readonly { readonly kind: 'field' | 'cookie'; readonly name: string }[];
  readonly tokenBytesMax: number;
  readonly skewMs: number;
  /** Claim (name or JSON pointer) to field, lower-case. */
  readonly forwardClaims: Readonly<Record<string, string>>;
  readonly stripToken: boolean;
  readonly jwks: {
    readonly refreshMs: number;
    readonly cooldownMs: number;
    readonly keepMs: number;
    readonly timeoutMs: number;
  };
}

interface IssuerSetting {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly algorithms?: readonly TokenAlgorithm[];
  readonly jwks_url?: string;
  readonly jwks_file?: string;
  readonly key_file?: string;
  readonly secret?: { readonly env?: string; readonly file?: string };
  readonly required_claims?: readonly string[];
  readonly type?: string;
}

const KEY_SOURCES = ['jwks_url', 'jwks_file', 'key_file', 'secret'] as const;
/** ES384 and ES512 are left out: a check costs ten times and more what it does with the others, to whoever asks for it. */
const PUBLIC_DEFAULT: readonly TokenAlgorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const SECRET_DEFAULT: readonly TokenAlgorithm[] = ['HS256'];

/** Undefined without an issuer: then no token is looked at. */
export function toJwt({ get, ms, resolvePath }: SettingReader): JwtConfig | undefined {
  const issuers = get<readonly Setting[]>('jwt.issuers') as unknown as readonly IssuerSetting[];
  if (issuers.length === 0) return undefined;
  const forwarded = Object.entries(get<Readonly<Record<string, string>>>('jwt.forward_claims'));
  return {
    issuers: issuers.map((setting) => toIssuer(setting, (path) => resolvePath(path, 'jwt.issuers'))),
    required: get('jwt.required'),
    exemptPaths: get('jwt.exempt_paths'),
    exemptPreflights: get('jwt.exempt_preflights'),
    sources: get<readonly string[]>('jwt.sources').map(toSource),
    tokenBytesMax: parseSizeBytes(get('jwt.size')) as number,
    skewMs: ms('jwt.clock_skew'),
    forwardClaims: Object.fromEntries(forwarded.map(([claim, field]) => [claim, field.toLowerCase()])),
    stripToken: get('jwt.strip_token'),
    jwks: {
      refreshMs: ms('jwt.jwks.refresh'),
      cooldownMs: ms('jwt.jwks.cooldown'),
      keepMs: ms('jwt.jwks.keep'),
      timeoutMs: ms('jwt.jwks.timeout'),
    },
  };
}

function toIssuer(setting: IssuerSetting, resolvePath: (path: string) => string): TokenIssuerConfig {
  const keys = toKeys(setting, resolvePath);
  return {
    issuer: setting.issuer,
    audiences: setting.audiences,
    algorithms: setting.algorithms ?? (keys.kind === 'secret' ? SECRET_DEFAULT : PUBLIC_DEFAULT),
    requiredClaims: setting.required_claims ?? [],
    type: setting.type?.toLowerCase().replace(/^application\//, ''),
    keys,
  };
}

function toKeys(setting: IssuerSetting, resolvePath: (path: string) => string): TokenKeys {
  if (setting.jwks_url !== undefined) return { kind: 'jwks_url', url: setting.jwks_url };
  if (setting.jwks_file !== undefined) return { kind: 'jwks_file', file: resolvePath(setting.jwks_file) };
  if (setting.key_file !== undefined) return { kind: 'key_file', file: resolvePath(setting.key_file) };
  const { env, file } = setting.secret ?? {};
  return {
    kind: 'secret',
    source: env === undefined ? { file: resolvePath(file as string) } : { env },
  };
}

function toSource(text: string): JwtConfig['sources'][number] {
  const [kind, name] = text.split(':', 2);
  return kind === 'cookie' ? { kind, name } : { kind: 'field', name: name.toLowerCase() };
}

/** What is wrong with the settings of tokens as a whole; undefined when nothing is. */
export function jwtMistake(
  values: ReadonlyMap<string, Setting | undefined>,
): { where: string; message: string; hint: string } | undefined {
  const issuers = values.get('jwt.issuers') as unknown as readonly IssuerSetting[];
  for (const [index, issuer] of issuers.entries()) {
    const mistake = issuerMistake(issuer);
    if (mistake !== undefined) return { where: `jwt.issuers[${index}]`, ...mistake };
    if (issuers.findIndex((other) => other.issuer === issuer.issuer) < index) {
      const hint = 'one entry for each `iss`; put its keys into one set';
      return { where: `jwt.issuers[${index}]`, message: `issuer ${issuer.issuer} is there twice`, hint };
    }
  }
  if (values.get('jwt.required') === true && issuers.length === 0) {
    const hint = 'name the issuers whose tokens are to be believed';
    return { where: 'jwt.issuers', message: 'tokens are required, but nobody may issue them', hint };
  }
  if ((values.get('jwt.sources') as readonly string[]).length === 0) {
    const hint = 'leave it out for header:authorization';
    return { where: 'jwt.sources', message: 'tokens are looked for nowhere', hint };
  }
  if ((parseDurationMs(values.get('jwt.clock_skew') as string) as number) > TOKEN_SKEW_MS_MAX) {
    const hint = 'set the clocks: within the skew expired tokens pass';
    return { where: 'jwt.clock_skew', message: `more than ${TOKEN_SKEW_MS_MAX / 60_000}m`, hint };
  }
  return fieldMistake(Object.values(values.get('jwt.forward_claims') as Readonly<Record<string, string>>));
}

function issuerMistake(issuer: IssuerSetting): { message: string; hint: string } | undefined {
  const sources = KEY_SOURCES.filter((source) => issuer[source] !== undefined);
  if (sources.length !== 1) {
    const found = sources.length === 0 ? 'no keys' : `keys from ${sources.join(' and ')}`;
    return { message: found, hint: `give one of ${KEY_SOURCES.join(', ')}` };
  }
  if (issuer.issuer === '') return { message: 'the issuer is empty', hint: 'give its `iss`' };
  if (issuer.audiences.length === 0) {
    return {
      message: 'no audiences',
      hint: 'name what its tokens for this service have as `aud`: others are meant for other services',
    };
  }
  if (issuer.algorithms?.length === 0)
    return { message: 'no algorithms', hint: 'leave it out for the default' };
  const isSecret = sources[0] === 'secret';
  const odd = (issuer.algorithms ?? []).find((name) => name.startsWith('HS') !== isSecret);
  if (odd === undefined) return undefined;
  return {
    message: isSecret ? `${odd} needs a public key` : `${odd} needs a secret`,
    hint: isSecret
      ? 'with a secret, algorithms are HS256, HS384 and HS512'
      : 'a public key must never be taken for a secret: give `secret`, or leave HS algorithms out',
  };
}

/** Fields that mean something to HTTP, or that Ward writes for other ends. */
const RESERVED =
  /^(?:host|content-.*|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect|authorization|proxy-.*|cookie|x-request-id|x-forwarded-.*|forwarded|sec-.*)$/;

function fieldMistake(
  fields: readonly string[],
): { where: string; message: string; hint: string } | undefined {
  const where = 'jwt.forward_claims';
  const hint = 'give each claim a field of its own, such as x-user-id';
  const lower = fields.map((field) => field.toLowerCase());
  const taken = lower.find((field, index) => RESERVED.test(field) || lower.indexOf(field) < index);
  if (taken !== undefined) return { where, message: `${taken} is taken`, hint };
  const odd = lower.find((field) => !/^[a-z0-9-]+$/.test(field));
  if (odd === undefined) return undefined;
  return {
    where,
    message: `${odd} is a name that some servers take for another`,
    hint: 'use letters, digits and -',
  };
}
