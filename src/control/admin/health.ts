/** `/healthz` (the process lives), `/readyz` (it takes requests), `/status` (what runs). */
import type { AdminReply, AdminResource } from './resource.ts';
import { getter } from './resource.ts';

/** What `/status` and `/readyz` show. Plain data, made when asked for. */
export interface Status {
  /** False before the first worker listens, and from the first sign of shutdown on. */
  readonly ready: boolean;
  readonly state: 'starting' | 'running' | 'draining';
  readonly [detail: string]: unknown;
}

export function healthResources(status: () => Status): readonly AdminResource[] {
  const ready = (): AdminReply => {
    const body = status();
    return { status: body.ready ? 200 : 503, body, contentType: 'application/json' };
  };
  return [
    getter('/healthz', () => ({ status: 200, body: { alive: true } }), true),
    getter('/readyz', ready, true),
    getter('/status', () => ({ status: 200, body: status() }), false),
  ];
}
