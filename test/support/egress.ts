/** The proxy for calls of the service on a free port of 127.0.0.1, configured as an operator would, and what it reported. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toEgressOptions } from '../../src/app/egress-options.ts';
import { readTlsClients } from '../../src/app/tls-client-material.ts';
import type { EgressConfig } from '../../src/config/egress-config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import type { Engine } from '../../src/engine/api.ts';
import { EgressProxy } from '../../src/proxy/egress/egress-proxy.ts';
import type { ExchangeRecord } from '../../src/proxy/events.ts';
import { allowAllEngine } from './fixed-engine.ts';

/** Stands for the internet: the one address that tests may call. */
export const OUTSIDE = '127.0.0.2';

export const get = (target: string, host: string): string =>
  `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

/** The service names the host and no port, as it does where the host has its usual one. */
export const absolute = (host: string, path = '/'): string => get(`http://${host}${path}`, host);

export interface Egress {
  readonly port: number;
  readonly way: EgressProxy;
  readonly records: ExchangeRecord[];
  close(): Promise<void>;
}

/** @param settings the group `egress` of a configuration file */
export async function startEgress(
  settings: Readonly<Record<string, unknown>>,
  engine: Engine = allowAllEngine,
  clock: Clock = systemClock,
): Promise<Egress> {
  const directory = mkdtempSync(join(tmpdir(), 'ward-egress-'));
  const file = join(directory, 'ward.yaml');
  writeFileSync(file, JSON.stringify({ upstream: { url: 'http://127.0.0.1:9' }, egress: settings }));
  const { config } = loadConfig({ file, environment: {}, flags: new Map(), workingDirectory: directory });
  rmSync(directory, { recursive: true });
  const egress = config.egress as EgressConfig;
  const places = egress.hosts.map(({ host, tls }, index) => ({
    setting: `egress.hosts[${index}].tls`,
    name: host,
    config: tls,
    passphrase: undefined,
  }));
  const { material } = readTlsClients(places, Date.now());
  const records: ExchangeRecord[] = [];
  const events = { onExchangeEnd: (record: ExchangeRecord) => void records.push(record) };
  const way = new EgressProxy(toEgressOptions(config, egress), material, { current: engine }, events, clock);
  const port = await way.proxy.listen('127.0.0.1', 0);
  return { port, way, records, close: () => way.proxy.drain(0) };
}
