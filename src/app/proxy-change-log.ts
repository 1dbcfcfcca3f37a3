/** What the log says when the way to the service is shut or opened, and when a worker begins or ends to shed load. */
import type { ProxyChange } from '../proxy/events.ts';
import type { Log } from '../telemetry/log.ts';

const BREAKER_MESSAGES = {
  breaker: {
    open: 'the service keeps failing and is left alone',
    half_open: 'a few requests go to the service to see whether it is well',
    closed: 'the service is well again',
  },
  authorizer: {
    open: 'the authoriser keeps failing and is not asked',
    half_open: 'the authoriser is asked about a few requests to see whether it is well',
    closed: 'the authoriser is well again',
  },
} as const;

/** What the events of each begin with. */
const BREAKER_OF = { breaker: 'upstream', authorizer: 'authorizer' } as const;

/** Writes one line for a change of the whole proxy. */
export function logProxyChange(log: Log, { kind, change }: ProxyChange): void {
  if (kind !== 'overload') {
    const { state, reason, openMs } = change;
    const message = BREAKER_MESSAGES[kind][state];
    const fields = { event: `${BREAKER_OF[kind]}.circuit_${state}`, reason, open_ms: Math.round(openMs) };
    if (state === 'open') log.warn(fields, message);
    else log.info({ event: fields.event }, message);
    return;
  }
  const fields = {
    event: change.shedding ? 'overload.began' : 'overload.ended',
    loop_delay_ms: Math.round(change.loopDelayMs),
    in_flight: change.inFlight,
  };
  if (change.shedding) log.warn(fields, 'more to do than this worker can: requests are shed');
  else log.info({ ...fields, shed: change.shed }, `room again after ${change.shed} requests were shed`);
}
