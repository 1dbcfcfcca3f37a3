/** The page for scrapers: text as it is, under any name. */
import { request } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { startAdminServer } from '../../../../src/control/admin-server.ts';
import type { AdminServer } from '../../../../src/control/admin-server.ts';
import { metricsResource } from '../../../../src/control/admin/metrics.ts';
import { MetricBoard, MetricSet } from '../../../../src/telemetry/metrics.ts';

let server: AdminServer;
afterEach(() => server.close());

function get(host: string): Promise<{ status: number | undefined; type: string | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ port: server.port, path: '/metrics', headers: { host } }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () =>
        resolve({ status: response.statusCode, type: response.headers['content-type'], text }),
      );
    });
    call.on('error', reject).end();
  });
}

it('answers scrapers by whatever name they come', async () => {
  const set = new MetricSet();
  set.add('ward_limit_decisions_total', 3, 'per_client', 'refused', 'memory');
  const board = new MetricBoard();
  board.report('0.1', set.samples());
  server = await startAdminServer('127.0.0.1', 0, [metricsResource(() => board.page())]);
  const answer = await get('ward.monitoring.svc:9901');
  expect(answer.status).toBe(200);
  expect(answer.type).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(answer.text).toContain(
    'ward_limit_decisions_total{limiter="per_client",result="refused",source="memory"} 3',
  );
});
