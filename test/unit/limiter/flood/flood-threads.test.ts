/** One meter in each of four real threads over the same tables. */
import { afterAll, expect, it } from 'vitest';
import type { FloodEvent } from '../../../../src/limiter/flood/flood-event.ts';
import { FloodMeter } from '../../../../src/limiter/flood/flood-meter.ts';
import { createFloodTables } from '../../../../src/limiter/flood/flood-tables.ts';
import { ManualClock } from '../../../../src/core/clock.ts';
import { floodOf } from '../../../support/flood.ts';
import { answerOf, ThreadFolder } from '../../../support/threads.ts';

const THREADS = 4;
const folder = new ThreadFolder();
afterAll(() => folder.remove());

/** Waits for all threads to be ready, then runs what it is given; time stands where it is told to. */
const SCRIPT = `
  import { parentPort, workerData } from 'node:worker_threads';
  import { FloodMeter } from 'src:limiter/flood/flood-meter.ts';
  import { ManualClock } from 'src:core/clock.ts';
  const { tables, index, policy, plan, gate } = workerData;
  const events = [];
  const clock = new ManualClock(plan.startMs);
  const meter = new FloodMeter(tables, clock, { workerIndex: index, onEvent: (event) => events.push(event) });
  Atomics.add(gate, 0, 1);
  // All begin together; one that cannot start must not keep the others.
  for (let waits = 0; waits < 1_000 && Atomics.load(gate, 0) < ${THREADS}; waits++) Atomics.wait(gate, 1, 0, 5);
  for (let i = 0; i < plan.requests; i++) meter.count(policy, plan.keys[i % plan.keys.length]);
  parentPort.postMessage({ events, snapshot: meter.snapshot() });
`;

interface Answer {
  readonly events: readonly FloodEvent[];
  readonly snapshot: readonly unknown[];
}

async function run(
  tables: ReturnType<typeof createFloodTables>,
  policy: ReturnType<typeof floodOf>,
  plan: { startMs: number; requests: number; keys: readonly string[] },
): Promise<Answer[]> {
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const threads = Array.from({ length: THREADS }, (_, index) =>
    folder.start(SCRIPT, { tables, index, policy, plan, gate }),
  );
  return (await Promise.all(threads.map(answerOf))) as Answer[];
}

it('adds up the requests of all threads and tells each trip once', async () => {
  const tables = createFloodTables({ workers: THREADS, keys: 1_024 });
  const policy = floodOf({ floor: { count: 50_000, periodMs: 1_000 } });
  const keys = ['a', 'b'];
  const answers = await run(tables, policy, { startMs: 1_000_000, requests: 30_000, keys });
  // 15,000 of each key in each of four threads: 60,000 together, no thread alone comes near the floor.
  const events = answers.flatMap((answer) => answer.events);
  expect(events.map(({ kind, key }) => [kind, key]).sort()).toEqual([
    ['tripped', 'a'],
    ['tripped', 'b'],
  ]);
  for (const event of events) expect(event.rate).toBe(50_001);
  const main = new FloodMeter(tables, new ManualClock(1_000_000), { workerIndex: THREADS });
  expect(
    main
      .snapshot()
      .map(({ key, rate }) => [key, rate])
      .sort(),
  ).toEqual([
    ['a', 60_000],
    ['b', 60_000],
  ]);
  expect(main.top('l7').map(({ share }) => share)).toEqual([0.5, 0.5]);
});

it('tells each escalation and release once', async () => {
  const tables = createFloodTables({ workers: THREADS, keys: 1_024 });
  const policy = floodOf({ floor: { count: 1_000, periodMs: 1_000 } });
  const keys = ['a'];
  const kindsOf = (answers: Answer[]): string[] =>
    answers.flatMap(({ events }) => events.map(({ kind }) => kind));
  expect(kindsOf(await run(tables, policy, { startMs: 1_000_000, requests: 5_000, keys }))).toEqual([
    'tripped',
  ]);
  expect(kindsOf(await run(tables, policy, { startMs: 1_006_000, requests: 5_000, keys })).sort()).toEqual([
    'released',
    'tripped',
  ]);
  expect(kindsOf(await run(tables, policy, { startMs: 1_008_000, requests: 5_000, keys }))).toEqual([]);
  expect(kindsOf(await run(tables, policy, { startMs: 1_011_500, requests: 5_000, keys }))).toEqual([
    'escalated',
  ]);
});
