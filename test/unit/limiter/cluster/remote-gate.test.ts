// The way to the remote store: deadline, breaker, probes.
import { describe, expect, it } from 'vitest';
import {
  STORE_CALLS_MAX,
  STORE_DEADLINE_MS_DEFAULT,
  STORE_FAILURES_MAX,
  STORE_PROBE_MS,
  STORE_PROBE_MS_MAX,
} from '../../../../src/core/limits.ts';
import { noFigures } from '../../../../src/limiter/cluster/cluster-figures.ts';
import { RemoteGate } from '../../../../src/limiter/cluster/remote-gate.ts';
import type { LimitReadings } from '../../../../src/limiter/limit-store.ts';
import { SimulatedLink, SimulatedServer } from '../../../support/simulated-store.ts';
import { VirtualTime } from '../../../support/virtual-time.ts';
import { demandOf, policyOf } from './fixture.ts';

interface Asked {
  sent: boolean;
  answer: LimitReadings | undefined | 'waiting';
  settledMs: number;
  late: LimitReadings | undefined;
}

function start() {
  const time = new VirtualTime();
  const server = new SimulatedServer(time);
  const link = new SimulatedLink(server, time);
  const figures = noFigures();
  const returns: number[] = [];
  const gate = new RemoteGate({
    remote: link,
    clock: time,
    timers: time,
    deadlineMs: STORE_DEADLINE_MS_DEFAULT,
    figures,
    onReturn: () => returns.push(time.now()),
  });
  const ask = (key = 'ann'): Asked => {
    const demands = [demandOf(policyOf(), { key })];
    const asked: Asked = { sent: false, answer: 'waiting', settledMs: 0, late: undefined };
    asked.sent = gate.ask<LimitReadings>({
      demands,
      send: (remote) => remote.take(demands),
      settle: (answer) => {
        asked.answer = answer;
        asked.settledMs = time.now();
      },
      late: (answer) => {
        asked.late = answer;
      },
    });
    return asked;
  };
  return { time, server, link, figures, gate, ask, returns };
}

describe('a call', () => {
  it('is answered by the store, and leaves no timer behind for long', async () => {
    const { time, ask, figures } = start();
    const asked = ask();
    await time.pass(1);
    expect(asked.answer).toHaveLength(1);
    await time.pass(STORE_DEADLINE_MS_DEFAULT);
    expect(time.pending).toBe(0);
    expect(figures.timeouts).toBe(0);
  });

  it('is given up at its deadline, not before', async () => {
    const { time, link, ask, figures } = start();
    link.state = 'deaf';
    const asked = ask();
    await time.pass(STORE_DEADLINE_MS_DEFAULT - 1);
    expect(asked.answer).toBe('waiting');
    await time.pass(1);
    expect(asked.answer).toBeUndefined();
    expect(figures).toMatchObject({ timeouts: 1, away: true, outages: 1 });
  });

  it('is given its own deadline when an older one was answered', async () => {
    const { time, link, ask } = start();
    ask();
    await time.pass(10);
    link.state = 'deaf';
    const younger = ask();
    await time.pass(STORE_DEADLINE_MS_DEFAULT - 10);
    expect(younger.answer).toBe('waiting');
    await time.pass(10);
    expect(younger.answer).toBeUndefined();
  });

  it('is given up with the first one that had no answer', async () => {
    const { time, link, ask } = start();
    link.state = 'deaf';
    const oldest = ask();
    const startMs = time.now();
    await time.pass(STORE_DEADLINE_MS_DEFAULT - 5);
    const younger = ask();
    await time.pass(5);
    expect(oldest.answer).toBeUndefined();
    expect(younger.answer).toBeUndefined();
    expect(younger.settledMs - startMs).toBe(STORE_DEADLINE_MS_DEFAULT);
  });

  it('is not held against the store when this thread stood still and the answer lies in the socket', async () => {
    const { time, link, ask, figures, server } = start();
    let answer: () => void = () => undefined;
    link.take = (demands) =>
      new Promise((resolve) => {
        answer = () => {
          resolve(server.take(demands));
        };
      });
    const asked = ask();
    time.stall(STORE_DEADLINE_MS_DEFAULT * 10);
    time.afterIo(() => {
      answer();
    });
    await time.pass(1);
    expect(asked.answer).toHaveLength(1);
    expect(figures).toMatchObject({ away: false, timeouts: 0 });
    const unheard = ask();
    time.stall(STORE_DEADLINE_MS_DEFAULT * 10);
    await time.pass(1);
    expect(unheard.answer).toBeUndefined();
    expect(figures).toMatchObject({ away: true, timeouts: 1 });
  });

  it('hands a late answer over', async () => {
    const { time, link, ask, figures } = start();
    link.state = 'stopped';
    const asked = ask();
    await time.pass(STORE_DEADLINE_MS_DEFAULT);
    link.state = 'up';
    await time.pass(1);
    expect(asked.answer).toBeUndefined();
    expect(asked.late).toHaveLength(1);
    expect(figures.lateAnswers).toBeGreaterThanOrEqual(1);
  });

  it(`is not sent while ${STORE_CALLS_MAX} have no answer`, async () => {
    const { time, link, ask, figures, gate } = start();
    link.state = 'stopped';
    const waiting = Array.from({ length: STORE_CALLS_MAX }, () => ask());
    expect(waiting.every((asked) => asked.sent)).toBe(true);
    expect(ask().sent).toBe(false);
    expect(figures.overflows).toBe(1);
    gate.refund([]);
    await time.pass(STORE_DEADLINE_MS_DEFAULT);
    expect(waiting.every((asked) => asked.answer === undefined)).toBe(true);
  });
});

describe('the breaker', () => {
  it(`opens at the error number ${STORE_FAILURES_MAX} in a row`, async () => {
    const { time, link, ask, figures } = start();
    const fail = async (): Promise<void> => {
      link.state = 'refusing';
      ask();
      await time.pass(1);
      link.state = 'up';
    };
    for (let failed = 1; failed < STORE_FAILURES_MAX; failed++) await fail();
    ask();
    await time.pass(1);
    for (let failed = 1; failed < STORE_FAILURES_MAX; failed++) await fail();
    expect(figures.away).toBe(false);
    await fail();
    expect(figures.away).toBe(true);
  });

  it('sends nothing while open', async () => {
    const { time, link, ask } = start();
    link.state = 'deaf';
    ask();
    await time.pass(STORE_DEADLINE_MS_DEFAULT);
    expect(ask().sent).toBe(false);
  });

  it('closes when a probe is answered, and tells', async () => {
    const { time, link, ask, figures, returns } = start();
    link.state = 'deaf';
    ask();
    await time.pass(STORE_DEADLINE_MS_DEFAULT);
    link.state = 'up';
    await time.pass(STORE_PROBE_MS + 1);
    expect(figures.away).toBe(false);
    expect(returns).toHaveLength(1);
    const asked = ask();
    await time.pass(1);
    expect(asked.answer).toHaveLength(1);
  });

  it('probes ever more slowly, and sees a return within the longest pause', async () => {
    const { time, link, ask, figures, server } = start();
    link.state = 'mute';
    ask();
    await time.pass(60_000);
    const heard = server.trips;
    await time.pass(10 * STORE_PROBE_MS_MAX);
    expect(server.trips - heard).toBeLessThanOrEqual(10);
    expect(server.trips - heard).toBeGreaterThanOrEqual(8);
    link.state = 'up';
    await time.pass(STORE_PROBE_MS_MAX + STORE_DEADLINE_MS_DEFAULT + 1);
    expect(figures.away).toBe(false);
  });

  it('probes the keys that failed, without taking tokens', async () => {
    const { time, link, ask, figures } = start();
    link.isLost = (key) => key === 'bob';
    for (let failed = 0; failed < STORE_FAILURES_MAX; failed++) {
      ask('bob');
      await time.pass(1);
    }
    await time.pass(5 * STORE_PROBE_MS_MAX);
    expect(figures.away).toBe(true);
    link.isLost = () => false;
    await time.pass(2 * STORE_PROBE_MS_MAX);
    expect(figures.away).toBe(false);
    const asked = ask('bob');
    await time.pass(1);
    expect(asked.answer).toMatchObject([{ used: 1 }]);
  });

  it('probes at once when told that the connection is there, but not twice at a time', async () => {
    const { time, link, ask, figures, gate, server } = start();
    link.state = 'mute';
    ask();
    await time.pass(20 * STORE_PROBE_MS_MAX + 500);
    link.state = 'up';
    const trips = server.trips;
    gate.probeNow();
    gate.probeNow();
    await time.pass(1);
    expect(figures.away).toBe(false);
    expect(server.trips - trips).toBe(1);
    gate.probeNow();
    await time.pass(5 * STORE_PROBE_MS_MAX);
    expect(server.trips - trips).toBe(1);
  });

  it('keeps its pause when probes succeed and calls do not', async () => {
    const { time, link, ask, figures } = start();
    for (let round = 0; round < 8; round++) {
      link.state = 'deaf';
      ask();
      await time.pass(STORE_DEADLINE_MS_DEFAULT);
      link.state = 'up';
      await time.pass(2 * STORE_PROBE_MS_MAX);
      expect(figures.away).toBe(false);
    }
    link.state = 'deaf';
    ask();
    await time.pass(STORE_DEADLINE_MS_DEFAULT);
    link.state = 'up';
    await time.pass(STORE_PROBE_MS_MAX - 1);
    expect(figures.away).toBe(true);
  });
});

it('refunds nothing while away, and says so', async () => {
  const { time, link, ask, figures, gate } = start();
  const asked = ask();
  await time.pass(1);
  link.state = 'deaf';
  ask();
  await time.pass(STORE_DEADLINE_MS_DEFAULT);
  gate.refund(Array.isArray(asked.answer) ? asked.answer : []);
  expect(figures.refundsLost).toBe(1);
});

it('closes with everybody answered and no timer left', async () => {
  const { time, link, ask, gate } = start();
  link.state = 'deaf';
  const asked = ask();
  await time.pass(1);
  gate.close();
  await time.pass(1);
  expect(asked.answer).toBeUndefined();
  expect(ask().sent).toBe(false);
  expect(time.pending).toBe(0);
});
