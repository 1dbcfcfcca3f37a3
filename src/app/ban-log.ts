/** What the log says of bans. */
import type { Ban } from '../limiter/ban-book.ts';
import type { BanNews } from '../limiter/bans/ban-register.ts';
import type { Log } from '../telemetry/log.ts';
import { printable } from '../telemetry/printable.ts';

/** A full register under attack evicts with each request; one line a minute says so. */
const FULL_WARNING_MS = 60_000;

/** @param nameOfKey what a log may show of a key */
export function banLogger(
  log: Log,
  nameOfKey: (key: string) => string,
  nowMs: () => number,
): (news: BanNews) => void {
  let warnedAtMs = -Infinity;
  return (news) => {
    if (news.kind === 'all_lifted') {
      log.info({ event: 'ban.all_lifted', count: news.count, by: news.origin }, `${news.count} bans lifted`);
      return;
    }
    const fields = describe(news.ban, nameOfKey);
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

function describe(ban: Ban, nameOfKey: (key: string) => string): Record<string, string | undefined> {
  return {
    kind: printable(ban.kind),
    key: nameOfKey(ban.key),
    until: new Date(ban.untilMs).toISOString(),
    by: printable(ban.by),
    reason: ban.reason === undefined ? undefined : printable(Buffer.from(ban.reason).toString('latin1')),
  };
}
