/** What the log says of bans. Keys that are no addresses may be secrets (a session, a token): they are not named. */
import { createHmac } from 'node:crypto';
import { parseCidr } from '../http/address.ts';
import type { Ban } from '../limiter/ban-book.ts';
import type { BanNews } from '../limiter/bans/ban-register.ts';
import type { Log } from '../telemetry/log.ts';
import { printable } from '../telemetry/printable.ts';

const HASH_CHARS = 16;
/** A full register under attack evicts with each request; one line a minute says so. */
const FULL_WARNING_MS = 60_000;

/** @param redactionKey of the hash by which equal keys are known as equal, as in the events of requests */
export function banLogger(log: Log, redactionKey: Uint8Array, nowMs: () => number): (news: BanNews) => void {
  let warnedAtMs = -Infinity;
  return (news) => {
    if (news.kind === 'all_lifted') {
      log.info({ event: 'ban.all_lifted', count: news.count, by: news.origin }, `${news.count} bans lifted`);
      return;
    }
    const fields = describe(news.ban, redactionKey);
    switch (news.kind) {
      case 'added': {
        const line = { event: 'ban.added', ...fields };
        // Each replica logs its own; what the others tell is repetition.
        if (news.origin === 'replica') log.debug({ ...line, from: 'replica' }, 'banned elsewhere');
        else log.info(line, `banned until ${fields.until}`);
        return;
      }
      case 'lifted': {
        const line = { event: 'ban.lifted', ...fields, by: news.origin };
        if (news.origin === 'replica') log.debug(line, 'ban lifted elsewhere');
        else log.info(line, 'ban lifted');
        return;
      }
      case 'expired':
        log.debug({ event: 'ban.expired', ...fields }, 'ban is over');
        return;
      case 'evicted':
        if (nowMs() - warnedAtMs < FULL_WARNING_MS) return;
        warnedAtMs = nowMs();
        log.warn(
          { event: 'ban.full', ...fields },
          'the list of bans is full: those that end first make room',
        );
    }
  };
}

function describe(ban: Ban, redactionKey: Uint8Array): Record<string, string | undefined> {
  return {
    kind: printable(ban.kind),
    key: parseCidr(ban.key) === null ? redacted(ban.key, redactionKey) : ban.key,
    until: new Date(ban.untilMs).toISOString(),
    by: printable(ban.by),
    reason: ban.reason === undefined ? undefined : printable(Buffer.from(ban.reason).toString('latin1')),
  };
}

function redacted(key: string, redactionKey: Uint8Array): string {
  const hash = createHmac('sha256', redactionKey).update(key, 'latin1').digest('hex').slice(0, HASH_CHARS);
  return `[${key.length} bytes, ${hash}]`;
}
