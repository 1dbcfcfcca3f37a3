import { expect, test } from 'vitest';
import { RestartBudget } from '../../../src/app/restart-budget.ts';
import {
  WORKER_BACKOFF_MS,
  WORKER_BACKOFF_MS_MAX,
  WORKER_RESTARTS_MAX,
  WORKER_RESTART_WINDOW_MS,
} from '../../../src/core/limits.ts';

test('waits double up to WORKER_BACKOFF_MS_MAX, and WORKER_RESTARTS_MAX is the last', () => {
  const budget = new RestartBudget();
  const waits = Array.from({ length: WORKER_RESTARTS_MAX }, (_, i) => budget.spend(i));
  expect(waits.slice(0, 3)).toEqual([WORKER_BACKOFF_MS, WORKER_BACKOFF_MS * 2, WORKER_BACKOFF_MS * 4]);
  expect(waits.at(-1)).toBe(WORKER_BACKOFF_MS_MAX);
  expect(budget.spend(WORKER_RESTARTS_MAX)).toBeNull();
});

test('what is WORKER_RESTART_WINDOW_MS ago is forgotten', () => {
  const budget = new RestartBudget();
  for (let i = 0; i < WORKER_RESTARTS_MAX; i++) budget.spend(0);
  expect(budget.spend(WORKER_RESTART_WINDOW_MS - 1)).toBeNull();
  expect(budget.spend(WORKER_RESTART_WINDOW_MS)).toBe(WORKER_BACKOFF_MS * 2);
});
