/**
 * What the proxy, the tools and in-process users see of the engine: a request goes in piece by piece, a verdict
 * and a report come out. The proxy uses nothing of the engine but this.
 */
import type { FieldLines, RequestHead } from '../http/request-head.ts';
import type { LimitReading, LimitSource } from '../limiter/limit-store.ts';
import type { TlsFacts } from '../http/tls-facts.ts';

export type Phase = 'connection' | 'headers' | 'body' | 'response_headers' | 'response_body' | 'ws_message';
export type Severity = 'critical' | 'error' | 'warning' | 'notice';

/** The decision as it stands. `pass` is final only at the end of what it speaks of; `block` and `redirect` are final at once. */
export interface Verdict {
  readonly action: 'pass' | 'redirect' | 'block';
  /** HTTP status of a block or redirect, 0 for pass. */
  readonly status: number;
  /** Absolute redirect target; set for redirect alone. */
  readonly location: string | undefined;
  readonly retryAfterS: number | undefined;
  /** Name of the rule or policy outcome that decided, e.g. `sqli.union_select`, `policy.threshold.request`; null for pass. */
  readonly by: string | null;
  readonly phase: Phase | null;
}

export const PASS: Verdict = Object.freeze({
  action: 'pass',
  status: 0,
  location: undefined,
  retryAfterS: undefined,
  by: null,
  phase: null,
});

/** A value that must not be printed: it shows as name, length and a keyed hash. */
export interface Redacted {
  readonly redacted: string;
  readonly length: number;
  readonly hash: string;
}

export type Shown = string | Redacted;

/** The value whose arrival decided a rule. Texts are latin1 and cut to LOG_VALUE_CHARS_MAX. */
export interface Witness {
  /** The field, e.g. `args.query`, `request.headers`. */
  readonly field: string;
  readonly name: string;
  readonly path: string;
  /** The place as ModSecurity names it: `ARGS:q`. */
  readonly variable: string;
  readonly value: Shown;
  /** The matched part after transformation, if a pattern matched; the last captured one of a rule that captures. */
  readonly text: Shown | undefined;
  /** The text it was found in: the transformed value, or what an earlier capture of the rule took from it. */
  readonly subject: Shown | undefined;
  /** Offset of `text` in the transformed value, -1 if unknown. */
  readonly offset: number;
  readonly pointer: string | undefined;
  readonly reason: string | undefined;
  readonly count: number | undefined;
}

export interface RuleMatch {
  readonly rule: string;
  readonly id: number | undefined;
  readonly title: string;
  readonly severity: Severity;
  readonly level: number;
  readonly tags: readonly string[];
  readonly phase: Phase;
  readonly mode: 'enforce' | 'monitor';
  /** True when the rule could not be decided and its `unknown` clause made it match. */
  readonly unknown: boolean;
  readonly message: string;
  readonly witness: Witness | undefined;
  /** Effects of the rule in the order written: `block 403`, `score 5 to injection`, `tag "x"`, `log alert`, … */
  readonly effects: readonly string[];
}

/** A threshold with an id that was reached, by enforced rules or by all (`monitor`). */
export interface ReportedThreshold {
  /** As in verdicts: `policy.threshold.request`. */
  readonly name: string;
  readonly id: number;
  /** With the points at the end of the exchange. */
  readonly title: string;
  readonly phase: Phase;
  readonly mode: 'enforce' | 'monitor';
}

/** How a limiter stood when this exchange asked it. The key is not told: it may hold what must not be printed. */
export interface ReportedLimit {
  readonly name: string;
  readonly mode: 'enforce' | 'monitor';
  readonly granted: boolean;
  readonly used: number;
  readonly remaining: number;
  readonly source: LimitSource;
}

/** A ban that this exchange brought about. The key is shown as redaction allows. */
export interface ReportedBan {
  /** The key's kind as bans are looked up by: the pipe as written, or `flood.NAME`. */
  readonly kind: string;
  readonly mode: 'enforce' | 'monitor';
  readonly key: Shown;
  readonly forMs: number;
  /** The rule that set it. */
  readonly by: string;
}

/** Everything that was decided about one exchange; what logs and tests read. */
export interface Report {
  readonly requestId: string;
  readonly programVersion: string;
  readonly policy: string;
  readonly profile: string | undefined;
  readonly route: string | undefined;
  readonly verdict: Verdict;
  /** What the verdict would be if every monitor rule were enforced. */
  readonly shadow: Verdict;
  readonly matches: readonly RuleMatch[];
  readonly matchesDropped: number;
  readonly thresholds: readonly ReportedThreshold[];
  readonly scores: Readonly<Record<string, number>>;
  readonly shadowScores: Readonly<Record<string, number>>;
  readonly tags: readonly string[];
  readonly alert: boolean;
  /** Outcomes of the policy that are only to be logged, e.g. `policy.body_max`: the rest of the body went unseen. */
  readonly logged: readonly string[];
  /** Why content could not be inspected, e.g. `json.duplicate_key`; undefined when all was read. */
  readonly uninspectable: string | undefined;
  readonly engineError: string | undefined;
  readonly bodyBytes: number;
  /** In the order asked. */
  readonly limits: readonly ReportedLimit[];
  readonly bans: readonly ReportedBan[];
}

/** What goes wrong on purpose with a request that passes, before the service is asked: first the delay, then the abort. */
export interface Fault {
  /** 0: none. */
  readonly delayMs: number;
  /** Status of the answer in place of the service's; undefined: the service is asked. */
  readonly abortStatus: number | undefined;
}

/** A span of the response body to be overwritten before it is sent; offsets count from the body's first byte. */
export interface Mask {
  readonly start: number;
  readonly end: number;
  /** The byte written over: `*`, or `0` inside a JSON number. */
  readonly with: number;
}

/**
 * The evaluation of one exchange. It begins with the head: where limits of the head are kept on another machine,
 * `opening` must settle before anything but `close` is called. Calls come in order: request body, request end, response
 * head, response body, response end; any suffix may be missing. Nothing here throws: a fault inside becomes the policy's
 * `on engine_error`. A returned promise must settle before the next call (compressed bodies); `undefined` means done.
 */
export interface Transaction {
  /** Set while the limits of the head wait for their store; never rejects. Undefined once the head is judged. */
  readonly opening: Promise<void> | undefined;
  /** How the enforced limiters asked so far stand; the answer's RateLimit fields are made of it. */
  readonly limitReadings: readonly LimitReading[];
  /** The verdict as it stands after the last call. */
  readonly verdict: Verdict;
  /**
   * The faults of all enforced rules that match, as one: the longest delay, and the abort of the rule with the highest
   * precedence. Undefined without any. Final once the head is judged; nothing is to go wrong with what is refused.
   */
  readonly fault: Fault | undefined;
  /** False when no rule looks at this request's body: bytes may pass unseen, `requestReleasable` is Infinity. */
  readonly inspectsRequestBody: boolean;
  /** True when a response rule needs the body: `accept-encoding` must be narrowed to what Ward reads. */
  readonly inspectsResponseBody: boolean;
  /** The response codings Ward reads, for `accept-encoding`. */
  readonly acceptEncoding: string;

  requestBody(chunk: Uint8Array): void | Promise<void>;
  requestEnd(): void | Promise<void>;
  /** How many bytes of the request body (as sent) may have gone to the upstream by now; the last byte only after `requestEnd`. */
  readonly requestReleasable: number;

  responseHead(status: number, fields: FieldLines): void;
  responseBody(chunk: Uint8Array): void | Promise<void>;
  responseEnd(): void | Promise<void>;
  /** The hold ended by time: what was seen so far is released, inspection goes on. */
  responseHoldExpired(): void;
  readonly responseReleasable: number;
  /** Masks for bytes not yet released, sorted by start; each is handed out once. Non-empty masks forbid ETag and digests. */
  takeMasks(): readonly Mask[];
  /** True when some rule may mask: ETag and digest fields are dropped and the length is unchanged. */
  readonly masksResponse: boolean;

  /** A whole WebSocket text message; returns the verdict on it. Binary messages are not inspected. */
  wsMessage(direction: 'in' | 'out', text: Uint8Array): Verdict;

  report(): Report;
  /** Frees what the transaction holds (decoders, buffers). Must be called once, whatever happened. */
  close(): void;
}

/** What was found out about a request before the rules see it. */
export interface RequestFacts {
  /** Claims of the token the request carries, which was found valid: parsed JSON, texts latin1. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** What the TLS layer tells of the connection; a certificate in it was found good. */
  readonly tls?: TlsFacts | undefined;
  /**
   * Limits, floods and bans are not asked. `passed`: the request was let in before (a WebSocket under renewed rules),
   * and rules that ban still do; `off`: it is no request of a client (warm-up, an example).
   */
  readonly gates?: 'passed' | 'off' | undefined;
}

/** One compiled program, ready to evaluate. Immutable; a running transaction keeps the one it began with. */
export interface Engine {
  readonly version: string;
  begin(head: RequestHead, facts?: RequestFacts): Transaction;
}

/** Where the current engine is found; a reload replaces it between requests. */
export interface EngineSlot {
  readonly current: Engine;
}
