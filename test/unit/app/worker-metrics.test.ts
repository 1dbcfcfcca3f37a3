/** What an exchange adds to the counts of its worker. */
import { expect, it } from 'vitest';
import { WorkerMetrics } from '../../../src/app/worker-metrics.ts';
import type { ExchangeRecord } from '../../../src/proxy/events.ts';

function faultsOf(changes: Partial<ExchangeRecord>): unknown[] {
  const metrics = new WorkerMetrics();
  const record = { outcome: 'forwarded', durationMs: 1, report: undefined, ...changes } as ExchangeRecord;
  metrics.count(record);
  metrics.count(record);
  return metrics
    .samples(undefined, undefined, undefined)
    .filter(([name]) => name === 'ward_faults_total')
    .map(([, kind, count]) => [kind, count]);
}

it.each([
  [{}, []],
  [{ fault: { delayMs: 5, abortStatus: undefined, isSkipped: false } }, [['delay', 2]]],
  [
    { outcome: 'fault' as const, fault: { delayMs: 5, abortStatus: 503, isSkipped: false } },
    [
      ['delay', 2],
      ['abort', 2],
    ],
  ],
  // Gone before it could be aborted.
  [
    { outcome: 'client_gone' as const, fault: { delayMs: 5, abortStatus: 503, isSkipped: false } },
    [['delay', 2]],
  ],
  [{ fault: { delayMs: 0, abortStatus: undefined, isSkipped: true } }, [['skipped', 2]]],
])('counts faults by what was done: %j', (changes, expected) => {
  expect(faultsOf(changes)).toEqual(expected);
});
