/** What is wrong with Redis, in words an operator can act on and that carry no secret. */
import { REDIS_ERROR_CHARS_MAX } from '../../core/limits.ts';
import type { RedisOptions } from './redis-options.ts';

export type RedisFaultReason =
  | 'refused'
  | 'dns'
  | 'timeout'
  | 'auth'
  | 'permission'
  | 'tls'
  | 'database'
  | 'topology'
  | 'not_redis'
  | 'busy'
  | 'error'
  | 'lost';

export interface RedisFault {
  readonly reason: RedisFaultReason;
  /** One sentence. */
  readonly text: string;
}

/** Redis cannot be asked: not connected, too much unanswered already, or it answered with an error. */
export class RedisError extends Error {
  readonly reason: RedisFaultReason;

  constructor(fault: RedisFault) {
    super(fault.text);
    this.name = 'RedisError';
    this.reason = fault.reason;
  }
}

/** Tested in this order against the code and the message of an error; the first that fits tells. */
const FAULTS: readonly (readonly [RegExp, RedisFaultReason, string])[] = [
  [/ECONNREFUSED/, 'refused', 'nothing listens there: connection refused'],
  [/ENOTFOUND|EAI_AGAIN/, 'dns', 'the host name cannot be resolved'],
  [/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|Socket timeout|timed out/, 'timeout', 'it does not answer'],
  [/WRONGPASS|invalid password/, 'auth', 'user name or password is wrong'],
  [/NOAUTH/, 'auth', 'it asks for a password and none is set'],
  [/NOPERM|no permissions/i, 'permission', 'the user may not run a command or touch a key that limits need'],
  [
    /wrong version number|packet length too long|SSL3_GET_RECORD/i,
    'tls',
    'it does not speak TLS: use redis://, not rediss://',
  ],
  [/got "\\u0015"|got "\u0015"/, 'tls', 'it speaks TLS: use rediss://, not redis://'],
  [/certificate required|bad certificate|handshake failure/i, 'tls', 'it refuses our client certificate'],
  [
    /CERT|certificate|ALTNAME|SELF_SIGNED|UNABLE_TO|ERR_SSL|ERR_TLS|EPROTO/,
    'tls',
    'TLS: its certificate is not accepted',
  ],
  [/DB index|SELECT is not allowed/, 'database', 'it has no database of that number'],
  [/unknown (?:command|subcommand).{0,4}sentinel/i, 'topology', 'it is no Sentinel'],
  [/cluster support disabled/, 'topology', 'it is no Cluster: use redis://'],
  [/^MOVED|MOVED \d/, 'topology', 'it is a node of a Cluster: use redis+cluster://'],
  [/No such master|invalid reply: null/i, 'topology', 'the sentinels know no master of that name'],
  [/READONLY/, 'topology', 'it is a replica and takes no writes'],
  [/Protocol error/, 'not_redis', 'what listens there is no Redis'],
  [/LOADING|BUSY|MASTERDOWN|OOM|CLUSTERDOWN|TRYAGAIN/, 'busy', 'it takes no commands now'],
  [/^(?:ERR|WRONGTYPE|UNKILLABLE|NOTBUSY) /, 'error', 'it answered with an error'],
];

const LOST = [/./, 'lost', 'the connection was lost'] as const;

/** Never throws, whatever was thrown. */
export function faultOf(error: unknown, options: RedisOptions): RedisFault {
  if (error instanceof RedisError) return { reason: error.reason, text: error.message };
  const root = rootOf(error);
  const code = root instanceof Error && 'code' in root && typeof root.code === 'string' ? root.code : '';
  const message = root instanceof Error ? root.message : 'unknown error';
  const [, reason, text] = FAULTS.find(([pattern]) => pattern.test(code) || pattern.test(message)) ?? LOST;
  return { reason, text: `${text}${hintOf(reason, options)} (${harmless(message, options)})` };
}

/** Nothing came within the deadline. */
export function silenceOf(options: RedisOptions): RedisFault {
  return {
    reason: 'timeout',
    text: `it does not answer within ${options.connectMs} ms${hintOf('timeout', options)}`,
  };
}

/** A server without TLS waits for the end of what is no command to it; one with TLS hangs up on commands. */
function hintOf(reason: RedisFaultReason, options: RedisOptions): string {
  if (reason === 'timeout' && options.tls !== undefined)
    return '; if it speaks no TLS, use redis://, not rediss://';
  if (reason === 'lost' && options.tls === undefined)
    return '; if it speaks TLS, use rediss://, not redis://';
  return '';
}

/** A Cluster of which no node answers hides why in the last one's error. */
function rootOf(error: unknown): unknown {
  const inner = error instanceof Error && 'lastNodeError' in error ? error.lastNodeError : undefined;
  return inner instanceof Error ? inner : error;
}

/** The message as one short printable line, without what a server repeats of our commands, and without passwords. */
function harmless(message: string, options: RedisOptions): string {
  const secrets = [options.password, options.kind === 'sentinel' ? options.sentinelPassword : undefined];
  let text = message.replace(/,? with args beginning with.*$/s, '');
  for (const secret of secrets)
    if (secret !== undefined && secret !== '') text = text.replaceAll(secret, '***');
  return text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, REDIS_ERROR_CHARS_MAX);
}
