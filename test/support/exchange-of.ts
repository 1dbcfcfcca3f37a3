// Written-down requests as whole exchanges for the oracle.
import { admit } from '../../src/control/inspection.ts';
import type { WrittenRequest } from '../../src/control/inspection.ts';
import type { Exchange } from '../oracle/exchange.ts';

/** The exchange, or undefined if the guard refuses the request. */
export function exchangeOf(request: WrittenRequest): Exchange | undefined {
  const admission = admit(request);
  if ('reason' in admission) return undefined;
  const body = Buffer.from(request.body ?? '', 'latin1');
  const { answered } = request;
  if (answered === undefined) return { head: admission.head, body };
  const fields = answered.headers.flatMap(([name, value]) => [name.toLowerCase(), value]);
  const response = { status: answered.status, fields, body: Buffer.from(answered.body, 'latin1') };
  return { head: admission.head, body, response };
}
