/**
 * Templates of client frameworks: AngularJS, Vue and their like evaluate `{{ expression }}` that they find in a page, and
 * attributes of their own. An expression that only names something shows it; one that reaches a function constructor,
 * or calls what only an attack calls, runs code (Heiderich, "mustache" security, 2013; Heyes, AngularJS sandbox escapes).
 */
import { CLIENT_TEMPLATE_BYTES_MAX } from '../../core/limits.ts';
import { TELLING } from '../script/effect.ts';
import { scriptEffect } from '../script/script-effect.ts';

/**
 * Reaching for a constructor, a prototype, or the internals of a scope. Objects of every day have a `view` and a `prompt` of
 * their own, which they show: `{{ payload.view.state }}`, `{{ item.prompt }}`.
 */
const REACHES =
  /constructor\s{0,8}(?:\)|\.|\(|\[|['"`]\s{0,8}\])|__proto__|\bprototype\b|\$(?:eval|evalasync|parse)\b\s{0,4}\(|__(?:define|lookup)[gs]etter__|\b_[a-z]\.constructor|\borderby\s{0,4}:\s{0,4}(?:\[|['\"][^'\"|]{0,64}[(=[])|\$event\s{0,4}\.(?:view|path|composedpath)|\.defaultview\.|\.view\.\s{0,4}(?:alert|confirm|prompt|eval|print|open|document|location|parent|top|self|window|fetch|set\w)|\.sub\.call\.call|\.(?:alert|eval)\b|\.(?:confirm|prompt)\s{0,4}(?:[)\]]?\s{0,4}[(`]|\.\s{0,4}(?:call|apply|bind)\b)/i;
/** Delimiters of AngularJS, Vue and Mavo; the last is Mavo's. */
const DELIMITERS = [
  ['{{', '}}'],
  ['[[', ']]'],
] as const;

/** Whether an expression of a client framework runs code. */
export function expressionRuns(text: string, from: number, end: number): boolean {
  if (scriptEffect(text, from, end, 0) === TELLING) return true;
  const expression = text.slice(from, end);
  return REACHES.test(expression) && /[(`=:]/.test(expression);
}

/** Whether a text holds such an expression between the delimiters of a framework. Linear. */
export function clientTemplateRuns(text: string): boolean {
  for (const [open, close] of DELIMITERS) {
    let at = text.indexOf(open);
    let closing = 0;
    while (at >= 0) {
      const from = at + open.length;
      if (closing >= 0 && closing < from) closing = text.indexOf(close, from);
      const end = Math.min(closing < 0 ? text.length : closing, from + CLIENT_TEMPLATE_BYTES_MAX);
      if (expressionRuns(text, from, end)) return true;
      at = text.indexOf(open, end);
    }
  }
  return false;
}
