/** Where an action stands: what its checks must know of the rule. */
import type { FieldPhase } from '../../http/schema.ts';
import type { Condition } from '../checked-condition.ts';
import type { DiagnosticLabel } from '../diagnostics/diagnostic.ts';
import type { PhaseUse } from './phases.ts';

export interface ActionPlace {
  readonly phase: FieldPhase;
  /** What makes the phase as late as it is. */
  readonly latest: PhaseUse | undefined;
  readonly condition: Condition | undefined;
  /** Whether some profile, or the policy itself, refuses by default. */
  readonly deniesByDefault: boolean;
}

/** Shows what makes the phase of a rule too late for an action. */
export function phaseLabels(place: ActionPlace): { labels?: readonly DiagnosticLabel[] } {
  if (place.latest === undefined) return {};
  const { span, what, phase } = place.latest;
  return { labels: [{ span, message: `\`${what}\` is there in the phase ${phase}` }] };
}
