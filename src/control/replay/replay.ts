/** Sends recorded traffic through two programs side by side and keeps what they decide differently. */
import { REPLAY_LISTED_MAX, REPLAY_PROBLEMS_LISTED_MAX } from '../../core/limits.ts';
import type { Engine, Report, RuleMatch, Verdict } from '../../engine/api.ts';
import { inspect } from '../inspection.ts';
import type { WrittenRequest } from '../inspection.ts';
import { trafficLines } from './traffic-lines.ts';
import { readTraffic } from './traffic-request.ts';

/** One side of a difference. */
export interface ReplayedVerdict {
  readonly action: Verdict['action'];
  readonly status: number;
  readonly by: string | null;
  /** The enforced rules that matched and where, `args.query["q"]`; latin1. */
  readonly rules: readonly { readonly rule: string; readonly at: string }[];
}

export interface ReplayDifference {
  readonly line: number;
  /** Method and target, latin1. */
  readonly request: string;
  readonly before: ReplayedVerdict;
  readonly after: ReplayedVerdict;
}

export interface ReplayProblem {
  readonly line: number;
  readonly why: string;
}

export interface Replay {
  readonly requests: number;
  /** Refused before any rule, by both alike. */
  readonly malformed: number;
  readonly refusedBefore: number;
  readonly refusedAfter: number;
  readonly newlyRefused: number;
  readonly newlyPassing: number;
  /** Refused or redirected by both, with another status. */
  readonly otherStatus: number;
  /** Refused by both, by another rule. */
  readonly otherRule: number;
  /** In order of the file, the first REPLAY_LISTED_MAX of them. */
  readonly differences: readonly ReplayDifference[];
  /** Events that tell too little to be repeated. */
  readonly incomplete: number;
  /** Lines that are no requests, and the first of them by number. */
  readonly wrong: number;
  readonly problems: readonly ReplayProblem[];
}

export interface ReplayOptions {
  /** Called with the share of the file that is done in bytes. */
  readonly onProgress?: (requests: number, bytesRead: number) => void;
  /** Called for a line that is no request; throwing ends the replay. */
  readonly onProblem?: (problem: ReplayProblem) => void;
}

const RULES_NAMED_MAX = 8;

/**
 * Cost: both programs, request by request; memory does not grow with the file.
 *
 * @throws the error of the file system if the file cannot be read
 */
export async function replay(
  path: string,
  before: Engine,
  after: Engine,
  { onProgress, onProblem }: ReplayOptions = {},
): Promise<Replay> {
  const tally = {
    requests: 0,
    malformed: 0,
    refusedBefore: 0,
    refusedAfter: 0,
    newlyRefused: 0,
    newlyPassing: 0,
    otherStatus: 0,
    otherRule: 0,
    incomplete: 0,
    wrong: 0,
  };
  const differences: ReplayDifference[] = [];
  const problems: ReplayProblem[] = [];
  for await (const { number, text, bytesRead } of trafficLines(path)) {
    if (text?.trim() === '') continue;
    const read =
      text === undefined ? { kind: 'wrong' as const, why: 'the line is too long' } : readTraffic(text);
    onProgress?.(tally.requests, bytesRead);
    if (read.kind === 'skipped') continue;
    if (read.kind !== 'request') {
      tally[read.kind]++;
      if (read.kind === 'incomplete') continue;
      const problem = { line: number, why: read.why };
      onProblem?.(problem);
      if (problems.length < REPLAY_PROBLEMS_LISTED_MAX) problems.push(problem);
      continue;
    }
    tally.requests++;
    const [old, now] = [await verdictOf(before, read.request), await verdictOf(after, read.request)];
    if (old === undefined || now === undefined) {
      tally.malformed++;
      continue;
    }
    if (old.action !== 'pass') tally.refusedBefore++;
    if (now.action !== 'pass') tally.refusedAfter++;
    const change = changeOf(old, now);
    if (change === undefined) continue;
    tally[change]++;
    if (change === 'otherRule' || differences.length >= REPLAY_LISTED_MAX) continue;
    const { method, target } = read.request;
    differences.push({ line: number, request: `${method} ${target}`, before: old, after: now });
  }
  return { ...tally, differences, problems };
}

type Change = 'newlyRefused' | 'newlyPassing' | 'otherStatus' | 'otherRule';

function changeOf(before: ReplayedVerdict, after: ReplayedVerdict): Change | undefined {
  if (before.action === 'pass') return after.action === 'pass' ? undefined : 'newlyRefused';
  if (after.action === 'pass') return 'newlyPassing';
  if (before.action !== after.action || before.status !== after.status) return 'otherStatus';
  return before.by === after.by ? undefined : 'otherRule';
}

/** Undefined if the guard refuses the request. */
async function verdictOf(engine: Engine, request: WrittenRequest): Promise<ReplayedVerdict | undefined> {
  const inspection = await inspect(engine, request);
  if (inspection.kind === 'refused') return undefined;
  const { verdict, matches }: Report = inspection.report;
  const rules = matches
    .filter(({ mode }) => mode === 'enforce')
    .slice(0, RULES_NAMED_MAX)
    .map((match) => ({ rule: match.rule, at: placeOf(match) }));
  return { action: verdict.action, status: verdict.status, by: verdict.by, rules };
}

function placeOf({ witness }: RuleMatch): string {
  if (witness === undefined) return '';
  return witness.name === '' ? witness.field : `${witness.field}["${witness.name}"]`;
}
