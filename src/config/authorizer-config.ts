/** The settings of the external authoriser as the program reads them, and what no single one of them can be wrong about. */
import { AUTHORIZER_BODY_BYTES_MAX, AUTHORIZER_TIMEOUT_MS_MAX } from '../core/limits.ts';
import { type AuthorizerAddress, parseAuthorizerUrl, parseDurationMs, parseSizeBytes } from './formats.ts';
import { leavesOf, type Setting } from './setting.ts';
import type { SettingReader } from './setting-reader.ts';
import { AUTHORIZER } from './settings/authorizer.ts';
import { type TlsClientConfig, toTlsClientOfGroup } from './tls-client.ts';

export interface AuthorizerConfig {
  readonly address: AuthorizerAddress;
  readonly tls: TlsClientConfig;
  readonly target: 'same' | 'fixed';
  readonly timeoutMs: number;
  readonly onFailure: 'deny' | 'allow';
  readonly failureStatus: 403 | 503;
  /** Names of fields, lower-case. */
  readonly requestFields: readonly string[];
  readonly serviceFields: readonly string[];
  readonly clientFields: readonly string[];
  readonly refusalFields: readonly string[];
  readonly refusalBodyBytesMax: number;
  readonly exemptPaths: readonly string[];
  readonly exemptPreflights: boolean;
  readonly connectionsMax: number;
  readonly queueMax: number;
}

/** Undefined without an address: then nobody is asked. */
export function toAuthorizer(reader: SettingReader): AuthorizerConfig | undefined {
  const { get, ms } = reader;
  const url = get<string | undefined>('authorizer.url');
  if (url === undefined) return undefined;
  const names = (setting: string): readonly string[] =>
    get<readonly string[]>(`authorizer.${setting}`).map((name) => name.toLowerCase());
  return {
    address: parseAuthorizerUrl(url) as AuthorizerAddress,
    tls: toTlsClientOfGroup(reader, 'authorizer.tls'),
    target: get('authorizer.target'),
    timeoutMs: ms('authorizer.timeout'),
    onFailure: get('authorizer.on_failure'),
    failureStatus: get('authorizer.failure_status'),
    requestFields: names('request_fields'),
    serviceFields: names('service_fields'),
    clientFields: names('client_fields'),
    refusalFields: names('refusal_fields'),
    refusalBodyBytesMax: parseSizeBytes(get('authorizer.refusal_body')) as number,
    exemptPaths: get('authorizer.exempt_paths'),
    exemptPreflights: get('authorizer.exempt_preflights'),
    connectionsMax: get('authorizer.connections'),
    queueMax: get('authorizer.queue'),
  };
}

/** Fields of one connection, of a body's framing, or that Ward writes itself. */
const OF_HTTP =
  /^(?:host|content-.*|transfer-encoding|connection|keep-alive|te|trailer|upgrade|http2-settings|expect|proxy-.*|sec-websocket-.*|x-request-id|x-forwarded-(?:for|proto|host|method|uri)|forwarded)$/;
/** Of answers besides: what speaks of the service's own answer, and what Ward says of its refusals. */
const OF_ANSWERS = /^(?:cache-control|vary|etag|last-modified|x-content-type-options|ratelimit.*|x-ward-.*)$/;
const OF_REFUSALS_ALONE = /^(?:location|retry-after|www-authenticate)$/;

interface Mistake {
  readonly where: string;
  readonly message: string;
  readonly hint: string;
}

/** What is wrong with the settings of the authoriser as a whole; undefined when nothing is. */
export function authorizerMistake(values: ReadonlyMap<string, Setting | undefined>): Mistake | undefined {
  const url = values.get('authorizer.url') as string | undefined;
  if (url === undefined) {
    if (!isWanted(values)) return undefined;
    const hint = 'without one nobody is asked, and every request would pass';
    return { where: 'authorizer', message: 'authorizer.url is missing', hint };
  }
  const timeoutMs = parseDurationMs(values.get('authorizer.timeout') as string) as number;
  if (timeoutMs === 0 || timeoutMs > AUTHORIZER_TIMEOUT_MS_MAX) {
    const hint = 'every request waits for it: give what it needs, such as 250ms';
    const message = `is not between 1ms and ${AUTHORIZER_TIMEOUT_MS_MAX / 1_000}s`;
    return { where: 'authorizer.timeout', message, hint };
  }
  if (
    (parseSizeBytes(values.get('authorizer.refusal_body') as string) as number) > AUTHORIZER_BODY_BYTES_MAX
  ) {
    const hint = 'each is held in memory until it is whole; send a redirect to a large one';
    const message = `more than ${AUTHORIZER_BODY_BYTES_MAX / 1_024}KiB`;
    return { where: 'authorizer.refusal_body', message, hint };
  }
  if (!url.startsWith('https:') && values.get('authorizer.tls.ca') !== undefined) {
    const hint = 'give authorizer.url with https';
    return { where: 'authorizer.tls', message: 'authorizer.tls.ca has no effect', hint };
  }
  return fieldMistake(values);
}

/** Some setting is not as shipped. */
function isWanted(values: ReadonlyMap<string, Setting | undefined>): boolean {
  return leavesOf(AUTHORIZER).some(({ path, schema }) => {
    const value = values.get(['authorizer', ...path].join('.'));
    return JSON.stringify(value) !== JSON.stringify(schema.default);
  });
}

function fieldMistake(values: ReadonlyMap<string, Setting | undefined>): Mistake | undefined {
  const claims = Object.values(values.get('jwt.forward_claims') as Readonly<Record<string, string>>);
  const claimed = new Set(claims.map((name) => name.toLowerCase()));
  const isOfWard = (name: string): boolean => OF_HTTP.test(name) || claimed.has(name);
  const taken: Readonly<Record<string, (name: string) => boolean>> = {
    request_fields: isOfWard,
    service_fields: (name) => isOfWard(name) || name === 'cookie' || name.startsWith('x-forwarded-'),
    client_fields: (name) => OF_HTTP.test(name) || OF_ANSWERS.test(name) || OF_REFUSALS_ALONE.test(name),
    refusal_fields: (name) => OF_HTTP.test(name) || OF_ANSWERS.test(name),
  };
  for (const [setting, isTaken] of Object.entries(taken)) {
    const where = `authorizer.${setting}`;
    const names = (values.get(where) as readonly string[]).map((name) => name.toLowerCase());
    const wrong = names.find(isTaken);
    if (wrong !== undefined) {
      const hint = 'it belongs to HTTP itself, or is written by Ward';
      return { where, message: `${wrong} cannot be passed on`, hint };
    }
    const odd = names.find((name) => !/^[a-z0-9-]+$/.test(name));
    if (odd !== undefined) {
      const hint = 'use letters, digits and -';
      return { where, message: `${odd} is a name that some servers take for another`, hint };
    }
  }
  return undefined;
}
