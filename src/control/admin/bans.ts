/** `/bans`: what is banned, set and lifted by operators. Keys are texts; bytes that are no text go as base64. */
import { isUtf8 } from 'node:buffer';
import { parseDurationMs } from '../../config/formats.ts';
import {
  BANS_LISTED_MAX,
  BAN_KEY_BYTES_MAX,
  BAN_KIND_CHARS_MAX,
  BAN_MS_MAX,
  BAN_REASON_CHARS_MAX,
} from '../../core/limits.ts';
import { parseIp } from '../../http/address.ts';
import type { BanRegister, ListedBan } from '../../limiter/bans/ban-register.ts';
import { printable } from '../../telemetry/printable.ts';
import type { AdminReply, AdminRequest, AdminResource } from './resource.ts';
import { AdminProblem, problem } from './resource.ts';

const LIMIT_DEFAULT = 100;
const ADDRESS_KIND = 'client.ip';
const FIELDS = ['kind', 'key', 'key_base64', 'for', 'reason'];

/** A ban as JSON. */
export interface ShownBan {
  readonly kind: string;
  /** Escaped where its bytes could move a cursor or hide something. */
  readonly key: string;
  /** The bytes themselves, where `key` is not them. */
  readonly key_base64?: string;
  readonly by: string;
  readonly reason?: string | undefined;
  readonly since: string;
  readonly until: string;
}

export function bansResource(register: BanRegister): AdminResource {
  return {
    path: '/bans',
    parameters: ['kind', 'key', 'key_base64', 'limit', 'cursor', 'all'],
    methods: {
      GET: ({ query }) => list(register, query),
      POST: ({ body }) => add(register, body),
      DELETE: ({ query }) => lift(register, query),
    },
  };
}

function list(register: BanRegister, query: AdminRequest['query']): AdminReply {
  refuseParameters(query, ['all'], 'GET');
  const kind = query.get('kind');
  const page = register.list({
    kind,
    key: query.has('key') || query.has('key_base64') ? readKey(kind ?? ADDRESS_KIND, query) : undefined,
    limit: readNumber(query, 'limit', 1, BANS_LISTED_MAX) ?? LIMIT_DEFAULT,
    after: readNumber(query, 'cursor', 0, Number.MAX_SAFE_INTEGER),
  });
  return {
    status: 200,
    body: {
      bans: page.bans.map(shown),
      total: register.size,
      ...(page.next === undefined ? {} : { cursor: String(page.next) }),
    },
  };
}

function add(register: BanRegister, body: unknown): AdminReply {
  const fields = readFields(body);
  const kind = readKind(fields.get('kind'));
  const key = readKey(kind, fields);
  const given = fields.get('for');
  if (given === undefined) throw invalid('`for` is missing: how long, such as 10m or 24h');
  const forMs = parseDurationMs(given);
  if (forMs === undefined || forMs === 0 || forMs > BAN_MS_MAX) {
    throw invalid('`for` must be a time such as 30s, 10m or 24h, at most a year');
  }
  const reason = fields.get('reason');
  if (reason !== undefined && reason.length > BAN_REASON_CHARS_MAX) {
    throw invalid(`\`reason\` has more than ${BAN_REASON_CHARS_MAX} characters`);
  }
  const outcome = register.add(kind, key, forMs, reason);
  if (outcome === 'exempt') {
    return problem(
      409,
      'Exempt',
      'bans.exempt in the configuration forbids to ban this key; nothing was changed',
    );
  }
  if (outcome === 'full') {
    return problem(507, 'Full', 'the list is full of bans set by operators; lift some first');
  }
  const ban = register.find(kind, key);
  return {
    status: outcome === 'added' ? 201 : 200,
    body: { outcome, ban: ban === undefined ? undefined : shown(ban) },
  };
}

function lift(register: BanRegister, query: AdminRequest['query']): AdminReply {
  refuseParameters(query, ['limit', 'cursor'], 'DELETE');
  if (query.has('all')) {
    if (query.size > 1 || query.get('all') !== 'true') throw invalid('`all=true` stands alone');
    return { status: 200, body: { lifted: register.liftAll() } };
  }
  const kind = readKind(query.get('kind'));
  if (register.lift(kind, readKey(kind, query)) === undefined) {
    return problem(404, 'Not banned', 'no such ban is in force here; replicas that have one lift it, too');
  }
  return { status: 200, body: { lifted: 1 } };
}

/** For the list, the log of the command line, and people. */
function shown(ban: ListedBan): ShownBan {
  const key = printable(ban.key, BAN_KEY_BYTES_MAX);
  const bytes = Buffer.from(ban.key, 'latin1');
  const isPlain = isUtf8(bytes) && bytes.toString() === key;
  return {
    kind: printable(ban.kind),
    key,
    ...(isPlain ? {} : { key_base64: bytes.toString('base64') }),
    by: printable(ban.by),
    reason: ban.reason === undefined ? undefined : printable(Buffer.from(ban.reason).toString('latin1')),
    since: new Date(ban.sinceMs).toISOString(),
    until: new Date(ban.untilMs).toISOString(),
  };
}

function readFields(body: unknown): ReadonlyMap<string, string> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid('the body must be an object such as {"key": "192.0.2.1", "for": "10m"}');
  }
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(body)) {
    if (!FIELDS.includes(name)) throw invalid(`a ban has the fields ${FIELDS.join(', ')}, and no others`);
    if (typeof value !== 'string') throw invalid(`\`${name}\` must be a string`);
    fields.set(name, value);
  }
  return fields;
}

function readKind(text: string | undefined): string {
  if (text === undefined) return ADDRESS_KIND;
  if (text === '' || text.length > BAN_KIND_CHARS_MAX || !/^[ -~]*$/.test(text)) {
    throw invalid('`kind` must be the field as the rule bans it, such as client.ip, or flood.NAME');
  }
  return text;
}

/** The key as rules see it: latin1 bytes; addresses in the one form each has (IPv4-mapped IPv6 is IPv4). */
function readKey(kind: string, fields: ReadonlyMap<string, string>): string {
  const [text, base64] = [fields.get('key'), fields.get('key_base64')];
  if ((text === undefined) === (base64 === undefined))
    throw invalid('give `key`, or `key_base64` in its place');
  if (base64 !== undefined && !/^[A-Za-z0-9+/_-]*={0,2}$/.test(base64))
    throw invalid('`key_base64` is no base64');
  const key = (base64 === undefined ? Buffer.from(text ?? '') : Buffer.from(base64, 'base64')).toString(
    'latin1',
  );
  if (key === '') throw invalid('`key` is empty');
  if (kind !== ADDRESS_KIND) return key;
  const address = parseIp(key);
  if (address !== null) return address.text;
  throw invalid(
    key.includes('/')
      ? '`key` must be one address; networks are refused by a rule with a list of type Cidr'
      : '`key` must be an address such as 192.0.2.1 or 2001:db8::1',
  );
}

function readNumber(
  query: AdminRequest['query'],
  name: string,
  least: number,
  most: number,
): number | undefined {
  const text = query.get(name);
  if (text === undefined) return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most))
    throw invalid(`\`${name}\` must be a number from ${least} to ${most}`);
  return value;
}

function refuseParameters(query: AdminRequest['query'], names: readonly string[], method: string): void {
  const given = names.find((name) => query.has(name));
  if (given !== undefined) throw invalid(`${method} takes no \`${given}\``);
}

function invalid(detail: string): AdminProblem {
  return new AdminProblem(400, 'Invalid', detail);
}
