// The engine beside the oracle: the same policy and request through both, bodies cut as asked. A disagreement is thrown
// with the policy as text and the request, ready to be made a test of its own.
import { isDeepStrictEqual } from 'node:util';
import { compileProgram } from '../../src/compiler/compile.ts';
import { admit } from '../../src/control/inspection.ts';
import type { WrittenRequest } from '../../src/control/inspection.ts';
import type { CheckedPolicy } from '../../src/dsl/checked.ts';
import type { Engine, Report, Transaction } from '../../src/engine/api.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { evaluateNaively } from '../oracle/evaluate.ts';
import type { Exchange } from '../oracle/exchange.ts';
import { exchangeOf } from './exchange-of.ts';

/** Sizes of the pieces of a body, used in turn; `[1]` is every byte. */
export type Cuts = readonly number[];

/** What both must say. */
export interface Findings {
  readonly verdict: unknown;
  readonly shadow: unknown;
  readonly matches: readonly string[];
  readonly scores: unknown;
  readonly shadowScores: unknown;
  /** Why is a matter of what else was read; that it was is not. */
  readonly uninspectable: boolean;
  readonly engineError: string | undefined;
}

const SECRETS = new Map([['key', 'sesame']]);

export function engineOf(policy: CheckedPolicy): Engine {
  return createEngine(compileProgram(policy, { secrets: SECRETS }).program);
}

/** The oracle's findings; undefined if the guard refuses the request. */
export function oracleFindings(policy: CheckedPolicy, request: WrittenRequest): Findings | undefined {
  const exchange: Exchange | undefined = exchangeOf(request);
  if (exchange === undefined) return undefined;
  const { verdict, shadow, matches, scores, shadowScores, uninspectable } = evaluateNaively(
    policy,
    exchange,
    { secrets: SECRETS },
  );
  return {
    verdict,
    shadow,
    matches,
    scores,
    shadowScores,
    uninspectable: uninspectable !== undefined,
    engineError: undefined,
  };
}

export async function engineFindings(
  engine: Engine,
  request: WrittenRequest,
  cuts: Cuts,
): Promise<Findings | undefined> {
  const admission = admit(request);
  if ('reason' in admission) return undefined;
  const transaction = engine.begin(admission.head, { gates: 'off' });
  await send(transaction, request, cuts);
  const report = transaction.report();
  transaction.close();
  return findingsOf(report);
}

async function send(transaction: Transaction, request: WrittenRequest, cuts: Cuts): Promise<void> {
  const passes = (): boolean => transaction.verdict.action === 'pass';
  for (const piece of pieces(request.body ?? '', cuts)) if (passes()) await transaction.requestBody(piece);
  if (passes()) await transaction.requestEnd();
  const { answered } = request;
  if (answered === undefined || !passes()) return;
  const fields = answered.headers.flatMap(([name, value]) => [name.toLowerCase(), value]);
  transaction.responseHead(answered.status, fields);
  for (const piece of pieces(answered.body, cuts)) if (passes()) await transaction.responseBody(piece);
  if (passes()) await transaction.responseEnd();
}

function* pieces(body: string, cuts: Cuts): Generator<Uint8Array> {
  const bytes = Buffer.from(body, 'latin1');
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = Math.max(1, cuts[turn % cuts.length]);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

function findingsOf(report: Report): Findings {
  const brief = ({ action, status, by }: Report['verdict']): unknown => ({ action, status, by });
  return {
    verdict: brief(report.verdict),
    shadow: brief(report.shadow),
    matches: report.matches.map((match) => match.rule).sort(),
    scores: report.scores,
    shadowScores: report.shadowScores,
    uninspectable: report.uninspectable !== undefined,
    engineError: report.engineError,
  };
}

/** Throws if the findings differ; `source` is the text of the policy. */
export function demandAgreement(
  left: readonly [string, Findings | undefined],
  right: readonly [string, Findings | undefined],
  source: string,
  request: WrittenRequest,
): void {
  if (isDeepStrictEqual(left[1], right[1])) return;
  const show = ([who, what]: readonly [string, Findings | undefined]): string =>
    `${who}: ${JSON.stringify(what)}`;
  throw new Error(
    ['two evaluations differ', show(left), show(right), source, JSON.stringify(request)].join('\n'),
  );
}
