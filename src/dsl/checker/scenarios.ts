/** Scenarios: requests over time, on a clock of their own. Bounded, because `ward test` runs every one of them. */
import { SCENARIO_ADVANCE_MS_MAX, SCENARIO_DEPTH_MAX, SCENARIO_REQUESTS_MAX } from '../../core/limits.ts';
import type { RepeatStep, Scenario, ScenarioStep, SendStep } from '../ast-scenario.ts';
import type { CheckedScenario, CheckedStep } from '../checked-request.ts';
import { didYouMean } from '../diagnostics/nearest.ts';
import type { Context } from './context.ts';
import { checkRequest } from './examples.ts';
import { intWithin, millisecondsWithin } from './literals.ts';

/** What is collected while the steps of one scenario are checked. */
interface Progress {
  readonly rules: ReadonlySet<string>;
  /** Requests sent by the steps so far, repetitions multiplied out. */
  sends: number;
}

/** Checks all scenarios; `rules` are the names `by` may give. */
export function checkScenarios(context: Context, rules: ReadonlySet<string>): readonly CheckedScenario[] {
  return context.names.scenarios.map((scenario) => checkScenario(context, scenario, rules));
}

function checkScenario(context: Context, node: Scenario, rules: ReadonlySet<string>): CheckedScenario {
  const progress: Progress = { rules, sends: 0 };
  const steps = node.steps.map((step) => checkStep(context, step, progress, 0));
  if (progress.sends > SCENARIO_REQUESTS_MAX) {
    context.report('E314', node.title.span, 'this scenario sends too many requests', {
      note: `at most ${SCENARIO_REQUESTS_MAX}, repetitions multiplied out`,
      help: 'lower the limit that is tested, or move the clock with `advance`',
    });
  }
  if (progress.sends === 0) {
    context.report('E310', node.title.span, 'a scenario that sends nothing tests nothing', {
      help: 'add a step, as in `send GET "/" expect pass`',
    });
  }
  return { title: node.title.value, steps, span: node.span };
}

function checkStep(context: Context, step: ScenarioStep, progress: Progress, depth: number): CheckedStep {
  const { span } = step;
  switch (step.kind) {
    case 'RepeatStep':
      return checkRepeat(context, step, progress, depth);
    case 'SendStep':
      progress.sends++;
      return checkSend(context, step, progress.rules);
    case 'SwitchStep': {
      const { name, span: at } = step.name;
      if (context.names.find(name, 'Switch') === undefined) {
        const help = didYouMean(name, context.names.namesOf('Switch'));
        context.report('E206', at, `no switch \`${name}\` is declared`, {
          ...(help === undefined ? {} : { help }),
        });
      }
      return { kind: 'switch', name, on: step.on, span };
    }
    case 'AdvanceStep': {
      const ms = millisecondsWithin(context, step.duration, 1, SCENARIO_ADVANCE_MS_MAX, 'an advance');
      return { kind: 'advance', ms, span };
    }
    case 'OutageStep':
      return { kind: 'outage', of: step.service, fails: step.change === 'fail', span };
  }
}

function checkRepeat(context: Context, step: RepeatStep, progress: Progress, depth: number): CheckedStep {
  const times = intWithin(context, step.times, 1, SCENARIO_REQUESTS_MAX, 'a repetition');
  if (depth === SCENARIO_DEPTH_MAX) {
    context.report('E314', step.times.span, `repetitions nest at most ${SCENARIO_DEPTH_MAX} deep`);
  }
  const before = progress.sends;
  const steps = step.steps.map((inner) => checkStep(context, inner, progress, depth + 1));
  progress.sends = before + (progress.sends - before) * times;
  return { kind: 'repeat', times, steps, span: step.span };
}

function checkSend(context: Context, step: SendStep, rules: ReadonlySet<string>): CheckedStep {
  const { status, verdict } = step.expected;
  const by = step.by?.text;
  if (step.by !== undefined && !rules.has(step.by.text) && !step.by.text.startsWith('policy.')) {
    const cure = context.cureFor(step.by.text, rules);
    context.report('E206', step.by.span, `there is no rule \`${step.by.text}\``, cure);
  }
  return {
    kind: 'send',
    request: checkRequest(context, step.request, 'scenario'),
    expect: verdict,
    status: status === undefined ? undefined : intWithin(context, status, 200, 599, 'a status'),
    by,
    span: step.span,
  };
}
