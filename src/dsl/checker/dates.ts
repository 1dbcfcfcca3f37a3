/** `until` dates: a day is passed when it is over (E304), and close for two weeks before (W304). */
import { UNTIL_WARNING_DAYS } from '../../core/limits.ts';
import type { DateLiteral } from '../ast-expression.ts';
import type { Context } from './context.ts';

const MS_PER_DAY = 86_400_000;

/** Reports a date before today, and warns of one that comes soon: on the next day the policy would not start. */
export function checkUntil(context: Context, date: DateLiteral, what: string): void {
  const { today } = context.options;
  const days = Math.round((date.value - Date.parse(`${today}T00:00:00Z`)) / MS_PER_DAY);
  if (days > UNTIL_WARNING_DAYS) return;
  if (days >= 0) {
    const when = days === 0 ? 'today' : days === 1 ? 'tomorrow' : `in ${days} days, on ${date.raw}`;
    context.report('W304', date.span, `${what} ends ${when}`, {
      note: 'after that day the policy is refused',
      help: 'decide about it: remove it, or move the date',
    });
    return;
  }
  context.report('E304', date.span, `${what} ended on ${date.raw}`, {
    note: `today is ${today}`,
    help: 'decide about it: remove it, or move the date',
  });
}
