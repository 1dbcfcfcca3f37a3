/**
 * Where Redis is and how to speak to it: plain data, so that it travels to worker threads, and the addresses people write.
 *
 *     redis://user:password@host:6379/0
 *     redis+sentinel://host1:26379,host2/master-name/0
 *     redis+cluster://host1:6379,host2:6379
 *
 * with `rediss` in place of `redis` for TLS. Everything else of the connection is a setting of its own.
 */
import {
  STORE_DEADLINE_MS_DEFAULT,
  REDIS_CONNECT_MS,
  REDIS_DATABASE_MAX,
  REDIS_NODES_MAX,
  REDIS_URL_CHARS_MAX,
} from '../../core/limits.ts';

export interface RedisNode {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** PEM texts. The server's certificate is always verified. */
export interface RedisTls {
  /** Authorities trusted in place of the system's. */
  readonly ca?: string;
  /** Client certificate and its key, for a server with `tls-auth-clients`. */
  readonly cert?: string;
  readonly key?: string;
  /** Name the certificate must carry; the host's by default. Cluster nodes announce addresses, so there it is needed. */
  readonly serverName?: string;
}

export interface RedisStandalone {
  readonly kind: 'standalone';
  readonly host: string;
  readonly port: number;
  readonly db: number;
}

export interface RedisSentinel {
  readonly kind: 'sentinel';
  /** The group of master and replicas, as the sentinels call it. */
  readonly name: string;
  /** Sentinels; the others are learned from them. */
  readonly nodes: readonly RedisNode[];
  readonly db: number;
  /** For the sentinels themselves; those of the servers are apart. */
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
}

export interface RedisCluster {
  readonly kind: 'cluster';
  /** Nodes to begin with; the others are learned from them. */
  readonly nodes: readonly RedisNode[];
}

export interface RedisAccess {
  readonly username?: string;
  readonly password?: string;
  /** Present: TLS, to sentinels too. */
  readonly tls?: RedisTls;
}

/** What an address tells. */
export type RedisTarget = (RedisStandalone | RedisSentinel | RedisCluster) & RedisAccess;

export interface RedisTuning {
  /** First part of every key. With a hash tag (`{ward}`) all keys of a Cluster lie on one node and share one script. */
  readonly prefix: string;
  /** Second part of every key, so that services on one Redis never meet. */
  readonly service: string;
  /** Deadline of a call. For whoever asks the store: the connection itself waits on, as an answer that is late still counts. */
  readonly commandMs: number;
  /** Deadline of connecting, TLS and log-in included. */
  readonly connectMs: number;
}

export type RedisOptions = RedisTarget & RedisTuning;

/** Completes an address with the settings that have defaults. */
export function redisOptions(
  target: RedisTarget,
  service: string,
  tuning?: Partial<RedisTuning>,
): RedisOptions {
  return {
    ...target,
    prefix: 'ward',
    commandMs: STORE_DEADLINE_MS_DEFAULT,
    connectMs: REDIS_CONNECT_MS,
    ...tuning,
    service,
  };
}

export type RedisUrlReading =
  | { readonly ok: true; readonly target: RedisTarget }
  | { readonly ok: false; readonly problems: readonly string[] };

const PORT_DEFAULT = 6379;
const SENTINEL_PORT_DEFAULT = 26379;
const SCHEME = /^(redis|rediss)(?:\+(sentinel|cluster))?:\/\//i;
const HOST = /^[a-z0-9_](?:[a-z0-9._-]{0,252})$/i;
const BRACKETED = /^\[([0-9a-f:.]{2,45}(?:%[a-z0-9]{1,16})?)\]$/i;
const SENTINEL_NAME = /^[\w.-]{1,64}$/;

/**
 * Reads an address. Problems speak of places (`host 2`), never in the words of the text: with a stray `@` or `/` any part
 * of it may belong to a password.
 */
export function parseRedisUrl(text: string): RedisUrlReading {
  const problems: string[] = [];
  const target = readUrl(text, problems);
  return target !== undefined && problems.length === 0 ? { ok: true, target } : { ok: false, problems };
}

function readUrl(text: string, problems: string[]): RedisTarget | undefined {
  if (text.length > REDIS_URL_CHARS_MAX) {
    problems.push(`the address has more than ${REDIS_URL_CHARS_MAX} characters`);
    return undefined;
  }
  const scheme = SCHEME.exec(text);
  if (scheme === null) {
    problems.push('the address must begin with redis://, rediss://, redis+sentinel:// or redis+cluster://');
    return undefined;
  }
  const rest = text.slice(scheme[0].length);
  if (/[\s?#]/.test(rest)) {
    problems.push(
      'the address has a space, ? or #; options are settings of their own, in a password write %20, %3F, %23',
    );
    return undefined;
  }
  const at = rest.lastIndexOf('@'); // no host or name has one, so a password may
  const [hosts = '', ...path] = rest.slice(at + 1).split('/');
  const access: RedisAccess = {
    ...(at < 0 ? {} : readLogin(rest.slice(0, at), problems)),
    ...(scheme[1]?.toLowerCase() === 'rediss' ? { tls: {} } : {}),
  };
  switch (scheme[2]?.toLowerCase()) {
    case 'sentinel':
      return { ...sentinelAt(readNodes(hosts, SENTINEL_PORT_DEFAULT, problems), path, problems), ...access };
    case 'cluster':
      return { ...clusterAt(readNodes(hosts, PORT_DEFAULT, problems), path, problems), ...access };
    default:
      return { ...standaloneAt(readNodes(hosts, PORT_DEFAULT, problems), path, problems), ...access };
  }
}

type Path = readonly (string | undefined)[];

function standaloneAt(nodes: readonly RedisNode[], path: Path, problems: string[]): RedisStandalone {
  if (nodes.length > 1) problems.push('several hosts need redis+sentinel:// or redis+cluster://');
  if (path.length > 1) problems.push('only a database number may follow the host');
  const { host, port } = nodes[0] ?? { host: '', port: PORT_DEFAULT };
  return { kind: 'standalone', host, port, db: readDatabase(path[0], problems) };
}

function sentinelAt(nodes: readonly RedisNode[], path: Path, problems: string[]): RedisSentinel {
  const name = path[0] ?? '';
  if (!SENTINEL_NAME.test(name)) problems.push('the hosts must be followed by /NAME, the name of the master');
  if (path.length > 2) problems.push('only a database number may follow the name of the master');
  return { kind: 'sentinel', name, nodes, db: readDatabase(path[1], problems) };
}

function clusterAt(nodes: readonly RedisNode[], path: Path, problems: string[]): RedisCluster {
  if (path.length > 1 || readDatabase(path[0], problems) !== 0)
    problems.push('a cluster has database 0 only');
  return { kind: 'cluster', nodes };
}

function readLogin(text: string, problems: string[]): RedisAccess {
  const colon = text.indexOf(':');
  const username = readEscaped(colon < 0 ? text : text.slice(0, colon), 'user name', problems);
  const password = colon < 0 ? '' : readEscaped(text.slice(colon + 1), 'password', problems);
  if (username !== '' && password === '') problems.push('a user needs a password: user:password@');
  return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
}

function readEscaped(text: string, what: string, problems: string[]): string {
  try {
    return decodeURIComponent(text);
  } catch {
    problems.push(`the ${what} has a % that begins no escape; write it as %25`);
    return '';
  }
}

function readNodes(text: string, portDefault: number, problems: string[]): readonly RedisNode[] {
  const entries = text.split(',');
  if (entries.length > REDIS_NODES_MAX) {
    problems.push(`there are more than ${REDIS_NODES_MAX} hosts`);
    return [];
  }
  return entries.map((entry, index) => {
    const where = entries.length === 1 ? 'the host' : `host ${index + 1}`;
    const colon = /:\d*$/.exec(entry)?.index ?? entry.length;
    const name = entry.slice(0, colon);
    const host = BRACKETED.exec(name)?.[1] ?? name;
    if (host === '') problems.push(`${where} is missing`);
    else if (!HOST.test(name) && !BRACKETED.test(name)) {
      problems.push(`${where} is no name, no address and no [IPv6 address], or its port is no number`);
    }
    return {
      host,
      port: colon === entry.length ? portDefault : readPort(entry.slice(colon + 1), where, problems),
    };
  });
}

function readPort(text: string, where: string, problems: string[]): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) {
    problems.push(`the port of ${where} is no number between 1 and 65535`);
  }
  return port;
}

function readDatabase(text: string | undefined, problems: string[]): number {
  if (text === undefined || text === '') return 0;
  const db = /^\d{1,9}$/.test(text) ? Number(text) : REDIS_DATABASE_MAX + 1;
  if (db > REDIS_DATABASE_MAX) {
    problems.push(`the database must be a number between 0 and ${REDIS_DATABASE_MAX}`);
    return 0;
  }
  return db;
}
