/** The shared list of bans in Redis. What the script does and why is in `ban-script.ts`. */
import { createHash, randomUUID } from 'node:crypto';
import {
  BANS_MAX,
  BAN_BATCH_MAX,
  BAN_KEY_BYTES_MAX,
  BAN_KIND_CHARS_MAX,
  BAN_LIFTS_MAX,
  BAN_LIFT_MEMORY_MS,
  BAN_MS_MAX,
  BAN_REASON_CHARS_MAX,
  BAN_SLACK_MS,
} from '../../core/limits.ts';
import { banId } from './ban-change.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import type { RedisScript } from '../redis/limit-scripts.ts';
import type { BanChange } from './ban-change.ts';
import type { BanCursor, BanExchangeReply, BanRemote } from './ban-remote.ts';
import { BAN_SCRIPT } from './ban-script.ts';
import { OPERATOR } from './ban-table.ts';

const SCRIPT: RedisScript = { lua: BAN_SCRIPT, sha: createHash('sha1').update(BAN_SCRIPT).digest('hex') };
const HEAD_LENGTH = 6;
const ROW_LENGTH = 7;
/** Names of rules come from other replicas, whose files need not be ours. */
const BY_CHARS_MAX = 256;

export class RedisBanStore implements BanRemote {
  readonly #connection: RedisConnection;
  readonly #keys: readonly string[];

  constructor(connection: RedisConnection) {
    this.#connection = connection;
    const { prefix, service } = connection.options;
    // A script may only touch keys of one slot: the braces make the service's name decide, unless the prefix has braces.
    const tagged = prefix.includes('{') ? `${prefix}:${service}` : `${prefix}:{${service}}`;
    this.#keys = ['records', 'ends', 'changes', 'meta'].map((part) => `${tagged}:b1:${part}`);
  }

  async exchange(changes: readonly BanChange[], since: BanCursor): Promise<BanExchangeReply> {
    const capacity = BANS_MAX + BAN_LIFTS_MAX;
    const settings = [BAN_BATCH_MAX, capacity, BAN_SLACK_MS, BAN_LIFT_MEMORY_MS, OPERATOR];
    const cursor = [randomUUID(), since.life, since.version];
    const args = [...cursor, ...settings, ...changes.flatMap(toArguments)];
    return readReply(await this.#connection.evaluate(SCRIPT, this.#keys, args));
  }
}

function toArguments(change: BanChange): (string | number)[] {
  const agoMs = Math.round(change.agoMs);
  if (change.op === 'lift_all') return [change.op, change.tag, agoMs, '', '', ''];
  const forMs = Math.max(0, Math.round(change.forMs));
  const id = banId(change.kind, change.key);
  if (change.op === 'lift') return [change.op, id, agoMs, forMs, '', ''];
  return [change.op, id, agoMs, forMs, change.by, change.reason ?? ''];
}

/** @throws Error for a reply of another shape; rows that cannot be bans of ours are left out */
function readReply(reply: unknown): BanExchangeReply {
  if (!Array.isArray(reply) || reply.length < HEAD_LENGTH)
    throw new Error('unexpected reply to the bans script');
  const [life, version, more, displaced, tag, allAgoMs] = reply as unknown[];
  const changes: BanChange[] = [];
  if (Number(allAgoMs) >= 0) changes.push({ op: 'lift_all', tag: text(tag), agoMs: Number(allAgoMs) });
  for (let at = HEAD_LENGTH; at + ROW_LENGTH <= reply.length; at += ROW_LENGTH) {
    changes.push(...readRow(reply.slice(at, at + ROW_LENGTH)));
  }
  return {
    cursor: { life: text(life), version: Number(text(version)) },
    changes,
    more: more === 1,
    displaced: Number(displaced),
  };
}

function readRow(row: readonly unknown[]): BanChange[] {
  const [id, liftAgoMs, liftForMs, agoMs, forMs, by, reason] = row;
  const [kind, ...rest] = text(id).split('\0');
  const key = rest.join('\0');
  const isOdd = (text: string): boolean => /[^\0-\xff]/.test(text);
  if (kind === undefined || rest.length === 0 || isOdd(key)) return [];
  if (kind.length > BAN_KIND_CHARS_MAX || key.length > BAN_KEY_BYTES_MAX) return [];
  const changes: BanChange[] = [];
  if (Number(liftAgoMs) >= 0) {
    changes.push({ op: 'lift', kind, key, agoMs: Number(liftAgoMs), forMs: within(liftForMs) });
  }
  if (Number(forMs) > 0) {
    changes.push({
      op: 'ban',
      kind,
      key,
      by: text(by).slice(0, BY_CHARS_MAX),
      reason: text(reason) === '' ? undefined : text(reason).slice(0, BAN_REASON_CHARS_MAX),
      agoMs: Number(agoMs),
      forMs: within(forMs),
    });
  }
  return changes;
}

function within(ms: unknown): number {
  return Math.min(Number(ms), BAN_MS_MAX);
}

/** The connection hands texts over as they came. */
function text(reply: unknown): string {
  return Buffer.isBuffer(reply) ? reply.toString() : String(reply);
}
