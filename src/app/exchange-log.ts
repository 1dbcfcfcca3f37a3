/** Turns the wire's record of an exchange into the log's. */
import type { ExchangeRecord } from '../proxy/events.ts';
import type { Log } from '../telemetry/log.ts';
import { logExchange } from '../telemetry/security-event.ts';
import type { LoggedExchange } from '../telemetry/security-event.ts';

export function logRecord(log: Log, access: boolean, record: ExchangeRecord): void {
  logExchange(log, toLoggedExchange(record), access);
}

export function toLoggedExchange(record: ExchangeRecord): LoggedExchange {
  const { head, failure } = record;
  return {
    id: record.requestId,
    client: head?.client.ip.text ?? record.peer,
    method: record.method,
    host: head?.host ?? '',
    path: head?.rawPath ?? '',
    status: record.status,
    durationMs: record.durationMs,
    refused: record.refusal,
    failure: failure === undefined ? undefined : `upstream.${failure.kind}`,
    outcome: record.outcome,
    report: record.report,
  };
}
