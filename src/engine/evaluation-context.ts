/**
 * What compiled closures may read of a running evaluation. The program is typed over this, so that it knows nothing of
 * the machinery that runs it.
 */
import type { TlsFacts } from '../http/tls-facts.ts';
import type { Cookies } from '../http/cookies.ts';
import type { Query } from '../http/query.ts';
import type { FieldLines, RequestHead } from '../http/request-head.ts';
import type { FileRecord, MaybeValue } from '../http/value.ts';
import type { FloodReading } from '../limiter/flood-gauge.ts';
import type { LimitReading } from '../limiter/limit-store.ts';
import type { GraphqlMeasures } from '../http/graphql.ts';
import type { RegexMatch } from '../matcher/regex.ts';
import type { Truth } from './three-valued.ts';

export interface ResponseHead {
  readonly status: number;
  readonly fields: FieldLines;
  readonly latencyUs: number;
}

/** What is known of one direction's body. */
export interface BodyFacts {
  /** Bytes as sent that were looked at, and the one at which inspection was cut off. */
  size: number;
  /** Bytes as sent, those behind a cut too. */
  received: number;
  jsonDepth: number | undefined;
  jsonKeys: number | undefined;
  /** First fault of the reader or the coding. */
  fault: string | undefined;
  /** Values broke off: what has not arrived is unknown, not absent. */
  broken: boolean;
  /** Why the rest was not looked at: neither its size nor its soundness is known then. */
  cut: string | undefined;
}

export interface RetainedValue {
  readonly value: MaybeValue;
  readonly name: string;
  readonly path: string;
  readonly origin: number;
  readonly facet: number;
  readonly file: FileRecord | null;
}

export interface AccumulatorReading {
  /** The count, sum or largest repetition so far; a lower bound while the phase runs. */
  readonly soFar: number;
  /** The result at the end of the phase. */
  readonly result: MaybeValue;
  readonly retained: readonly RetainedValue[];
  /** Something could not be read or kept. */
  readonly incomplete: boolean;
}

export interface EvaluationContext {
  readonly head: RequestHead;
  readonly cookies: Cookies;
  readonly query: Query;
  readonly response: ResponseHead | null;
  readonly requestBody: Readonly<BodyFacts>;
  readonly responseBody: Readonly<BodyFacts>;
  readonly bodyKind: string;
  readonly argumentBytes: number;
  readonly wsBytes: number;
  readonly wsDirection: 'in' | 'out';
  /** Name of the route of the canonical path, and its parameters. */
  readonly routeName: string | undefined;
  readonly routeParameters: ReadonlyMap<string, string>;
  /** Numbers of the routes all views of the path fall on; -1 for none. */
  readonly views: readonly number[];
  readonly accumulators: readonly AccumulatorReading[];
  readonly exclusionStates: Uint8Array;
  /** Claims of the token the request carries; undefined without a valid one. */
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  /** What the TLS layer tells of the connection; undefined where it tells nothing. */
  readonly tls: TlsFacts | undefined;
  /** What the GraphQL documents ask for; null without one, or where the rules do not ask. */
  readonly graphql: { readonly measures: GraphqlMeasures | null; readonly unreadable: boolean } | null;
  /** What the gates of this exchange returned by now, by number of the limiter and of the flood; null: not asked. */
  readonly limitReadings: readonly (LimitReading | null)[];
  readonly floodReadings: readonly (FloodReading | null)[];

  // -- what a binder block reads, by binding
  readonly bound: MaybeValue[];
  readonly boundNames: string[];
  readonly boundPaths: string[];
  readonly boundOrigins: number[];
  readonly boundFacets: number[];
  readonly boundFiles: (FileRecord | null)[];
  readonly captures: (RegexMatch | null)[];
  /** PART bits of the value under test, and its bytes up to the end of this segment. */
  readonly part: number;
  readonly lengthSoFar: number;
  /** States of the tests of a body over the segments of a long value. */
  readonly atoms: Uint8Array;
  /** Set while a report looks for what a pattern matched: searches leave their match, the first or the last captured. */
  readonly watchesMatches: boolean;
  lastFound: { readonly text: string; readonly start: number; readonly subject: string } | null;

  bind(binding: number, value: RetainedValue): void;
  /** State of a leaf as rules see it now. */
  leaf(id: number): Truth;
  /** A JSON value at a watched path. */
  slot(index: number): MaybeValue;
  digest(index: number): MaybeValue;
}

export type ScalarReader = (evaluation: EvaluationContext) => MaybeValue;
export type TruthTest = (evaluation: EvaluationContext) => Truth;
/** Tests one value of a selection, transformations included. */
export type ValueTest = (evaluation: EvaluationContext, value: MaybeValue) => Truth;
