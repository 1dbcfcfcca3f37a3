/** A limit as an operator sees it: the answers' fields, the log, /metrics and /status of a real Ward with two workers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { METRICS_REPORT_MS } from '../../src/core/limits.ts';
import { until } from '../support/until.ts';
import { RunningWard, startService, stopService } from './ward-process.ts';

const POLICY = `language 1

policy "shop" {
  mode    enforce
  default allow
}

limiter per_client {
  key   client.ip
  allow 5 per 1h
  then  block 429
}

rule shop.budget "Request budget" {
  severity warning
  then     limit per_client
}
`;

let directory: string;
let service: Awaited<ReturnType<typeof startService>>;
let ward: RunningWard;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ward-metrics-'));
  writeFileSync(join(directory, 'shop.ward'), POLICY);
  service = await startService((_request, response) => response.end('ok'));
  const args = ['--upstream', service.url, '--rules', join(directory, 'shop.ward'), '--workers', '2'];
  ward = await RunningWard.start(args, { cwd: directory });
});
afterEach(async () => {
  await ward.stop();
  await stopService(service.server);
  rmSync(directory, { recursive: true });
});

it('is told to clients, counted and logged', async () => {
  const answers: Response[] = [];
  for (let i = 0; i < 7; i++) answers.push(await fetch(`${ward.url}/`));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429, 429]);
  expect(answers[0].headers.get('ratelimit-policy')).toBe('"per_client";q=5;w=3600');
  expect(answers.map(({ headers }) => headers.get('ratelimit')?.split(';')[1])).toEqual([
    'r=4',
    'r=3',
    'r=2',
    'r=1',
    'r=0',
    'r=0',
    'r=0',
  ]);
  expect(answers[4].headers.get('retry-after')).toBeNull();
  expect(Number(answers[5].headers.get('retry-after'))).toBeGreaterThan(3_500);

  expect(METRICS_REPORT_MS).toBeLessThanOrEqual(2_000);
  await ward.metrics([
    /^ward_limit_decisions_total\{limiter="per_client",result="refused",source="memory"\} 2$/m,
    /^ward_refusals_total\{by="shop.budget"\} 2$/m,
    /^ward_exchanges_total\{outcome="forwarded"\} 5$/m,
  ]);
  const blocked = () => ward.events.filter(({ event }) => event === 'request.blocked');
  await until(() => blocked().length >= 2, 'both refusals in the log');
  expect(blocked().map(({ by, status }) => [by, status])).toEqual([
    ['shop.budget', 429],
    ['shop.budget', 429],
  ]);
  const status = (await (await fetch(`${ward.adminUrl}/status`)).json()) as Record<string, unknown>;
  expect(status).toMatchObject({ ready: true, floods: [], upstream: { circuits_open: 0 } });
});
