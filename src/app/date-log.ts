/** Tells operators of `until` dates that come close: a policy past one would not start any more. */
import type { CheckedRuleSet } from '../control/rule-set.ts';
import type { Log } from '../telemetry/log.ts';

/** One line for each, at the start and at each reload. */
export function logCloseDates(log: Log, { diagnostics }: CheckedRuleSet): void {
  for (const { code, message, span } of diagnostics) {
    if (code !== 'W304') continue;
    const { line } = span.source.lineAt(span.start);
    const place = `${span.source.path}:${line}`;
    log.warn(
      { event: 'rules.date_close', place },
      `${place}: ${message}; after that day the rules are refused`,
    );
  }
}
