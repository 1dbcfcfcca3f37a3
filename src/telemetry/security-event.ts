/**
 * The record of one exchange: what was decided, by which rules, where. Its fields are the log's public format
 * (docs/operating.md). The query is left out on purpose: what a rule saw of it stands in the rule's own entry, with
 * redaction applied, and nowhere else.
 */
import type { Log, LogLevel } from './log.ts';
import { printable } from './printable.ts';

/** A value that must not be printed, as its name, length and keyed hash. */
export interface RedactedText {
  readonly redacted: string;
  readonly length: number;
  readonly hash: string;
}

export type ShownText = string | RedactedText;

/** Structurally the engine's `Witness`; texts are latin1. */
export interface LoggedWitness {
  readonly field: string;
  readonly name: string;
  readonly path: string;
  readonly value: ShownText;
  readonly text: ShownText | undefined;
  readonly offset: number;
  readonly pointer: string | undefined;
  readonly reason: string | undefined;
  readonly count: number | undefined;
}

export interface LoggedMatch {
  readonly rule: string;
  readonly id: number | undefined;
  readonly title: string;
  readonly severity: string;
  readonly tags: readonly string[];
  readonly phase: string;
  readonly mode: 'enforce' | 'monitor';
  readonly unknown: boolean;
  readonly message: string;
  readonly witness: LoggedWitness | undefined;
  readonly effects: readonly string[];
}

export interface LoggedThreshold {
  readonly name: string;
  readonly id: number;
  readonly title: string;
  readonly phase: string;
  readonly mode: 'enforce' | 'monitor';
}

export interface LoggedVerdict {
  readonly action: 'pass' | 'redirect' | 'block';
  readonly status: number;
  readonly by: string | null;
  readonly phase: string | null;
}

/** Structurally the engine's `Report`. */
export interface LoggedReport {
  readonly programVersion: string;
  readonly policy: string;
  readonly profile: string | undefined;
  readonly route: string | undefined;
  readonly verdict: LoggedVerdict;
  readonly shadow: LoggedVerdict;
  readonly matches: readonly LoggedMatch[];
  readonly matchesDropped: number;
  readonly thresholds: readonly LoggedThreshold[];
  readonly scores: Readonly<Record<string, number>>;
  readonly shadowScores: Readonly<Record<string, number>>;
  readonly tags: readonly string[];
  readonly alert: boolean;
  readonly logged: readonly string[];
  readonly uninspectable: string | undefined;
  readonly engineError: string | undefined;
  readonly bodyBytes: number;
  readonly limits: readonly {
    readonly name: string;
    readonly mode: 'enforce' | 'monitor';
    readonly granted: boolean;
    readonly used: number;
    readonly remaining: number;
    readonly source: string;
  }[];
  readonly bans: readonly {
    readonly kind: string;
    readonly mode: 'enforce' | 'monitor';
    readonly key: ShownText;
    readonly forMs: number;
    readonly by: string;
  }[];
}

/** What the wire knows of an exchange. Texts are latin1. */
export interface LoggedExchange {
  readonly id: string;
  readonly client: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** Status the client got, 0 if none. */
  readonly status: number;
  readonly durationMs: number;
  /** Refused before any rule ran: the guard's reason. */
  readonly refused: string | undefined;
  /** Refused by an entry step, well-formed: its reason, e.g. `jwt.expired`, `authorizer.refused`. */
  readonly denied?: string | undefined;
  /** Of whom a verified token speaks, and the key that says so. Latin1, as long as a token allows. */
  readonly bearer?:
    | { readonly issuer: string; readonly subject: string | undefined; readonly keyId: string | undefined }
    | undefined;
  /** Demands that were not made because of the path: `jwt`, `authorizer`, … */
  readonly exempt?: readonly string[] | undefined;
  /** It went on although the external authoriser did not answer: why. */
  readonly unauthorized?: string | undefined;
  /** Refused before any rule ran: there was no room (`overload`), or the client had too much of it (`client_…`). */
  readonly shed?: string | undefined;
  /** What a fault drill did to it: milliseconds of delay or 0, the status of an abort, whether a delay had no room. */
  readonly fault?:
    | { readonly delayMs: number; readonly abortStatus: number | undefined; readonly isSkipped: boolean }
    | undefined;
  /** Another line has told of what shed this one. */
  readonly isShedAgain?: boolean;
  /**
   * Why there is no (complete) answer of the service: `engine`, or the upstream's failure, with the error code that
   * belongs to it. `cause` is for operators.
   */
  readonly failure:
    | { readonly kind: string; readonly code?: string | undefined; readonly cause: string }
    | undefined;
  /** How it ended, in the wire's words: `forwarded`, `blocked`, `client_gone`, … */
  readonly outcome: string;
  readonly report: LoggedReport | undefined;
  /** What would let the request pass that rules refused, as rule text (latin1), or why nothing would. */
  readonly exclusion?: { readonly text: string } | { readonly refused: string } | undefined;
}

/** The name of what happened; the first that fits. */
export function eventOf(exchange: LoggedExchange): { event: string; level: LogLevel } {
  const { report } = exchange;
  if (report?.engineError !== undefined || exchange.failure?.kind === 'engine')
    return { event: 'engine.failed', level: 'error' };
  if (exchange.refused !== undefined) return { event: 'request.malformed', level: 'warn' };
  if (exchange.denied !== undefined) return { event: 'request.denied', level: 'warn' };
  if (exchange.shed !== undefined) return { event: 'request.shed', level: 'warn' };
  if (report !== undefined && report.verdict.action !== 'pass') {
    const isResponse = report.verdict.phase?.startsWith('response') === true;
    return { event: isResponse ? 'response.blocked' : 'request.blocked', level: 'warn' };
  }
  if (exchange.failure !== undefined) return { event: 'upstream.failed', level: 'warn' };
  if (report === undefined) return { event: 'request.access', level: 'info' };
  const wouldBlock = report.shadow.action !== 'pass';
  if (exchange.fault !== undefined && !wouldBlock) return { event: 'fault.injected', level: 'info' };
  if (wouldBlock || report.matches.length > 0) {
    return { event: 'request.flagged', level: wouldBlock || report.alert ? 'warn' : 'info' };
  }
  if (report.uninspectable !== undefined || report.logged.length > 0)
    return { event: 'request.uninspected', level: 'info' };
  return { event: 'request.access', level: 'info' };
}

/** How the bearer of a token is told of: whole, with a hash in place of the subject, not at all. */
export type ShowSubject = ((subject: string) => ShownText) | 'off';

/** Writes the record of an exchange; those of which there is one for every request only when `access` asks for them. */
export function logExchange(
  log: Log,
  exchange: LoggedExchange,
  access: boolean,
  showSubject: ShowSubject = (subject) => subject,
): void {
  const { event, level } = eventOf(exchange);
  if (!access && (event === 'request.access' || isTold(exchange))) return;
  const fields = {
    event,
    ...wireFields(exchange),
    ...identityFields(exchange, showSubject),
    ...reportFields(exchange.report),
    ...exclusionFields(exchange.exclusion),
  };
  log[level](fields, headline(event, exchange));
}

/**
 * A refusal that `overload.began`, `….circuit_open` or the line of the client's first has told of: a line for each would
 * add to the load.
 */
function isTold({ isShedAgain, failure, denied }: LoggedExchange): boolean {
  return isShedAgain === true || failure?.kind === 'circuit_open' || denied === 'authorizer.circuit_open';
}

function wireFields(exchange: LoggedExchange): Record<string, unknown> {
  return {
    id: exchange.id,
    client: exchange.client,
    method: printable(exchange.method),
    host: printable(exchange.host),
    path: printable(exchange.path),
    status: exchange.status,
    duration_ms: Math.round(exchange.durationMs * 100) / 100,
    outcome: exchange.outcome,
    refused: exchange.refused,
    denied: exchange.denied,
    shed: exchange.shed,
    fault: exchange.fault === undefined ? undefined : faultFields(exchange.fault),
    failure: exchange.failure?.kind,
    code: exchange.failure?.code,
    cause: exchange.failure === undefined ? undefined : printable(exchange.failure.cause),
  };
}

function identityFields(
  { bearer, exempt, unauthorized }: LoggedExchange,
  showSubject: ShowSubject,
): Record<string, unknown> {
  return {
    token: bearer === undefined || showSubject === 'off' ? undefined : bearerFields(bearer, showSubject),
    exempt,
    unauthorized,
  };
}

function bearerFields(
  { issuer, subject, keyId }: NonNullable<LoggedExchange['bearer']>,
  showSubject: Exclude<ShowSubject, 'off'>,
): Record<string, unknown> {
  return {
    iss: printable(issuer),
    sub: subject === undefined ? undefined : show(showSubject(subject)),
    kid: keyId === undefined ? undefined : printable(keyId),
  };
}

function faultFields({
  delayMs,
  abortStatus,
  isSkipped,
}: NonNullable<LoggedExchange['fault']>): Record<string, unknown> {
  return {
    delay_ms: delayMs === 0 ? undefined : delayMs,
    abort: abortStatus,
    skipped: isSkipped ? true : undefined,
  };
}

function reportFields(report: LoggedReport | undefined): Record<string, unknown> {
  if (report === undefined) return {};
  const differs = report.shadow.action !== report.verdict.action || report.shadow.by !== report.verdict.by;
  return {
    by: report.verdict.by ?? undefined,
    phase: report.verdict.phase ?? undefined,
    policy: report.policy,
    profile: report.profile,
    program: report.programVersion,
    route: report.route,
    rules: rulesOf(report),
    rules_dropped: report.matchesDropped === 0 ? undefined : report.matchesDropped,
    scores: isEmpty(report.scores) ? undefined : report.scores,
    would_block: differs ? { rule: report.shadow.by, status: report.shadow.status } : undefined,
    shadow_scores: isEmpty(report.shadowScores) ? undefined : report.shadowScores,
    tags: report.tags.length === 0 ? undefined : report.tags,
    alert: report.alert ? true : undefined,
    logged: report.logged.length === 0 ? undefined : report.logged,
    uninspectable: report.uninspectable,
    engine_error: report.engineError === undefined ? undefined : printable(report.engineError),
    body_bytes: report.bodyBytes === 0 ? undefined : report.bodyBytes,
    limits: report.limits.length === 0 ? undefined : report.limits,
    bans:
      report.bans.length === 0
        ? undefined
        : report.bans.map(({ kind, mode, key, forMs, by }) => ({
            kind,
            mode,
            key: show(key),
            for_ms: forMs,
            by,
          })),
  };
}

/** What matched, then the thresholds that have a number. */
function rulesOf({ matches, thresholds }: LoggedReport): readonly Record<string, unknown>[] | undefined {
  if (matches.length === 0 && thresholds.length === 0) return undefined;
  return [...matches.map(matchFields), ...thresholds.map(thresholdFields)];
}

function thresholdFields({ name, id, title, phase, mode }: LoggedThreshold): Record<string, unknown> {
  return { rule: name, id, msg: printable(title), mode, phase };
}

/** Rule text is printable ASCII: whatever a client chose stands in quoted literals. It is not cut. */
function exclusionFields(exclusion: LoggedExchange['exclusion']): Record<string, unknown> {
  if (exclusion === undefined) return {};
  return 'text' in exclusion ? { exclusion: exclusion.text } : { no_exclusion: printable(exclusion.refused) };
}

function matchFields(match: LoggedMatch): Record<string, unknown> {
  return {
    rule: match.rule,
    id: match.id,
    msg: printable(match.title),
    data: match.message === '' ? undefined : printable(match.message),
    severity: match.severity,
    mode: match.mode,
    phase: match.phase,
    tags: match.tags.length === 0 ? undefined : match.tags,
    effects: match.effects,
    unknown: match.unknown ? true : undefined,
    match: match.witness === undefined ? undefined : witnessFields(match.witness),
  };
}

function witnessFields(witness: LoggedWitness): Record<string, unknown> {
  return {
    field: witness.field,
    name: witness.name === '' ? undefined : printable(witness.name),
    path: witness.path === '' || witness.path === witness.name ? undefined : printable(witness.path),
    value: show(witness.value),
    text: witness.text === undefined ? undefined : show(witness.text),
    offset: witness.offset < 0 ? undefined : witness.offset,
    pointer: witness.pointer === undefined ? undefined : printable(witness.pointer),
    reason: witness.reason === undefined ? undefined : printable(witness.reason),
    count: witness.count,
  };
}

function show(text: ShownText): unknown {
  if (typeof text === 'string') return printable(text);
  return { redacted: text.redacted, length: text.length, hash: text.hash };
}

function isEmpty(scores: Readonly<Record<string, number>>): boolean {
  return Object.values(scores).every((points) => points === 0);
}

/** One line for a person: what happened to what, and why. */
function headline(event: string, exchange: LoggedExchange): string {
  const what = `${printable(exchange.method)} ${printable(exchange.path)}`;
  const by =
    exchange.report?.verdict.by ??
    exchange.refused ??
    exchange.denied ??
    exchange.shed ??
    exchange.failure?.kind;
  const wouldBe = exchange.report?.shadow.by;
  const because =
    typeof by === 'string'
      ? ` by ${by}`
      : typeof wouldBe === 'string'
        ? `, would be blocked by ${wouldBe}`
        : '';
  return `${event.replace('.', ' ')}: ${what} ${exchange.status}${because}`;
}
