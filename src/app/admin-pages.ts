/** What the management address of a running Ward serves: health, status, metrics and bans, from the parts that know. */
import type { Config } from '../config/config.ts';
import { startAdminServer } from '../control/admin-server.ts';
import type { AdminServer } from '../control/admin-server.ts';
import { bansResource } from '../control/admin/bans.ts';
import { healthResources } from '../control/admin/health.ts';
import type { Status } from '../control/admin/health.ts';
import { metricsResource } from '../control/admin/metrics.ts';
import { MetricSet } from '../telemetry/metrics.ts';
import type { MetricBoard } from '../telemetry/metrics.ts';
import type { BanService } from './ban-service.ts';
import type { EgressService } from './egress-service.ts';
import type { GateService } from './gate-service.ts';
import type { KeyService } from './key-service.ts';
import type { Reloader } from './reloader.ts';
import type { Supervisor } from './supervisor.ts';
import type { TlsServices } from './tls-services.ts';

export interface AdminParts {
  readonly supervisor: Supervisor;
  readonly reloader: Reloader;
  readonly gates: GateService;
  readonly bans: BanService;
  readonly metrics: MetricBoard;
  readonly tls: Pick<TlsServices, 'certificates'>;
  readonly keys: KeyService;
  /** Undefined without egress. */
  readonly egress: EgressService | undefined;
  /** Which part of its life the process is in. */
  readonly life: { readonly state: 'running' | 'draining' };
}

/** Undefined when the configuration wants none. @throws SidecarError W_LISTEN_FAILED */
export async function startAdmin(config: Config, parts: AdminParts): Promise<AdminServer | undefined> {
  if (config.admin === undefined) return undefined;
  return startAdminServer(config.admin.host, config.admin.port, [
    ...healthResources(() => statusOf(config, parts)),
    metricsResource(() => {
      parts.metrics.report('main', mainSamples(parts));
      return parts.metrics.page();
    }),
    bansResource(parts.bans.register),
  ]);
}

function statusOf(config: Config, parts: AdminParts): Status {
  const { supervisor, reloader, gates, bans, metrics, life, egress } = parts;
  const { listening, restarts } = supervisor;
  const canCallOut = egress === undefined || egress.isListening;
  const circuitsOpen = metrics.value('ward_upstream_circuit_open');
  const serviceIsGone = config.upstream.breaker.readiness && listening > 0 && circuitsOpen >= listening;
  return {
    ready: life.state === 'running' && listening > 0 && !serviceIsGone && canCallOut,
    state: life.state,
    workers: { wanted: config.workers, listening, restarts },
    upstream: { circuits_open: circuitsOpen },
    egress: egress?.status(),
    ...reloader.status(),
    ...gates.status(),
    ...bans.status(),
  };
}

/** What the main thread knows itself. */
function mainSamples({ gates, bans, tls, keys, egress }: AdminParts): ReturnType<MetricSet['samples']> {
  const set = new MetricSet();
  set.set('ward_bans', bans.register.size);
  set.set('ward_limit_replicas', gates.replicas);
  const active = new Map<string, number>();
  for (const { flood } of gates.activeFloods()) active.set(flood, (active.get(flood) ?? 0) + 1);
  for (const [flood, count] of active) set.set('ward_floods_active', count, flood);
  for (const { name, expiresAtMs } of [...tls.certificates, ...(egress?.certificates ?? [])]) {
    set.set('ward_tls_certificate_expiry_seconds', Math.floor(expiresAtMs / 1_000), name);
  }
  return [...set.samples(), ...keys.samples()];
}
