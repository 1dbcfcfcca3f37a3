/**
 * Sends one written-down request through the guard and an engine, as the wire would: examples, the corpus and
 * `ward explain` see what a client would get.
 */
import type { ClientCertificate } from '../http/tls-facts.ts';
import type { Engine, Report, RequestFacts, Transaction } from '../engine/api.ts';
import { GUARD_DEFAULTS } from '../http/guard/guard-defaults.ts';
import { RequestGuard } from '../http/guard/request-guard.ts';
import { REFUSAL_STATUS } from '../http/guard/refusal.ts';
import type { RefusalReason } from '../http/guard/refusal.ts';
import type { RequestHead } from '../http/request-head.ts';

/** A request as written; texts are latin1. `content-length` is added where a body has none. */
export interface WrittenRequest {
  readonly method: string;
  readonly target: string;
  readonly from: string;
  readonly scheme: 'http' | 'https';
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | undefined;
  readonly answered: WrittenAnswer | undefined;
  /** Claims of the token it carries, taken as valid. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** The certificate of the client, taken as good. */
  readonly certificate?: ClientCertificate | undefined;
}

export interface WrittenAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

export type Inspection =
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly status: number }
  | { readonly kind: 'judged'; readonly report: Report };

/** A fixed id, so that `sample` and everything else that hangs on it is repeatable. */
const REQUEST_ID = 'example';

const guard = new RequestGuard({ ...GUARD_DEFAULTS, newRequestId: () => REQUEST_ID });

/** The request as rules see it, or why it never reaches them. */
export function admit(
  request: WrittenRequest,
): { readonly head: RequestHead } | { readonly reason: RefusalReason; readonly status: number } {
  const admission = guard.check({
    method: request.method,
    target: request.target,
    version: '1.1',
    scheme: request.scheme,
    fields: fieldsOf(request),
    peer: request.from,
    peerPort: undefined,
    proxied: '',
  });
  if (admission.refusal === null) return { head: admission.head };
  return { reason: admission.refusal, status: REFUSAL_STATUS[admission.refusal] };
}

/**
 * Judges a request, and its answer if it has one and the request passed, by itself: no limit, flood or ban is asked, so
 * that one example never changes what another meets. Never rejects.
 */
export async function inspect(engine: Engine, request: WrittenRequest): Promise<Inspection> {
  const admission = admit(request);
  if ('reason' in admission) return { kind: 'refused', ...admission };
  const transaction = engine.begin(admission.head, { ...factsOf(request), gates: 'off' });
  try {
    await transaction.opening;
    await feed(transaction, request);
    return { kind: 'judged', report: transaction.report() };
  } finally {
    transaction.close();
  }
}

/** What is known of the client of a written request beside its head. */
export function factsOf({ claims, certificate, scheme }: WrittenRequest): RequestFacts {
  if (scheme === 'http') return { claims };
  return { claims, tls: { version: 'TLSv1.3', serverName: undefined, certificate } };
}

/** Gives a transaction the body and the answer, stopping where the wire would. */
export async function feed(transaction: Transaction, request: WrittenRequest): Promise<void> {
  const passes = (): boolean => transaction.verdict.action === 'pass';
  if (!passes()) return;
  if (request.body !== undefined) await transaction.requestBody(Buffer.from(request.body, 'latin1'));
  if (passes()) await transaction.requestEnd();
  const { answered } = request;
  if (answered === undefined || !passes()) return;
  transaction.responseHead(answered.status, answered.headers.flatMap(lowerName));
  if (passes()) await transaction.responseBody(Buffer.from(answered.body, 'latin1'));
  if (passes()) await transaction.responseEnd();
}

function fieldsOf(request: WrittenRequest): readonly string[] {
  const fields = request.headers.flatMap(lowerName);
  const has = (name: string): boolean => fields.some((text, index) => index % 2 === 0 && text === name);
  if (!has('host')) fields.unshift('host', 'example.test');
  if (request.body !== undefined && !has('content-length') && !has('transfer-encoding')) {
    fields.push('content-length', String(request.body.length));
  }
  return fields;
}

function lowerName([name, value]: readonly [string, string]): string[] {
  return [name.toLowerCase(), value];
}
