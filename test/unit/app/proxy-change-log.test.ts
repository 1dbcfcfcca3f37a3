import { expect, it } from 'vitest';
import { logProxyChange } from '../../../src/app/proxy-change-log.ts';
import type { ProxyChange } from '../../../src/proxy/events.ts';
import { createLog } from '../../../src/telemetry/log.ts';

function lineOf(change: ProxyChange): unknown {
  const lines: string[] = [];
  logProxyChange(createLog({ write: (line) => lines.push(line) }, 'debug'), change);
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0]);
}

it('tells each turn of the breaker, and why and how long it is open', () => {
  const breaker = (state: 'open' | 'half_open' | 'closed') =>
    lineOf({ kind: 'breaker', change: { state, reason: 'failures', openMs: 812.5 } });
  expect(breaker('open')).toMatchObject({
    level: 'warn',
    event: 'upstream.circuit_open',
    reason: 'failures',
    open_ms: 813,
  });
  expect(breaker('half_open')).toMatchObject({ level: 'info', event: 'upstream.circuit_half_open' });
  expect(breaker('closed')).toMatchObject({ level: 'info', event: 'upstream.circuit_closed' });
});

it('tells the same of the authoriser', () => {
  const change = { state: 'open', reason: 'failures', openMs: 500 } as const;
  expect(lineOf({ kind: 'authorizer', change })).toMatchObject({
    level: 'warn',
    event: 'authorizer.circuit_open',
    open_ms: 500,
  });
});

it('tells when shedding began and how much it shed', () => {
  const overload = (shedding: boolean) =>
    lineOf({
      kind: 'overload',
      change: { shedding, pressure: 0.25, loopDelayMs: 240.4, inFlight: 12, shed: 34 },
    });
  expect(overload(true)).toMatchObject({
    level: 'warn',
    event: 'overload.began',
    loop_delay_ms: 240,
    in_flight: 12,
  });
  expect(overload(false)).toMatchObject({ level: 'info', event: 'overload.ended', shed: 34 });
});
