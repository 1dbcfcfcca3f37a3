import { expect, it } from 'vitest';
import { logEgressCircuit } from '../../../src/app/egress-log.ts';
import type { BreakerChange } from '../../../src/proxy/upstream/circuit-breaker.ts';
import { createLog } from '../../../src/telemetry/log.ts';

it('tells which host is left alone, why and how long, and when it is asked again', () => {
  const lineOf = (change: BreakerChange): unknown => {
    const lines: string[] = [];
    logEgressCircuit(createLog({ write: (line) => lines.push(line) }, 'debug'), 'a.example', change);
    return JSON.parse(lines[0] ?? '');
  };
  expect(lineOf({ state: 'open', reason: 'failures', openMs: 812.5 })).toMatchObject({
    level: 'warn',
    event: 'egress.circuit_open',
    host: 'a.example',
    reason: 'failures',
    open_ms: 813,
  });
  const rest = { reason: undefined, openMs: 0 };
  expect(lineOf({ state: 'half_open', ...rest })).toMatchObject({ event: 'egress.circuit_half_open' });
  expect(lineOf({ state: 'closed', ...rest })).toMatchObject({
    level: 'info',
    msg: 'a.example is well again',
  });
});
