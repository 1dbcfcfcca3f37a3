/** Scores and the verdict of one side, the real or the shadow one: the maximum of `pass < redirect < block`. */
import type { CheckedAction, CheckedRule, Outcome, Threshold } from '../../src/dsl/checked.ts';

export interface OracleVerdict {
  readonly action: 'pass' | 'redirect' | 'block';
  readonly status: number;
  readonly by: string | null;
}

const PASS: OracleVerdict = { action: 'pass', status: 0, by: null };
const SEVERITIES = ['critical', 'error', 'warning', 'notice'];
const RANKS = ['pass', 'redirect', 'block'];

interface Candidate extends OracleVerdict {
  /** Rules by severity and name, then outcomes of no rule by name. */
  readonly order: string;
}

export class Tally {
  verdict: OracleVerdict = PASS;
  allowed = false;
  readonly #scores = new Map<string, number>([
    ['request', 0],
    ['response', 0],
  ]);
  readonly #thresholds: readonly Threshold[];
  #candidates: Candidate[] = [];

  constructor(thresholds: readonly Threshold[]) {
    this.#thresholds = thresholds;
  }

  get final(): boolean {
    return this.verdict !== PASS;
  }

  get scores(): Record<string, number> {
    return Object.fromEntries(this.#scores);
  }

  /** A rule that matched. Once the verdict is final nothing counts any more. */
  take(rule: CheckedRule, actions: readonly CheckedAction[]): void {
    if (this.final) return;
    const order = `0 ${SEVERITIES.indexOf(rule.severity)} ${rule.name}`;
    for (const action of actions) {
      if (action.kind === 'allow') this.allowed = true;
      if (action.kind === 'block' || action.kind === 'redirect') {
        this.#candidates.push({ action: action.kind, status: action.status, by: rule.name, order });
      }
      if (action.kind !== 'score') continue;
      const direction = rule.phase.startsWith('response') ? 'response' : 'request';
      this.#add(direction, action.points ?? 0);
      if (action.category !== undefined) this.#add(action.category, action.points ?? 0);
    }
  }

  propose(name: string, outcome: Outcome): void {
    if (outcome.kind !== 'block') return;
    this.#candidates.push({ action: 'block', status: outcome.status, by: name, order: `1 ${name}` });
  }

  /** The end of a step: thresholds, then the primary among the strongest. */
  conclude(): void {
    if (!this.final) {
      for (const { subject, points, outcome } of this.#thresholds) {
        if ((this.#scores.get(subject) ?? 0) >= points) this.propose(`policy.threshold.${subject}`, outcome);
      }
      const strongest = this.#candidates.sort((a, b) => {
        return RANKS.indexOf(b.action) - RANKS.indexOf(a.action) || (a.order < b.order ? -1 : 1);
      })[0] as Candidate | undefined;
      if (strongest !== undefined)
        this.verdict = { action: strongest.action, status: strongest.status, by: strongest.by };
    }
    this.#candidates = [];
  }

  #add(subject: string, points: number): void {
    this.#scores.set(subject, (this.#scores.get(subject) ?? 0) + points);
  }
}
