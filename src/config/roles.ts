/**
 * Defaults by kind of service (`role`). A role is a layer of settings below the file: it says nothing that `ward.yaml`
 * could not say, so `ward config print` shows all it does, and no other part of Ward knows of roles.
 *
 * A role holds what its kind of service needs and nobody has to think of; never names, addresses or keys, nor what must be
 * thought of (HSTS for subdomains, exemptions from tokens).
 */
import type { Layer, SettingTree } from './layers.ts';
import type { RoleName } from './settings/role.ts';

const NEVER = ['TRACE', 'TRACK', 'CONNECT'];
/** WebDAV (RFC 4918) and IIS's own; a web site that has them does so on purpose. */
const WEBDAV = ['PROPFIND', 'PROPPATCH', 'MKCOL', 'COPY', 'MOVE', 'LOCK', 'UNLOCK', 'DEBUG'];
/** Where orchestrators ask, without certificates and TLS. */
const HEALTH_PATHS = ['/healthz', '/livez', '/readyz', '/health'];

/** Each role's settings, as a file would give them. */
export const ROLES: Readonly<Record<RoleName, SettingTree>> = {
  // Programs with tokens: short targets, clean names, and no redirect that would teach them to send tokens in the clear.
  api: {
    field_names: 'refuse',
    refused_methods: [...NEVER, ...WEBDAV],
    https: { plain: 'refuse' },
    limits: { target: '4KiB', header_value: '12KiB', header_count: 64, websocket_message: '256KiB' },
    client_timeouts: { request: '60s' },
  },
  // Browsers, often many behind one address, with large cookies; HSTS for a month, so that it can still be taken back.
  web: {
    refused_methods: [...NEVER, ...WEBDAV],
    https: { plain: 'redirect', hsts_max_age: '720h' },
    limits: { connections_per_client: 1_024 },
  },
  // A few services, each of which is one client with all its traffic: what bounds one client bounds the whole here.
  internal: {
    field_names: 'refuse',
    refused_methods: [...NEVER, ...WEBDAV],
    https: { plain: 'refuse', exempt_paths: HEALTH_PATHS },
    tls: { clients: { exempt_paths: HEALTH_PATHS } },
    limits: { in_flight_per_client: 0, resets_per_client: 0, connections_per_client: 0 },
  },
  // Strangers' programs that post small signed documents and try again when refused.
  'webhook-receiver': {
    refused_methods: [...NEVER, ...WEBDAV, 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    rate_limit_fields: false,
    https: { plain: 'refuse' },
    limits: {
      head: '16KiB',
      target: '2KiB',
      header_value: '8KiB',
      header_count: 64,
      websocket_message: '1KiB',
      in_flight_per_client: 64,
      connections_per_client: 64,
      body_rate_min: 2_048,
    },
    client_timeouts: { head: '5s', request: '30s' },
  },
};

/** The layer of a role; undefined if there is none of that name, which the validator refuses where it stands. */
export function roleLayer(name: unknown): Layer | undefined {
  if (typeof name !== 'string' || !Object.hasOwn(ROLES, name)) return undefined;
  return { name: 'role', tree: ROLES[name as RoleName], locate: () => `role ${name}` };
}
