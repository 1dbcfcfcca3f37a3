/** Maps the `jwt` settings onto what judges tokens. Reads the files and secrets they name, in the main thread. */
import { readFileSync } from 'node:fs';
import type { JwtConfig, TokenIssuerConfig } from '../config/jwt-config.ts';
import { resolveSecrets } from '../config/secrets.ts';
import { SidecarError } from '../core/errors.ts';
import { KEY_SET_BYTES_MAX } from '../core/limits.ts';
import { type KeySet, keySetFromJwks, keySetFromPem, keySetFromSecret } from '../identity/tokens/key-set.ts';

/** Keys of an issuer as text, so that they can be handed to a thread; undefined: they come from its address. */
export type KeyText = { readonly kind: 'jwks' | 'pem' | 'secret'; readonly text: string };

/** One issuer as a worker is told of it. */
export interface IssuerStart {
  readonly config: TokenIssuerConfig;
  readonly keys: KeyText | undefined;
}

/** @throws KeySetError */
export async function keySetOf({ kind, text }: KeyText): Promise<KeySet> {
  if (kind === 'jwks') return keySetFromJwks(text);
  return kind === 'pem' ? keySetFromPem(text) : keySetFromSecret(text);
}

/**
 * Every issuer with its local keys, which were found to be good for its algorithms.
 * @throws SidecarError W_CONFIG_INVALID that names the setting and what is wrong, never a key
 */
export async function loadIssuers(
  jwt: JwtConfig,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly IssuerStart[]> {
  const issuers: IssuerStart[] = [];
  for (const [index, config] of jwt.issuers.entries()) {
    issuers.push(await loadIssuer(config, index, environment));
  }
  return issuers;
}

/** As `loadIssuers`, for the one at that place of the list. */
export async function loadIssuer(
  config: TokenIssuerConfig,
  index: number,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<IssuerStart> {
  const setting = `jwt.issuers[${index}]`;
  const keys = textOf(config, setting, environment);
  if (keys !== undefined) await demandUsable(config, keys, setting);
  return { config, keys };
}

function textOf(
  { keys }: TokenIssuerConfig,
  setting: string,
  environment: Readonly<Record<string, string | undefined>>,
): KeyText | undefined {
  switch (keys.kind) {
    case 'jwks_url':
      return undefined;
    case 'jwks_file':
      return { kind: 'jwks', text: read(keys.file, `${setting}.jwks_file`) };
    case 'key_file':
      return { kind: 'pem', text: read(keys.file, `${setting}.key_file`) };
    case 'secret': {
      const name = `${setting}.secret`;
      return {
        kind: 'secret',
        text: resolveSecrets({ [name]: keys.source }, environment).get(name) as string,
      };
    }
  }
}

/** Keys that serve none of the algorithms would let nobody in: that is a mistake to be told of now. */
async function demandUsable(config: TokenIssuerConfig, keys: KeyText, setting: string): Promise<void> {
  let set: KeySet;
  try {
    set = await keySetOf(keys);
  } catch (cause) {
    throw invalid(`${setting}.${config.keys.kind} ${(cause as Error).message}`);
  }
  if (set.keys.some((key) => key.algorithms.some((name) => config.algorithms.includes(name)))) return;
  const why = set.leftOut.length === 0 ? '' : `: ${set.leftOut.join('; ')}`;
  throw invalid(`${setting}.${config.keys.kind} holds no key for ${config.algorithms.join(', ')}${why}`);
}

function read(path: string, setting: string): string {
  try {
    const bytes = readFileSync(path);
    if (bytes.length <= KEY_SET_BYTES_MAX) return bytes.toString('utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw invalid(`${setting}: cannot read ${path}: ${code}`);
  }
  throw invalid(`${setting}: ${path} is larger than ${KEY_SET_BYTES_MAX} bytes`);
}

function invalid(message: string): SidecarError {
  return new SidecarError('W_CONFIG_INVALID', message, { source: 'configuration' });
}
