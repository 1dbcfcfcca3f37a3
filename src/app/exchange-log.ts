/** Turns the wire's record of an exchange into the log's. */
import type { ErrorCode } from '../core/errors.ts';
import { redact } from '../engine/redaction.ts';
import type { ExchangeRecord } from '../proxy/events.ts';
import type { Log } from '../telemetry/log.ts';
import { logExchange } from '../telemetry/security-event.ts';
import type { LoggedExchange, ShowSubject } from '../telemetry/security-event.ts';
import type { ExclusionNotes } from './exclusion-notes.ts';

/** The stable code of each failure. Ending Ward is no failure of the service and has none. */
const FAILURE_CODES: Readonly<Record<NonNullable<ExchangeRecord['failure']>['kind'], ErrorCode | undefined>> =
  {
    refused: 'W_UPSTREAM_REFUSED',
    timeout: 'W_UPSTREAM_TIMEOUT',
    broken: 'W_UPSTREAM_BROKEN',
    busy: 'W_UPSTREAM_BUSY',
    closing: undefined,
    circuit_open: 'W_UPSTREAM_CIRCUIT_OPEN',
    forbidden: 'W_EGRESS_FORBIDDEN',
    too_large: 'W_REQUEST_TOO_LARGE',
    engine: 'W_ENGINE_FAILED',
  };

export interface ExchangeLogOptions {
  /** Also what passed. */
  readonly access: boolean;
  readonly showSubject: ShowSubject;
}

export function logRecord(
  log: Log,
  { access, showSubject }: ExchangeLogOptions,
  record: ExchangeRecord,
  notes: ExclusionNotes,
): void {
  logExchange(log, toLoggedExchange(record, notes.noteOf(record)), access, showSubject);
}

/** @param hashKey of the process: guessing a subject from a log takes the key */
export function subjectShower(how: 'plain' | 'hash' | 'off', hashKey: Uint8Array): ShowSubject {
  if (how === 'off') return how;
  return how === 'plain' ? (subject) => subject : (subject) => redact({ hashKey }, 'sub', subject);
}

/** Every request makes one: written out, not spread, for that leaves half a kilobyte of tables behind. */
export function toLoggedExchange(
  record: ExchangeRecord,
  exclusion?: LoggedExchange['exclusion'],
): LoggedExchange {
  const { head, note, failure } = record;
  return {
    id: record.requestId,
    client: head?.client.ip.text ?? record.peer,
    method: record.method,
    host: head?.host ?? '',
    path: head?.rawPath ?? '',
    status: record.status,
    durationMs: record.durationMs,
    refused: record.refusal,
    denied: record.denial,
    bearer: note?.bearer,
    exempt: note?.exempt,
    unauthorized: note?.unauthorized,
    shed: record.shed?.reason,
    isShedAgain: record.shed?.isFirst === false,
    fault: record.fault,
    failure:
      failure === undefined
        ? undefined
        : { kind: failure.kind, code: FAILURE_CODES[failure.kind], cause: causeOf(failure.cause) },
    outcome: record.outcome,
    report: record.report,
    exclusion,
  };
}

/** An exception of ours keeps its stack: it is a mistake that must be found. */
function causeOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause ? `${cause.message} (${String(cause.code)})` : (cause.stack ?? cause.message);
}
