/**
 * `ward/engine`: the rules engine for use inside another process, without the proxy.
 *
 * ```ts
 * import { compilePolicy, inspect } from 'ward/engine';
 *
 * const { engine, diagnostics } = compilePolicy({ text: 'language 1 …' });
 * if (engine === null) throw new Error(diagnostics.map((found) => found.message).join('\n'));
 * const { verdict } = await inspect(engine, { method: 'GET', target: '/search?q=1' });
 * ```
 *
 * Texts of a request are latin1: one char per byte. Everything goes through the same guard as on the wire, so that the
 * rules see what they would see there; a request that the guard refuses is a verdict too.
 */
import { randomUUID } from 'node:crypto';
import { analyseForChecker } from './compiler/regex-analyser.ts';
import { compileProgram } from './compiler/compile.ts';
import { checkProgram } from './dsl/checker/check-program.ts';
import type { Diagnostic } from './dsl/diagnostics/diagnostic.ts';
import { parseFile } from './dsl/parser.ts';
import { createSource } from './dsl/source.ts';
import type { Engine, Report, Transaction, Verdict } from './engine/api.ts';
import { createEngine } from './engine/engine.ts';
import { warmUp } from './engine/warm-up.ts';
import { REFUSAL_STATUS } from './http/guard/refusal.ts';
import { GUARD_DEFAULTS } from './http/guard/guard-defaults.ts';
import { RequestGuard } from './http/guard/request-guard.ts';
import type { RequestHead } from './http/request-head.ts';
import type { Gates } from './limiter/gates.ts';

export type { Diagnostic } from './dsl/diagnostics/diagnostic.ts';
export type {
  Engine,
  Mask,
  Report,
  RequestFacts,
  RuleMatch,
  Transaction,
  Verdict,
  Witness,
} from './engine/api.ts';
export type { RequestHead } from './http/request-head.ts';
export type { Gates } from './limiter/gates.ts';
export { warmUp } from './engine/warm-up.ts';

export interface PolicySource {
  /** Shown in diagnostics. */
  readonly path: string;
  readonly text: string;
}

export interface CompilePolicyOptions {
  /** One rule file. */
  readonly text?: string;
  /** Several rule files; they share one namespace. `import` lines are not followed: give every file. */
  readonly sources?: readonly PolicySource[];
  readonly profile?: string;
  /** Values of `secret` declarations, latin1. */
  readonly secrets?: ReadonlyMap<string, string>;
  /** Lines of list files, by the path as written in the rules. */
  readonly listFiles?: ReadonlyMap<string, readonly string[]>;
  /** Positions of switches, by name; the rules give the others. */
  readonly switches?: ReadonlyMap<string, boolean>;
  /** Today, `YYYY-MM-DD`, for `until`; the system's date (UTC) when not given. */
  readonly today?: string;
  /** Key of the hashes that stand for redacted values; random when not given. */
  readonly hashKey?: Uint8Array;
  /** Limits, floods and bans; without them the engine keeps its own, in memory. */
  readonly gates?: Gates;
  /** Evaluates some synthetic requests, so that the first real one is fast. */
  readonly warm?: boolean;
}

export interface CompiledPolicy {
  /** Null when a diagnostic is an error. */
  readonly engine: Engine | null;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Parses, checks and compiles rule texts. Never throws at an author.
 *
 * @throws AssertionFailure when the rules use a secret that `secrets` does not have
 */
export function compilePolicy(options: CompilePolicyOptions): CompiledPolicy {
  const sources = options.sources ?? [{ path: 'policy.ward', text: options.text ?? '' }];
  const parsed = sources.map(({ path, text }) => parseFile(createSource(path, text)));
  const syntax = parsed.flatMap((one) => one.diagnostics);
  if (hasError(syntax)) return { engine: null, diagnostics: syntax };
  const { profile, listFiles, secrets, switches, hashKey } = options;
  const checked = checkProgram(
    parsed.map((one) => one.file),
    {
      regex: analyseForChecker,
      today: options.today ?? new Date().toISOString().slice(0, 10),
      ...(profile === undefined ? {} : { profile }),
      ...(listFiles === undefined ? {} : { listFiles }),
    },
  );
  const found = [...syntax, ...checked.diagnostics];
  if (checked.policy === null) return { engine: null, diagnostics: found };
  const { program, diagnostics } = compileProgram(checked.policy, {
    ...(profile === undefined ? {} : { profile }),
    ...(secrets === undefined ? {} : { secrets }),
    ...(switches === undefined ? {} : { switches }),
    ...(hashKey === undefined ? {} : { hashKey }),
  });
  const all = [...found, ...diagnostics];
  if (hasError(diagnostics)) return { engine: null, diagnostics: all };
  const engine = createEngine(program, options.gates === undefined ? {} : { gates: options.gates });
  if (options.warm === true) warmUp(engine);
  return { engine, diagnostics: all };
}

function hasError(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((found) => found.severity === 'error');
}

/** A request as a plain object; what is left out is as a simple client would send it. */
export interface PlainRequest {
  readonly method?: string;
  /** Path and query. */
  readonly target: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Uint8Array;
  /** Address of the client. */
  readonly from?: string;
  readonly scheme?: 'http' | 'https';
  readonly version?: '1.0' | '1.1' | '2';
  /** Claims of the token it carries, which the caller found valid; texts latin1. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly response?: {
    readonly status: number;
    readonly headers?: readonly (readonly [name: string, value: string])[];
    readonly body?: string | Uint8Array;
  };
}

export type HeadReading =
  | { readonly head: RequestHead }
  /** The guard refuses the request; `reason` is stable, `status` what a client would get. */
  | { readonly head: null; readonly reason: string; readonly status: number };

const guard = new RequestGuard({ ...GUARD_DEFAULTS, newRequestId: () => randomUUID() });

/** The head that `engine.begin` takes, made by the guard of the wire. */
export function readHead(request: PlainRequest): HeadReading {
  const { method = 'GET', target, from = '127.0.0.1', scheme = 'https', version = '1.1' } = request;
  const admission = guard.check({
    method,
    target,
    version,
    scheme,
    fields: fieldsOf(request),
    peer: from,
    peerPort: undefined,
    proxied: '',
  });
  if (admission.refusal === null) return { head: admission.head };
  return { head: null, reason: admission.refusal, status: REFUSAL_STATUS[admission.refusal] };
}

function fieldsOf({ headers = [], body }: PlainRequest): string[] {
  const fields = headers.flatMap(([name, value]) => [name.toLowerCase(), value]);
  const has = (wanted: string): boolean => fields.some((text, i) => i % 2 === 0 && text === wanted);
  if (!has('host')) fields.unshift('host', 'localhost');
  if (body !== undefined && !has('content-length') && !has('transfer-encoding')) {
    fields.push('content-length', String(body.length));
  }
  return fields;
}

export interface Inspection {
  readonly verdict: Verdict;
  /** Null when the guard refused the request before any rule saw it. */
  readonly report: Report | null;
}

/** Judges a whole request, and its response if one is given and the request passed. Never throws on any request. */
export async function inspect(engine: Engine, request: PlainRequest): Promise<Inspection> {
  const reading = readHead(request);
  if (reading.head === null) {
    const { reason, status } = reading;
    const by = `guard.${reason}`;
    return {
      verdict: { action: 'block', status, location: undefined, retryAfterS: undefined, by, phase: null },
      report: null,
    };
  }
  const transaction = engine.begin(reading.head, { claims: request.claims });
  try {
    await transaction.opening;
    await feed(transaction, request);
    return { verdict: transaction.verdict, report: transaction.report() };
  } finally {
    transaction.close();
  }
}

async function feed(transaction: Transaction, { body, response }: PlainRequest): Promise<void> {
  const passes = (): boolean => transaction.verdict.action === 'pass';
  if (passes() && body !== undefined) await transaction.requestBody(bytesOf(body));
  if (passes()) await transaction.requestEnd();
  if (response === undefined || !passes()) return;
  const { status, headers = [] } = response;
  transaction.responseHead(
    status,
    headers.flatMap(([name, value]) => [name.toLowerCase(), value]),
  );
  if (passes() && response.body !== undefined) await transaction.responseBody(bytesOf(response.body));
  if (passes()) await transaction.responseEnd();
}

function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
}
