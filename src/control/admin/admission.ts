/**
 * Who may drive the management address. It asks nobody for a password: whoever reaches it on the loopback interface may.
 * What must not reach it is a web page in the browser of somebody who sits at this machine:
 *
 * - a page that asks across origins sends `origin`, and `sec-fetch-site: cross-site` or `same-site`: refused. Were they
 *   missing, a DELETE or a JSON body would still need a preflight (OPTIONS), which no answer of ours ever grants;
 * - a page whose name was rebound to our address (DNS rebinding) is of the same origin, but `host` carries its name:
 *   refused. Only addresses, `localhost` and the configured host are ours. An address cannot be rebound.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { AdminReply } from './resource.ts';
import { problem } from './resource.ts';

/** The reason to refuse a request by the name it came by, or undefined. @param configured where the server listens */
export function hostFault(request: IncomingMessage, configured: string): AdminReply | undefined {
  const host = hostName(request.headers.host);
  if (host !== undefined && isOurs(host, configured)) return undefined;
  const detail = 'the Host field names no address; use http://127.0.0.1, http://localhost or the IP address';
  return problem(421, 'Misdirected request', detail);
}

/** The reason to refuse a request for where it comes from, or undefined. */
export function originFault(request: IncomingMessage): AdminReply | undefined {
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const isForeign = origin !== undefined && origin !== `http://${request.headers.host}`;
  if (isForeign || site === 'cross-site' || site === 'same-site') {
    return problem(403, 'Foreign origin', 'pages of other origins may not use the management address');
  }
  return undefined;
}

/** True for a body that no form of a web page can send. */
export function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(?:;.*)?$/i.test(contentType ?? '');
}

function isOurs(host: string, configured: string): boolean {
  return isIP(host) !== 0 || host === 'localhost' || host === configured.toLowerCase();
}

/** Without port and brackets. */
function hostName(field: string | undefined): string | undefined {
  const parts = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::\d{1,5})?$/i.exec(field ?? '');
  return (parts?.[1] ?? parts?.[2])?.toLowerCase();
}
