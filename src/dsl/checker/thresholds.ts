/** E306 and W306: a threshold that no set of rules can reach never refuses anything. */
import type { ThresholdEntry } from '../ast.ts';
import type { CheckedRule, PolicySettings, ScoreTextPiece, Threshold } from '../checked.ts';
import { didYouMean } from '../diagnostics/nearest.ts';
import type { Context } from './context.ts';

/** Sums that are there without a rule that names them. */
const SUMS: readonly string[] = ['request', 'response', 'exchange'];

/** A brace written twice, a placeholder, a lone brace, or text. */
const PIECE = /\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+/g;

/** The number and the title of a threshold; the title may show points, as in `{score}` and `{score.xss}` (E211). */
export function checkLabel(context: Context, { label, subject }: ThresholdEntry): Threshold['label'] {
  if (label === undefined) return undefined;
  const title: ScoreTextPiece[] = [];
  for (const [text, placeholder] of label.title.value.matchAll(PIECE)) {
    const named = /^\s*score(?:\.([a-z][a-z0-9_]*))?\s*$/.exec(placeholder ?? '');
    if (named !== null) title.push({ text: '', subject: named[1] ?? subject.name });
    else if (placeholder !== undefined || text === '{' || text === '}') {
      context.report('E211', label.title.span, 'the title of a threshold shows `{score}` or `{score.NAME}`', {
        help: 'a brace of the text is written twice',
      });
    } else title.push({ text: text === '{{' || text === '}}' ? text[0] : text, subject: undefined });
  }
  return { id: label.id.value, title };
}

/** Compares every threshold with the sum of all points that count for it. */
export function checkThresholds(
  context: Context,
  entries: readonly ThresholdEntry[],
  rules: readonly CheckedRule[],
  settings: PolicySettings,
): void {
  const sums = new Map<string, number>();
  const categories = new Set<string>();
  for (const rule of rules) {
    if (rule.mode === 'off') continue;
    for (const action of rule.actions) {
      if (action.kind !== 'score') continue;
      const points = action.points ?? settings.scores[rule.severity];
      add(sums, directionOf(rule), points);
      add(sums, 'exchange', points);
      if (action.category === undefined) continue;
      categories.add(action.category);
      add(sums, action.category, points);
    }
  }
  for (const { subject, atLeast } of entries) {
    const reachable = sums.get(subject.name);
    if (reachable === undefined && isDirection(subject.name) && sums.size === 0) {
      context.report('W306', subject.span, `nothing scores to \`${subject.name}\``);
    } else if (reachable === undefined) {
      const help = didYouMean(subject.name, [...SUMS, ...categories]);
      context.report('E306', subject.span, `nothing scores to \`${subject.name}\``, {
        ...(help === undefined ? {} : { help }),
      });
    } else if (atLeast.value > reachable) {
      context.report('E306', atLeast.span, 'all rules together do not reach this threshold', {
        note: `at most ${reachable}`,
      });
    }
  }
}

function add(sums: Map<string, number>, subject: string, points: number): void {
  sums.set(subject, (sums.get(subject) ?? 0) + points);
}

function isDirection(subject: string): boolean {
  return SUMS.includes(subject);
}

function directionOf(rule: CheckedRule): 'request' | 'response' {
  return rule.phase === 'response_headers' || rule.phase === 'response_body' ? 'response' : 'request';
}
