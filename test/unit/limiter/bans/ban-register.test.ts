/** What operators see and do, and what the register and the workers' copies tell each other. */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  BANS_LISTED_MAX,
  BANS_MAX,
  BAN_BATCH_MAX,
  BAN_LIFTS_MAX,
  BAN_LIFT_MEMORY_MS,
} from '../../../../src/core/limits.ts';
import type { BanOutbox } from '../../../../src/limiter/bans/ban-outbox.ts';
import { BanRegister } from '../../../../src/limiter/bans/ban-register.ts';
import type { BanNews } from '../../../../src/limiter/bans/ban-register.ts';
import { WorkerBanBook } from '../../../../src/limiter/bans/worker-ban-book.ts';
import { MovingClock } from './moving-clock.ts';

const MINUTE = 60_000;
const KIND = 'client.ip';
let clock: MovingClock;
let news: BanNews[];
let register: BanRegister;

beforeEach(() => {
  clock = new MovingClock();
  news = [];
  register = new BanRegister({
    clock,
    isExempt: (_kind, key) => key === '10.0.0.1',
    onNews: (one) => news.push(one),
  });
});

/** A worker and its line to the register, spoken over when the test says so. */
class Line {
  readonly book = new WorkerBanBook({ clock, isExempt: (_kind, key) => key === '10.0.0.1' });
  readonly toWorker: BanOutbox = register.open('rule');

  up(): number {
    const changes = this.book.outbox.take(BAN_BATCH_MAX);
    register.merge(changes, this.toWorker);
    return changes.length;
  }

  down(): number {
    const changes = this.toWorker.take(BAN_BATCH_MAX);
    this.book.apply(changes);
    return changes.length;
  }

  bans(key: string): boolean {
    return this.book.find(KIND, key) !== undefined;
  }
}

describe('an operator', () => {
  it('sets, sees and lifts bans', () => {
    expect(register.add(KIND, '192.0.2.1', MINUTE, 'OPS-1')).toBe('added');
    clock.advance(1_000);
    const { bans } = register.list({ limit: 10 });
    expect(bans).toEqual([
      {
        kind: KIND,
        key: '192.0.2.1',
        by: 'operator',
        reason: 'OPS-1',
        sinceMs: clock.now() - 1_000,
        untilMs: clock.now() + MINUTE - 1_000,
      },
    ]);
    expect(register.lift(KIND, '192.0.2.1')).toMatchObject({ key: '192.0.2.1' });
    expect(register.lift(KIND, '192.0.2.1')).toBeUndefined();
    expect(news.map(({ kind, origin }) => `${kind} ${origin}`)).toEqual([
      'added operator',
      'lifted operator',
    ]);
  });

  it('may ban again at once what was lifted, and lift that at once', () => {
    for (let round = 0; round < 3; round++) {
      expect(register.add(KIND, '192.0.2.1', MINUTE)).toBe('added');
      expect(register.lift(KIND, '192.0.2.1')).toBeDefined();
      expect(register.add(KIND, '192.0.2.1', MINUTE)).toBe('added');
      expect(register.liftAll()).toBe(1);
    }
  });

  it('is told that an exempt key cannot be banned', () => {
    expect(register.add(KIND, '10.0.0.1', MINUTE)).toBe('exempt');
    expect(news).toEqual([]);
  });

  it('reads a long list page by page, whatever comes and goes meanwhile', () => {
    for (let index = 0; index < 25; index++)
      register.add(index % 5 === 0 ? 'flood.l7' : KIND, `k${index}`, MINUTE);
    const first = register.list({ kind: KIND, limit: 8 });
    expect(first.bans.map(({ key }) => key)).toEqual(['k1', 'k2', 'k3', 'k4', 'k6', 'k7', 'k8', 'k9']);
    register.lift(KIND, 'k9');
    register.add(KIND, 'new', MINUTE);
    const second = register.list({ kind: KIND, limit: 100, after: first.next });
    expect(second.bans.map(({ key }) => key)).toEqual([
      'k11',
      'k12',
      'k13',
      'k14',
      'k16',
      'k17',
      'k18',
      'k19',
      'k21',
      'k22',
      'k23',
      'k24',
      'new',
    ]);
    expect(second.next).toBeUndefined();
    expect(register.list({ key: 'k5', limit: 10 }).bans).toHaveLength(1);
  });

  it('never gets more than BANS_LISTED_MAX at once', () => {
    for (let index = 0; index <= BANS_LISTED_MAX; index++) register.add(KIND, `k${index}`, MINUTE);
    const page = register.list({ limit: 1e9 });
    expect(page.bans).toHaveLength(BANS_LISTED_MAX);
    expect(register.list({ limit: 10, after: page.next }).bans).toHaveLength(1);
  });

  it('sees what has ended no more', () => {
    register.add(KIND, '192.0.2.1', MINUTE);
    clock.advance(MINUTE);
    expect(register.list({ limit: 10 }).bans).toEqual([]);
    register.sweep();
    expect([register.size, news.at(-1)?.kind]).toEqual([0, 'expired']);
  });

  it('sees the end as it is after the wall clock was set back', () => {
    register.add(KIND, '192.0.2.1', MINUTE);
    clock.jump(-3_600_000);
    expect(register.find(KIND, '192.0.2.1')?.untilMs).toBe(clock.now() + MINUTE);
  });
});

describe('workers', () => {
  it('hold a ban at once and tell the others', () => {
    const [one, two] = [new Line(), new Line()];
    one.book.add(KIND, '192.0.2.1', MINUTE, 'net.scan');
    expect([one.bans('192.0.2.1'), two.bans('192.0.2.1')]).toEqual([true, false]);
    one.up();
    two.down();
    expect(two.book.find(KIND, '192.0.2.1')).toEqual(one.book.find(KIND, '192.0.2.1'));
    expect(one.down()).toBe(0);
    expect(news).toMatchObject([{ kind: 'added', origin: 'rule', ban: { by: 'net.scan' } }]);
  });

  it('say once what happens often', () => {
    const one = new Line();
    for (let index = 0; index < 1_000; index++) one.book.add(KIND, '192.0.2.1', MINUTE, 'net.scan');
    expect(one.up()).toBe(1);
    for (let index = 0; index < 10; index++) {
      clock.advance(50);
      one.book.add(KIND, '192.0.2.1', MINUTE, 'net.scan');
    }
    expect(one.up()).toBe(0);
    clock.advance(1_000);
    one.book.add(KIND, '192.0.2.1', MINUTE, 'net.scan');
    expect(one.up()).toBe(1);
  });

  it('that begin later are told everything, in batches', () => {
    for (let index = 0; index < BAN_BATCH_MAX + 1; index++) register.add(KIND, `k${index}`, MINUTE);
    const late = new Line();
    register.markAll(late.toWorker);
    expect(late.down()).toBe(BAN_BATCH_MAX);
    expect(late.down()).toBe(1);
    expect(late.toWorker.pending).toBe(0);
    expect(late.bans(`k${BAN_BATCH_MAX}`)).toBe(true);
  });

  it('obey a lift, and a ban whose news it crossed does not come back', () => {
    const [one, two] = [new Line(), new Line()];
    one.book.add(KIND, '192.0.2.1', MINUTE, 'net.scan');
    clock.advance(1);
    register.lift(KIND, '192.0.2.1');
    one.up();
    expect(register.find(KIND, '192.0.2.1')).toBeUndefined();
    one.down();
    two.down();
    expect([one.bans('192.0.2.1'), two.bans('192.0.2.1'), one.book.empty]).toEqual([false, false, true]);
  });

  it('keep a ban set after the lift they had not heard of', () => {
    const one = new Line();
    register.add(KIND, '192.0.2.1', MINUTE);
    register.lift(KIND, '192.0.2.1');
    clock.advance(1);
    one.book.add(KIND, '192.0.2.1', MINUTE, 'net.scan');
    one.down();
    expect(one.bans('192.0.2.1')).toBe(true);
    one.up();
    expect(register.find(KIND, '192.0.2.1')).toMatchObject({ by: 'net.scan' });
  });

  it('obey a lift of all', () => {
    const one = new Line();
    for (const key of ['a', 'b', 'c']) register.add(KIND, key, MINUTE);
    one.down();
    clock.advance(1);
    expect(register.liftAll()).toBe(3);
    register.add(KIND, 'd', MINUTE);
    one.down();
    expect(['a', 'b', 'c', 'd'].map((key) => one.bans(key))).toEqual([false, false, false, true]);
  });

  it('take the shorter ban that follows a lift', () => {
    const one = new Line();
    register.add(KIND, '192.0.2.1', 60 * MINUTE);
    one.down();
    clock.advance(1);
    register.lift(KIND, '192.0.2.1');
    register.add(KIND, '192.0.2.1', MINUTE);
    one.down();
    clock.advance(MINUTE);
    expect(one.bans('192.0.2.1')).toBe(false);
    one.book.sweep();
    expect(one.book.empty).toBe(true);
  });

  it('never ban an exempt key, whoever says so', () => {
    const one = new Line();
    one.book.add(KIND, '10.0.0.1', MINUTE, 'net.scan');
    const change = { op: 'ban', kind: KIND, key: '10.0.0.1', by: 'x', agoMs: 0, forMs: MINUTE } as const;
    one.book.apply([change]);
    register.merge([change], undefined);
    expect([one.book.empty, one.up(), register.size]).toEqual([true, 0, 0]);
  });

  it('that do not listen cost no more than the bans there are', () => {
    const deaf = register.open('rule');
    for (let index = 0; index < 2 * BANS_MAX + 10; index++) register.add(KIND, `k${index}`, MINUTE + index);
    expect(register.size).toBe(BANS_MAX);
    expect(deaf.pending).toBeLessThanOrEqual(2 * BANS_MAX);
    expect(register.displaced).toBe(BANS_MAX + 10);
  });
});

describe('lifts', () => {
  it('are remembered as long as the ban would have lasted', () => {
    register.add(KIND, '192.0.2.1', 3 * BAN_LIFT_MEMORY_MS);
    register.lift(KIND, '192.0.2.1');
    clock.advance(2 * BAN_LIFT_MEMORY_MS);
    register.sweep();
    expect(register.changesOf(KIND, '192.0.2.1')).toHaveLength(1);
    clock.advance(BAN_LIFT_MEMORY_MS);
    register.sweep();
    expect(register.changesOf(KIND, '192.0.2.1')).toEqual([]);
  });

  it('are no more than BAN_LIFTS_MAX', () => {
    for (let index = 0; index <= BAN_LIFTS_MAX; index++) register.lift(KIND, `k${index}`);
    expect(register.changesOf(KIND, 'k0')).toEqual([]);
    expect(register.changesOf(KIND, 'k1')).toHaveLength(1);
  });
});
