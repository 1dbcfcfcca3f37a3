/** Speaks to the management address of a running Ward. */
import { InvalidArgumentError } from 'commander';
import { formatListenAddress } from '../config/formats.ts';
import { loadConfig } from '../config/load.ts';
import { SidecarError } from '../core/errors.ts';

/** Names and addresses of this machine do not take longer. */
const ANSWER_MS_MAX = 10_000;

export interface AdminAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface AdminOptions {
  /** `--admin` */
  readonly admin?: string;
  /** `--config` */
  readonly config?: string;
}

/**
 * @param path with query
 * @param body becomes JSON
 * @throws SidecarError W_ADMIN_UNREACHABLE when no Ward answers there
 */
export async function askAdmin(
  options: AdminOptions,
  method: string,
  path: string,
  body?: unknown,
): Promise<AdminAnswer> {
  const base = adminUrl(options);
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${base}${path}`, {
      method,
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch (cause) {
    throw unreachable(`no Ward answers at ${base}: ${reasonOf(cause)}`, cause);
  }
  return { status: response.status, body: readAnswer(base, response, text) };
}

/** The address in use: `--admin`, else `admin.listen` of the configuration and the environment. */
function adminUrl(options: AdminOptions): string {
  if (options.admin !== undefined) return urlOf(options.admin);
  // The rest of the configuration need not be complete: asking takes no upstream.
  const { config } = loadConfig({
    file: options.config,
    environment: process.env,
    flags: new Map([['upstream.url', { flag: '--upstream', value: 'http://127.0.0.1:1' }]]),
    workingDirectory: process.cwd(),
  });
  if (config.admin === undefined) {
    throw new InvalidArgumentError('the configuration turns the management address off; give --admin <url>');
  }
  const anywhere = config.admin.host === '0.0.0.0' || config.admin.host === '::';
  const host = anywhere ? '127.0.0.1' : config.admin.host;
  return `http://${formatListenAddress({ host, port: config.admin.port })}`;
}

/** `http://127.0.0.1:9901`, or the address alone. */
function urlOf(text: string): string {
  const whole = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search !== '') {
    throw new InvalidArgumentError('--admin takes an address such as http://127.0.0.1:9901');
  }
  return url.origin;
}

function readAnswer(base: string, response: Response, text: string): Readonly<Record<string, unknown>> {
  const type = response.headers.get('content-type') ?? '';
  const isOurs = /^application\/(?:problem\+)?json\b/.test(type);
  const body: unknown = isOurs ? parse(text) : undefined;
  if (typeof body === 'object' && body !== null) return body as Readonly<Record<string, unknown>>;
  throw unreachable(`what answers at ${base} is not the management address of a Ward`, undefined);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
}

function unreachable(message: string, cause: unknown): SidecarError {
  const hint = 'start one with `ward run`, or name its management address: --admin http://127.0.0.1:9901';
  return new SidecarError('W_ADMIN_UNREACHABLE', message, { source: 'configuration', cause, hint });
}
