/** `until` dates: a day is passed when it is over (E304). */
import type { DateLiteral } from '../ast-expression.ts';
import type { Context } from './context.ts';

/** Reports a date before today. */
export function checkUntil(context: Context, date: DateLiteral, what: string): void {
  if (date.value >= Date.parse(`${context.options.today}T00:00:00Z`)) return;
  context.report('E304', date.span, `${what} ended on ${date.raw}`, {
    note: `today is ${context.options.today}`,
    help: 'decide about it: remove it, or move the date',
  });
}
