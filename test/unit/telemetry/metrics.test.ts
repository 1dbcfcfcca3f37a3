/** Samples of threads are added up, outlive their thread where they must, and have a bound. */
import { describe, expect, it } from 'vitest';
import { METRIC_SAMPLES_MAX } from '../../../src/core/limits.ts';
import { METRICS, MetricBoard, MetricSet } from '../../../src/telemetry/metrics.ts';

function setOf(exchanges: number, delay: number): MetricSet {
  const set = new MetricSet();
  set.add('ward_exchanges_total', exchanges, 'forwarded');
  set.set('ward_event_loop_delay_seconds', delay);
  return set;
}

describe('metrics', () => {
  it('adds counters of all threads and takes the worst of some gauges', async () => {
    const board = new MetricBoard();
    board.report('1', setOf(3, 0.01).samples());
    board.report('2', setOf(4, 0.5).samples());
    expect(board.value('ward_exchanges_total')).toBe(7);
    const { text, contentType } = await board.page();
    expect(contentType).toContain('text/plain');
    expect(text).toContain('ward_exchanges_total{outcome="forwarded"} 7');
    expect(text).toContain('ward_event_loop_delay_seconds 0.5');
  });

  it('does not count a thread twice that reports again', () => {
    const board = new MetricBoard();
    board.report('1', setOf(3, 0).samples());
    board.report('1', setOf(5, 0).samples());
    expect(board.value('ward_exchanges_total')).toBe(5);
  });

  it('keeps the counters of a thread that has ended, not its gauges', () => {
    const board = new MetricBoard();
    board.report('1', setOf(3, 2).samples());
    board.end('1');
    board.report('1', setOf(1, 0).samples());
    expect(board.value('ward_exchanges_total')).toBe(4);
    expect(board.value('ward_event_loop_delay_seconds')).toBe(0);
  });

  it('keeps several labels apart and shows what was counted with its help, nothing else', async () => {
    const set = new MetricSet();
    set.add('ward_limit_decisions_total', 2, 'per_client', 'refused', 'redis');
    set.add('ward_limit_decisions_total', 1, 'per_client', 'granted', 'redis');
    const board = new MetricBoard();
    board.report('1', set.samples());
    const { text } = await board.page();
    expect(text).toContain(
      'ward_limit_decisions_total{limiter="per_client",result="refused",source="redis"} 2',
    );
    expect(text).toContain(`# HELP ward_limit_decisions_total ${METRICS.ward_limit_decisions_total.help}`);
    expect(text).not.toContain('ward_limit_store_up');
  });

  it('stops at METRIC_SAMPLES_MAX samples and goes on counting those it has', () => {
    const set = new MetricSet();
    for (let i = 0; i < METRIC_SAMPLES_MAX + 5; i++) set.add('ward_refusals_total', 1, `rule${i}`);
    expect(set.samples()).toHaveLength(METRIC_SAMPLES_MAX);
    set.add('ward_refusals_total', 1, 'rule0');
    expect(set.samples()[0]).toEqual(['ward_refusals_total', 'rule0', 2]);
  });
});
