/** What the log says when a host that the service calls is left alone, or asked again. */
import type { BreakerChange } from '../proxy/upstream/circuit-breaker.ts';
import type { Log } from '../telemetry/log.ts';

const MESSAGES = {
  open: 'keeps failing and is left alone',
  half_open: 'gets a few calls to see whether it is well',
  closed: 'is well again',
} as const;

/** @param host of the list, or below one of its patterns: a name that was checked */
export function logEgressCircuit(log: Log, host: string, { state, reason, openMs }: BreakerChange): void {
  const message = `${host} ${MESSAGES[state]}`;
  const event = `egress.circuit_${state}`;
  if (state === 'open') log.warn({ event, host, reason, open_ms: Math.round(openMs) }, message);
  else log.info({ event, host }, message);
}
