/** Scenarios: requests over time. Checked, then refused (E901): the clock and the store they need are not built yet. */
import type { Scenario, ScenarioStep } from '../ast-rule.ts';
import { didYouMean } from '../diagnostics/nearest.ts';
import type { Context } from './context.ts';
import { checkRequest } from './examples.ts';
import { intWithin } from './literals.ts';

const REPEAT_MAX = 100_000;

/** Checks all scenarios; `rules` are the names `by` may give. */
export function checkScenarios(context: Context, rules: ReadonlySet<string>): readonly Scenario[] {
  for (const scenario of context.names.scenarios) {
    context.insideLater(() => {
      for (const step of scenario.steps) checkStep(context, step, rules);
    });
    context.later(scenario.title.span, '`scenario`');
  }
  return context.names.scenarios;
}

function checkStep(context: Context, step: ScenarioStep, rules: ReadonlySet<string>): void {
  switch (step.kind) {
    case 'RepeatStep':
      intWithin(context, step.times, 1, REPEAT_MAX, 'a repetition');
      for (const inner of step.steps) checkStep(context, inner, rules);
      return;
    case 'SendStep': {
      checkRequest(context, step.request);
      const { status } = step.expected;
      if (status !== undefined) intWithin(context, status, 200, 599, 'a status');
      if (step.by === undefined || rules.has(step.by.text) || step.by.text.startsWith('policy.')) return;
      const help = didYouMean(step.by.text, rules);
      context.report('E206', step.by.span, `there is no rule \`${step.by.text}\``, {
        ...(help === undefined ? {} : { help }),
      });
      return;
    }
    case 'SwitchStep': {
      if (context.names.find(step.name.name, 'Switch') !== undefined) return;
      const help = didYouMean(step.name.name, context.names.namesOf('Switch'));
      context.report('E206', step.name.span, `no switch \`${step.name.name}\` is declared`, {
        ...(help === undefined ? {} : { help }),
      });
      return;
    }
    case 'AdvanceStep':
    case 'OutageStep':
  }
}
