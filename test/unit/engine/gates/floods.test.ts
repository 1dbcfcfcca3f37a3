// Floods: what is counted, what rules read of it, and what its stages do.
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../src/core/clock.ts';
import { ownGates } from '../../../../src/engine/gates/own-gates.ts';
import { WorkerBanBook } from '../../../../src/limiter/bans/worker-ban-book.ts';
import type { RuleEngine } from '../../../../src/engine/engine.ts';
import { RecordedGates } from '../../../support/recorded-gates.ts';
import { begin, engineFor } from '../../../support/transaction-of.ts';

function made(rules: string): { engine: RuleEngine; gates: RecordedGates; clock: ManualClock } {
  const clock = new ManualClock();
  const gates = new RecordedGates(clock);
  return { engine: engineFor(rules, {}, { gates, clock }), gates, clock };
}

const flood = (stages: string, rule = 'then limit l7, tag "flood"', policy = '') => `
policy "p" { mode enforce on banned -> block 418 ${policy} }
flood l7 {
  key       client.ip |> subnet(24, 56)
  baseline  ewma 10m
  trip      above 8 times baseline floor 20 per 1s
  release   below 3 times baseline for 30s
  then      ${stages}
}
rule dos.flood "x" { severity error ${rule} }`;

function sendMany(engine: RuleEngine, clock: ManualClock, count: number, from = '198.51.100.7') {
  const reports = [];
  for (let i = 0; i < count; i++) {
    const transaction = begin(engine, { from });
    reports.push(transaction.report());
    transaction.close();
    clock.advance(10);
  }
  return reports;
}

describe('a flood', () => {
  it('limits its key once it trips, and no other', () => {
    const { engine, clock } = made(flood('limit to 5 per 1s'));
    const reports = sendMany(engine, clock, 300);
    expect(reports[0].verdict.action).toBe('pass');
    const last = reports.slice(-100);
    const refused = last.filter(({ verdict }) => verdict.action === 'block');
    expect(refused.length).toBeGreaterThan(90);
    expect(refused.length).toBeLessThan(100);
    expect(refused[0].verdict).toMatchObject({ status: 429, by: 'dos.flood', retryAfterS: 1 });
    expect(refused[0].limits).toMatchObject([{ name: 'flood.l7', granted: false }]);
    expect(refused[0].tags).toEqual(['flood']);
    expect(sendMany(engine, clock, 1, '198.51.101.7')[0].verdict.action).toBe('pass');
  });

  it('counts every head, whatever rules say, and each once', () => {
    const { engine, gates, clock } = made(
      flood('limit to 5 per 1s', 'when request.method == POST then limit l7'),
    );
    sendMany(engine, clock, 3);
    expect(gates.counted).toEqual(['198.51.100.0/24', '198.51.100.0/24', '198.51.100.0/24']);
    expect(gates.trips).toEqual([]);
  });

  it('counts whom a ban refuses', () => {
    const { engine, gates, clock } = made(flood('limit to 5 per 1s'));
    gates.bans.add('client.ip', '198.51.100.7', 60_000, 'operator');
    const [{ verdict }] = sendMany(engine, clock, 1);
    expect(verdict.by).toBe('policy.banned');
    expect(gates.counted).toHaveLength(1);
  });

  it('tells rules whether it is active and how far above', () => {
    const { engine, clock } = made(
      flood('limit to 1000000 per 1s', 'when flood.l7.active then limit l7') +
        ' rule t.ratio "x" { severity notice when flood.l7.ratio > 3.0 and flood.l7.active then block 418 }',
    );
    const reports = sendMany(engine, clock, 300);
    expect(reports[0].verdict.action).toBe('pass');
    expect(reports[299].verdict.by).toBe('t.ratio');
  });

  it('goes through its stages', () => {
    const { engine, gates, clock } = made(
      flood('limit to 1000000 per 1s, block 503 for 1m after 3s, ban for 10m after 6s'),
    );
    const reports = sendMany(engine, clock, 1_000);
    const statuses = reports.map(({ verdict }) => verdict.status);
    const order = [...new Set(statuses)];
    expect(order).toEqual([0, 503, 418]);
    const blocked = reports.find(({ verdict }) => verdict.status === 503);
    expect(blocked?.verdict).toMatchObject({ by: 'dos.flood', retryAfterS: 60 });
    const banning = reports.find(({ bans }) => bans.length > 0);
    expect(banning?.verdict).toMatchObject({ status: 418, by: 'dos.flood' });
    expect(banning?.bans).toEqual([
      { kind: 'flood.l7', mode: 'enforce', key: '198.51.100.0/24', forMs: 600_000, by: 'dos.flood' },
    ]);
    expect(reports.at(-1)?.verdict.by).toBe('policy.banned');
    expect(gates.bans.find('flood.l7', '198.51.100.0/24')).toBeDefined();
  });

  it('bans nobody on a `never ban` list', () => {
    const { engine, gates, clock } = made(
      `list office : Cidr = ["198.51.100.0/24"]${flood('ban for 10m', 'then limit l7', 'never ban office')}`,
    );
    const reports = sendMany(engine, clock, 300);
    expect(reports.every(({ verdict }) => verdict.action === 'pass')).toBe(true);
    expect(gates.bans.empty).toBe(true);
  });

  it('does not ban a key that operators exempt, and holds it to the stage before', () => {
    const clock = new ManualClock();
    const gates = ownGates(clock);
    const bans = new WorkerBanBook({ clock, isExempt: (kind) => kind === 'flood.l7' });
    const engine = (stages: string) => engineFor(flood(stages), {}, { gates: { ...gates, bans }, clock });
    const banned = sendMany(engine('ban for 10m'), clock, 300);
    expect(banned.every(({ verdict }) => verdict.action === 'pass')).toBe(true);
    clock.advance(600_000);
    const reports = sendMany(engine('block 503, ban for 10m after 1s'), clock, 600);
    expect(new Set(reports.map(({ verdict }) => verdict.status))).toEqual(new Set([0, 503]));
    expect(reports.at(-1)?.verdict.status).toBe(503);
    expect(bans.empty).toBe(true);
  });

  it.each(['request.headers["x-api-key"]', 'request.headers["x-api-key"], request.cookies["sid"]'])(
    'does not ban all who did not send the key %s',
    (key) => {
      const { engine, gates, clock } = made(
        flood('limit to 1 per 10s, ban for 10m after 1s').replace('client.ip |> subnet(24, 56)', key),
      );
      const reports = sendMany(engine, clock, 300);
      expect(reports.at(-1)?.verdict).toMatchObject({ status: 429, by: 'dos.flood' });
      expect(gates.bans.empty).toBe(true);
    },
  );

  it('on trial refuses and bans in the shadow', () => {
    const { engine, gates, clock } = made(flood('ban for 10m', 'mode monitor then limit l7'));
    const reports = sendMany(engine, clock, 300);
    expect(reports.every(({ verdict }) => verdict.action === 'pass')).toBe(true);
    expect(reports.find(({ shadow }) => shadow.by === 'dos.flood')).toBeDefined();
    expect(reports.at(-1)?.shadow.by).toBe('policy.banned');
    expect(gates.bans.find('flood.l7', '198.51.100.0/24')).toBeUndefined();
    expect(gates.bans.find('shadow:flood.l7', '198.51.100.0/24')).toBeDefined();
  });
});
