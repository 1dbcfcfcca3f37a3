/** What the log says of floods: who is above the usual, how far, and when it is over. */
import type { FloodEvent } from '../limiter/flood/flood-event.ts';
import type { Log } from '../telemetry/log.ts';

const MESSAGES = {
  tripped: 'far above its baseline',
  escalated: 'still above its baseline: the next stage holds',
  released: 'back to normal',
} as const;

/** @param nameOf what a key may be called */
export function floodLogger(log: Log, nameOf: (key: string) => string): (event: FloodEvent) => void {
  return (event) => {
    const { kind, flood, isRest, stage, top } = event;
    const key = isRest ? '(keys too many to tell apart)' : nameOf(event.key);
    const fields = {
      event: `flood.${kind}`,
      flood,
      key,
      rate: round(event.rate),
      baseline: round(event.baseline),
      ratio: round(event.ratio),
      stage,
      active_ms: Math.round(event.activeMs),
      top: top.map((hitter) => ({
        key: nameOf(hitter.key),
        share: round(hitter.share),
        error_bound: round(hitter.errorBound),
      })),
    };
    const message = `${flood}: ${key} is ${MESSAGES[kind]}`;
    if (kind === 'released') log.info(fields, message);
    else log.warn(fields, message);
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
